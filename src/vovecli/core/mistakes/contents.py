"""The signed content: every known way to put id, timestamp and body together wrongly."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import permutations
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.mistakes.mistake import Mistake, Rank
from vovecli.core.signing import header_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

QUARTER_HOUR_S = 900
FURTHEST_ZONE_QUARTERS = 14 * 4
SEPARATORS = {
    "": "nothing", ":": "colons", "\n": "newlines", "|": "bars", "-": "hyphens", ",": "commas",
    " ": "spaces", "_": "underscores", ";": "semicolons", "/": "slashes", "&": "ampersands",
    "\r\n": "CR LF", "+": "plus signs",
}  # fmt: skip
COMMON_SEPARATORS = ("", ":", "\n", "|")
UNDEFINED = ("undefined", "null", "None", "", "nil", "NULL")
# `${body}` or String(body) of what frameworks hand over instead of the raw bytes.
OBJECTS = (
    "[object Object]", "[object Promise]", "[object ReadableStream]", "[object Request]",
    "[object ArrayBuffer]", "[object Blob]", "[object Undefined]", "Array", "[]",
)  # fmt: skip
# What the provider's KYC sample signs: this literal text instead of the request's body.
DOCS_KYC_BODY = '{"status":"successful","userId":"2e96ebd0-c1b8-11ee-b56a-a345411e245d"}'
_PARTS = {"i": "{id}", "t": "{timestamp}", "b": "{body}"}
_NAMES = {"i": "id", "t": "timestamp", "b": "body"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Frame(NamedTuple):
    """What is signed around the body; with `has_body` false, what is signed instead of it all."""

    before: bytes
    after: bytes = b""
    has_body: bool = True

    def content(self, body: bytes) -> bytes:
        """The signed content with this body in it."""
        return self.before + body + self.after if self.has_body else self.before


class WrongContent(NamedTuple):
    """One way to put the signed content together; the row `right` has no mistake.

    Attributes:
        template: With `{id}`, `{timestamp}`, `{body}` and the fields of `_times`.
        shift_s: Seconds by which the signed time differs from the header's (`{shifted}`).
        probe: Whether a handler may make it, too, so that accepting its signature proves it.
        handler_code: What `vove check` calls it; empty where that is `mistakes[0].code`.
    """

    mistakes: tuple[Mistake, ...]
    template: str
    rank: Rank = Rank.SELDOM
    probe: bool = True
    handler_code: str = ""
    shift_s: int = 0

    def frame(self, message_id: str, timestamp: str) -> Frame | None:
        """The frame for a request's id and timestamp header; None where that holds no time."""
        times = _times(timestamp)
        fields = {"id": message_id, "timestamp": timestamp, **times}
        if self.shift_s and times:
            fields["shifted"] = str(int(times["seconds"]) + self.shift_s)
        before, body, after = self.template.partition("{body}")
        try:
            texts = before.format_map(fields), after.format_map(fields)
        except KeyError:
            return None
        return Frame(header_bytes(texts[0]), header_bytes(texts[1]), bool(body))


@lru_cache(maxsize=4)
def _times(timestamp: str) -> Mapping[str, str]:
    """A header's moment as other languages write it; nothing where it is no moment at all."""
    moment = moment_of(timestamp)
    if moment is None:
        return {}
    at = _EPOCH + timedelta(seconds=moment)
    return {
        "seconds": str(moment),
        "ms": f"{moment}000",
        "float": f"{moment}.0",
        "iso": f"{at:%Y-%m-%dT%H:%M:%S}Z",
        "iso_ms": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
        "iso_offset": f"{at:%Y-%m-%dT%H:%M:%S}+00:00",
        "python": f"{at:%Y-%m-%d %H:%M:%S}+00:00",
        "python_naive": f"{at:%Y-%m-%d %H:%M:%S}",
    }


def moment_of(timestamp: str) -> int | None:
    """Unix seconds of a header, also of one in milliseconds, with a fraction or as an ISO date."""
    if match := re.fullmatch(r"0*([0-9]{1,11})(?:\.[0-9]*)?", timestamp, re.ASCII):
        return int(match[1])
    if match := re.fullmatch(r"([0-9]{9,11})[0-9]{3}", timestamp, re.ASCII):
        return int(match[1])
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


def _one(
    code: str,
    words: str,
    template: str,
    rank: Rank = Rank.SELDOM,
    *,
    probe: bool = True,
    handler_code: str = "",
) -> WrongContent:
    return WrongContent((Mistake(code, words),), template, rank, probe, handler_code)


def _orders() -> Iterator[tuple[str, WrongContent]]:
    for order in map("".join, permutations("itb")):
        if order != "itb":
            words = ", ".join(_NAMES[part] for part in order)
            template = ".".join(_PARTS[part] for part in order)
            yield f"order-{order}", _one("content-order", words, template, Rank.COMMON)


def _separators() -> Iterator[tuple[str, WrongContent]]:
    for separator, name in SEPARATORS.items():
        rank = Rank.COMMON if separator in COMMON_SEPARATORS else Rank.RARE
        for words, template in (
            (f"{name} instead of dots", f"{{id}}{separator}{{timestamp}}{separator}{{body}}"),
            (f"{name} after the timestamp", f"{{id}}.{{timestamp}}{separator}{{body}}"),
            (f"{name} after the id", f"{{id}}{separator}{{timestamp}}.{{body}}"),
        ):
            yield words, _one("content-separator", words, template, rank)
            rank = max(rank, Rank.SELDOM)
    for words, template in (
        ("a dot comes after the body", "{id}.{timestamp}.{body}."),
        ("a dot comes before the id", ".{id}.{timestamp}.{body}"),
    ):
        yield words, _one("content-separator", words, template)


def _undefined() -> Iterator[tuple[str, WrongContent]]:
    """The word for nothing where a header is read under a name that is not there, or no body is."""
    for text in UNDEFINED:
        name = text or "empty text"
        rank_of_both = Rank.COMMON if text in UNDEFINED[:4] else Rank.SELDOM
        for words, template, rank, handler_code in (
            ("id and timestamp were {}", "{0}.{0}.{{body}}", rank_of_both, _UNSEEN),
            ("the id was {}", "{0}.{{timestamp}}.{{body}}", Rank.SELDOM, "id-not-signed"),
            ("the timestamp was {}", "{{id}}.{0}.{{body}}", Rank.SELDOM, "timestamp-not-signed"),
            ("the body was {}", "{{id}}.{{timestamp}}.{0}", Rank.SELDOM, _PARSED),
            ("id, timestamp and body were {}", "{0}.{0}.{0}", Rank.SELDOM, _PARSED),
        ):
            said = words.format(name)
            yield (
                said,
                _one(
                    "content-undefined",
                    said,
                    template.format(text),
                    rank,
                    handler_code=handler_code,
                ),
            )
    words = "the body was an empty object"
    yield (
        words,
        _one("content-undefined", words, "{id}.{timestamp}.{{}}", handler_code=_PARSED),
    )


def _objects() -> Iterator[tuple[str, WrongContent]]:
    for text in OBJECTS:
        for words, template in (
            (f"{text} was signed", f"{{id}}.{{timestamp}}.{text}"),
            (f"{text} alone was signed", text),
        ):
            yield words, _one("body-object-object", words, template, handler_code=_PARSED)


def _formats() -> Iterator[tuple[str, WrongContent]]:
    for field, name in (
        ("iso", "ISO 8601"),
        ("iso_ms", "ISO 8601"),
        ("iso_offset", "ISO 8601"),
        ("python", "Python's str(datetime)"),
        ("python_naive", "Python's str(datetime)"),
        ("float", "a float"),
        ("seconds", "whole seconds"),
    ):
        template = f"{{id}}.{{{field}}}.{{body}}"
        # Whole seconds are what a probe's header holds: signed, they are right.
        is_same = field == "seconds"
        words = f"{name} were signed" if is_same else f"{name} was signed"
        row = _one(
            "content-timestamp-format",
            words,
            template,
            probe=not is_same,
            handler_code=_REFORMATTED,
        )
        yield f"timestamp-{field}", row


def _offsets() -> Iterator[tuple[str, WrongContent]]:
    for quarters in range(1, FURTHEST_ZONE_QUARTERS + 1):
        for sign, way in ((1, "later"), (-1, "earlier")):
            words = f"{quarters / 4:g} h {way} was signed"
            # Most zones are whole hours away: these are met with other mistakes, too.
            rank = Rank.RARE if quarters % 4 else Rank.SELDOM
            row = _one(
                "content-timestamp-offset", words, "{id}.{shifted}.{body}", rank, probe=False
            )
            yield words, row._replace(shift_s=sign * quarters * QUARTER_HOUR_S)


def _doubly_wrong() -> Iterator[tuple[str, WrongContent]]:
    """Order or a left-out part together with other separators."""
    for order in ("tib", "itb", "ibt", "tbi", "bit", "bti", "ib", "bi", "tb", "bt"):
        for separator, name in SEPARATORS.items():
            faults = _order_mistakes(order)
            if faults:
                words = f"{name} instead of dots"
                yield (
                    f"order-{order}, {words}",
                    WrongContent(
                        (*faults, Mistake("content-separator", words)),
                        separator.join(_PARTS[part] for part in order),
                        Rank.RARE,
                        probe=False,
                    ),
                )
    for order in ("bi", "bt"):
        template = ".".join(_PARTS[part] for part in order)
        yield (
            f"order-{order}",
            WrongContent(_order_mistakes(order), template, Rank.RARE, probe=False),
        )
    for version in ("v0", "v1"):
        for separator in (":", "."):
            words = f"{version}{separator} is before it"
            yield (
                words,
                WrongContent(
                    (Mistake("content-without-id"), Mistake("content-separator", words)),
                    f"{version}{separator}{{timestamp}}{separator}{{body}}",
                    Rank.RARE,
                    probe=False,
                ),
            )


def _order_mistakes(order: str) -> tuple[Mistake, ...]:
    mistakes = []
    if "i" not in order:
        mistakes.append(Mistake("content-without-id"))
    if "t" not in order:
        mistakes.append(Mistake("content-without-timestamp"))
    if list(order) != sorted(order, key="itb".index):
        mistakes.append(Mistake("content-order", ", ".join(_NAMES[part] for part in order)))
    return tuple(mistakes)


_UNSEEN, _PARSED = "reads-canonical-header-names", "body-parsed-before-verify"
_REFORMATTED = "timestamp-reformatted"
_KYC = DOCS_KYC_BODY.replace("{", "{{").replace("}", "}}")

CONTENTS: Mapping[str, WrongContent] = {
    "right": WrongContent((), "{id}.{timestamp}.{body}", Rank.RIGHT),
    "body": _one("body-only-hmac", "", "{body}", Rank.COMMON),
    "without-id": _one(
        "content-without-id", "", "{timestamp}.{body}", Rank.COMMON, handler_code="id-not-signed"
    ),
    "without-timestamp": _one(
        "content-without-timestamp",
        "",
        "{id}.{body}",
        Rank.COMMON,
        handler_code="timestamp-not-signed",
    ),
    **dict(_orders()),
    **dict(_separators()),
    "milliseconds": _one(
        "content-timestamp-ms",
        "",
        "{id}.{ms}.{body}",
        Rank.COMMON,
        handler_code=_REFORMATTED,
    ),
    **dict(_undefined()),
    **dict(_objects()),
    **dict(_formats()),
    **dict(_offsets()),
    **dict(_doubly_wrong()),
    "docs-kyc-body": _one("docs-kyc-node", "", f"{{id}}.{{timestamp}}.{_KYC}"),
    "docs-kyc-body, nothing seen": WrongContent(
        (Mistake("docs-kyc-node"), Mistake("content-undefined", "id and timestamp were undefined")),
        f"undefined.undefined.{_KYC}",
    ),
}
# Rows without a template, for there are thousands of each: the search makes their frames.
MILLISECONDS = _one("content-timestamp-ms", "the milliseconds of that very second", "", Rank.RARE)
RENEWED = _one("timestamp-renewed", "", "", Rank.RARE)
