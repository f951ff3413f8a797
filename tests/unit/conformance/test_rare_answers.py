"""Handlers that answer in ways few do: each must be told apart from its likeness."""

from __future__ import annotations

import hmac
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from tests.unit.conformance.handlers import (
    KYB,
    SECRET,
    App,
    Request,
    closes,
    examine,
    reply,
    verified,
)

from vovecli.core.suite.check import Evidence, summary

if TYPE_CHECKING:
    from vovecli.core.probes.exchanges import ProbeAnswer

PATH = App().path


def _path(request: Request) -> str:
    return urlsplit(request.path).path


def test_a_route_for_get_alone_is_the_wrong_method() -> None:
    """POST is 404 everywhere, GET of this path alone is answered."""

    def handler(request: Request) -> ProbeAnswer:
        is_page = request.method == "GET" and _path(request) == PATH
        return reply(200, "page") if is_page else reply(404, "not found")

    assert examine(handler).codes[0] == "method"


def test_a_route_that_hides_itself_is_no_wrong_path() -> None:
    """404 to every POST, but GET of this path differs from GET of any other."""

    def handler(request: Request) -> ProbeAnswer:
        if request.method == "GET" and _path(request) == PATH:
            return reply(405, "Method Not Allowed")
        return reply(404, "not found")

    assert "wrong-path" not in examine(handler).codes


def test_a_location_that_is_no_url_is_nothing_to_register() -> None:
    """Shown as it came."""
    examined = examine(lambda _: reply(302, "", Location="http://[bad"))

    assert examined.codes[0] == "redirects-back"
    assert "http://[bad" in examined["delivery.redirect"].got


def test_signatures_in_another_form_are_not_looked_at() -> None:
    """A right `v1,` entry is demanded only where the header has the form of one."""

    def lenient(request: Request) -> bool:
        signature = request.headers.get("svix-signature", "")
        return verified(request) or bool(signature and not signature.startswith("v1,"))

    assert "no-verification" in examine(App(verify=lenient)).codes


def test_a_limit_on_rotations_is_no_refusal() -> None:
    """429 says nothing about the signature."""

    def handler(request: Request) -> ProbeAnswer:
        if " " in request.headers.get("svix-signature", ""):
            return reply(429, "slow down")
        return App()(request)

    assert "docs-kyc-node" not in examine(handler).codes


def test_crashes_on_everything() -> None:
    """Forged, genuine and unsigned alike."""
    codes = examine(lambda _: reply(500, "Internal Server Error")).codes

    assert codes[0] == "crash-before-verification"


def test_a_handler_that_closes_on_what_is_signed_only() -> None:
    """Crashes on signed requests, refuses unsigned ones cleanly."""

    def handler(request: Request) -> ProbeAnswer:
        if "svix-signature" not in request.headers:
            return reply(401, "unsigned")
        return closes()

    assert "crash-before-verification" in examine(handler).codes


@pytest.mark.parametrize("text", ["unsupported media type", "Content-Type must be JSON"])
def test_words_about_the_content_type_that_is_right_are_likely_a_guard(text: str) -> None:
    """It refuses application/json."""
    assert examine(lambda _: reply(415, text)).codes[0] == "content-type-guard"


def test_no_answers_have_no_summary() -> None:
    """A check whose steps were left out."""
    assert summary(Evidence()) == ""


def test_a_slow_refusal_is_still_a_refusal() -> None:
    """Latency does not make it accepted."""
    examined = examine(lambda request: replace(App()(request), latency_ms=6000.0))

    assert examined["forgery.unsigned"].outcome == "pass"


def test_a_verified_delivery_that_is_refused_in_other_words() -> None:
    """Genuine ones are answered unlike forged ones, but never accepted."""
    app = App(accept=lambda _: reply(400, "no such plan"), refuse=lambda _: reply(401, "signature"))

    assert "refused-after-verification" in examine(app).codes


def test_a_405_that_is_no_route_at_all() -> None:
    """POST is 404 here, GET 405 here and 404 elsewhere, and the words of the 404 differ."""

    def handler(request: Request) -> ProbeAnswer:
        if _path(request) != PATH:
            return reply(404, "nothing here")
        return reply(405, "GET") if request.method == "GET" else reply(404, "hidden")

    assert "wrong-path" not in examine(handler).codes


def test_a_404_that_knows_genuine_from_forged_is_no_wrong_path() -> None:
    """It hides from forgers and does not know the user."""
    app = App(accept=lambda _: reply(404, "no such user"), refuse=lambda _: reply(404, ""))

    assert "wrong-path" not in examine(app).codes


def test_a_handler_that_verifies_plain_text_alone() -> None:
    """Only text/plain reaches it unparsed; other types do not."""

    def verify(request: Request) -> bool:
        is_text = request.headers.get("content-type", "").startswith("text/plain")
        return is_text and verified(request)

    assert examine(App(verify=verify)).codes


def test_a_405_for_signed_requests_alone_is_no_wrong_method() -> None:
    """An unsigned one is answered otherwise, so the route is there."""

    def handler(request: Request) -> ProbeAnswer:
        return reply(405, "x") if "svix-signature" in request.headers else reply(401, "unsigned")

    assert not {"method", "wrong-path"} & set(examine(handler).codes)


def test_a_404_of_its_own_is_no_wrong_path() -> None:
    """POST here is answered in other words than POST elsewhere; a GET says nothing."""

    def handler(request: Request) -> ProbeAnswer:
        is_here = _path(request) == PATH and request.method == "POST"
        return reply(404, "hidden" if is_here else "nothing")

    assert "wrong-path" not in examine(handler).codes


def test_a_limit_on_rewritten_bodies_is_no_refusal() -> None:
    """Nor is it an acceptance."""

    def handler(request: Request) -> ProbeAnswer:
        is_rewritten = request.body.startswith(b"{\n") and not verified(request)
        return reply(503) if is_rewritten else App()(request)

    examined = examine(handler)

    assert examined["body.reserialized-js"].outcome == "inconclusive"
    assert examined.codes == []


def test_a_family_whose_users_are_looked_up_first() -> None:
    """KYB says that nobody knows the user, whatever is signed; KYC is verified."""

    def handler(request: Request) -> ProbeAnswer:
        if request.status in KYB:
            return reply(200, {"applied": False, "message": "no matching user"})
        return App()(request)

    examined = examine(handler)

    assert examined["delivery.valid-kyc"].outcome == "pass"
    assert "no-verification" not in examined.codes


def test_a_hiccup_of_a_gateway_closes_nothing() -> None:
    """Both genuine deliveries met a 503, the next one did not."""
    calls = {"n": 0}

    def handler(request: Request) -> ProbeAnswer:
        calls["n"] += 1
        return reply(503) if calls["n"] <= 2 else App()(request)

    examined = examine(handler)

    assert examined.codes == []
    assert examined["retry.rotation"].outcome == "pass"


def test_time_that_is_over_before_the_second_family() -> None:
    """It was not asked, so nothing is said of it."""
    elapsed_s = iter([0.0])  # while the name is resolved
    examined = examine(App(), elapsed_s=lambda _: next(elapsed_s, 100.0))

    assert examined["delivery.valid-kyc"].outcome == "inconclusive"
    assert examined.report.verdict == "inconclusive"
    assert examined.codes == []


def test_a_check_that_was_cut_short_is_no_pass() -> None:
    """What was answered before time was over is not the whole."""
    slow = App(refuse=lambda _: replace(reply(401), latency_ms=4000.0))
    examined = examine(
        App(slow.verify, slow.refuse, accept=lambda _: replace(reply(200), latency_ms=4000.0)),
        elapsed_s=lambda requests: requests * 4.0,
    )

    assert examined.report.verdict == "inconclusive"
    assert "60 s are over" not in examined.report.unjudged
    assert "s are over" in examined.report.unjudged


@pytest.mark.parametrize(
    ("answer", "says"),
    [(reply(404), "--ref-id"), (reply(404, "status unknown, user not found"), "")],
)
def test_a_404_for_genuine_deliveries_alone(answer: ProbeAnswer, says: str) -> None:
    """A user that is not known, unless it speaks of the status."""
    assert says in examine(App(accept=lambda _: answer))["delivery.valid-kyb"].why


def test_what_is_accepted_once_only_is_not_proved() -> None:
    """A part of a signature, and a wrong scheme, each taken by chance."""
    taken: set[str] = set()

    def once(kind: str, *, is_it: bool) -> bool:
        if is_it and kind not in taken:
            taken.add(kind)
            return True
        return False

    def verify(request: Request) -> bool:
        signature = request.headers.get("svix-signature", "")
        is_part = signature == "v1,"
        return verified(request) or once("part", is_it=is_part)

    def verify_hex(request: Request) -> bool:
        signature = request.headers.get("svix-signature", "")
        mac = hmac.digest(SECRET.text.encode(), request.body, "sha256")
        return once("hex", is_it=signature == mac.hex())

    def verify_signed(request: Request) -> bool:
        is_unsigned = "svix-signature" not in request.headers and request.method == "POST"
        return verified(request) or once("unsigned", is_it=is_unsigned)

    part, unsigned = examine(App(verify)), examine(App(verify_signed))
    assert "forgery.truncated-signature" in part.flagged
    assert "forgery.unsigned" in unsigned.flagged
    assert part.codes == unsigned.codes == []
    taken.add("part")
    assert not any(one.certainty == "proved" for one in examine(App(verify_hex)).report.diagnosis)


def test_another_cause_than_the_secret_is_not_hidden_by_the_development_secret() -> None:
    """A crash is a crash."""
    examined = examine(lambda _: reply(500, "oops"), is_secret_given=False)

    assert examined.codes[0] == "crash-before-verification"


def test_a_limit_on_one_spelling_accuses_nobody() -> None:
    """503 says nothing about header names."""

    def handler(request: Request) -> ProbeAnswer:
        is_title = any(name == "Svix-Id" for name, _ in request.raw_headers)
        return reply(503) if is_title else App()(request)

    assert examine(handler).codes == []
