"""A run of `vove check` as people read it in a terminal."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from vovecli.core.suite import BY_ID, SUITE
from vovecli.ui.checks.words import (
    OUTCOMES,
    app_lines,
    certainty,
    headline,
    is_explained,
    is_plain_fact,
    next_steps,
    of,
    offer,
    own_error,
    rows,
    seen,
    totals,
)
from vovecli.ui.fields import draw_fields
from vovecli.ui.text import count, printable, printable_lines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.text import Text

    from vovecli.core.outcomes.checks import (
        CheckOutcome,
        CheckReport,
        CheckResult,
        Diagnosis,
        Framework,
    )
    from vovecli.core.suite.check import Check
    from vovecli.ui.terminal import Terminal

_LOOKS: Mapping[CheckOutcome, tuple[str, str]] = {
    "pass": ("ok", "green"),
    "fail": ("bad", "bold red"),
    "warn": ("warn", "yellow"),
    "info": ("dot", "cyan"),
    "skipped": ("dot", "dim"),
    "inconclusive": ("dot", "dim"),
}
_VERDICT_STYLES = {
    "conformant": "bold green",
    "failing": "bold red",
    "inconclusive": "bold yellow",
    "unreachable": "bold red",
}


class CheckPage:
    """Progress on standard error while the checks run, then the page on standard output.

    A line per check that did not pass; with `verbose` for each.
    """

    def __init__(self, terminal: Terminal, *, verbose: bool) -> None:
        self._terminal, self._verbose = terminal, verbose
        self._done = 0

    def show(self, result: CheckResult) -> None:
        """One check has finished."""
        self._done += 1
        if self._terminal.quiet:
            return
        err = self._terminal.err
        if err.is_terminal and not self._verbose:  # one line that is written over
            line = f"{self._done}/{len(SUITE)} {result.id}"
            self._write_over(line)
        elif self._verbose or result.outcome in ("fail", "warn", "info"):
            glyph, style = _LOOKS[result.outcome]
            mark = self._terminal.glyph(glyph)
            err.print(f"{mark} {result.outcome:12} {result.id}", style=style, soft_wrap=True)

    def close(self, report: CheckReport) -> None:
        """Draw the page: the verdict and its reason, what failed, then the rest folded."""
        if self._terminal.err.is_terminal and not self._terminal.quiet and not self._verbose:
            self._write_over("")
        draw_report(self._terminal, report, verbose=self._verbose)

    def _write_over(self, line: str) -> None:
        """Rich would drop the carriage return."""
        err = self._terminal.err
        width = err.width - 1
        err.file.write(f"\r{line[:width]:<{width}}\r")
        err.file.flush()


def draw_report(terminal: Terminal, report: CheckReport, *, verbose: bool = False) -> None:
    """Print the whole page; with `verbose` what passed or was not judged by its names."""
    _draw_verdict(terminal, report)
    if report.app and report.app.ended:
        terminal.out.print(f"  the app ended: {report.app.ended}; its last lines:", style="bold")
        _draw_lines(terminal, "", report.app.last_lines)
    if report.verdict == "unreachable":
        _draw_unreached(terminal, report, verbose=verbose)
        return
    for diagnosis in report.diagnosis:
        _draw_diagnosis(terminal, diagnosis)
    if report.wants_handler:
        _draw_handler(terminal, report.framework)
    for result in of(report, "fail", "warn", "info"):
        if not is_plain_fact(result) and not is_explained(report, result):
            _draw_result(terminal, result)
    terminal.out.print()
    draw_fields(terminal.out, _folded(report, verbose=verbose), label_width=14)
    terminal.out.print()
    terminal.out.print(totals(report), soft_wrap=True)
    _draw_end(terminal, report)


def _draw_unreached(terminal: Terminal, report: CheckReport, *, verbose: bool) -> None:
    """Why nothing answered, once: all checks are not judged for it."""
    for result in of(report, "fail"):
        draw_fields(terminal.out, [("why", printable(result.got))], label_width=6)
    for diagnosis in report.diagnosis:
        _draw_diagnosis(terminal, diagnosis)
    if verbose:
        draw_fields(terminal.out, _folded(report, verbose=True), label_width=14)
    _draw_steps(terminal, report)


def _draw_end(terminal: Terminal, report: CheckReport) -> None:
    """The mistake once more, where the eye is when the run is over, and what to type next."""
    from rich.text import Text

    if report.diagnosis:
        first = report.diagnosis[0]
        terminal.out.print()
        head = Text.assemble((first.code, "bold"), (f" ({certainty(first)})", "dim"))
        terminal.out.print(head, soft_wrap=True)
        draw_fields(terminal.out, [("fix", first.fix)], label_width=6)
        _draw_lines(terminal, "app", own_error(report))
    _draw_steps(terminal, report)


def _draw_steps(terminal: Terminal, report: CheckReport) -> None:
    from rich.text import Text

    steps = next_steps(report)
    width = max((len(command) for command, _ in steps), default=0)
    for number, (command, purpose) in enumerate(steps):
        if number == 0:
            terminal.out.print("\nnext:")
        line = Text.assemble(
            "  ", (printable(command).ljust(width), "cyan"), (f"  {purpose}", "dim")
        )
        terminal.out.print(line, soft_wrap=True)


def draw_list(terminal: Terminal) -> None:
    """Every check in one line."""
    for check in SUITE:
        terminal.out.print(f"{check.id:30} {check.severity:8} {check.title}", soft_wrap=True)


def draw_explanation(terminal: Terminal, check: Check) -> None:
    """All about one check."""
    terminal.out.print(f"{check.id}: {check.title}", style="bold", soft_wrap=True)
    fields = [
        ("severity", check.severity),
        ("sent", check.sent),
        ("why", check.why),
        ("fix", check.fix),
        ("source", check.source),
    ]
    draw_fields(terminal.out, fields)


def _draw_verdict(terminal: Terminal, report: CheckReport) -> None:
    from rich.text import Text

    good = report.verdict == "conformant"
    mark = terminal.glyph("ok" if good else "bad")
    style = _VERDICT_STYLES[report.verdict]
    if report.verdict == "inconclusive":
        mark = terminal.glyph("warn")
    if good and report.summary["warn"]:
        mark, style = terminal.glyph("warn"), "bold yellow"
    terminal.out.print(f"{mark} {headline(report)}", style=style, soft_wrap=True)
    terminal.out.print(f"  {printable(report.endpoint)}", style="dim", soft_wrap=True)
    if shown := seen(report):
        draw_fields(terminal.out, [("", Text(printable(shown), style="dim"))], label_width=0)


def _draw_diagnosis(terminal: Terminal, diagnosis: Diagnosis) -> None:
    from rich.text import Text

    terminal.out.print()
    head = Text.assemble(("  " + diagnosis.code, "bold"), (f"  ({certainty(diagnosis)})", "dim"))
    terminal.out.print(head, soft_wrap=True)
    fields: list[tuple[str, str | Text]] = [
        ("what", printable(diagnosis.message)),
        ("fix", diagnosis.fix),
    ]
    if diagnosis.explains:
        fields.append(("fails", ", ".join(diagnosis.explains)))
    draw_fields(terminal.out, fields, label_width=6)


def _draw_handler(terminal: Terminal, framework: Framework | None) -> None:
    """How to get a whole handler that works."""
    terminal.out.print()
    terminal.out.print(f"  {offer(framework)}:", soft_wrap=True)
    for stack in framework.stacks if framework else ():
        terminal.out.print(f"    vove handler {stack}", style="cyan", soft_wrap=True)
    if not framework or not framework.stacks:
        terminal.out.print("    vove handler", style="cyan")


def _draw_result(terminal: Terminal, result: CheckResult) -> None:
    from rich.text import Text

    glyph, style = _LOOKS[result.outcome]
    terminal.out.print()
    head = Text.assemble(
        (f"{terminal.glyph(glyph)} {result.id}", style), "  ", BY_ID[result.id].title
    )
    terminal.out.print(head, soft_wrap=True)
    draw_fields(
        terminal.out,
        [(label, printable_lines(text)) for label, text in rows(result)],
        label_width=6,
    )
    _draw_lines(terminal, "app", app_lines(result))


def _draw_lines(terminal: Terminal, label: str, lines: Sequence[str]) -> None:
    """What an app printed, each line as it is: a path that is broken cannot be opened."""
    from rich.text import Text

    for number, line in enumerate(lines):
        head = f"  {label if number == 0 else '':<6}"
        terminal.out.print(Text.assemble((head, "dim"), printable(line)), soft_wrap=True)


def _folded(report: CheckReport, *, verbose: bool) -> list[tuple[str, str | Text]]:
    """What passed or was not judged, grouped by the reason: how many, or their names."""
    fields: list[tuple[str, str | Text]] = []
    if passed := of(report, "pass"):
        fields.append((OUTCOMES["pass"], _names(passed) if verbose else _many(passed)))
    fields += [
        ("noted", f"{one.id}: {one.got}")
        for one in of(report, "info")
        if is_plain_fact(one) and verbose
    ]
    for outcome in ("inconclusive", "skipped"):
        reasons: dict[str, list[CheckResult]] = defaultdict(list)
        for result in of(report, outcome):
            reasons[result.why].append(result)
        if verbose:
            fields += [
                (OUTCOMES[outcome], f"{printable(why)}: {_names(results)}")
                for why, results in reasons.items()
            ]
        elif outcome == "skipped" and reasons:
            fields.append((OUTCOMES[outcome], f"{_many(of(report, outcome))} (-v says why)"))
        else:
            fields += [
                (OUTCOMES[outcome], f"{_many(results)}: {printable(why)}")
                for why, results in reasons.items()
            ]
    return fields


def _many(results: Sequence[CheckResult]) -> str:
    return count(len(results), "check")


def _names(results: Sequence[CheckResult]) -> str:
    """`delivery (8), retry.rotation`: groups of more than one by their number."""
    groups: dict[str, list[str]] = defaultdict(list)
    for result in results:
        group, _, name = result.id.partition(".")
        groups[group].append(name)
    return ", ".join(
        f"{group}.{names[0]}" if len(names) == 1 else f"{group} {count(len(names), 'check')}"
        for group, names in groups.items()
    )
