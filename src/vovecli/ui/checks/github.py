"""A run of `vove check` for GitHub: workflow annotations and the step summary in Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.suite import BY_ID
from vovecli.ui.checks.words import app_lines, certainty, headline, is_explained, of, seen, totals
from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from vovecli.core.outcomes.checks import CheckReport, CheckResult

_COMMANDS = {"fail": "error", "warn": "warning"}


def workflow_commands(report: CheckReport) -> Iterator[str]:
    """Workflow commands: the diagnosis first, then one per failed check and warning."""
    for cause in report.diagnosis:
        level = "error" if report.verdict == "failing" else "warning"
        yield _command(level, f"vove check: {cause.code}", f"{cause.message}. Fix: {cause.fix}")
    for check in _unexplained(report):
        text = f"{BY_ID[check.id].title}. Got: {check.got}. {check.why}. Fix: {check.fix}"
        if lines := app_lines(check):
            text += "\nThe app printed:\n" + "\n".join(lines)
        yield _command(_COMMANDS[check.outcome], f"vove check: {check.id}", text)


def step_summary(report: CheckReport) -> str:
    """Markdown for the page of the workflow run."""
    lines = [f"## vove check: {headline(report)}", "", f"`{_plain(report.endpoint)}`", ""]
    if text := seen(report):
        lines += [_plain(text), ""]
    for cause in report.diagnosis:
        lines += [
            f"**{cause.code}** ({certainty(cause)}): {_plain(cause.message)}",
            "",
            f"Fix: {_plain(cause.fix)}",
            "",
        ]
    if found := _unexplained(report):
        lines += ["| check | got | why | fix |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{check.id}` | {_plain(check.got)} | {_plain(check.why)} | {_plain(check.fix)} |"
            for check in found
        ]
        lines.append("")
    return "\n".join([*lines, totals(report), ""])


def _unexplained(report: CheckReport) -> list[CheckResult]:
    found = of(report, "fail", "warn")
    return [result for result in found if not is_explained(report, result)]


def _command(level: str, title: str, message: str) -> str:
    return f"::{level} title={_property(title)}::{_data(message)}"


def _data(text: str) -> str:
    """As the workflow commands of actions/toolkit escape a message."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace("##[", "##\\x5b")  # the older form of a command, found anywhere in a line


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _plain(text: str) -> str:
    """Untrusted text in one cell of a Markdown table."""
    escaped = printable(text, limit=300).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"[|*_!\[\]~]", r"\\\g<0>", escaped).replace("`", "'")
