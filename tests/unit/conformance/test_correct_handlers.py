"""Handlers that are right, in many styles: no check fails or warns, nothing is diagnosed."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import (
    FINAL,
    KYB,
    KYC,
    NOW,
    App,
    Request,
    Verifier,
    closes,
    examine,
    reply,
    verified,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conformance.handlers import Handler

    from vovecli.core.probes.exchanges import ProbeAnswer


def _refusing(answer: ProbeAnswer) -> App:
    return App(refuse=lambda _: answer)


def _accepting(answer: ProbeAnswer) -> App:
    return App(accept=lambda _: answer)


def _deduplicating() -> App:
    seen: set[str] = set()

    def accept(request: Request) -> ProbeAnswer:
        if request.headers["svix-id"] in seen:
            return reply(200, {"duplicate": True})
        seen.add(request.headers["svix-id"])
        return reply(200, {"processed": len(seen)})

    return App(accept=accept)


def _state_machine() -> App:
    """Refuses a status that repeats the one before it, keeps final ones."""
    states: dict[str, str] = {}
    seen: set[str] = set()

    def accept(request: Request) -> ProbeAnswer:
        if request.headers["svix-id"] in seen:
            return reply(200)
        seen.add(request.headers["svix-id"])
        ref, status = request.ref_id, request.status
        if ref and states.get(ref) == status:
            return reply(409, "the status did not change")
        if states.get(ref) not in FINAL:
            states[ref] = status
        return reply(200)

    return App(accept=accept)


def _only(statuses: tuple[str, ...]) -> App:
    """Knows one family; the other's statuses are no valid input."""
    others = set(KYB + KYC) - set(statuses)
    return App(
        accept=lambda request: reply(422, "status") if request.status in others else reply(200)
    )


def _schema_before_verification() -> App:
    """The framework validates the body's shape before the handler runs, for KYC only."""

    def before(request: Request) -> ProbeAnswer | None:
        is_kyc = isinstance(request.status, str) and request.status not in KYB
        return None if is_kyc or request.status is None else reply(422, {"detail": "status"})

    return App(before=before)


def _strict_fields() -> App:
    """Refuses fields it does not know: warned about as such, but no other check may suffer."""
    known = {"refId", "status", "previousStatus", "reason", "userId"}

    def accept(request: Request) -> ProbeAnswer:
        try:
            payload = request.json()
        except ValueError:
            return reply(400, "no JSON")
        return reply(200 if set(payload) <= known else 422)

    return App(accept=accept)


def _svix_python(request: Request) -> ProbeAnswer:
    """The package raises ValueError on malformed headers: a 500, but a refusal."""
    try:
        for entry in request.headers.get("svix-signature", "").split(" "):
            version, signature = entry.split(",")
            if version == "v1":
                base64.b64decode(signature, validate=True)
    except ValueError:
        return reply(500, "Internal Server Error")
    return App()(request)


def _decodes_before_comparing() -> App:
    """Lenient base64: unpadded and url-safe signatures decode to the same bytes."""

    def matches(header: str, mac: str) -> bool:
        for entry in header.split(" "):
            version, _, text = entry.partition(",")
            text = text.replace("-", "+").replace("_", "/").rstrip("=")
            if version == "v1" and text == mac.rstrip("="):
                return True
        return False

    return App(Verifier(matches=matches))


def _answers_get() -> Handler:
    """A catch-all server: any path, any method."""
    return lambda request: reply(200 if verified(request) else 401)


def _hidden() -> App:
    """A forgery gets the same 404 as any other path."""
    return App(refuse=lambda request: reply(404, f"Cannot {request.method} {request.path}"))


def _query_token(request: Request) -> ProbeAnswer:
    if not request.path.endswith("?token=k3&tenant=a%2Fb"):
        return reply(403)
    return reply(200 if verified(request) else 401)


RIGHT: dict[str, Callable[[], Handler]] = {
    **{
        f"refuses with {answer.status or 'a closed connection'}{index}": lambda answer=answer: _refusing(answer)  # type: ignore[misc]
        for index, answer in enumerate(
            [
                reply(400), reply(401, {"error": "invalid"}), reply(403, "Forbidden"), reply(404),
                reply(422), reply(500, "Internal Server Error"), reply(302, Location="/"), closes(),
                reply(401, "login", WWW_Authenticate="Bearer"), reply(409), reply(415),
            ]
        )
    },
    **{
        f"accepts with {answer.status} {answer.text}": lambda answer=answer: _accepting(answer)  # type: ignore[misc]
        for answer in [
            reply(200, "OK"), reply(201), reply(202, {"queued": True}), reply(204),
            reply(200, {"error": None, "success": True}), reply(200, {"status": "success"}),
            reply(200, {"status": "error", "note": "unknown event ignored"}),
            reply(200, {"success": False, "message": "no such user, ignored"}),
        ]
    },
    "deduplicates": _deduplicating,
    "state machine": _state_machine,
    "KYB only": lambda: _only(KYB),
    "KYC only": lambda: _only(KYC),
    "schema first": _schema_before_verification,
    "svix for Python": lambda: _svix_python,
    "decodes before comparing": _decodes_before_comparing,
    "catch-all": _answers_get,
    "hidden": _hidden,
    "both header families": lambda: App(
        lambda request: verified(request) or Verifier(prefix="webhook")(request)
    ),
    "takes bare signatures": lambda: App(
        Verifier(matches=lambda header, mac: mac in header.replace("v1,", "").split(" "))
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_handler_is_conformant(name: str) -> None:
    """No fail, no warning, no diagnosis; at most a remark that is marked as one."""
    examined = examine(RIGHT[name]())

    bare = {"forgery.unknown-version"} if name == "takes bare signatures" else set()
    assert bare >= examined.flagged
    assert examined.codes == []
    assert examined.report.verdict == "conformant"


def test_the_query_string_is_kept() -> None:
    """The endpoint's query string travels with every delivery."""
    examined = examine(_query_token, url="http://localhost:3000/hook?token=k3&tenant=a%2Fb")

    assert set() == examined.flagged
    assert examined.report.verdict == "conformant"


def test_a_family_that_is_not_served_is_skipped() -> None:
    """Without --family the other family's checks are skipped, and say so."""
    examined = examine(_only(KYC))

    assert examined["delivery.valid-kyb"].outcome == "skipped"
    assert examined["delivery.every-kyb-event"].outcome == "skipped"
    assert "--family both" in examined["delivery.valid-kyb"].why


def test_a_family_that_is_demanded_fails() -> None:
    """--family both demands both."""
    examined = examine(_only(KYC), families=("kyb", "kyc"))

    assert examined["delivery.valid-kyb"].outcome == "fail"
    assert examined["delivery.every-kyb-event"].outcome == "inconclusive"
    assert examined["delivery.valid-kyc"].outcome == "pass"
    assert examined.report.verdict == "failing"
    assert examined.codes == ["refused-after-verification"]


def test_one_demanded_family_leaves_the_other_alone() -> None:
    """--family kyc sends nothing about KYB."""
    examined = examine(App(), families=("kyc",))

    assert examined["delivery.valid-kyb"].outcome == "skipped"
    assert not any(b"previousStatus" in probe.body for probe in examined.probes)
    assert examined.report.verdict == "conformant"


def test_strict_fields_are_one_warning() -> None:
    """A handler that refuses unknown fields is told so; what merely uses such a field is skipped."""
    examined = examine(_strict_fields())

    assert {"body.extra-field", "body.unknown-shape"} == examined.flagged
    for name in ("utf8", "escapes", "numbers", "large"):
        assert examined[f"body.{name}"].outcome == "skipped"


def test_a_server_error_is_a_refusal_with_a_remark() -> None:
    """5xx on a malformed header is for information, never a warning."""
    examined = examine(_svix_python)

    assert examined["forgery.malformed"].outcome == "info"
    assert "server error" in examined["forgery.malformed"].why


def _known_ref(known: str, status: int = 404) -> App:
    def accept(request: Request) -> ProbeAnswer:
        try:
            is_known = request.json().get("refId") == known
        except (ValueError, AttributeError):
            return reply(400)
        return reply(200) if is_known else reply(status, {"error": "user not found"})

    return App(accept=accept)


@pytest.mark.parametrize("status", [404, 409, 422])
def test_a_handler_that_knows_its_users_asks_for_ref_id(status: int) -> None:
    """Genuine deliveries answered 404 and forgeries otherwise: nothing fails, --ref-id is named."""
    examined = examine(_known_ref("user-1", status))

    assert set() == examined.flagged
    assert examined.report.verdict == "inconclusive"
    assert examined["delivery.valid-kyb"].outcome == "inconclusive"
    assert "--ref-id" in examined["delivery.valid-kyb"].why
    assert examined["retry.rotation"].outcome == "skipped"
    assert examined.codes == []


def test_a_known_ref_id_makes_it_judgeable() -> None:
    """With --ref-id everything is judged, and only the unknown refId is warned about."""
    examined = examine(_known_ref("user-1"), ref_id="user-1")

    assert {"retry.unknown-ref", "body.unknown-shape"} == examined.flagged
    assert examined.report.verdict == "conformant"


def test_a_rate_limit_throughout_is_inconclusive() -> None:
    """429 to everything says nothing about the handler."""
    examined = examine(lambda _: reply(429, Retry_After="60"))

    assert examined.report.verdict == "inconclusive"
    assert set() == examined.flagged
    assert examined.codes == []


def test_final_statuses_stay_at_home() -> None:
    """Off this machine no final status is sent unless it is allowed; the checks say why."""
    sent = {probe.body for probe in examine(App(), url="https://shop.example/webhooks/vove").probes}

    statuses = {json.loads(body).get("status") for body in sent if body.startswith(b"{")}
    assert not statuses & FINAL
    allowed = examine(App(), url="https://shop.example/webhooks/vove", final=True)
    assert allowed["delivery.every-kyb-event"].outcome == "pass"


def test_far_endpoints_are_judged_on_tls() -> None:
    """tls.* runs beyond this machine, hostile refIds do not."""
    near, far = examine(App()), examine(App(), url="https://shop.example/webhooks/vove")

    assert near["tls.https"].outcome == "skipped"
    assert far["tls.https"].outcome == "pass"
    assert far["tls.certificate"].outcome == "pass"
    assert far["tls.http-redirect"].outcome == "fail"  # the function answers on any port
    assert far["body.hostile-ref"].outcome == "skipped"


def test_a_date_header_that_is_off_accuses_nobody() -> None:
    """Only a shifted window makes a wrong Date header a wrong clock."""
    app = App(accept=lambda _: reply(200, Date="Fri, 15 Jan 2027 10:00:00 GMT"))

    examined = examine(app)

    assert NOW == 1_800_000_000  # 2027-01-15 08:00:00, two hours earlier
    assert examined.codes == []
    assert set() == examined.flagged


def test_the_run_stays_within_its_requests() -> None:
    """About a hundred requests, whatever the handler."""
    assert len(examine(App()).probes) <= 135
