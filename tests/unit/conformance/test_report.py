"""What a report shows of requests and answers, and what an app printed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tests.unit.conformance.handlers import SECRET, App, Verifier, closes, examine, reply

from vovecli.core.endpoints import parse_endpoint
from vovecli.core.suite.state import RunState

if TYPE_CHECKING:
    from tests.unit.conformance.handlers import Request

    from vovecli.core.probes.exchanges import ProbeAnswer


def test_requests_and_answers() -> None:
    """Of each check that was sent, as they went over the wire."""
    report = examine(App()).report
    (shown,) = report.evidence["delivery.valid-kyb"]

    assert shown.request.startswith("POST /webhooks/vove HTTP/1.1\n")
    assert "\nsvix-id: msg_" in shown.request
    assert '"status":"IN_PROGRESS"' in shown.request
    assert shown.answer.startswith("HTTP/1.1 200, after ")
    assert report.secrets == (SECRET.fingerprint,)
    assert "tls.https" not in report.evidence
    assert max(map(len, report.evidence.values())) == 6


def test_answers_that_are_not_utf8_are_shown() -> None:
    """Whatever an app answers, there is a report."""
    latin = App(Verifier(), refuse=lambda _: replace(reply(401), body=b"refus\xe9"))
    (shown, *_) = examine(latin).report.evidence["forgery.unsigned"]

    assert shown.answer.endswith("\n\nrefus\ufffd")


def test_they_are_bounded_and_hold_no_secret() -> None:
    """Long bodies are cut; parts of secrets are masked; no answer is said in words."""
    talks = App(Verifier(), refuse=lambda _: reply(401, "x" * 2000 + SECRET.encoded))
    leaks = App(Verifier(), refuse=lambda _: reply(401, f"not {SECRET.encoded[3:14]}"))
    (long, *_) = examine(talks).report.evidence["forgery.unsigned"]
    (leaky, *_) = examine(leaks).report.evidence["forgery.unsigned"]
    silent = examine(
        lambda request: closes() if "svix-id" not in request.headers else App()(request)
    )

    assert long.answer.endswith("x\n... 536 more")
    assert leaky.answer.endswith("\n\nnot [secret]")
    assert "HTTP" not in silent.report.evidence["forgery.unsigned"][0].answer


def test_credentials_of_the_url_are_masked() -> None:
    """In whatever a handler repeats."""
    endpoint = parse_endpoint("http://user:hunter2@localhost:3000/")

    assert RunState(endpoint, (SECRET,)).mask("as user:hunter2") == "as user:[secret]"


def test_what_an_app_printed_is_under_the_check_that_failed() -> None:
    """For the first of its probes that made the app speak of an error; nothing where it passed."""

    def handler(request: Request) -> ProbeAnswer:
        if request.status != "IN_PROGRESS":
            return replace(App()(request), printed=("POST /hook",))
        return replace(reply(500, "no"), printed=("POST /hook", "KeyError: 'user'"))

    examined = examine(handler)

    assert examined["delivery.valid-kyb"].printed == ("POST /hook", "KeyError: 'user'")
    assert examined["delivery.valid-kyc"].outcome == "pass"
    assert examined["delivery.valid-kyc"].printed == ()
    assert examined["tls.https"].printed == ()
