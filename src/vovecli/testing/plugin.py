"""The pytest plugin: fixtures, found by themselves; `-p no:vove` leaves them out.

pytest imports this at every start of every project that has vove installed: nothing may be loaded
here before a test asks for it.
"""

from __future__ import annotations

import pytest

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.testing.kit import Vove


@pytest.fixture(scope="session")
def vove_secret() -> str:
    """A signing secret of this session's own; define a fixture of this name to choose another."""
    from vovecli.testing.kit import new_secret

    return new_secret()


@pytest.fixture(scope="session")
def vove_secret_env(vove_secret: str) -> Iterator[str]:
    """Sets `VOVE_WEBHOOK_SECRET`: ask for it before the application is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOVE_WEBHOOK_SECRET", vove_secret)
        yield vove_secret


@pytest.fixture(scope="session")
def vove(vove_secret: str) -> Vove:
    """Deliveries, forgeries, flows, a listener and the conformance suite, with one secret."""
    from vovecli.testing.kit import Vove

    return Vove(vove_secret)
