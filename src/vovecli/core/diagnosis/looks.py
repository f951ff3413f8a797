"""What a body shows by its looks when nothing could be proved: likely causes, never more."""

from __future__ import annotations

from vovecli.core.captures.json_text import is_json
from vovecli.core.mistakes.bodies import BODIES
from vovecli.core.mistakes.json_styles import MAX_STYLED_BYTES
from vovecli.core.mistakes.json_text import Items, Members, parse_json
from vovecli.core.mistakes.mistake import Mistake

# Taking one of these back makes JSON of what is none: that it happened is likely, then.
REVEALING = (
    "bom-added", "commented", "curly-quotes", "compressed", "in-json-string", "in-base64",
    "in-percent-encoding", "in-html", "in-bytes-repr", "in-csv", "invisible", "cut", "surrounded",
)  # fmt: skip
REPLACEMENT = "\ufffd".encode()


def likely_mistake(body: bytes) -> Mistake | None:
    """The mistake that a body's looks suggest, or None when it looks as it should."""
    if b"[object " in body[:100]:
        return Mistake("body-object-object")
    if REPLACEMENT in body:
        return Mistake("lossy-utf8", "U+FFFD is in it")
    if len(body) > MAX_STYLED_BYTES or (is_json(body) and not _is_mojibake(body)):
        return None
    return _revealed(body)


def _revealed(body: bytes) -> Mistake | None:
    if is_json(body):
        return Mistake("charset-converted", "it reads like UTF-8 taken for Latin-1")
    for name in REVEALING:
        for mistake, candidate in BODIES[name].variants(body):
            if is_json(candidate):
                return mistake
    if isinstance(parse_json(body.decode("utf-8", "surrogateescape")), Members | Items):
        return Mistake("body-parsed", "it is an object as a console prints it")
    return None


def _is_mojibake(body: bytes) -> bool:
    """Whether characters that are not ASCII are, as Latin-1 bytes, UTF-8 again."""
    if body.isascii():
        return False
    try:
        body.decode("utf-8").encode("cp1252", "strict").decode("utf-8")
    except UnicodeError:
        return False
    return True
