"""What an app answered, as much of it as helps."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.ui.text import printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.outcomes.answers import Answer

MAX_EXCERPT_LINES = 8
_UNSEEN = re.compile(r"(?is)<(script|style|head)\b.*?</\1\s*>|<!--.*?-->")
_TAG = re.compile(r"<[^<>]{0,2000}>")


def answer_lines(answer: Answer, *, lines: int | None = None) -> Iterator[str]:
    """Status line and body of an answer; of a page, its words.

    Args:
        answer: What came back.
        lines: At most so many of the body; None for all.
    """
    yield f"{answer.status} {printable(answer.reason)}".rstrip()
    text = answer.body.decode("utf-8", "replace")
    if "html" in (answer.header("content-type") or "").lower() and lines is not None:
        text = _words(text)
    shown = printable_lines(text).strip("\n").splitlines()
    yield from shown[:lines]
    if answer.body_truncated or len(shown) > len(shown[:lines]):
        yield "(the answer goes on)"


def _words(page: str) -> str:
    """The text of an HTML page, a line for each that says something."""
    text = _TAG.sub("\n", _UNSEEN.sub("", page))
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())
