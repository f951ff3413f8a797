"""The form of what is said about a cause; the texts are data, one page of documentation each."""

from __future__ import annotations

from typing import Literal, NamedTuple

Group = Literal[
    "headers",
    "age",
    "version",
    "form",
    "key",
    "content",
    "body",
    "rest",
    "sample",
    "secret",
    "capture",
]


class CauseText(NamedTuple):
    """What is said about one cause.

    Attributes:
        title: Heading of its page.
        symptom: What is wrong, a clause without a final period; may hold `{header}`.
        why: Which framework, tool or habit does it.
        fix: What to change.
        snippet: Corrected code, where it helps.
    """

    group: Group
    title: str
    symptom: str
    why: str
    fix: str
    snippet: str = ""

    def message(self, detail: str = "") -> str:
        """One sentence: the symptom, its variant, and what does it."""
        return f"{self.symptom}{f' ({detail})' if detail else ''}: {self.why}"


class HandlerText(NamedTuple):
    """What is said about one mistake of a handler.

    Attributes:
        message: What the handler does and what follows from it; ends without a period.
        snippet: Whether a corrected handler helps more than words.
        explains: Checks that fail for this reason, as ids and patterns.
    """

    message: str
    fix: str
    snippet: bool = True
    explains: tuple[str, ...] = ()
