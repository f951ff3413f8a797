"""What the page asks: the parameters of a request, taken for what they must be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qsl

from vovecli.core.errors import Category, VoveError
from vovecli.core.headers import FRAMING, is_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.messages import Headers
    from vovecli.core.requests import CapturedRequest

_MOST_FIELDS = 32
_MOST_DIGITS = 18


class Question:
    """The parameters of one request; every method raises `bad-question` for what will not do."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def number(self, name: str, default: int | None = None) -> int:
        """A whole number that is not negative."""
        value = self._values.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, str) and value.isascii() and value.isdigit():
            value = int(value[: _MOST_DIGITS + 1])
        if not isinstance(value, int) or isinstance(value, bool):
            raise _bad(name, "a number")
        if not 0 <= value < 10**_MOST_DIGITS:
            raise _bad(name, "a number")
        return value

    def numbers(self, name: str, most: int) -> list[int]:
        """Whole numbers with commas between them, at most so many."""
        texts = [text for text in self.text(name, "").split(",") if text][:most]
        return [Question({name: text}).number(name) for text in texts]

    def text(self, name: str, default: str | None = None) -> str:
        """A text."""
        value = self._values.get(name)
        value = default if value is None else value
        if not isinstance(value, str):
            raise _bad(name, "a text")
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty where there is none."""
        value = self._values.get(name) or []
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _bad(name, "a list of texts")
        return value

    def flag(self, name: str) -> bool:
        """Yes or no; no where nothing is said."""
        value = self._values.get(name, False)
        if not isinstance(value, bool):
            raise _bad(name, "true or false")
        return value

    def headers(self, name: str) -> Headers:
        """A list of pairs."""
        value = self._values.get(name) or []
        pairs: list[object] = value if isinstance(value, list) else [None]
        for pair in pairs:
            if not isinstance(pair, list) or [type(each) for each in pair] != [str, str]:
                raise _bad(name, "a list of pairs of texts")
        headers = [(str(header), str(text)) for header, text in cast("Headers", pairs)]
        for header, text in headers:
            if not is_header(header, text) or header.lower() in FRAMING:
                raise _bad(name, f"a list of headers: {header[:40]!r} cannot be sent")
        return headers


def read_question(request: CapturedRequest) -> Question:
    """The query of a GET, the JSON object of a POST.

    Raises:
        VoveError: `bad-question`.
    """
    try:
        if request.method == "POST":
            values = json.loads(request.body)
        else:
            query = request.target.partition("?")[2]
            values = dict(parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict):
        raise _bad("the request", "a JSON object" if request.method == "POST" else "a query")
    return Question(values)


def _bad(name: str, what: str) -> VoveError:
    return VoveError(
        "bad-question",
        f"{name} is not {what}",
        hint="reload the page: it may come from another version",
        category=Category.USAGE,
    )
