"""Handlers that take a genuine delivery now and refuse it then: nothing is proved by one of them."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import (
    NOW,
    OTHER_KEY,
    App,
    Request,
    Verifier,
    closes,
    examine,
    reply,
    verified,
)

if TYPE_CHECKING:
    from vovecli.core.probes.exchanges import ProbeAnswer

pytestmark = pytest.mark.thorough

OLD_SECRET = Verifier(key=OTHER_KEY)
EVER = Verifier(tolerance_s=float("inf"))


def _processes(*verifiers: Verifier) -> App:
    """As many processes as verifiers, asked in turn."""
    turn = count()

    def verify(request: Request) -> bool:
        return verifiers[next(turn) % len(verifiers)](request)

    return App(verify)


@pytest.mark.parametrize("good", [1, 2])
@pytest.mark.parametrize("old", [1, 2])
@pytest.mark.parametrize("begin", [0, 1])
def test_one_process_holds_an_old_secret(good: int, old: int, begin: int) -> None:
    """A half-finished rotation; whichever process answers first."""
    verifiers = [verified] * good + [OLD_SECRET] * old
    examined = examine(_processes(*verifiers[begin:], *verifiers[:begin]))

    assert examined.codes == ["accepted-at-times"]
    assert examined.report.verdict == "failing"


@pytest.mark.parametrize("begin", range(0, 60, 3))
@pytest.mark.parametrize("period", [40, 75])
def test_a_window_within_each_second(begin: int, period: int) -> None:
    """A tolerance of 300 ms: what arrives late in a second is refused, whatever it is."""
    asked = count(begin)

    def is_early(request: Request) -> bool:
        return next(asked) % period < period // 3 and verified(request)

    examined = examine(App(is_early))
    assert {one.code for one in examined.report.diagnosis if one.certainty == "proved"} <= {
        "accepted-at-times"
    }
    assert examined.report.verdict != "conformant"


@pytest.mark.parametrize("number", range(10, 125, 5))
def test_one_genuine_delivery_refused_is_enough(number: int) -> None:
    """Whichever it is: a control in between is as genuine as what is checked."""
    asked = count()
    examined = examine(App(lambda request: next(asked) != number and verified(request)))

    assert set(examined.codes) <= {"accepted-at-times"}


@pytest.mark.parametrize("tolerance_s", [0.3, 1])
def test_a_tolerance_in_milliseconds(tolerance_s: float) -> None:
    """Old by what the network takes: whatever is dated ahead passes, milliseconds included."""

    def is_new(request: Request) -> bool:
        timestamp = request.headers.get("svix-timestamp", "")
        is_number = timestamp.isdigit() and len(timestamp) < 20
        return is_number and NOW + 1.5 - int(timestamp) <= tolerance_s and EVER(request)

    examined = examine(App(is_new))
    assert [(one.code, one.certainty) for one in examined.report.diagnosis] == [
        ("tolerance-too-narrow", "proved")
    ]


@pytest.mark.parametrize("every", [2, 3, 6])
def test_an_error_that_comes_and_goes(every: int) -> None:
    """A database that is locked now and then."""
    asked = count(1)

    def accept(_: Request) -> ProbeAnswer:
        return reply(200, "ok") if next(asked) % every else reply(500, "database is locked")

    examined = examine(App(accept=accept))
    assert set(examined.codes) <= {"accepted-at-times"}
    assert examined.report.verdict == "failing"


def test_a_ban_that_ends_is_the_handlers_right() -> None:
    """After many forgeries everything is refused for a while: nothing is said of genuine ones."""
    bad, left = count(1), [0]

    def before(request: Request) -> ProbeAnswer | None:
        if left[0]:
            left[0] -= 1
            return reply(401, {"error": "invalid signature"})
        if not verified(request) and not next(bad) % 20:
            left[0] = 2
        return None

    examined = examine(App(before=before))
    assert examined.codes == []
    assert examined.report.verdict in ("conformant", "inconclusive")


def test_the_time_is_signed_instead_of_the_timestamp() -> None:
    """Right while both are the same second: the attempt of five seconds ago is refused."""

    def find(request: Request, name: str) -> str | None:
        value = request.headers.get(name)
        return str(NOW) if value and name == "svix-timestamp" else value

    examined = examine(App(Verifier(find=find)))
    assert examined.outcomes("fail") == {"retry.same-id"}
    assert examined.codes == ["tolerance-too-narrow"]


def test_a_connection_that_is_closed_at_times_is_no_refusal() -> None:
    """A file watcher restarts the server: that is no answer."""
    asked = count(1)

    def accept(_: Request) -> ProbeAnswer:
        return reply(200, "ok") if next(asked) % 3 else closes()

    assert examine(App(accept=accept)).codes == []


@pytest.mark.parametrize("limit", range(6, 75, 3))
def test_a_limit_that_answers_2xx(limit: int) -> None:
    """What is acknowledged from some moment on, whatever it is, shows no other mistake."""
    came = count()

    def handle(request: Request) -> ProbeAnswer:
        return reply(200, {"status": "throttled"}) if next(came) >= limit else App()(request)

    examined = examine(handle)
    assert examined.report.verdict != "conformant" or limit > 28
    assert set(examined.codes) <= {"no-verification"}
    assert all(one.certainty == "likely" for one in examined.report.diagnosis)
    assert examined["body.reserialized-python"].outcome in ("pass", "skipped")


@pytest.mark.parametrize("errors", [1, 2])
def test_an_app_that_is_not_ready_at_first(errors: int) -> None:
    """Only its first requests get a server error: worth a warning, no failure."""
    came = count()

    def handle(request: Request) -> ProbeAnswer:
        return reply(500, "no database yet") if next(came) < errors else App()(request)

    examined = examine(handle)
    assert examined.report.verdict == "conformant"
    assert examined.flagged == {"delivery.reachable"}
    assert "no database yet" in examined["delivery.reachable"].got
    assert examined.codes == []


def test_a_gateway_that_answers_first() -> None:
    """503 until the app is up, though the first delivery was repeated."""
    came = count()

    def handle(request: Request) -> ProbeAnswer:
        return reply(503, "starting") if next(came) < 1 else App()(request)

    examined = examine(handle)
    assert examined.report.verdict == "conformant"
    assert examined["delivery.valid-kyb"].outcome == "pass"
    assert "503 starting" in examined["delivery.valid-kyb"].got
