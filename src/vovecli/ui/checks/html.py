"""A run of `vove check` as one HTML page without scripts or external resources."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from vovecli.core.conformance.suite import BY_ID
from vovecli.core.times import iso
from vovecli.ui.checks.words import (
    OUTCOMES,
    certainty,
    headline,
    is_explained,
    is_plain_fact,
    of,
    offer,
    rows,
    seen,
    totals,
)
from vovecli.ui.text import printable_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.handlers import Handler
    from vovecli.core.outcomes.checks import CheckOutcome, CheckReport, CheckResult, Diagnosis

# Contrast of text to ground is 4.5:1 or more in both schemes; meaning never hangs on colour alone.
_STYLE = """
:root { color-scheme: light dark;
  --ground: #ffffff; --text: #1a1a1a; --soft: #595959; --line: #d0d0d0; --panel: #f5f5f5;
  --good: #116329; --bad: #b3151b; --warn: #7a4a00; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #16181c; --text: #e8e8e8; --soft: #a8a8a8; --line: #3c4046; --panel: #21242a;
  --good: #6cc983; --bad: #ff8a84; --warn: #e5b567; } }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem;
  background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .4rem 0; }
.soft { color: var(--soft); }
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
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { overflow-x: auto; background: var(--panel); border: 1px solid var(--line);
  border-radius: .4rem; padding: .8rem 1rem; font: .85rem/1.5 ui-monospace, monospace; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .3rem 0; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
"""
_HEADINGS: dict[CheckOutcome, str] = {"fail": "What failed", "warn": "Warnings", "info": "Remarks"}


def html(report: CheckReport, *, moment: int, handlers: Sequence[Handler] = ()) -> str:
    """The whole page.

    Args:
        report: What was found.
        moment: Unix seconds of the run's end.
        handlers: Those of the stacks that the report's framework names.
    """
    parts = [
        _head(report),
        *(_diagnosis(one) for one in report.diagnosis),
        _handlers(report, handlers),
        *(_group(report, outcome) for outcome in ("fail", "warn", "info")),
        _rest(report),
        f'<p class="soft">{_text(totals(report))}; {iso(moment)}, by vove check.</p>',
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{_text(headline(report))}: {_text(report.endpoint)}</title>\n"
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _head(report: CheckReport) -> str:
    lines = [
        f'<h1 class="{report.verdict}">{_text(headline(report))}</h1>',
        f'<p class="soft">Webhook endpoint <code>{_text(report.endpoint)}</code></p>',
    ]
    if text := seen(report):
        lines.append(f'<p class="soft">{_sentence(text)}</p>')
    return "\n".join(lines)


def _diagnosis(diagnosis: Diagnosis) -> str:
    return (
        '<section class="card fail">\n'
        f"<h2>{_text(diagnosis.code)} "
        f'<span class="soft">({certainty(diagnosis)})</span></h2>\n'
        f"<p>{_sentence(diagnosis.message)}</p>\n"
        f"<p><strong>How to fix it:</strong> {_text(diagnosis.fix)}.</p>\n"
        f"{_explains(diagnosis)}</section>"
    )


def _handlers(report: CheckReport, handlers: Sequence[Handler]) -> str:
    """Whole handlers that work, folded."""
    if not report.wants_handler:
        return ""
    files = "\n".join(
        f"<details><summary>{_text(handler.title)}: <code>{_text(handler.file)}</code></summary>\n"
        f'<pre tabindex="0"><code>{escape(handler.source)}</code></pre>\n</details>'
        for handler in handlers
    )
    more = "<p><code>vove handler</code> lists them.</p>"
    return f"<h2>{_sentence(offer(report.framework))}</h2>\n{files or more}"


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
    cards = "\n".join(_card(result) for result in results)
    return f"<h2>{_HEADINGS[outcome]}</h2>\n{cards}" if cards else ""


def _card(result: CheckResult) -> str:
    fields = [*rows(result), ("source", result.source)]
    items = "".join(f"<dt>{label}</dt><dd>{_text(text)}</dd>" for label, text in fields)
    return (
        f'<section class="card {result.outcome}">\n<h3><span class="mark">{result.outcome}</span> '
        f"<code>{result.id}</code> {_text(BY_ID[result.id].title)}</h3>\n"
        f"<dl>{items}</dl>\n</section>"
    )


def _rest(report: CheckReport) -> str:
    tables = [
        f"<details><summary>{len(found)} {OUTCOMES[outcome]}</summary>\n"
        f"{_table(found, outcome)}\n</details>"
        for outcome in ("inconclusive", "skipped", "info", "pass")
        if (
            found := [one for one in of(report, outcome) if outcome != "info" or is_plain_fact(one)]
        )
    ]
    return "<h2>Everything else</h2>\n" + "\n".join(tables) if tables else ""


def _table(results: list[CheckResult], outcome: CheckOutcome) -> str:
    lines = "\n".join(
        f'<tr><th scope="row"><code>{result.id}</code></th><td>{_text(BY_ID[result.id].title)}</td>'
        f"<td>{_text(result.why or result.got)}</td></tr>"
        for result in results
    )
    return (
        f"<table><caption>Checks that {OUTCOMES[outcome]}</caption>\n<thead><tr>"
        '<th scope="col">Check</th><th scope="col">What is right</th>'
        '<th scope="col">What was seen</th>'
        f"</tr></thead>\n<tbody>\n{lines}\n</tbody></table>"
    )


def _sentence(text: str) -> str:
    return _text(f"{text[:1].upper()}{text[1:]}.")


def _text(text: str) -> str:
    return escape(printable_lines(text))
