"""A webhook message and its id: `msg_` and a KSUID, whose first bytes say when it was made."""

from __future__ import annotations

from typing import NamedTuple

# KSUID: seconds since 2014-05-13T16:53:20Z in four bytes, 16 random bytes, written in base62.
KSUID_EPOCH = 1_400_000_000
KSUID_RANDOM_BYTES = 16
_KSUID_LENGTH = 27
_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_NO_DIGIT = 255
_VALUES = bytes(_BASE62.find(chr(code)) % 256 for code in range(256))  # of a digit's code
_PREFIX = "msg_"

Headers = list[tuple[str, str]]


class Message(NamedTuple):
    """One notification as it is signed.

    Attributes:
        id: The same over all attempts.
        timestamp: Unix seconds of the attempt.
        body: The exact bytes that travel.
    """

    id: str
    timestamp: int
    body: bytes


def new_message_id(moment: int, random_bytes: bytes) -> str:
    """Make an id such as `msg_2if9qqkVjQDrS738JZOnax9T7MO`.

    Args:
        moment: Unix seconds of creation; outside the KSUID range (2014 to 2150) it is clamped.
        random_bytes: 16 bytes.
    """
    seconds = min(max(moment - KSUID_EPOCH, 0), 0xFFFFFFFF)
    number = int.from_bytes(seconds.to_bytes(4) + random_bytes)
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = _BASE62[digit] + digits
    return _PREFIX + digits.rjust(_KSUID_LENGTH, "0")


def can_be_id(text: str) -> bool:
    """Whether a header can hold it as an id: one line, without spaces that a server takes off."""
    return text.isprintable() and bool(text) and text == text.strip()


def message_id_moment(message_id: str) -> int | None:
    """Unix seconds at which an id was made, or None where it holds no KSUID."""
    digits = message_id.removeprefix(_PREFIX)
    if len(digits) != _KSUID_LENGTH:
        return None
    values = digits.encode("ascii", "replace").translate(_VALUES)
    if _NO_DIGIT in values:
        return None
    number = 0
    for value in values:
        number = number * 62 + value
    return (number >> (8 * KSUID_RANDOM_BYTES)) + KSUID_EPOCH if number < 1 << 160 else None


def new_ref_id(random_bytes: bytes) -> str:
    """Make a refId as integrators use them: a version 4 UUID out of 16 random bytes."""
    number = int.from_bytes(random_bytes)
    number = number & ~(0xF << 76) & ~(0x3 << 62) | 0x4 << 76 | 0x2 << 62  # version and variant
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
