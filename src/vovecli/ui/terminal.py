"""Standard output and standard error as people see them: colour, glyphs, width, quiet."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from rich.console import Console

ColorChoice = Literal["auto", "always", "never"]

_GLYPHS = {"ok": "✓", "bad": "✗", "warn": "!", "to": "→", "dot": "·"}
_ASCII = {"ok": "ok", "bad": "x", "warn": "!", "to": "->", "dot": "-"}


def wants_color(choice: ColorChoice, environ: Mapping[str, str], *, is_terminal: bool) -> bool:
    """Decide on colour: the flag, then the usual variables, then whether it is a terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if _is_on(environ.get("FORCE_COLOR")) or _is_on(environ.get("CLICOLOR_FORCE")):
        return True
    if environ.get("CLICOLOR") == "0" or environ.get("TERM") == "dumb":
        return False
    return is_terminal


def _is_on(value: str | None) -> bool:
    return value not in (None, "", "0")


class Terminal:
    """The two streams of a command; rich consoles are made when they are first used."""

    def __init__(
        self,
        *,
        out: TextIO,
        err: TextIO,
        environ: Mapping[str, str],
        color: ColorChoice = "auto",
        quiet: bool = False,
    ) -> None:
        self._out, self._err = out, err
        self._environ = environ
        self._color: ColorChoice = color
        self.quiet = quiet

    @cached_property
    def out(self) -> Console:
        """Data for people, on standard output."""
        return self._console(self._out)

    @cached_property
    def err(self) -> Console:
        """Progress, hints and banners, on standard error."""
        return self._console(self._err)

    def notice(self, text: str) -> None:
        """One line on standard error, unless quiet."""
        if not self.quiet:
            self._err.write(text + "\n")
            self._err.flush()

    def glyph(self, name: str) -> str:
        """A mark, or its ASCII form where the encoding has none."""
        try:
            _GLYPHS[name].encode(getattr(self._out, "encoding", None) or "ascii")
        except (UnicodeEncodeError, LookupError):
            return _ASCII[name]
        return _GLYPHS[name]

    def _console(self, file: TextIO) -> Console:
        from rich.console import Console

        color = wants_color(self._color, self._environ, is_terminal=file.isatty())
        return Console(
            file=file,
            color_system="standard" if color else None,
            force_terminal=color or None,
            highlight=False,
            markup=False,
            emoji=False,
        )
