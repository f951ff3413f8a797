"""The signed content: every known way to put id, timestamp and body together wrongly.

A shape is what stands before and after the body, so that one shape serves every body.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.diagnosis.faults import Fault
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Parts = tuple[str, str]  # id and timestamp, the headers' own text

QUARTER_HOUR_S = 900
FURTHEST_ZONE_QUARTERS = 14 * 4
SEPARATORS = {
    "": "nothing", ":": "colons", "\n": "newlines", "|": "bars", "-": "hyphens", ",": "commas",
    " ": "spaces", "_": "underscores", ";": "semicolons", "/": "slashes", "&": "ampersands",
    "\r\n": "CR LF", "+": "plus signs",
}  # fmt: skip
UNDEFINED = ("undefined", "null", "None", "", "nil", "NULL")
# `${body}` or String(body) of what frameworks hand over instead of the raw bytes.
OBJECTS = (
    "[object Object]", "[object Promise]", "[object ReadableStream]", "[object Request]",
    "[object ArrayBuffer]", "[object Blob]", "[object Undefined]", "Array",
)  # fmt: skip
# What the provider's KYC sample signs: this literal text instead of the request's body.
DOCS_KYC_BODY = '{"status":"successful","userId":"2e96ebd0-c1b8-11ee-b56a-a345411e245d"}'


class Shape(NamedTuple):
    """What is signed around the body; with `has_body` false, what is signed instead of it all."""

    faults: tuple[Fault, ...]
    before: bytes
    after: bytes = b""
    has_body: bool = True

    def content(self, body: bytes) -> bytes:
        """The signed content with this body in it."""
        return self.before + body + self.after if self.has_body else self.before


def right_shape(message_id: str, timestamp: str) -> Shape:
    """`id.timestamp.body`."""
    return Shape((), header_bytes(f"{message_id}.{timestamp}."))


def wrong_shapes(message_id: str, timestamp: str) -> Iterator[Shape]:
    """Every shape with one fault."""
    for code, shapes in CONTENTS.items():
        for detail, before, after in shapes((message_id, timestamp)):
            fault = (Fault(code, detail),)
            if after is None:
                yield Shape(fault, header_bytes(before), has_body=False)
            else:
                yield Shape(fault, header_bytes(before), header_bytes(after))


def doubly_wrong_shapes(message_id: str, timestamp: str) -> Iterator[Shape]:
    """Order or a left-out part together with other separators."""
    names = {"i": message_id, "t": timestamp, "b": None}
    for order in ("tib", "itb", "ibt", "tbi", "bit", "bti", "ib", "bi", "tb", "bt"):
        for separator, name in SEPARATORS.items():
            faults = (*_order_faults(order), Fault("content-separator", f"{name} instead of dots"))
            yield _joined(faults, [names[part] for part in order], separator)
    for order in ("bi", "bt"):
        yield _joined(_order_faults(order), [names[part] for part in order], ".")
    for version in ("v0", "v1"):
        for separator in (":", "."):
            detail = f"{version}{separator} stands before it"
            before = f"{version}{separator}{timestamp}{separator}"
            faults = (Fault("content-without-id"), Fault("content-separator", detail))
            yield Shape(faults, header_bytes(before))
    literal = header_bytes(DOCS_KYC_BODY)
    for first in (f"{message_id}.{timestamp}.", "undefined.undefined."):
        missing = (Fault("content-undefined"),) if first.startswith("undefined") else ()
        faults = (Fault("docs-kyc-node"), *missing)
        yield Shape(faults, header_bytes(first) + literal, has_body=False)


def millisecond_shapes(message_id: str, timestamp: str) -> Iterator[Shape]:
    """The timestamp in milliseconds, any of the thousand that its second may hold."""
    for ms in range(1, 1000):
        fault = Fault("content-timestamp-ms", "the milliseconds of that very second")
        yield Shape((fault,), header_bytes(f"{message_id}.{timestamp}{ms:03}."))


def _order_faults(order: str) -> tuple[Fault, ...]:
    faults = []
    if "i" not in order:
        faults.append(Fault("content-without-id"))
    if "t" not in order:
        faults.append(Fault("content-without-timestamp"))
    if list(order) != sorted(order, key="itb".index):
        faults.append(Fault("content-order", _spelt(order)))
    return tuple(faults)


def _spelt(order: str) -> str:
    return ", ".join({"i": "id", "t": "timestamp", "b": "body"}[part] for part in order)


def _joined(faults: tuple[Fault, ...], parts: list[str | None], separator: str) -> Shape:
    at = parts.index(None)
    before = "".join(f"{part}{separator}" for part in parts[:at])
    after = "".join(f"{separator}{part}" for part in parts[at + 1 :])
    return Shape(faults, header_bytes(before), header_bytes(after))


# Each yields (detail, text before the body, text after it); after None: the body is not signed.
_Spelt = tuple[str, str, str | None]


def _body_only(_: Parts) -> Iterator[_Spelt]:
    yield "", "", ""


def _without_id(parts: Parts) -> Iterator[_Spelt]:
    yield "", f"{parts[1]}.", ""


def _without_timestamp(parts: Parts) -> Iterator[_Spelt]:
    yield "", f"{parts[0]}.", ""


def _order(parts: Parts) -> Iterator[_Spelt]:
    texts = {"i": parts[0], "t": parts[1], "b": "\0"}
    for order in permutations("itb"):
        before, after = ".".join(texts[part] for part in order).split("\0", 1)
        if "".join(order) != "itb":
            yield _spelt("".join(order)), before, after


def _separator(parts: Parts) -> Iterator[_Spelt]:
    message_id, timestamp = parts
    for separator, name in SEPARATORS.items():
        yield f"{name} instead of dots", f"{message_id}{separator}{timestamp}{separator}", ""
        yield f"{name} after the timestamp", f"{message_id}.{timestamp}{separator}", ""
        yield f"{name} after the id", f"{message_id}{separator}{timestamp}.", ""
    yield "a dot stands after the body", f"{message_id}.{timestamp}.", "."
    yield "a dot stands before the id", f".{message_id}.{timestamp}.", ""


def _milliseconds(parts: Parts) -> Iterator[_Spelt]:
    yield "", f"{parts[0]}.{parts[1]}000.", ""


def _offset(parts: Parts) -> Iterator[_Spelt]:
    message_id, timestamp = parts
    seconds = int(timestamp)
    for quarters in range(1, FURTHEST_ZONE_QUARTERS + 1):
        hours = f"{quarters / 4:g} h"
        yield (
            f"{hours} later was signed",
            f"{message_id}.{seconds + quarters * QUARTER_HOUR_S}.",
            "",
        )
        yield (
            f"{hours} earlier was signed",
            f"{message_id}.{seconds - quarters * QUARTER_HOUR_S}.",
            "",
        )


def _reformatted_time(parts: Parts) -> Iterator[_Spelt]:
    message_id, timestamp = parts
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=int(timestamp))
    for name, text in (
        ("ISO 8601", f"{moment:%Y-%m-%dT%H:%M:%S}Z"),
        ("ISO 8601", f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"),
        ("ISO 8601", f"{moment:%Y-%m-%dT%H:%M:%S}+00:00"),
        ("Python's str(datetime)", f"{moment:%Y-%m-%d %H:%M:%S}+00:00"),
        ("Python's str(datetime)", f"{moment:%Y-%m-%d %H:%M:%S}"),
        ("a float", f"{timestamp}.0"),
    ):
        yield f"{name} was signed", f"{message_id}.{text}.", ""


def _undefined(parts: Parts) -> Iterator[_Spelt]:
    message_id, timestamp = parts
    for text in UNDEFINED:
        name = text or "empty text"
        yield f"id and timestamp were {name}", f"{text}.{text}.", ""
        yield f"the id was {name}", f"{text}.{timestamp}.", ""
        yield f"the timestamp was {name}", f"{message_id}.{text}.", ""
        yield f"the body was {name}", f"{message_id}.{timestamp}.{text}", None
        yield f"id, timestamp and body were {name}", f"{text}.{text}.{text}", None
    yield "the body was an empty object", f"{message_id}.{timestamp}.{{}}", None


def _objects(parts: Parts) -> Iterator[_Spelt]:
    for text in OBJECTS:
        yield f"{text} was signed", f"{parts[0]}.{parts[1]}.{text}", None
        yield f"{text} alone was signed", text, None


CONTENTS: Mapping[str, Callable[[Parts], Iterator[_Spelt]]] = {
    "body-only-hmac": _body_only,
    "content-without-id": _without_id,
    "content-without-timestamp": _without_timestamp,
    "content-order": _order,
    "content-separator": _separator,
    "content-timestamp-ms": _milliseconds,
    "content-undefined": _undefined,
    "body-object-object": _objects,
    "content-timestamp-format": _reformatted_time,
    "content-timestamp-offset": _offset,
}
