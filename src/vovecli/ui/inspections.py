"""Inspected records as one HTML page that needs no script: what the page of `inspect` shows."""

from __future__ import annotations

import base64
import json
from html import escape
from typing import TYPE_CHECKING, Any

from vovecli.core.comparison import invisible
from vovecli.core.times import format_duration, iso
from vovecli.ui.html import html_page
from vovecli.ui.text import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    InspectionJson = Mapping[str, Any]

_SHOWN = 20_000  # characters of a body
_MARKS = {"\n": "↵\n", "\r": "␍", "\t": "⇥", "\0": "␀"}
_CERTAINTIES = {
    "proved": "Proved: a signature matches once this is undone",
    "observed": "Observed in the request itself",
    "likely": "Likely, not proved",
    "unknown": "Not known: nothing that was tried explains it",
}
# What differs from a page with panes that scroll.
_STYLE = """
html, body { height: auto; }
main { display: block; }
body { display: block; max-width: 980px; margin: 0 auto; padding: 20px 16px 60px; }
.record { margin-top: 36px; padding-top: 16px; border-top: 1px solid var(--line); }
.record > header { display: block; padding: 0; background: none; border: 0; }
.contents { columns: 2; padding-left: 20px; }
pre { max-height: none; }
"""


def static_page(
    inspections: Sequence[InspectionJson],
    comparisons: Mapping[int, InspectionJson],
    *,
    style: str,
    moment: int,
) -> str:
    """The whole page.

    Args:
        inspections: `vove.inspection/1` of each record.
        comparisons: `vove.comparison/1` of those of which another body was signed, by number.
        style: The style sheets of the live page.
        moment: Unix seconds.
    """
    contents = "".join(
        f'<li><a href="#record-{each["record"]["record"]}">{_title(each)}</a></li>\n'
        for each in inspections
    )
    records = "\n".join(
        _record(each, comparisons.get(each["record"]["record"])) for each in inspections
    )
    shown = count(len(inspections), "record")
    body = (
        "<h1>vove<span> inspect</span></h1>\n"
        f'<p class="soft">{shown}, written {iso(moment)}. Personal data are replaced by '
        "pseudonyms of the same look, so that signatures no longer match what is shown; each "
        "verdict is that of the original.</p>\n"
        f'<ol class="contents">\n{contents}</ol>\n<main>\n{records}\n</main>'
    )
    return html_page(f"{shown} of vove inspect", body, style=style + _STYLE)


def _title(found: InspectionJson) -> str:
    record = found["record"]
    return f"{_what(record)} <small>#{record['record']} {escape(_went(found))}</small>"


def _what(record: InspectionJson) -> str:
    return _visible(record["event"] or f"{record['method']} {record['path']}")


def _went(found: InspectionJson) -> str:
    record = found["record"]
    return str(record["cause"] or record["outcome"])


def _record(found: InspectionJson, comparison: InspectionJson | None) -> str:
    record = found["record"]
    mark = "good" if found["ok"] else "bad"
    head = (
        f'<article class="record" id="record-{record["record"]}">\n<header>\n'
        f'<h2>{_what(record)} <span class="status {mark}">{escape(_went(found))}</span></h2>\n'
        f'<p class="soft">Record {record["record"]} · {record["direction"]} · '
        f"{iso(record['at'])}</p>\n{_facts(_of_record(record))}</header>"
    )
    parts = [
        head,
        _verdict(found),
        _comparison(comparison) if comparison else "",
        _request(record),
        _answer(record),
        _timeline(found["timeline"]),
    ]
    return "\n".join(part for part in parts if part) + "\n</article>"


def _of_record(record: InspectionJson) -> Iterable[tuple[str, str | None]]:
    yield "Endpoint", record["endpoint"]
    yield "refId", record["ref_id"]
    yield "Message", record["message_id"]
    yield "Broken on purpose", ", ".join(record["faults"]) or None


def _verdict(found: InspectionJson) -> str:
    verify, arrival = found["verify"], found["on_arrival"]
    if verify is None:
        why = f"<p>{_sentence(arrival['message'])}</p>\n" if arrival and arrival["message"] else ""
        return (
            f'<section class="card bad">\n<h3>✗ {escape(_went(found))}</h3>\n{why}'
            f'<p class="soft">{_why_no_verdict(found["record"])}</p>\n</section>'
        )
    cause, secret = verify["cause"], verify["secret"]
    head = f"✗ {escape(cause['code'])}" if cause else "✓ The signature is valid"
    lines = [f'<section class="card {"bad" if cause else "good"}">', f"<h3>{head}</h3>"]
    if cause:
        lines.append(f'<p class="certainty">{_CERTAINTIES[cause["certainty"]]}</p>')
        lines.append(f"<p>{_sentence(cause['message'])}</p>")
        if cause["fix"]:
            lines.append(f'<p class="fix"><strong>Fix:</strong> {_sentence(cause["fix"])}</p>')
    age_s = verify["age_s"]
    age = None if age_s is None else f"{format_duration(age_s)} when it was recorded"
    lines.append(_facts([("Secret", secret and secret["fingerprint"]), ("Age", age)]))
    findings = "".join(
        f"<li><code>{escape(each['code'])}</code> {_sentence(each['message'])}</li>\n"
        for each in verify["findings"]
    )
    if findings:
        lines.append(f'<h4>Also noticed</h4>\n<ul class="findings">\n{findings}</ul>')
    return "\n".join((*lines, "</section>"))


def _why_no_verdict(record: InspectionJson) -> str:
    if record["body_truncated"]:
        return "Only the beginning of the body was kept."
    return "Deliveries are POST requests."


def _comparison(found: InspectionJson) -> str:
    sides = "".join(_side(found, which) for which in ("left", "right"))
    return f'<div class="compare">\n{sides}</div>'


def _side(found: InspectionJson, which: str) -> str:
    text = "".join(
        _visible(piece["text"])
        if piece["side"] == "same"
        else f'<mark class="{which}">{_visible(piece["text"], lines=False)}</mark>'
        for piece in found["pieces"]
        if piece["side"] in ("same", which)
    )
    return f"<section>\n<h3>{escape(found[which])}</h3>\n<pre>{text}</pre>\n</section>\n"


def _request(record: InspectionJson) -> str:
    line = _visible(f"{record['method']} {record['path']}")
    return (
        f'<section class="part">\n<h3>Request <small>{record["body_len"]} bytes</small></h3>\n'
        f'<p class="line"><code>{line}</code></p>\n{_headers(record["headers"])}'
        f"{_body(record)}</section>"
    )


def _answer(record: InspectionJson) -> str:
    answer, latency_ms = record["answer"], record["latency_ms"]
    took = "" if latency_ms is None else f" <small>{latency_ms:.1f} ms</small>"
    status = "none" if record["status"] is None else str(record["status"])
    held = _headers(answer["headers"]) + _body(answer) if answer else ""
    return (
        f'<section class="part">\n<h3>Answer <span class="status">{status}</span>{took}</h3>\n'
        f"{held}</section>"
    )


def _timeline(steps: Sequence[InspectionJson]) -> str:
    if len(steps) < 2:  # noqa: PLR2004 - one attempt is no sequence
        return ""
    lines = "".join(
        f'<li><span class="gap">{_gap(step["gap_s"])}</span> #{step["record"]} '
        f"{step['direction']} · {_visible(_result(step))} "
        f'<span class="soft">{escape(step["note"])}</span></li>\n'
        for step in steps
    )
    return (
        '<section class="part">\n<h3>Timeline of the message</h3>\n'
        f'<ol class="timeline">\n{lines}</ol>\n</section>'
    )


def _result(step: InspectionJson) -> str:
    return str(step["error"] or step["status"] or step["outcome"])


def _gap(gap_s: float | None) -> str:
    return "first" if gap_s is None else f"+{format_duration(gap_s)}"


def _headers(pairs: Sequence[Sequence[str]]) -> str:
    rows = _rows((_visible(name), value) for name, value in pairs)
    return (
        f'<details class="headers" open><summary>{len(pairs)} headers</summary>\n'
        f"<dl>\n{rows}</dl></details>\n"
    )


def _body(holder: InspectionJson) -> str:
    if "body" in holder:
        text = _laid_out(holder["body"])
    else:
        text = base64.b64decode(holder["body_base64"]).decode("latin-1")
    if not text:
        return '<p class="soft">It is empty.</p>\n'
    more = "" if len(text) <= _SHOWN else f'<p class="note">The first {_SHOWN} characters.</p>\n'
    return f'<pre class="body">{_visible(text[:_SHOWN])}</pre>\n{more}'


def _laid_out(text: str) -> str:
    """JSON indented; as it is where it is none, or where that would change it."""
    try:
        payload = json.loads(text)
        laid_out = json.dumps(payload, indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
    same = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    return laid_out if "".join(same.split()) == "".join(text.split()) else text


def _facts(pairs: Iterable[tuple[str, str | None]]) -> str:
    rows = _rows((label, value) for label, value in pairs if value)
    return f'<dl class="facts">\n{rows}</dl>\n' if rows else ""


def _rows(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"<dt>{label}</dt><dd>{_visible(value)}</dd>\n" for label, value in pairs)


def _visible(text: str, *, lines: bool = True) -> str:
    """Text as HTML, what cannot be seen marked and named.

    Args:
        text: Of a delivery.
        lines: Whether line ends make lines and need no mark.
    """
    names = invisible(text)
    if lines:
        names.pop("\n", None)
    return "".join(
        f'<span class="unseen" title="{escape(names[char])}">'
        f"{_MARKS.get(char, escape(names[char]))}</span>"
        if char in names
        else escape(char)
        for char in text
    )


def _sentence(text: str) -> str:
    return _visible(f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}")
