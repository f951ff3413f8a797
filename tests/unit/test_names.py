from __future__ import annotations

import pytest

from vovecli.core.catalogue import find_event
from vovecli.core.errors import VoveError
from vovecli.core.names import nearest, refused_word, unknown_name


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("COMPLETED", ["kyb.case.completed"]),
        ("kyc.sucessful", ["kyc.successful"]),
        ("", []),
        ("zzz", []),
    ],
)
def test_nearest_names(typed: str, found: list[str]) -> None:
    """A part of a name counts more than a likeness, and case counts for nothing."""
    assert nearest(typed, ["kyb.case.completed", "kyc.successful"]) == found


def test_unknown_names_lead_to_the_list() -> None:
    """Where nothing is near, the list is what helps."""
    error = unknown_name("flow", "zzz", ["kyb-approved"], see="vove flows")

    assert (error.code, error.hint) == ("unknown-flow", "see the list: vove flows")


def test_refused_words_name_all_that_may_be() -> None:
    """With the nearest one as the hint."""
    error = refused_word("colour", "alway", ["auto", "always", "never"])

    assert str(error) == "'alway' is not a colour; choose from auto, always, never"
    assert error.hint == "did you mean always?"


@pytest.mark.parametrize("typed", ["kyb.case.completed", "KYB.Case.COMPLETED"])
def test_events_in_any_case_of_letters(typed: str) -> None:
    """The provider's names have no capitals to tell apart."""
    assert find_event(typed).type == "kyb.case.completed"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("kyc.approved", "did you mean kyc.successful"),
        ("kyb.case.declined", "did you mean kyb.case.rejected"),
        ("approved", "did you mean kyb.case.completed or kyc.successful"),
    ],
)
def test_what_people_call_a_status(typed: str, hint: str) -> None:
    """The name that means the same comes first."""
    with pytest.raises(VoveError) as caught:
        find_event(typed)

    assert caught.value.hint.startswith(hint)
