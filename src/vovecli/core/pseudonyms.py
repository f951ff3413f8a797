"""Pseudonyms: deliveries without personal data, of the same shape, signed anew."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import unicodedata
from datetime import date
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.catalogue import (
    BUILT_IN,
    FIELDS,
    KYB_STATUSES,
    KYC_SUSPICION_REASONS,
    REF_FIELDS,
    SAMPLE_REASON,
)
from vovecli.core.identification import OPERATIONAL_EVENTS
from vovecli.core.lint import MAX_SHOWN_CHARS
from vovecli.core.messages import KSUID_RANDOM_BYTES, Message, message_id_moment, new_message_id
from vovecli.core.requests import CapturedRequest
from vovecli.core.signing import signature
from vovecli.core.webhook_headers import read_webhook_headers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vovecli.core.catalogue import Catalogue
    from vovecli.core.secrets import SigningSecret

KEY_BYTES = 32
# What a delivery cannot do without; everything else may say where it was received.
_KEPT_HEADERS = ("accept", "content-type", "content-encoding", "user-agent")
_JSON_TOKEN = re.compile(
    r'(?P<text>"(?:[^"\\]|\\.)*")(?P<name>[ \t\r\n]*:)?'
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEX = re.compile(r"(?=.*[0-9])(?:[0-9a-f]{16,}|[0-9A-F]{16,})")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])")
_STATUS = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")
_STATUS_FIELDS = ("status", "previousStatus")
_NAME = re.compile(r"[A-Za-z_][A-Za-z_-]{0,39}")
_MIN_TELLING = 3  # characters of a value that say something as a part of a name
_FIRST_DAY, _DAYS = date(1950, 1, 1).toordinal(), 20_000


class Exported(NamedTuple):
    """What was written.

    Attributes:
        file: NDJSON, a capture a line.
        secret_file: Holds the fresh secret that they verify under.
        left_out: How many requests could not be exported: nothing shows that they are genuine.
    """

    file: str
    secret_file: str
    fingerprint: str
    requests: int
    left_out: int


class Pseudonyms:
    """Replaces values by others of the same kind and shape, the same value always by the same one.

    Args:
        key: Random, for one export; without it nobody can find a value by trying.
        catalogue: Its words (statuses, names of events, learned values) stay as they are.
    """

    def __init__(self, key: bytes, catalogue: Catalogue = BUILT_IN) -> None:
        self._key = key
        self._words = _words(catalogue)
        self._names = {name for each in FIELDS.values() for name in each} | {
            part
            for event in catalogue.events.values()
            for path in event.fields
            for part in path.split(".")
        }

    def redact(self, request: CapturedRequest, secret: SigningSecret) -> CapturedRequest:
        """The delivery without personal data, of the same shape, signed anew.

        Args:
            request: A genuine one, so its timestamp is a number.
            secret: A fresh one, under which the result verifies.

        Returns:
            Its target is always `/`: paths may hold tokens.
        """
        captured = read_webhook_headers(request)
        message = Message(
            self._message_id(captured.id), int(captured.timestamp), self.body(request.body)
        )
        fresh = {
            f"{captured.family}-id": message.id,
            f"{captured.family}-timestamp": str(message.timestamp),
            f"{captured.family}-signature": signature(secret.key, message),
            "content-length": str(len(message.body)),
        }
        headers = [
            (name, fresh.pop(name.lower(), value))
            for name, value in request.headers
            if name.lower() in fresh or name.lower() in _KEPT_HEADERS
        ]
        return CapturedRequest("POST", "/", [*headers, *fresh.items()], message.body)

    def body(self, body: bytes) -> bytes:
        """The body with pseudonyms; JSON keeps its spacing, order, escapes and repetitions."""
        try:
            text = body.decode("utf-8")
            payload = json.loads(text)
        except (ValueError, RecursionError):
            return self._plain(body.decode("latin-1")).encode("latin-1", "replace")
        values = {value for value in _texts(payload) if len(value) >= _MIN_TELLING}
        telling = {value for value in values if value not in self._words}
        written, end, field = [], 0, ""
        for token in _JSON_TOKEN.finditer(text):
            between, end = text[end : token.start()], token.end()
            written.append(between)
            if token["number"]:
                written.append(self.number(token["number"]))
            elif token["name"] is None:  # a list after the name is no status
                plain = json.loads(token["text"])
                written.append(_quoted(self.text(plain, "" if between.strip() else field), token))
            else:
                field = json.loads(token["text"])
                is_safe = self._is_safe_name(field, telling)
                written += [_quoted(field if is_safe else self.text(field), token), token["name"]]
        return "".join((*written, text[end:])).encode()

    def text(self, value: str, field: str = "") -> str:
        """A text of the same length and look; statuses and, outside of ids, known words stay."""
        if not value or (value in self._words and field not in REF_FIELDS):
            return value
        if field in _STATUS_FIELDS and _STATUS.fullmatch(value):
            return value
        for attempt in range(_ATTEMPTS):
            new = self._replaced(value, attempt)
            if new != value:
                break
        return new

    def sentence(self, text: str, body: bytes) -> str:
        """A sentence about a body, with the values of the body that it quotes replaced."""
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return text
        values = {value for value in _texts(payload) if len(value) >= _MIN_TELLING} - self._words
        names = {name for name in _field_names(payload) if not self._is_safe_name(name, values)}
        quoted = {form for value in values | names for form in _quotations(value)}
        for form in sorted(quoted, key=len, reverse=True):
            text = text.replace(form, self.text(form))
        return text

    def number(self, text: str) -> str:
        """A number with as many digits, written in the same way."""
        mantissa, letter, exponent = text.partition("e" if "e" in text else "E")
        for attempt in range(_ATTEMPTS):
            stream = self._stream(f"number {attempt} {text}")
            digits = "".join(
                str(1 + next(stream) % 9) if char.isdigit() and char != "0" else char
                for char in mantissa
            )
            if digits != mantissa:
                break
        return digits + letter + exponent

    def _is_safe_name(self, name: str, telling: set[str]) -> bool:
        """Whether a programmer chose a field's name: known, or a word that holds no value."""
        if name in self._names:
            return True
        return bool(_NAME.fullmatch(name)) and not any(value in name for value in telling)

    def _replaced(self, value: str, attempt: int) -> str:
        stream = self._stream(f"text {attempt} {value}")
        if _UUID.fullmatch(value) or _HEX.fullmatch(value):
            digits = "0123456789ABCDEF" if value.upper() == value else "0123456789abcdef"
            return "".join(digits[next(stream) % 16] if char != "-" else char for char in value)
        if found := _DATE.match(value):
            day = date.fromordinal(_FIRST_DAY + int.from_bytes(islice(stream, 4)) % _DAYS)
            return day.isoformat() + self._plain(value[found.end() :], times=True)
        return "".join(_like(char, stream) for char in value)

    def _plain(self, text: str, *, times: bool = False) -> str:
        """Every letter and digit replaced; of a time only its digits, which stay a time."""
        stream = self._stream(f"plain {text}")
        if times:
            return re.sub(r"[0-9]", lambda _: str(next(stream) % 3), text)
        return "".join(_like(char, stream) for char in text)

    def _message_id(self, message_id: str) -> str:
        """Another id of the same moment, which separates a first attempt from a retry."""
        stream = self._stream(f"id {message_id}")
        moment = message_id_moment(message_id)
        if moment is None:
            return "".join(_like(char, stream) for char in message_id)
        return new_message_id(moment, bytes(islice(stream, KSUID_RANDOM_BYTES)))

    def _stream(self, label: str) -> Iterator[int]:
        """Bytes that follow from a label and the key."""
        block = 0
        text = label.encode("utf-8", "surrogatepass")
        while True:
            yield from hmac.digest(self._key, block.to_bytes(4) + text, hashlib.sha256)
            block += 1


_ATTEMPTS = 8  # a short value may by chance be replaced by itself


def _words(catalogue: Catalogue) -> set[str]:
    """Texts that say nothing about anybody."""
    words = {*KYB_STATUSES, *KYC_SUSPICION_REASONS, SAMPLE_REASON, *OPERATIONAL_EVENTS}
    for event in catalogue.events.values():
        words |= {event.type, event.status or event.type}
        for known in event.learned.values.values() if event.learned else ():
            words |= set(known)
    return words


def _texts(payload: object) -> Iterator[str]:
    if isinstance(payload, str):
        yield payload
    for value in _members(payload):
        yield from _texts(value)


def _members(payload: object) -> Iterable[object]:
    """The values of an object or a list."""
    if isinstance(payload, dict):
        return payload.values()
    return payload if isinstance(payload, list) else ()


def _field_names(payload: object) -> Iterator[str]:
    if isinstance(payload, dict):
        yield from payload
    for value in _members(payload):
        yield from _field_names(value)


def _quotations(value: str) -> set[str]:
    """A text as findings quote it: as it is, or as `lint.shown` writes it."""
    return {value, repr(value)[1:-1], repr(value[:MAX_SHOWN_CHARS])[1:-1]}


def _quoted(text: str, token: re.Match[str]) -> str:
    """A JSON text, escaped as the one before it was; that one where nothing was replaced."""
    before = token["text"]
    if json.loads(before) == text:
        return before
    has_halves = any(unicodedata.category(char) == "Cs" for char in text)
    return json.dumps(text, ensure_ascii=before.isascii() or has_halves)


def _like(char: str, stream: Iterator[int]) -> str:
    """A character of the same kind; what is neither letter, digit nor symbol stays."""
    if char.isascii():
        for kind in ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"):
            if char in kind:
                return kind[next(stream) % len(kind)]
        return char
    kind = unicodedata.category(char)
    if kind[0] not in "LNS":
        return char
    first = ord(char) & ~31
    alike = [
        other for other in map(chr, range(first, first + 32)) if unicodedata.category(other) == kind
    ]
    if alike == [char]:  # such as µ: only a letter of another alphabet hides it
        return _like("a", stream)
    return alike[next(stream) % len(alike)]
