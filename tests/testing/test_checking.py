"""The conformance suite in process: applications of both kinds, and what only a wire shows."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest
from tests.e2e.broken import PATH, SECRET
from tests.e2e.test_check_broken_receivers import CLOSED, GATE, OPEN
from tests.testing.applications import broken, example, right_asgi, right_wsgi

from vovecli import VoveError
from vovecli.testing import Conformance, NotConformantError, Vove
from vovecli.testing.checking import WIRE_CHECKS

if TYPE_CHECKING:
    from pathlib import Path

VOVE = Vove(SECRET)
PYTHON_OPEN = {
    name.removeprefix("python "): found
    for name, found in OPEN.items()
    if name.startswith("python ")
}
PYTHON_CLOSED = {
    name.removeprefix("python "): found
    for name, found in CLOSED.items()
    if name.startswith("python ")
}
# Closing the connection is its mistake, and here is none.
PYTHON_OPEN.pop("drops-forgeries")


def flagged(found: Conformance) -> set[str]:
    """Ids of what failed or warned."""
    return {one.id for one in found.failures(fail_on="warn")}


def codes(found: Conformance) -> list[str]:
    """The named mistakes."""
    return [one.code for one in found.diagnosis]


def outcomes(found: Conformance) -> dict[str, str]:
    """Every check with its outcome."""
    return {one.id: one.outcome for one in found.report.checks}


def test_a_right_wsgi_application() -> None:
    """Conformant; it is called as PEP 3333 says, by the reference validator's judgement."""
    found = VOVE.check(validator(right_wsgi(SECRET)))

    found.raise_for_failures(fail_on="warn")
    assert found
    assert found.raised == {}


def test_a_right_asgi_application() -> None:
    """Conformant, though it knows no lifespan."""
    found = VOVE.check(right_asgi(SECRET), path="/any/path")

    found.raise_for_failures(fail_on="warn")
    assert found.report.endpoint.endswith(" at /any/path")


@pytest.mark.parametrize("name", ["flask", "django", "fastapi"])
def test_an_example(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conformant, its effects as well, in half a second of work."""
    vove, database = Vove(), tmp_path / "webhooks.db"
    if name == "django":  # can be loaded once only
        vove = Vove(DJANGO_SECRET)
    app = example(name, vove.secret, database, monkeypatch)

    def state() -> object:
        with closing(sqlite3.connect(database)) as db:
            return [
                db.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
                for table in ("cases", "jobs")
            ]

    vove.check(app).raise_for_failures(fail_on="warn")  # imports what it needs
    started = time.process_time()
    vove.check(app).raise_for_failures(fail_on="warn")
    assert time.process_time() - started < 0.5

    found = vove.check(app, observe=state, family="both")
    found.raise_for_failures(fail_on="warn")
    effects = ("retry.duplicate-effect", "retry.out-of-order", "forgery.effect")
    assert [outcomes(found)[effect] for effect in effects] == ["pass", "pass", "pass"]


DJANGO_SECRET = Vove().secret


@pytest.mark.parametrize("mistake", PYTHON_OPEN)
def test_a_mistake_that_accepts(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Found and named as over HTTP."""
    expected, flags = PYTHON_OPEN[mistake]
    found = VOVE.check(broken(mistake, SECRET, monkeypatch), path=PATH)

    assert codes(found) == expected
    assert flagged(found) == flags - WIRE_CHECKS.keys()


@pytest.mark.parametrize("mistake", PYTHON_CLOSED)
def test_a_mistake_that_refuses(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Named first, as over HTTP; and raised."""
    code, besides = PYTHON_CLOSED[mistake]
    found = VOVE.check(broken(mistake, SECRET, monkeypatch), path=PATH)

    assert codes(found)[:1] == [code]
    assert flagged(found) == (GATE | besides) - WIRE_CHECKS.keys()
    assert not found
    with pytest.raises(NotConformantError, match=code):
        found.raise_for_failures()


def test_what_only_a_wire_shows_is_skipped() -> None:
    """With that reason, and does not keep a handler from being conformant."""
    found = VOVE.check(right_wsgi(SECRET))

    skipped = {one.id: one.why for one in found.report.checks if one.why.startswith("in process")}
    assert skipped == WIRE_CHECKS
    assert found.verdict == "conformant"


def test_an_application_that_insists_on_https() -> None:
    """It has no reason to redirect: behind its proxy every delivery is HTTPS."""
    inner = right_wsgi(SECRET)

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["wsgi.url_scheme"] != "https" or environ["HTTP_X_FORWARDED_PROTO"] != "https":
            start_response("301 Moved", [("Location", "https://testserver/")])
            return [b""]
        return inner(environ, start_response)

    assert VOVE.check(app)


def test_an_application_that_knows_its_name() -> None:
    """It is called by the name that the test gives."""
    inner = right_wsgi(SECRET)

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        if environ["HTTP_HOST"] != "hooks.example.com":
            start_response("400 Bad Request", [])
            return [b"Invalid host header"]
        return inner(environ, start_response)

    assert VOVE.check(app, host="hooks.example.com")
    assert not VOVE.check(app)


def test_one_check_alone() -> None:
    """The gates are reported with it."""
    found = VOVE.check(right_wsgi(SECRET), only=["forgery.unsigned"])

    assert set(outcomes(found)) == {
        "delivery.reachable", "delivery.valid-kyb", "delivery.valid-kyc", "forgery.unsigned",
    }  # fmt: skip


def test_the_failure_is_readable() -> None:
    """A paragraph each: what was sent, what came, why that is wrong, what to change."""

    def app(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"ok"]

    with pytest.raises(NotConformantError) as caught:
        VOVE.check(app).raise_for_failures()

    text = str(caught.value)
    assert " is failing; " in text
    assert "(no-verification)" in text
    assert "\n\nforgery.unsigned: An unsigned request is refused\n  sent: " in text
    assert ": 200 ok\n  why:  " in text
    assert "\n  fix:  " in text
    assert caught.value.conformance.verdict == "failing"


def test_an_exception_is_a_server_error_and_is_shown() -> None:
    """As a server would answer; the exception itself is in the failure."""

    def app(_environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        raise KeyError("user")

    found = VOVE.check(app)

    assert not found
    with pytest.raises(NotConformantError, match=r"the application raised:\n  KeyError\('user'\)"):
        found.raise_for_failures()


def test_an_end_of_the_process_is_a_crash() -> None:
    """`sys.exit()` in a handler ends a worker, not the test run."""

    def app(_environ: dict[str, Any], _start_response: Any) -> list[bytes]:
        raise SystemExit(3)

    assert not VOVE.check(app)


def test_a_timeout_of_the_application_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own TimeoutError is a server error at once; an application that hangs is given up."""
    monkeypatch.setattr("vovecli.testing.callers.TIMEOUT_S", 0.05)

    async def impatient(_scope: Any, _receive: Any, _send: Any) -> None:
        raise TimeoutError

    async def hanging(scope: Any, _receive: Any, _send: Any) -> None:
        if scope["type"] == "http":
            await asyncio.Event().wait()

    found = VOVE.check(impatient)
    assert found.verdict == "failing"
    assert "500" in next(one.got for one in found.report.checks if one.id == "delivery.valid-kyb")
    assert "no answer within" in repr(VOVE.check(hanging).report.checks)


def test_an_application_that_answers_nothing() -> None:
    """Servers make a 500 of it."""

    async def app(_scope: Any, _receive: Any, _send: Any) -> None:
        return

    found = VOVE.check(app)

    assert "500" in next(one.got for one in found.report.checks if one.id == "delivery.valid-kyb")


def test_work_after_the_answer_is_no_failure() -> None:
    """It is done, and may fail, once the client has its answer."""
    inner, done = right_asgi(SECRET), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await inner(scope, receive, send)
        done.append(1)
        raise RuntimeError("in the background")

    found = VOVE.check(app)

    found.raise_for_failures(fail_on="warn")
    assert len(done) == found.report.requests
    assert "in the background" in repr(found.raised)


def test_the_lifespan_of_an_application() -> None:
    """Started before the first delivery, with its state in each, and ended after the last."""
    inner, events = right_asgi(SECRET), []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            assert scope["state"] == {"pool": 1}
            await inner(scope, receive, send)
            return
        events.append((await receive())["type"])
        scope["state"]["pool"] = 1
        await send({"type": "lifespan.startup.complete"})
        events.append((await receive())["type"])
        await send({"type": "lifespan.shutdown.complete"})

    VOVE.check(app).raise_for_failures()
    assert events == ["lifespan.startup", "lifespan.shutdown"]


def test_a_start_up_that_fails() -> None:
    """Is an error of the test, not a verdict over the handler."""

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no database"})

    with pytest.raises(RuntimeError, match="start-up failed: no database"):
        VOVE.check(app)


def test_in_a_running_event_loop() -> None:
    """Says what to do instead."""

    async def test() -> None:
        with pytest.raises(RuntimeError, match="a plain function"):
            VOVE.check(right_asgi(SECRET))
        assert await asyncio.to_thread(VOVE.check, right_asgi(SECRET))

    asyncio.run(test())


def test_what_is_no_application() -> None:
    """Nor a host that is not this one."""
    with pytest.raises(TypeError, match="is not an application"):
        VOVE.check(7)
    with pytest.raises(VoveError, match="not this machine"):
        VOVE.check("https://example.com/hook")
    with pytest.raises(VoveError, match="unknown check"):
        VOVE.check(right_wsgi(SECRET), only=["nothing"])
    with pytest.raises(ValueError, match="begins with a slash"):
        VOVE.check(right_wsgi(SECRET), path="hook")
    with pytest.raises(ValueError, match="kyc, kyb, both or None"):
        VOVE.check(right_wsgi(SECRET), family="aml")  # type: ignore[arg-type]  # that is the test


def test_a_url() -> None:
    """Over HTTP with nothing skipped for lack of a wire, effects as well."""
    with VOVE.listener() as listener:
        found = VOVE.check(listener.url, observe=lambda: "nothing changes")

    assert outcomes(found)["delivery.header-case"] == "pass"
    assert found


def test_effects_are_judged() -> None:
    """A duplicate that counts twice is found out."""
    inner, seen = right_wsgi(SECRET), []

    def app(environ: dict[str, Any], start_response: Any) -> Any:
        def start(status: str, headers: Any) -> Any:
            if status.startswith("200"):
                seen.append(environ["HTTP_SVIX_ID"])
            return start_response(status, headers)

        return inner(environ, start)

    found = VOVE.check(app, observe=lambda: len(seen), only=["retry.duplicate-effect"])

    assert outcomes(found)["retry.duplicate-effect"] == "fail"


def test_a_state_that_always_changes_cannot_be_judged() -> None:
    """And so effects are not."""
    numbers = iter(range(1000))
    found = VOVE.check(right_wsgi(SECRET), observe=lambda: next(numbers))

    assert outcomes(found)["retry.duplicate-effect"] in ("skipped", "inconclusive")


@pytest.mark.parametrize("make", [right_wsgi, right_asgi])
def test_in_frozen_time(make: Any) -> None:
    """Both sides see the same moment, and nothing waits for a clock that does not move."""
    freezegun = pytest.importorskip("freezegun")

    with freezegun.freeze_time("2020-02-02"):
        assert VOVE.check(make(SECRET), observe=lambda: "nothing changes")
