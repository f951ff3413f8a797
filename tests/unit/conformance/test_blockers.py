"""What stands before the handler, and what a handler does before it verifies: named as such."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import (
    KYB,
    OTHER_KEY,
    App,
    Request,
    Verifier,
    examine,
    reply,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conformance.handlers import Handler

    from vovecli.core.probes.exchanges import ProbeAnswer

BLAMED = {"wrong-secret", "reads-canonical-header-names", "body-parsed-before-verify"}
OTHER, OWN = App(Verifier(key=OTHER_KEY)), App(Verifier())


# ---------------------------------------------------------------- walls


@pytest.mark.parametrize(
    "answer",
    [
        reply(401, {"message": "Unauthorized"}),
        reply(403, {"message": "Forbidden"}),
        reply(403, "<html><head><title>403</title></head><body><h1>403 Forbidden</h1></body></html>"),
        reply(403, '<meta http-equiv="Content-Type" content="text/html"><h2>Access denied</h2>'),
        reply(403, "<html><body><h1>Just a moment...</h1></body></html>"),
        reply(400, "Your IP address is not allowed"),
        reply(401, "<html><body><p>This page requires Vercel authentication.</p></body></html>"),
        reply(403, {"timestamp": "2026-11-26", "status": 403, "error": "Forbidden", "path": "/x"}),
    ],
)  # fmt: skip
def test_one_answer_to_everything_is_no_handler(answer: ProbeAnswer) -> None:
    """A GET and unknown paths included."""
    examined = examine(lambda _: answer)

    assert examined.codes in (["wall"], ["auth-wall"])
    assert examined.report.diagnosis[0].certainty == "likely"


def test_an_answer_before_the_body_was_sent() -> None:
    """Whatever its words: nothing was verified."""

    def handle(request: Request) -> ProbeAnswer:
        return replace(reply(401, ""), is_early=request.method == "POST")

    assert examine(handle).codes == ["wall"]


def test_a_handler_that_answers_every_path_is_no_wall() -> None:
    """It reads the whole body first; with words about the signature it is the handler anyway."""
    assert examine(lambda _: reply(401, "bad")).codes == ["wrong-secret"]
    assert examine(lambda _: reply(403, "Forbidden: invalid signature")).codes == ["wrong-secret"]


@pytest.mark.thorough
@pytest.mark.parametrize(
    "words",
    [
        '{"detail":"Not authenticated"}', '{"message":"Unauthenticated."}', "Missing authorization header",
        '{"detail":"Authentication credentials were not provided."}', '{"error":"No API key"}',
        '{"error":"session required"}', "Your session has expired", "You must be logged in", "Please sign-in",
        "No auth token", "Token is missing", "Bad credentials", "Cookies must be enabled",
        "<html><body><h1>Authentication Required</h1></body></html>", "Full authentication is required",
    ],
)  # fmt: skip
def test_a_login_on_this_route_alone(words: str) -> None:
    """By its words it is likely; when a token changes the answer, it is proved."""

    def guarded(request: Request) -> ProbeAnswer:
        return reply(401, "bad token" if request.headers.get("authorization") else words)

    likely, proved = (
        examine(App(before=_on_route(lambda _: reply(401, words)))),
        examine(App(before=_on_route(guarded))),
    )

    assert (likely.codes, proved.codes) == (["auth-wall"], ["auth-wall"])
    assert [one.report.diagnosis[0].certainty for one in (likely, proved)] == ["likely", "proved"]
    assert "delivery.auth-wall" in likely.flagged


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (404, {"X-Clerk-Auth-Status": "signed-out"}), (401, {"x-clerk-auth-status": "signed-out"}),
        (403, {"Cf-Mitigated": "challenge"}), (429 - 26, {"X-Vercel-Mitigated": "challenge"}),
    ],
)  # fmt: skip
def test_a_guard_that_says_so_in_a_header(status: int, headers: dict[str, str]) -> None:
    """Whatever the status: Clerk hides routes behind a 404."""
    examined = examine(App(before=lambda _: reply(status, "", **headers)))

    assert (examined.codes, examined.report.diagnosis[0].certainty) == (["auth-wall"], "likely")


@pytest.mark.parametrize(
    "answer",
    [
        reply(200, "<!DOCTYPE html><html><body><div id=root></div></body></html>"),
        reply(200, "You are about to visit x.ngrok-free.app", ngrok_error_code="ERR_NGROK_6024"),
    ],
)
def test_one_page_for_everything_is_no_handler(answer: ProbeAnswer) -> None:
    """Nothing is said about a verification that never ran; it is no green either."""
    examined = examine(lambda _: answer)

    assert (examined.codes, examined.report.verdict) == (["wall"], "failing")
    assert examine(App(lambda _: True, accept=lambda _: answer)).codes == ["no-verification"]
    assert examine(lambda _: reply(200, "ok")).codes == ["no-verification"]


def test_a_token_that_is_looked_at_is_proof_without_words() -> None:
    """A bare 401 that changes with an Authorization header."""

    def guarded(request: Request) -> ProbeAnswer:
        return reply(403 if request.headers.get("authorization") else 401)

    assert examine(App(before=_on_route(guarded))).codes == ["auth-wall"]


def _on_route(answer: Callable[[Request], ProbeAnswer]) -> Callable[[Request], ProbeAnswer | None]:
    def before(request: Request) -> ProbeAnswer | None:
        is_here = request.path == App().path and request.method == "POST"
        return answer(request) if is_here else None

    return before


# ---------------------------------------------------------------- redirects


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("/webhooks/vove/", "redirect"),
        ("https://localhost/webhooks/vove", "redirect"),
        ("http://www.localhost:3000/webhooks/vove", "redirect"),
        ("/", "redirects-back"),
        ("/some/form", "redirects-back"),
        ("/login?next=/webhooks/vove", "auth-wall"),
    ],
)
def test_where_a_redirect_leads(location: str, code: str) -> None:
    """Only the same path in another spelling, scheme or host is a URL to register."""
    before = _on_route(lambda _: reply(302, Location=location))
    examined = examine(App(before=before))

    assert examined.codes == [code]
    assert ("register it" in examined.report.diagnosis[0].message) == (code == "redirect")


def test_a_redirect_after_the_verification() -> None:
    """Forgeries are refused, genuine deliveries sent back: a validation of the body."""
    examined = examine(App(accept=lambda _: reply(302, Location="/")))

    assert examined.codes == ["refused-after-verification"]


# ---------------------------------------------------------------- gateways


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_gateway_without_an_app(status: int) -> None:
    """The same to everything: nothing was judged."""
    examined = examine(lambda _: reply(status, "<html><body><h1>Bad Gateway</h1></body></html>"))

    assert examined.codes == ["upstream-down"]
    assert examined.report.verdict == "inconclusive"
    assert set() == examined.flagged


def test_a_gateway_that_answers_for_a_crash() -> None:
    """502 for each genuine delivery, 401 for forgeries: the crash comes after the verification."""
    examined = examine(App(accept=lambda _: reply(502, "Bad Gateway")))

    assert examined.codes == ["crash-after-verification"]
    assert examined.report.diagnosis[0].certainty == "likely"
    assert examined.report.verdict == "failing"


# ---------------------------------------------------------------- before the verification


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, '{"error":"user not found"}'), (400, "User not found for refId: {ref}"), (404, "Unknown case"),
        (404, "no such tenant"), (422, "customer does not exist"), (200, '{"applied":false,"message":"No matching user"}'),
    ],
)  # fmt: skip
def test_users_that_are_looked_up_first(status: int, words: str) -> None:
    """--ref-id is the first hint; neither the secret nor the body is blamed."""

    def before(request: Request) -> ProbeAnswer | None:
        if request.path != App().path or request.method != "POST":
            return None
        return reply(status, words.replace("{ref}", str(request.ref_id)))

    examined = examine(App(before=before))

    assert "--ref-id" in examined["delivery.valid-kyb"].why
    assert examined.report.verdict == "inconclusive"
    assert not BLAMED & set(examined.codes)
    assert "no-verification" not in examined.codes


def test_a_404_that_comes_of_falling_through() -> None:
    """A verified delivery that nothing answers gets what an unknown path gets."""

    def fall_through(request: Request) -> ProbeAnswer:
        return reply(404, f"Cannot {request.method} {request.path}")

    examined = examine(App(accept=fall_through))

    assert examined.codes == ["refused-after-verification"]
    assert examined.report.verdict == "failing"


def test_an_error_after_the_verification_is_no_lookup() -> None:
    """Gin's second bind: the body was read already."""
    examined = examine(App(accept=lambda _: reply(422, {"error": "EOF"})))

    assert examined.codes == ["refused-after-verification"]


@pytest.mark.parametrize(
    "body",
    [
        {"detail": [{"type": "missing", "loc": ["body", "payload"], "msg": "Field required"}]},
        {"message": "body/event must be string", "statusCode": 400},
    ],
)
def test_a_schema_that_is_not_the_payloads(body: object) -> None:
    """It names a field of the body, and answers unsigned requests the same."""
    examined = examine(App(before=_on_route(lambda _: reply(422, body))))

    assert examined.codes == ["body-schema"]


@pytest.mark.parametrize(
    ("words", "names_headers"),
    [
        ("Missing svix headers", True), ("svix-id header is required", True), ("no signature header", True),
        ("Missing required field", False), ("Missing ALPN", False), ("body is required", False),
    ],
)  # fmt: skip
def test_missing_is_said_of_headers_only_beside_their_names(
    words: str,
    names_headers: bool,  # noqa: FBT001 - a table
) -> None:
    """Bodies, fields and tokens can be missing, too."""
    examined = examine(App(lambda _: False, refuse=lambda _: reply(400, words)))

    assert ("reads-canonical-header-names" in examined.codes) == names_headers


# ---------------------------------------------------------------- families


def _kyc_refused(words: str, *, unless: Callable[[Request], bool] = lambda _: False) -> Handler:
    """Verifies KYB; answers KYC deliveries as it answers forgeries."""

    def verify(request: Request) -> bool:
        return verified(request) and (request.status in KYB or unless(request))

    return App(verify, refuse=lambda _: reply(401, words))


def test_a_family_that_is_refused_as_forged() -> None:
    """Words about the signature are an error; a bare refusal is a warning that names --family."""
    worded, bare = examine(_kyc_refused("invalid signature")), examine(_kyc_refused(""))

    assert worded["delivery.valid-kyc"].outcome == "fail"
    assert worded.report.verdict == "failing"
    assert (bare["delivery.valid-kyc"].outcome, bare.codes) == ("warn", [])
    assert "--family kyb" in bare["delivery.valid-kyc"].why
    assert bare.report.verdict == "conformant"


def test_a_type_that_drops_a_field() -> None:
    """KYC deliveries are accepted without userId only: the handler verifies what it wrote itself."""
    examined = examine(
        _kyc_refused("invalid signature", unless=lambda request: b"userId" not in request.body)
    )

    assert examined.codes == ["body-reserialized"]
    assert examined.report.diagnosis[0].certainty == "proved"
    assert "delivery.valid-kyc" in examined.flagged


def test_a_family_that_is_down_when_it_is_asked_again() -> None:
    """A gateway's 503 is no word about the family: neither refused nor served elsewhere."""
    asked = []

    def handle(request: Request) -> ProbeAnswer:
        if request.status in KYB:
            return OWN(request)
        asked.append(request)
        return reply(401, "invalid signature") if len(asked) == 1 else reply(503, "")

    examined = examine(handle)

    assert examined["delivery.valid-kyc"].outcome != "pass"
    assert not BLAMED & set(examined.codes)


@pytest.mark.parametrize(
    "words",
    [
        {"error": "Validation failed", "issues": [{"path": ["event"], "message": "Required"}]},
        {"errors": [{"message": "Must provide query string."}]},
        {"message": "The field event is required."},
        'ValidationError: "event" is required',
    ],
)
def test_words_of_a_schema(words: object) -> None:
    """A body is refused for what it lacks, whatever is signed."""
    answer = reply(400, words)
    examined = examine(
        lambda request: answer if request.headers.get("content-length") != "16" else reply(500)
    )
    assert examined.codes == ["body-schema"]
    assert examined.report.diagnosis[0].certainty == "likely"
