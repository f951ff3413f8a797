"""A run of `vove check` as one HTML page without scripts or external resources."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from vovecli.core.suite import BY_ID
from vovecli.core.times import iso
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
    rows,
    seen,
    totals,
)
from vovecli.ui.html import report_page, sentence, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.handlers import Handler
    from vovecli.core.outcomes.checks import CheckOutcome, CheckReport, CheckResult, Diagnosis

_STYLE = """
.card { border: 1px solid var(--line); border-left: .4rem solid var(--soft); border-radius: .4rem;
  background: var(--panel); padding: .8rem 1rem; margin: .8rem 0; }
.card h2 { margin-top: 0; }
.card.fail { border-left-color: var(--bad); }
.card.warn { border-left-color: var(--warn); }
.fail .mark, .failing, .unreachable { color: var(--bad); }
.warn .mark, .inconclusive { color: var(--warn); }
.conformant { color: var(--good); }
dl { display: grid; grid-template-columns: 4rem 1fr; gap: .15rem .8rem; margin: .6rem 0 0; }
dt { color: var(--soft); }
h4 { font-size: .9rem; margin: .8rem 0 .2rem; }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { overflow-x: auto; background: var(--panel); border: 1px solid var(--line);
  border-radius: .4rem; padding: .8rem 1rem; font: .85rem/1.5 ui-monospace, monospace; }
"""
_HEADINGS: dict[CheckOutcome, str] = {"fail": "What failed", "warn": "Warnings", "info": "Remarks"}


def html(
    report: CheckReport, *, moment: int, version: str, handlers: Sequence[Handler] = ()
) -> str:
    """The whole page.

    Args:
        report: What was found.
        moment: Unix seconds of the run's end.
        version: Ours.
        handlers: Those of the stacks that the report's framework names.
    """
    parts = [
        _head(report, moment, version),
        _steps(report),
        *(_diagnosis(one) for one in report.diagnosis),
        _handlers(report, handlers),
        *(_group(report, outcome) for outcome in ("fail", "warn", "info")),
        _rest(report),
    ]
    return report_page(f"{headline(report)}: {report.endpoint}", parts, style=_STYLE)


def _head(report: CheckReport, moment: int, version: str) -> str:
    secrets = f", secret {text(', '.join(report.secrets))}" if report.secrets else ""
    app = f", started by <code>{text(report.app.command)}</code>" if report.app else ""
    lines = [
        f'<h1 class="{report.verdict}">{text(headline(report))}</h1>',
        f'<p class="soft">Webhook endpoint <code>{text(report.endpoint)}</code>{app}{secrets}</p>',
        f"<p>{sentence(totals(report))}</p>",
        f'<p class="soft">{iso(moment)}, vove {text(version)}</p>',
    ]
    if report.app and report.app.ended:
        lines.append(f"<p>The app ended: {text(report.app.ended)}.</p>")
        lines.append(_code("\n".join(report.app.last_lines)))
    if shown := seen(report):
        lines.append(f'<p class="soft">{sentence(shown)}</p>')
    return "\n".join(lines)


def _steps(report: CheckReport) -> str:
    steps = "\n".join(
        f"<li><code>{text(command)}</code> {text(purpose)}</li>"
        for command, purpose in next_steps(report)
        if "--html" not in command
    )
    return f"<h2>What to do next</h2>\n<ul>\n{steps}\n</ul>" if steps else ""


def _diagnosis(diagnosis: Diagnosis) -> str:
    return (
        '<section class="card fail">\n'
        f"<h2>{text(diagnosis.code)} "
        f'<span class="soft">({certainty(diagnosis)})</span></h2>\n'
        f"<p>{sentence(diagnosis.message)}</p>\n"
        f"<p><strong>How to fix it:</strong> {text(diagnosis.fix)}.</p>\n"
        f"{_explains(diagnosis)}</section>"
    )


def _handlers(report: CheckReport, handlers: Sequence[Handler]) -> str:
    """Whole handlers that work, folded."""
    if not report.wants_handler:
        return ""
    files = "\n".join(
        f"<details><summary>{text(handler.title)}: <code>{text(handler.file)}</code></summary>\n"
        f'<pre tabindex="0"><code>{escape(handler.source)}</code></pre>\n</details>'
        for handler in handlers
    )
    more = "<p><code>vove handler</code> lists them.</p>"
    return f"<h2>{sentence(offer(report.framework))}</h2>\n{files or more}"


def _explains(diagnosis: Diagnosis) -> str:
    if not diagnosis.explains:
        return ""
    return f'<p class="soft">Checks that fail for it: {", ".join(diagnosis.explains)}.</p>\n'


def _group(report: CheckReport, outcome: CheckOutcome) -> str:
    results = (
        result
        for result in of(report, outcome)
        if not is_plain_fact(result) and not is_explained(report, result)
    )
    cards = "\n".join(_card(result, _exchanges(report, result)) for result in results)
    return f"<h2>{_HEADINGS[outcome]}</h2>\n{cards}" if cards else ""


def _exchanges(report: CheckReport, result: CheckResult) -> str:
    """What was sent and answered, folded."""
    found = report.evidence.get(result.id, ())
    if not found:
        return ""
    shown = "\n".join(
        f"<h4>{text(one.label)}</h4>\n{_code(one.request)}\n{_code(one.answer)}"
        + (
            f'\n<p class="soft">The app printed:</p>\n{_code(chr(10).join(one.printed))}'
            if one.printed
            else ""
        )
        for one in found
    )
    return f"<details><summary>Request and answer</summary>\n{shown}\n</details>"


def _code(content: str) -> str:
    return f'<pre tabindex="0"><code>{text(content)}</code></pre>'


def _card(result: CheckResult, exchanges: str) -> str:
    fields = [*rows(result), ("source", result.source)]
    if lines := app_lines(result):
        fields.insert(-1, ("app", "\n".join(lines)))
    items = "".join(f"<dt>{label}</dt><dd>{text(value)}</dd>" for label, value in fields)
    return (
        f'<section class="card {result.outcome}">\n<h3><span class="mark">{result.outcome}</span> '
        f"<code>{result.id}</code> {text(BY_ID[result.id].title)}</h3>\n"
        f"<dl>{items}</dl>\n{exchanges}</section>"
    )


def _rest(report: CheckReport) -> str:
    tables = [
        f"<details><summary>{len(found)} {OUTCOMES[outcome]}</summary>\n"
        f"{_table(report, found, outcome)}\n</details>"
        for outcome in ("inconclusive", "skipped", "info", "pass")
        if (
            found := [one for one in of(report, outcome) if outcome != "info" or is_plain_fact(one)]
        )
    ]
    return "<h2>Everything else</h2>\n" + "\n".join(tables) if tables else ""


def _table(report: CheckReport, results: list[CheckResult], outcome: CheckOutcome) -> str:
    lines = "\n".join(
        f'<tr><th scope="row"><code>{result.id}</code></th><td>{text(BY_ID[result.id].title)}</td>'
        f"<td>{text(result.why or result.got)}{_exchanges(report, result)}</td></tr>"
        for result in results
    )
    return (
        f"<table><caption>Checks that {OUTCOMES[outcome]}</caption>\n<thead><tr>"
        '<th scope="col">Check</th><th scope="col">What is right</th>'
        '<th scope="col">What was seen</th>'
        f"</tr></thead>\n<tbody>\n{lines}\n</tbody></table>"
    )
