"""Standard output and standard error as people see them: colour, glyphs, width, quiet."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from vovecli.core.masking import mask_loaded
from vovecli.ui.lines import Part, fitting, paragraph, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import TextIO

    from rich.console import Console

    from vovecli.ui.lines import Piece

ColorChoice = Literal["auto", "always", "never"]

PIPE_WIDTH = 500

STYLES = {
    "good": "32",
    "bad": "31",
    "odd": "33",
    "hint": "36",
    "name": "1",
    "alarm": "1;31",
    "quiet": "2",
}

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
    """The two streams of a command.

    Single lines are styled by hand; what needs columns or wrapping goes through a rich console,
    made when it is first used: loading rich is a third of what a plain command takes to start.
    """

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

    @property
    def columns(self) -> int | None:
        """The width of standard output; None where it is a pipe or a file."""
        return self._width(self._out)

    def pieces(self, pieces: Iterable[Piece], *, indent: int = 0) -> None:
        """Data on standard output, on as many lines as it takes."""
        for line in fitting(pieces, self.columns, indent=indent):
            self.line(*parts_of(line))

    def paragraph(self, text: str, *, indent: int, style: str = "quiet") -> None:
        """Sentences on standard output, wrapped and indented."""
        for line in paragraph(text, self.columns, indent=indent):
            self.line((line, style))

    def line(self, *parts: Part) -> None:
        """One line of data on standard output."""
        self._write(self._out, parts)

    def remark(self, *parts: Part) -> None:
        """One line on standard error, quiet or not: errors and hints."""
        self._write(self._err, parts)

    def hint(self, text: str) -> None:
        """What to type next, on standard error, unless quiet."""
        if not self.quiet:
            first, *others = paragraph(f"hint: {text}", self._width(self._err), indent=0)
            self.remark(("hint:", "hint"), first.removeprefix("hint:"))
            for line in others:
                self.remark(line)

    def notice(self, text: str) -> None:
        """One line on standard error, unless quiet."""
        if not self.quiet:
            self._err.write(mask_loaded(text) + "\n")
            self._err.flush()

    def glyph(self, name: str) -> str:
        """A mark, or its ASCII form where the encoding has none."""
        try:
            _GLYPHS[name].encode(getattr(self._out, "encoding", None) or "ascii")
        except (UnicodeEncodeError, LookupError):
            return _ASCII[name]
        return _GLYPHS[name]

    def _write(self, file: TextIO, parts: Sequence[Part]) -> None:
        color = self._wants_color(file)
        texts = [
            part
            if isinstance(part, str)
            else f"\033[{STYLES[part[1]]}m{part[0]}\033[0m"
            if color and part[0]
            else part[0]
            for part in parts
        ]
        encoding = getattr(file, "encoding", None) or "utf-8"
        line = "".join(texts).encode(encoding, "backslashreplace").decode(encoding)
        file.write(mask_loaded(line) + "\n")
        file.flush()

    def _wants_color(self, file: TextIO) -> bool:
        return wants_color(self._color, self._environ, is_terminal=file.isatty())

    def _width(self, file: TextIO) -> int | None:
        if self._environ.get("COLUMNS", "").isdecimal():
            return int(self._environ["COLUMNS"])
        try:
            return os.get_terminal_size(file.fileno()).columns or None
        except (OSError, ValueError, AttributeError):
            return None

    def _console(self, file: TextIO) -> Console:
        from rich.console import Console

        class PipedConsole(Console):
            def on_broken_pipe(self) -> None:
                """Let the boundary answer it as it does everywhere: rich would exit with 1."""
                raise BrokenPipeError

        color = self._wants_color(file)
        return PipedConsole(
            file=file,
            color_system="standard" if color else None,
            force_terminal=color or None,
            no_color=not color,
            # What goes into a pipe is wrapped by whoever reads it.
            width=self._width(file) or PIPE_WIDTH,
            highlight=False,
            markup=False,
            emoji=False,
        )
