"""Deliveries of the testing kit: what they hold, and that every client takes them."""

from __future__ import annotations

import asyncio
import io
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

import vovecli
from vovecli.testing import FORGERIES, Vove, delivery, flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.testing.deliveries import SignedDelivery

VOVE = Vove()


def verify(made: SignedDelivery, **changes: Any) -> vovecli.Verdict:
    """The verdict of a handler with the kit's secret."""
    return vovecli.verify(headers=made.headers, body=made.body, secret=VOVE.secret, **changes)


def test_a_delivery_is_genuine() -> None:
    """It verifies, and says what is in it."""
    made = VOVE.delivery("kyc.successful", ref_id="user-1")

    assert verify(made)
    assert made.json == {"status": "successful", "refId": "user-1", "userId": "user-1"}
    assert made.headers["Svix-Id"] == made.message_id
    assert made.headers["Svix-Timestamp"] == str(made.timestamp)


@pytest.mark.parametrize("forgery", FORGERIES)
def test_a_forgery_is_none(forgery: str) -> None:
    """Every one of them is refused by our own verification."""
    assert not verify(VOVE.delivery("kyb.case.completed", faults=[forgery]))


def test_there_are_all_forgeries_of_send() -> None:
    """One table feeds both; a duplicate is genuine and so not among them."""
    assert "tampered-body" in FORGERIES
    assert "duplicate" not in FORGERIES
    with pytest.raises(vovecli.VoveError, match="sent again"):
        VOVE.delivery("kyc.pending", faults=["duplicate"])


def test_a_delivery_cannot_be_changed() -> None:
    """Nor its headers: nothing has to be popped, and nothing leaks into the next test."""
    made = VOVE.delivery("kyc.pending")

    with pytest.raises(AttributeError):
        made.body = b""  # type: ignore[misc]  # that is the test
    with pytest.raises(TypeError):
        made.headers["Svix-Id"] = ""  # type: ignore[index]  # that is the test


def test_the_same_message_again() -> None:
    """Another attempt of a message has its id."""
    first = VOVE.delivery("kyc.pending")
    again = VOVE.delivery("kyc.pending", message_id=first.message_id)

    assert first.message_id == again.message_id
    assert verify(again)


def test_signed_during_a_rotation() -> None:
    """By the kit's secret and by another one."""
    other = Vove()
    made = VOVE.delivery("kyc.pending", rotation=other.secret)

    assert verify(made)
    assert vovecli.verify(headers=made.headers, body=made.body, secret=other.secret)


def test_stale_without_sleeping() -> None:
    """Time is an argument."""
    now = VOVE.delivery("kyc.pending").timestamp

    assert verify(VOVE.clock(now - 200).delivery("kyc.pending"))
    stale = verify(VOVE.clock(now - 900.5).delivery("kyc.pending"))
    assert stale.cause
    assert stale.cause.code == "stale-timestamp"


def test_a_flow_is_about_one_ref() -> None:
    """In order, each a message of its own."""
    made = VOVE.flow("kyb-approved")

    assert [each.json["status"] for each in made] == ["IN_PROGRESS", "IN_REVIEW", "COMPLETED"]
    assert len({each.json["refId"] for each in made}) == 1
    assert len({each.message_id for each in made}) == 3
    with pytest.raises(vovecli.VoveError, match="unknown flow"):
        flow("kyb-aproved", secret=VOVE.secret)


def test_the_plain_functions_want_a_secret() -> None:
    """As they have none of their own."""
    with pytest.raises(vovecli.VoveError, match="no signing secret"):
        delivery("kyc.pending", secret=[])


def test_faults_are_a_list() -> None:
    """A text would be read letter by letter."""
    with pytest.raises(TypeError, match=r"pass a list, \['stale'\]"):
        VOVE.delivery("kyc.pending", faults="stale")


def test_a_kit_does_not_show_its_secret() -> None:
    """Nor does a delivery: both end up in the output of tests."""
    shown = repr(VOVE) + repr(VOVE.delivery("kyc.pending"))

    assert VOVE.secret not in shown


def test_as_curl() -> None:
    """A command that a shell splits into the same headers and body."""
    made = VOVE.delivery("kyc.pending")
    words = shlex.split(made.as_curl("http://localhost:3000/hook"))

    assert words[:4] == ["curl", "-X", "POST", "http://localhost:3000/hook"]
    assert f"Svix-Id: {made.message_id}" in words
    assert words[-1].encode() == made.body


def flask_client(seen: list[Any]) -> Any:
    """Flask's test client of an app that keeps what it gets."""
    flask = pytest.importorskip("flask")
    app = flask.Flask("app")

    def receive() -> str:
        seen.append((dict(flask.request.headers), flask.request.get_data()))
        return ""

    app.post("/hook")(receive)
    return app.test_client()


def webtest_client(seen: list[Any]) -> Any:
    """WebTest around the same app."""
    return pytest.importorskip("webtest").TestApp(flask_client(seen).application)


def starlette_client(seen: list[Any]) -> Any:
    """Starlette's test client of an app that keeps what it gets."""
    pytest.importorskip("starlette")
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is moving to another HTTP client
        from starlette.testclient import TestClient

        async def app(scope: Any, receive: Any, send: Any) -> None:
            body = (await receive())["body"]
            seen.append(({k.decode(): v.decode() for k, v in scope["headers"]}, body))
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body"})

        return TestClient(app)


@pytest.mark.parametrize("client_of", [flask_client, webtest_client, starlette_client])
def test_clients_carry_the_exact_bytes(client_of: Callable[[list[Any]], Any]) -> None:
    """What arrives verifies, and the length is given once."""
    seen: list[Any] = []
    client = client_of(seen)
    made = VOVE.delivery("kyb.case.rejected")

    client.post("/hook", **made.for_client(client))

    ((headers, body),) = seen
    assert vovecli.verify(headers=headers, body=body, secret=VOVE.secret)
    assert {name.lower(): value for name, value in headers.items()}["content-length"] == str(
        len(body)
    )


def listening(call: Callable[[str, SignedDelivery], Any]) -> None:
    """Send one delivery to the kit's listener by a client, and see that it verifies there."""
    with VOVE.listener() as listener:
        call(listener.url + "/hook", VOVE.delivery("kyb.case.rejected"))
        (came,) = listener.wait_for(1)

    assert came.verdict, came.verdict.why
    assert came.target == "/hook"


@pytest.mark.parametrize("name", ["httpx", "requests"])
def test_clients_of_real_servers(name: str) -> None:
    """Httpx and requests, over HTTP."""
    module = pytest.importorskip(name)
    with (module.Client if name == "httpx" else module.Session)() as client:
        listening(lambda url, made: client.post(url, **made.for_client(client)))


def test_the_client_of_aiohttp() -> None:
    """A session, over HTTP."""
    aiohttp = pytest.importorskip("aiohttp")

    async def post(url: str, made: SignedDelivery) -> None:
        client = aiohttp.ClientSession()
        async with client, client.post(url, **made.for_client(client)) as answer:
            assert answer.status == 200

    listening(lambda url, made: asyncio.run(post(url, made)))


def test_the_client_of_quart() -> None:
    """Flask's asynchronous sibling."""
    quart = pytest.importorskip("quart")
    app, seen = quart.Quart("app"), []

    async def receive() -> str:
        seen.append((dict(quart.request.headers), await quart.request.get_data()))
        return ""

    app.post("/hook")(receive)
    made = VOVE.delivery("kyb.case.rejected")

    async def post() -> None:
        client = app.test_client()
        await client.post("/hook", **made.for_client(client))

    asyncio.run(post())
    ((headers, body),) = seen
    assert vovecli.verify(headers=headers, body=body, secret=VOVE.secret)


def test_the_client_of_falcon() -> None:
    """Its testing client names the arguments in its own way."""
    falcon, testing = pytest.importorskip("falcon"), pytest.importorskip("falcon.testing")
    seen: list[Any] = []

    class Resource:
        def on_post(self, request: Any, response: Any) -> None:
            del response
            seen.append((request.headers, request.bounded_stream.read()))

    app = falcon.App()
    app.add_route("/hook", Resource())
    client = testing.TestClient(app)
    client.simulate_post("/hook", **VOVE.delivery("kyb.case.rejected").for_client(client))

    ((headers, body),) = seen
    assert vovecli.verify(headers=headers, body=body, secret=VOVE.secret)


DJANGO = """
import sys
import django
from django.conf import settings
settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, INSTALLED_APPS=["rest_framework"])
from django.http import HttpResponse
from django.urls import path
import vovecli
from vovecli.testing import Vove
vove = Vove()
def receive(request):
    good = vovecli.verify(headers=request.headers, body=request.body, secret=vove.secret)
    return HttpResponse(good.why, status=200 if good else 401)
urlpatterns = [path("hook", receive)]
django.setup()
import asyncio
from django.test import AsyncClient, Client
from rest_framework.test import APIClient
for client in (Client(), APIClient(), AsyncClient()):
    answer = client.post("/hook", **vove.delivery("kyb.case.rejected").for_client(client))
    if asyncio.iscoroutine(answer):
        answer = asyncio.run(answer)
    assert answer.status_code == 200, (client, answer.content)
"""


def test_the_clients_of_django() -> None:
    """Its own, the asynchronous one, and that of the REST framework."""
    pytest.importorskip("rest_framework")
    done = subprocess.run(
        [sys.executable, "-c", DJANGO], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_an_unknown_client_is_refused() -> None:
    """With the way that always works."""
    with pytest.raises(TypeError, match="as_wsgi"):
        VOVE.delivery("kyc.pending").for_client(io.BytesIO())


def test_as_wsgi_and_asgi() -> None:
    """What a server would hand over; the reading end of both gives the whole body."""
    made = VOVE.delivery("kyc.pending")
    environ = made.as_wsgi("/hook%2F?a=1")
    scope, _ = made.as_asgi("/hook?a=1")

    assert environ["PATH_INFO"] == "/hook/"
    assert environ["QUERY_STRING"] == "a=1"
    assert environ["HTTP_SVIX_ID"] == made.message_id
    assert environ["CONTENT_TYPE"] == "application/json"
    assert environ["wsgi.input"].read() == made.body
    assert scope["path"] == "/hook"
    assert vovecli.verify(headers=scope["headers"], body=made.body, secret=VOVE.secret)


def test_works_in_unittest(tmp_path: Any) -> None:
    """No pytest anywhere: plain functions and a kit."""
    (tmp_path / "test_handler.py").write_text(
        "import sys, unittest, vovecli\n"
        "from vovecli.testing import FORGERIES, Vove\n"
        "class HandlerTest(unittest.TestCase):\n"
        "    vove = Vove()\n"
        "    def test_forgeries(self):\n"
        "        for forgery in FORGERIES:\n"
        "            with self.subTest(forgery):\n"
        "                d = self.vove.delivery('kyc.pending', faults=[forgery])\n"
        "                self.assertFalse(vovecli.verify(headers=d.headers, body=d.body,\n"
        "                                                secret=self.vove.secret))\n"
        "        self.assertNotIn('pytest', sys.modules)\n"
    )
    command = [sys.executable, "-m", "unittest", "-q", "test_handler"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_time_that_is_frozen() -> None:
    """By freezegun and by time-machine: deliveries are signed, and judged, in the frozen moment."""
    freezegun = pytest.importorskip("freezegun")
    time_machine = pytest.importorskip("time_machine")
    for frozen in (
        freezegun.freeze_time("2020-02-02"),
        time_machine.travel(1580601600, tick=False),
    ):
        with frozen:
            made = VOVE.delivery("kyc.pending")
            assert made.timestamp == 1580601600
            assert verify(made)
    assert not verify(made)
