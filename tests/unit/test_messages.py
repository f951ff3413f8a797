from __future__ import annotations

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.messages import KSUID_EPOCH, message_id_moment, new_message_id, new_ref_id

LATEST = KSUID_EPOCH + 0xFFFFFFFF


def test_the_id_of_the_provider_sample_holds_its_timestamp() -> None:
    """The sample's Svix-Id decodes to exactly its Svix-Timestamp."""
    assert message_id_moment("msg_2if9qqkVjQDrS738JZOnax9T7MO") == 1719870957


@given(st.integers(KSUID_EPOCH, LATEST), st.binary(min_size=16, max_size=16))
def test_the_moment_survives(moment: int, random_bytes: bytes) -> None:
    """Every id that is made looks as Svix makes them and tells when it was made."""
    message_id = new_message_id(moment, random_bytes)

    assert re.fullmatch(r"msg_[0-9A-Za-z]{27}", message_id)
    assert moment == message_id_moment(message_id)


@pytest.mark.parametrize(("moment", "kept"), [(0, KSUID_EPOCH), (LATEST + 5, LATEST)])
def test_moments_beyond_the_range_are_clamped(moment: int, kept: int) -> None:
    """A wild --timestamp does not keep an id from being made."""
    assert kept == message_id_moment(new_message_id(moment, bytes(16)))


@pytest.mark.parametrize(
    "text", ["", "msg_", "msg_p5jXN8AQM9LWM0D4loKWxJek", "msg_" + "z" * 27, "msg_-" + "0" * 26]
)
def test_other_ids_hold_no_moment(text: str) -> None:
    """Ids that are not KSUIDs are common and tell nothing."""
    assert message_id_moment(text) is None


def test_digits_that_are_not_ascii_are_no_ksuid() -> None:
    """str.isalnum alone would let them through."""
    assert message_id_moment("msg_" + "٣" * 27) is None


@given(st.binary(min_size=16, max_size=16))
def test_ref_ids_are_version_4_uuids(random_bytes: bytes) -> None:
    """As the standard library reads them."""
    parsed = uuid.UUID(new_ref_id(random_bytes))

    assert (parsed.version, parsed.variant) == (4, uuid.RFC_4122)
