"""Help pages: examples first, options in sections, and what else one needs to know at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from vovecli.cli.options import PANELS, Panel

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

MAX_WIDTH = 100


class Ending(NamedTuple):
    """The end of a command's help page.

    Attributes:
        settings: Names of the settings that matter to it; their variables are printed.
        exits: Exit codes and what they mean here.
        page: Where the documentation says more, below docs/.
    """

    settings: tuple[str, ...] = ()
    exits: Mapping[int, str] = {}
    page: str = ""


class HelpPage:
    """How a command or a group draws its help; mixed into typer's classes."""

    ending = Ending()

    def format_usage(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own classes
        """Write the first line, which versions of typer draw each in its own way."""
        params = self.get_params(ctx)  # type: ignore[attr-defined]  # of the class it is mixed into
        arguments = (param for param in params if param.param_type_name == "argument")
        pieces = [
            "[OPTIONS]",
            *(each.metavar if each.required else f"[{each.metavar}]" for each in arguments),
        ]
        if hasattr(self, "commands"):
            pieces.append("COMMAND [ARGS]...")
        formatter.write_usage(ctx.command_path, " ".join(pieces))

    def format_help_text(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - typer's
        """Write the help as it is: its examples must not be rewrapped."""
        formatter.write_paragraph()
        for line in (getattr(self, "help", None) or "").splitlines():
            formatter.write(f"{line}\n")

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer's own classes
        """Write commands and arguments, then options by section, the common ones at the end."""
        if write_commands := getattr(self, "format_commands", None):
            write_commands(ctx, formatter)
        for title, records in _sections(self.get_params(ctx), ctx):  # type: ignore[attr-defined]  # of the class it is mixed into
            with formatter.section(title):
                formatter.write_dl(records)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - typer's
        """Write environment, exit codes and where to read on."""
        for title, records in _endings(self.ending):
            with formatter.section(title):
                formatter.write_dl(records)
        if self.ending.page:
            formatter.write_paragraph()
            formatter.write(f"Read more: docs/{self.ending.page}\n")


def _sections(params: Iterable[Any], ctx: object) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    sections |= {title: [] for title in PANELS}
    common: list[tuple[str, str]] = []
    for param in params:
        if not (record := param.get_help_record(ctx)):
            continue
        if param.param_type_name == "argument":
            sections["Arguments"].append((param.metavar, param.help or ""))
        elif param.name == "help":
            common.append((record[0], "Show this help"))
        elif param.rich_help_panel == Panel.GLOBAL:
            common.append(record)
        else:
            sections[param.rich_help_panel or "Options"].append(record)
    yield from ((title, records) for title, records in sections.items() if records)
    yield Panel.GLOBAL, common


def _endings(ending: Ending) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    if ending.settings:
        from vovecli.adapters.setting_keys import SETTING_KEYS

        keys = [SETTING_KEYS[name] for name in ending.settings]
        yield "Environment", [(key.variable, key.meaning) for key in keys]
    if ending.exits:
        yield "Exit codes", [(str(code), meaning) for code, meaning in ending.exits.items()]
