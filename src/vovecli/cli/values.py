"""Values of options that are refused in one way: what was given, what may be, what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from vovecli.core.names import refused_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def choice(kind: str, known: Iterable[str]) -> Callable[[str], str]:
    """A parser of one word out of a few, in any case of letters.

    Args:
        kind: What the word names, as it is said where it is refused.
        known: The words.
    """
    by_folded = {word.casefold(): word for word in known}

    def parse(text: str) -> str:
        if word := by_folded.get(text.casefold()):
            return word
        raise refused_word(kind, text, list(by_folded.values()))

    return parse


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers within bounds, both included."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least or (most is not None and number > most):
            raise typer.BadParameter(f"{text!r} is not a whole number {_bounds(least, most)}")
        return number

    return parse


port_number = whole_number(0, 65_535)  # 0 takes any free one


def number(least: float, most: float | None = None) -> Callable[[str], float]:
    """A parser of numbers within bounds, both included."""

    def parse(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = float("nan")
        if not least <= found <= (float("inf") if most is None else most):
            raise typer.BadParameter(f"{text!r} is not a number {_bounds(least, most)}")
        return found

    return parse


def _bounds(least: float, most: float | None) -> str:
    return f"of at least {least:g}" if most is None else f"from {least:,g} to {most:,g}"
