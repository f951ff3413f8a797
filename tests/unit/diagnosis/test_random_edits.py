"""Random edits of signed bodies that keep their genuine Content-Length: no proof tells a lie."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from tests.unit.diagnosis.forging import explain, signature_over

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

pytestmark = pytest.mark.thorough

WORDS = ("refId", "status", "note", "é", "IN_REVIEW", "a b", "x" * 12, "“q”", "1e3")
PIECES = (b"\n", b" ", b"{", b"}", b'"', b",", b"\\", b"\r\n", b"\xc3\xa9", b"0", b"\xe2\x80\x8b")


def document(source: random.Random) -> bytes:
    """A payload as some sender writes it."""
    payload: dict[str, object] = {"refId": f"r-{source.randrange(10**6)}", "status": "COMPLETED"}
    for _ in range(source.randrange(4)):
        name = source.choice(WORDS) + str(source.randrange(9))
        payload[name] = source.choice(
            [1, 2.5, None, True, source.choice(WORDS), [1, "b"], {"c": 1}]
        )
    indent = source.choice([None, None, None, 2, 4])
    text = json.dumps(payload, ensure_ascii=source.random() < 0.5, indent=indent)
    return text.encode() + source.choice([b"", b"", b"\n"])


def insert(body: bytes, source: random.Random) -> bytes:
    """A piece more, anywhere."""
    at = source.randrange(len(body) + 1)
    return body[:at] + source.choice(PIECES) * source.randrange(1, 4) + body[at:]


def delete(body: bytes, source: random.Random) -> bytes:
    """A few bytes less, anywhere."""
    at = source.randrange(len(body))
    return body[:at] + body[at + source.randrange(1, 5) :]


def cut(body: bytes, source: random.Random) -> bytes:
    """The end is missing."""
    return body[: source.randrange(1, len(body))]


def replace_bytes(body: bytes, source: random.Random) -> bytes:
    """Other bytes in their place."""
    at = source.randrange(len(body))
    return body[:at] + source.choice(PIECES) + body[at + 1 :]


def swap(body: bytes, source: random.Random) -> bytes:
    """Two neighbours change places."""
    at = source.randrange(len(body) - 1)
    return body[:at] + body[at + 1 : at + 2] + body[at : at + 1] + body[at + 2 :]


def add_field(body: bytes, source: random.Random) -> bytes:
    """The most natural way to tamper."""
    field = f',"{source.choice(WORDS)}":"{source.choice(WORDS)}"'.encode()
    head, brace, tail = body.rpartition(b"}")
    return head + field + brace + tail


def repeat(body: bytes, source: random.Random) -> bytes:
    """A part of it stands there twice."""
    start = source.randrange(len(body))
    end = source.randrange(start + 1, len(body) + 1)
    return body[:end] + body[start:end] + body[end:]


EDITS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    insert, delete, cut, replace_bytes, swap, add_field, repeat,
)  # fmt: skip


def parsed(body: bytes) -> object:
    """The document, or something that equals no other."""
    try:
        return json.loads(body)
    except ValueError:
        return object()


def bare(body: bytes) -> bytes:
    """Without any white space."""
    return b"".join(body.split())


# What must be so where a code is the whole explanation: (signed, captured) -> whether it is.
TRUE_OF: Mapping[str, Callable[[bytes, bytes], bool]] = {
    "truncated-body": lambda was, now: (
        was.startswith(now.rstrip()) and len(was) > len(now.rstrip())
    ),
    "trailing-newline-added": lambda was, now: now.startswith(was) and not now[len(was) :].strip(),
    "trailing-newline-removed": lambda was, now: was.startswith(now) and len(was) > len(now),
    "crlf-converted-body": lambda was, now: was.count(b"\r") < now.count(b"\r"),
    "lf-converted-body": lambda was, now: was.count(b"\r") != now.count(b"\r"),
    "whitespace-trimmed": lambda was, now: bare(was) == bare(now.replace(b"\0", b"")),
    "body-wrapped": lambda was, now: bare(was) == bare(now) and was.count(b"\n") < now.count(b"\n"),
    "newlines-stripped": lambda was, now: was.count(b"\n") > now.count(b"\n"),
    "body-reserialized": lambda was, now: parsed(was) == parsed(now),
    "text-around-body": lambda was, now: was.strip() in now and len(now) > len(was),
    "invisible-characters": lambda was, now: len(now) > len(was) and not now.isascii(),
    "content-length-mismatch": lambda was, now: now.startswith(was) and len(now) > len(was),
    "field-altered": lambda was, now: was != now and len(bare(was)) > 2,
}

# What can never be so, whatever else happened besides: nothing was removed that is still there.
NEVER_OF: Mapping[str, Callable[[bytes, bytes], bool]] = {
    "trailing-newline-removed": lambda was, now: (
        now.endswith(b"\n") and not was.endswith((b"\n\n", b"\r\n"))
    ),
    "bom-removed": lambda _, now: b"\xef\xbb\xbf" in now,
    "newlines-stripped": lambda was, now: now.count(b"\n") >= was.count(b"\n"),
    "body-wrapped": lambda was, now: now.count(b"\n") <= was.count(b"\n"),
    "crlf-converted-body": lambda was, now: now.count(b"\r") <= was.count(b"\r"),
}


def judged(seed: int) -> str:
    """The cause that one random edit is given; fails where it is proved and not true."""
    source = random.Random(seed)
    signed = document(source)
    edit = source.choice(EDITS)
    body = edit(signed, source)
    if body == signed:
        return "unchanged"
    explained = explain(
        body, signature_over(signed), headers=[("content-length", str(len(signed)))]
    )
    cause = explained.cause
    if cause.certainty != "proved":
        assert "alone and in pairs" not in cause.message
        return cause.certainty
    if len(explained.findings) == 0:
        is_true = cause.code in TRUE_OF and TRUE_OF[cause.code](signed, body)
        assert is_true, (seed, edit.__name__, cause, signed, body)
    for code in (cause.code, *(finding.code for finding in explained.findings)):
        is_untrue = code in NEVER_OF and NEVER_OF[code](signed, body)
        assert not is_untrue, (seed, edit.__name__, code, signed, body)
    added = edit in (insert, add_field, repeat)
    assert not (added and cause.code in ("truncated-body", "newlines-stripped")), (seed, cause)
    return cause.code


@pytest.mark.parametrize("block", range(4))
def test_no_edit_is_proved_to_be_what_it_is_not(block: int) -> None:
    """A few dozen of them."""
    seen = Counter(judged(1_000 * block + number) for number in range(8))

    assert seen


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_edit_of_ten_thousand_is_proved_to_be_what_it_is_not() -> None:
    """And a fair share of them is explained."""
    seen = Counter(judged(1_000_000 + number) for number in range(10_000))

    assert sum(count for name, count in seen.items() if name not in ("unknown", "likely")) > 1_000
