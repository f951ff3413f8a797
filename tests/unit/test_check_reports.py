"""Reports of `vove check`: the same facts as a page, JUnit, HTML and GitHub annotations."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vovecli.core.outcomes.checks import (
    CheckedApp,
    CheckExchange,
    CheckOutcome,
    CheckReport,
    CheckResult,
    CheckVerdict,
    Diagnosis,
    Framework,
)
from vovecli.ui.checks.github import step_summary, workflow_commands
from vovecli.ui.checks.html import html
from vovecli.ui.checks.junit import junit
from vovecli.ui.checks.page import CheckPage, draw_report
from vovecli.ui.terminal import Terminal

MOMENT = 1_800_000_000


def _result(id_: str, outcome: str, **changes: str) -> CheckResult:
    texts = {"sent": "something", "got": "401", "why": "", "fix": "", "source": "a page"} | changes
    return CheckResult(id_, outcome, "error", **texts)  # type: ignore[arg-type]  # an outcome


REPORT = CheckReport(
    endpoint="http://localhost:3000/hook",
    verdict="failing",
    diagnosis=(Diagnosis("undecoded-secret", "the text is the key", "decode it", "proved"),),
    checks=(
        _result(
            "delivery.valid-kyb", "fail", got="401 <b>no</b>\n& 50%", why="refused", fix="mend"
        ),
        _result("delivery.charset", "warn", why="odd", fix="mend"),
        _result("forgery.malformed", "info", why="5xx"),
        _result("retry.rotation", "pass"),
        _result("retry.duplicate", "inconclusive", why="behind the gate"),
        _result("tls.https", "skipped", why="on this machine"),
        _result("tls.certificate", "skipped", why="on this machine"),
    ),
    elapsed_s=0.25,
    requests=94,
    framework=Framework(("Express",), "x-powered-by: Express", ("express",), is_guess=False),
    wants_handler=True,
)
CLEAN = replace(
    REPORT,
    verdict="conformant",
    diagnosis=(),
    framework=None,
    wants_handler=False,
    checks=REPORT.checks[3:4],
)


class _Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def _terminal(err: io.StringIO | None = None, **options: bool) -> tuple[Terminal, io.StringIO]:
    out = io.StringIO()
    return (
        Terminal(
            out=out, err=err or io.StringIO(), environ={"COLUMNS": "100"}, color="never", **options
        ),
        out,
    )


def _page(report: CheckReport, *, verbose: bool = False) -> str:
    terminal, out = _terminal()
    draw_report(terminal, report, verbose=verbose)
    return out.getvalue()


def test_the_page() -> None:
    """Verdict, cause, the handler to take instead, what failed, then names only."""
    page = _page(REPORT)

    assert "failing: the handler has mistakes" in page
    assert "for Express (x-powered-by: Express):\n    vove handler express\n" in page
    assert "retry.rotation" not in page
    assert (
        "  inconclusive  1 check: behind the gate\n  skipped       2 checks (-v says why)\n" in page
    )
    assert "on this machine: tls 2 checks" in _page(REPORT, verbose=True)
    assert "retry.rotation" in _page(REPORT, verbose=True)
    assert "7 checks: 1 failed, 1 warned, 1 noted, 1 passed, 1 inconclusive, 2 skipped" in page


def test_the_page_of_a_right_handler() -> None:
    """Nothing but the verdict and the totals."""
    page = _page(CLEAN)

    assert "conformant: the handler does what it should" in page
    assert "1 check: 1 passed; 94 requests in 0.2 s" in page
    assert "vove handler" not in page


@pytest.mark.parametrize(
    ("framework", "words", "commands"),
    [
        (None, "if your framework is one of these:", ["vove handler"]),
        (
            Framework(("Flask", "Django"), "Server: gunicorn", ("flask", "django"), is_guess=True),
            "a guess: Flask or Django (Server: gunicorn):",
            ["vove handler flask", "vove handler django"],
        ),
        (
            Framework(("Spring",), "its error body", (), is_guess=False),
            "this looks like Spring (its error body); there is no tested handler for it yet:",
            ["vove handler"],
        ),
    ],
)
def test_the_offer_of_a_handler(
    framework: Framework | None, words: str, commands: list[str]
) -> None:
    """Two where it is a guess, which is said; the list where there is none for the framework."""
    page = _page(replace(REPORT, framework=framework))

    assert words in page
    offered = page.partition("next:")[0]
    assert commands == [line.strip() for line in offered.splitlines() if "  vove handler" in line]


def test_progress_on_a_terminal_is_one_line_written_over() -> None:
    """Gone when the page comes; with --verbose a line each; nothing when quiet."""
    for options, verbose, expected in (
        ({}, False, "\r1/"), ({}, True, "pass         retry.rotation\n"), ({"quiet": True}, False, ""),
    ):  # fmt: skip
        err = _Terminal()
        terminal, _ = _terminal(err, **options)
        page = CheckPage(terminal, verbose=verbose)
        page.show(REPORT.checks[3])
        page.close(CLEAN)
        assert expected in err.getvalue()
        assert err.getvalue().endswith("\r") or verbose or options


def test_junit() -> None:
    """Counts, a case per check, failures by --fail-on, the rest beside them."""
    lenient = ET.fromstring(
        junit(REPORT, moment=MOMENT, version="1.2.3", failures=frozenset({"fail"}))
    )
    strict = ET.fromstring(
        junit(REPORT, moment=MOMENT, version="1.2.3", failures=frozenset({"fail", "warn"}))
    )
    (suite,) = lenient

    assert [lenient[0].get(name) for name in ("tests", "failures", "errors", "skipped")] == list(
        "7103"
    )
    assert strict[0].get("failures") == "2"
    cases = {f"{case.get('classname')}.{case.get('name')}": case for case in suite.iter("testcase")}
    assert len(cases) == 7
    failure = cases["vove.delivery.valid-kyb"].find("failure")
    assert failure is not None
    assert failure.get("message") == "refused"
    assert "401 <b>no</b>\n& 50%" in str(failure.text)
    assert cases["vove.retry.duplicate"].find("skipped") is not None
    assert list(cases["vove.retry.rotation"]) == []
    assert "undecoded-secret (proved)" in str(suite.findtext("system-out"))


@pytest.mark.parametrize(
    ("verdict", "outcomes", "errors"),
    [
        ("unreachable", {"fail"}, 1),
        ("failing", {"fail", "warn"}, 1),
        ("failing", set(), 0),
        ("conformant", {"fail"}, 0),
    ],
)
def test_junit_shows_a_verdict_that_no_check_does(
    verdict: CheckVerdict, outcomes: set[CheckOutcome], errors: int
) -> None:
    """Or the file would be green where the command is not."""
    report = replace(REPORT, verdict=verdict, checks=(_result("retry.rotation", "pass"),))
    text = junit(report, moment=MOMENT, version="1.2.3", failures=frozenset(outcomes))
    suite = ET.fromstring(text)[0]

    assert (suite.get("errors"), suite.get("tests")) == (str(errors), str(1 + errors))
    assert [each.get("type") for each in suite.iter("error")] == [verdict] * errors


def test_junit_has_the_shape_of_the_common_schema() -> None:
    """Elements and attributes in the places and the order that consumers validate."""
    suite = ET.fromstring(
        junit(REPORT, moment=MOMENT, version="1.2.3", failures=frozenset({"fail"}))
    )[0]

    children = [child.tag for child in suite]
    assert children == ["properties", *["testcase"] * 7, "system-out", "system-err"]
    assert set(suite.attrib) == {
        "id", "package", "name", "tests", "failures", "errors", "skipped", "time", "timestamp", "hostname",
    }  # fmt: skip
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    for case in suite.iter("testcase"):
        assert set(case.attrib) == {"classname", "name", "time"}
        assert [child.tag for child in case] in ([], ["failure"], ["skipped"], ["system-out"])


@given(st.text())
@settings(max_examples=50, deadline=None)
def test_reports_survive_any_answer(text: str) -> None:
    """Whatever a handler answers, the documents stay well-formed and say no more than it."""
    result = _result("delivery.valid-kyb", "fail", got=text, why=text, fix=text)
    report = replace(REPORT, checks=(result,), endpoint=f"http://h/{text}")

    ET.fromstring(junit(report, moment=MOMENT, version="1.2.3", failures=frozenset({"fail"})))
    page = html(report, moment=MOMENT, version="1.2.3")
    assert "<script" not in page.lower().replace("&lt;script", "")
    assert all("\n" not in command for command in workflow_commands(report))
    assert step_summary(report)
    assert _page(report)


class _Outline(HTMLParser):
    """Tags, ids and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.resources: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.resources += [str(value) for name, value in attrs if name in ("src", "href")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_html() -> None:
    """One page: a language, a title, one main heading, headings in order, nothing from elsewhere."""
    page = html(REPORT, moment=MOMENT, version="1.2.3")
    outline = _Outline(page)

    assert outline.open == []
    assert outline.resources == []
    assert outline.tags.count("h1") == 1
    assert not {"script", "link", "img", "iframe"} & set(outline.tags)
    assert '<html lang="en">' in page
    assert "401 &lt;b&gt;no&lt;/b&gt;\n&amp; 50%" in page
    assert "prefers-color-scheme: dark" in page
    assert page.count("<details>") == 3
    assert "7 checks: 1 failed" in page.partition("<h2>")[0]
    assert "2027-01-15T08:00:00Z, vove 1.2.3" in page.partition("<h2>")[0]
    assert "<code>vove check --explain delivery.charset</code>" in page
    assert "The text is the key." in page


def test_html_of_a_right_handler() -> None:
    """No cards, no handler."""
    page = html(CLEAN, moment=MOMENT, version="1.2.3")

    assert 'class="card' not in page
    assert "<pre" not in page


def _contrast(one: str, two: str) -> float:
    """WCAG 2: relative luminance of the lighter over the darker."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted([luminance(one), luminance(two)], reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_html_contrast() -> None:
    """Text stands out 4.5:1 from either ground, light and dark."""
    style = html(CLEAN, moment=MOMENT, version="1.2.3").split("</style>")[0]
    light, dark = (
        dict(re.findall(r"--(\w+): (#\w{6})", part)) for part in style.split("@media")[:2]
    )

    for scheme in (light, dark):
        for text in ("text", "soft", "good", "bad", "warn"):
            for ground in ("ground", "panel"):
                assert _contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)


def test_workflow_commands() -> None:
    """The cause first, then failures and warnings; separators escaped."""
    commands = list(workflow_commands(REPORT))

    assert [command.split(" ")[0] for command in commands] == ["::error", "::error", "::warning"]
    assert commands[0].startswith(
        "::error title=vove check%3A undecoded-secret::the text is the key"
    )
    assert "401 <b>no</b>%0A& 50%25" in commands[1]
    assert list(workflow_commands(CLEAN)) == []


def test_workflow_commands_of_a_conformant_run_are_warnings() -> None:
    """A diagnosis that explains warnings is no error."""
    report = replace(REPORT, verdict="conformant", checks=REPORT.checks[1:2])

    assert [command.split(" ")[0] for command in workflow_commands(report)] == ["::warning"] * 2


def test_step_summary() -> None:
    """Markdown whose table no answer can break."""
    text = step_summary(replace(REPORT, checks=(_result("retry.rotation", "fail", got="a|b`c<d"),)))

    assert "## vove check: failing" in text
    assert "| `retry.rotation` | a\\|b'c&lt;d |" in text
    assert "| check |" not in step_summary(CLEAN)


@pytest.mark.parametrize("verdict", ["conformant", "failing", "inconclusive", "unreachable"])
def test_every_verdict_has_words(verdict: str) -> None:
    """In every report."""
    report = replace(CLEAN, verdict=verdict)  # type: ignore[arg-type]  # a verdict

    assert all(
        verdict in text
        for text in (
            _page(report),
            html(report, moment=MOMENT, version="1.2.3"),
            step_summary(report),
        )
    )


APP = CheckedApp("npm start", "exit code 1", ("out of memory",))
TRACE = (
    "TypeError: x is undefined",
    "    at /app/node_modules/y.js:1:1",
    "    at h (/app/app.js:9:1)",
)


def test_a_failing_page_ends_with_the_mistake_and_what_to_type() -> None:
    """Commands that work as they are; nothing for a handler that is right."""
    *_, end = _page(REPORT).partition("94 requests in 0.2 s")

    assert end == (
        "\n\nundecoded-secret (proved)\n  fix   decode it\n\nnext:\n"
        "  vove handler express                   a complete handler that works\n"
        "  vove check --explain delivery.charset  what that check is about\n"
        "  add --html report.html                 every request and answer on one page\n"
    )
    assert _page(CLEAN).endswith("94 requests in 0.2 s\n")


def test_unreachable_is_said_once() -> None:
    """Not for each check, and with what starts an app."""
    checks = (
        _result("delivery.reachable", "fail", got="nothing listens on localhost:3000"),
        *(_result(f"tls.{name}", "inconclusive", why="unreachable") for name in "abcd"),
    )
    report = replace(CLEAN, verdict="unreachable", checks=checks)
    page = _page(report)

    assert page.splitlines() == [
        "x unreachable: the endpoint does not answer",
        "  http://localhost:3000/hook",
        "  why   nothing listens on localhost:3000",
        "",
        "next:",
        "  vove check --run 'npm start' :3000/hook  starts your app and waits for it",
        "  add --wait 30s                           waits for an app that you start",
    ]
    assert "tls 4 checks" in _page(report, verbose=True)
    died = _page(replace(report, app=APP))
    assert "the app ended: exit code 1; its last lines:\n        out of memory\n" in died
    assert "next:" not in died


def test_many_names_are_counted() -> None:
    """In the line that says what could not be judged."""
    ids = "forgery.stale-24h, forgery.unsigned, forgery.a, forgery.b"
    report = replace(
        CLEAN, verdict="inconclusive", unjudged=f"{ids}: a limit; body.c, body.d: late"
    )

    assert "not judged: forgery.stale-24h and 3 others: a limit; body.c, body.d: late" in _page(
        report
    )


def test_the_apps_own_words() -> None:
    """Its error and its line under the failed check, its end at the top, in every report."""
    failed = replace(REPORT.checks[0], printed=TRACE)
    report = replace(REPORT, checks=(failed,), app=APP)
    cases = junit(report, moment=MOMENT, version="1.2.3", failures=frozenset({"fail"}))

    assert "  app   TypeError: x is undefined\n            at h (/app/app.js:9:1)\n" in _page(
        report
    )
    assert "the app ended: exit code 1; its last lines:\n        out of memory\n" in _page(report)
    assert "app: TypeError: x is undefined\napp:     at h (/app/app.js:9:1)" in cases
    assert "TypeError: x is undefined\n    at h (/app/app.js:9:1)</dd>" in html(
        report, moment=MOMENT, version="1.2.3"
    )
    assert "The app ended: exit code 1" in html(report, moment=MOMENT, version="1.2.3")
    assert "The app printed:%0ATypeError" in "".join(workflow_commands(report))
    end = _page(report).partition("(proved)\n  fix   decode it\n")[2]
    assert end.startswith(
        "  app   TypeError: x is undefined\n            at h (/app/app.js:9:1)\n\nnext:"
    )
    passed = replace(report, checks=(replace(failed, outcome="pass"),))
    assert "TypeError" not in _page(passed)


def test_long_lines_of_the_app_are_not_wrapped() -> None:
    """A path that is broken cannot be opened."""
    line = f"    at h (/app/{'long/' * 40}app.js:9:1)"
    report = replace(REPORT, checks=(replace(REPORT.checks[0], printed=(line,)),))

    assert line in _page(report)


def test_requests_and_answers_unfold() -> None:
    """Of failed checks and of those in the tables; escaped, with what the app printed."""
    shown = CheckExchange("genuine", "POST /x HTTP/1.1\n\n{}", "HTTP/1.1 500\n\n<b>", TRACE)
    evidence = {"delivery.valid-kyb": (shown,), "retry.rotation": (replace(shown, printed=()),)}
    page = html(
        replace(REPORT, evidence=evidence, secrets=("fp:12345678",)), moment=MOMENT, version="1.2.3"
    )

    assert _Outline(page).open == []
    assert page.count("<summary>Request and answer</summary>") == 2
    assert page.count("POST /x HTTP/1.1\n\n{}") == 2
    assert page.count("HTTP/1.1 500\n\n&lt;b&gt;") == 2
    assert page.count("The app printed:") == 1
    assert "secret fp:12345678" in page


def test_code_in_a_sentence_is_not_broken() -> None:
    """A call moves to the next line whole; one that fits in no line breaks as words do."""
    code = "express.raw({ type: () => true })"
    for filler in range(60, 90):
        found = Diagnosis("body-reserialized", "x", f"{'y' * filler} mount {code} here", "proved")
        assert code in _page(replace(REPORT, diagnosis=(found,)))
    long = Diagnosis("body-reserialized", "x", f"call f({'word ' * 40}end)", "proved")
    page = _page(replace(REPORT, diagnosis=(long,)))
    assert "wor\n" not in page
    assert "\ue000" not in page
