"""What answers say."""

from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.core.probes import reading
from vovecli.core.probes.exchanges import Probe, ProbeAnswer, ProbeExchange

PROBE = Probe("x", "POST", "/hook", [], b"", ref_id="ref-1")


def _says(text: str, status: int = 401, **headers: str) -> ProbeAnswer:
    pairs = [(name.replace("_", "-"), value) for name, value in headers.items()]
    return ProbeAnswer(status, pairs, text.encode())


@pytest.mark.parametrize(
    ("text", "is_failure"),
    [
        ('{"success":false}', True), ('{"ok":false}', True), ('{"verified":false}', True),
        ('{"error":"no"}', True), ('{"errors":["x"]}', True), ('{"status":"error"}', True),
        ('{"message":"Invalid signature"}', True), ('"unauthorized"', True),
        ("Invalid signature", True), ("signature mismatch", True), ("<p>Forbidden</p>", True),
        ("OK", False), ("", False), ('{"success":true}', False), ('{"error":null}', False),
        ('{"received":true,"status":"REJECTED"}', False), ("[1]", False), ("null", False),
    ],
)  # fmt: skip
def test_failure_told_with_a_2xx(text: str, is_failure: bool) -> None:  # noqa: FBT001 - a table
    """By the keys and words that handlers use."""
    assert reading.says_failure(_says(text, 200)) is is_failure


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "x.py", line 3, in f',
        "Error: x<br> &nbsp; &nbsp;at verify (/srv/app/index.js:12:17)",
        "    at async handle (file:///srv/app.mjs:3:9)",
        "at node:internal/process/task_queues:95:5",
        "java.lang.X\n\tat com.shop.Hook.handle(Hook.java:31)",
        "   at Shop.Hook.Handle(Request r) in /src/Hook.cs:line 41",
        "#0 /srv/www/hook.php(12): verify()",
        "Fatal error: Uncaught Exception: bad in /srv/hook.php on line 3",
        '<br />\n<b>Warning</b>:  Undefined array key "a" in <b>/srv/h.php</b> on line <b>2</b><br />',
        "/srv/app.rb:12:in `verify'",
        "goroutine 12 [running]:\nmain.handle()",
        "You're seeing this error because you have <code>DEBUG = True</code>",
    ],
)
def test_traces(text: str) -> None:
    """Of every language that a receiver is likely to be written in."""
    assert reading.shows_trace(_says(text, 500))


@pytest.mark.parametrize(
    "text",
    [
        "", "Invalid signature", '{"error":"bad","at":"2026-01-31T12:00:00.000Z"}',
        "received at 2026-01-31 12:00:00", "Look at https://shop.example/docs:1:2 for help",
        "line 3 of your request is wrong",
    ],
)  # fmt: skip
def test_no_traces(text: str) -> None:
    """Times and addresses are none."""
    assert not reading.shows_trace(_says(text))


def test_fingerprints() -> None:
    """Chance does not count: ids, numbers, the refId, the path; statuses and words do."""

    def of(text: str, status: int = 401, **headers: str) -> object:
        return reading.gist(ProbeExchange(PROBE, _says(text, status, **headers)))

    assert of("ref-1 at 17 on /hook") == of("ref-1 at 2345 on /hook")
    assert of("id msg_2if9qqkVjQDrS738JZOnax9T7MO") == of("id msg_aaaaaaaaaaaaaaaaaaaaaaaaaaa")
    assert of("no") != of("no", 400)
    assert of("no") != of("yes")
    assert of("", 302, Location="/a?x=1") == of("", 302, Location="/a?x=2")
    assert of("", 302, Location="/a") != of("", 302, Location="/b")
    assert reading.gist(ProbeExchange(PROBE, ProbeAnswer(error="closed"))) == ("closed", "")


@pytest.mark.parametrize(
    ("answer", "is_login"),
    [
        (_says("", 302, Location="/login?next=/hook"), True),
        (_says("", 303, Location="https://sso.example/authorize"), True),
        (_says("", 307, Location="/accounts/signin"), True),
        (_says("", 307, Location="/hook/"), False),
        (_says("", 301, Location="https://shop.example/hook"), False),
        (_says("", 401), False),
    ],
)
def test_logins(answer: ProbeAnswer, is_login: bool) -> None:  # noqa: FBT001 - a table
    """A redirect to a login page is no redirect of the endpoint."""
    assert reading.is_login(answer) is is_login


@pytest.mark.parametrize(
    ("answer", "is_wall"),
    [
        (_says("", 401, WWW_Authenticate="Bearer"), True),
        (_says('{"detail":"Not authenticated"}', 403), True),
        (_says("Missing API key", 401), True),
        (_says("", 302, Location="/login"), True),
        (_says("unauthorized", 401), False),
        (_says("invalid signature", 401), False),
        (_says("Bearer", 400), False),
    ],
)
def test_credentials(answer: ProbeAnswer, is_wall: bool) -> None:  # noqa: FBT001 - a table
    """`unauthorized` alone may well be the handler's own word for a bad signature."""
    assert reading.asks_for_credentials(answer) is is_wall


@pytest.mark.parametrize(
    ("answer", "is_csrf"),
    [
        (_says("", 419), True),
        (_says("CSRF verification failed", 403), True),
        (_says("ActionController::InvalidAuthenticityToken", 422), True),
        (_says("The CSRF token is missing.", 400), True),
        (_says("Cross-site POST form submissions are forbidden", 403), True),
        (_says("Forbidden", 403), False),
        (_says("CSRF", 200), False),
    ],
)
def test_csrf(answer: ProbeAnswer, is_csrf: bool) -> None:  # noqa: FBT001 - a table
    """By the status of Laravel and the words of the others."""
    assert reading.is_csrf(answer) is is_csrf


def test_words() -> None:
    """What an answer speaks of."""
    assert reading.speaks_of_missing_headers(_says("Missing svix headers"))
    assert reading.speaks_of_missing_headers(_says("No svix-id header"))
    assert not reading.speaks_of_missing_headers(_says("bad signature"))
    assert reading.speaks_of_media_type(_says("", 415))
    assert reading.speaks_of_media_type(_says("Content-Type must be JSON", 400))
    assert reading.speaks_of_status(_says("status: unexpected value"))
    assert reading.speaks_of_parsed_body(
        _says("Expected payload to be of type string or Buffer. Please refer to ...")
    )
    assert reading.speaks_of_parsed_body(_says("TypeError: Body is unusable"))
    assert not reading.speaks_of_parsed_body(_says("No matching signature found"))
    assert reading.speaks_of_base64(_says("Base64Coder: incorrect characters"))
    assert not reading.speaks_of_base64(_says("No matching signature found"))


@given(st.binary(max_size=400), st.integers(100, 599))
def test_nothing_breaks_on_any_answer(body: bytes, status: int) -> None:
    """Whatever the bytes."""
    answer = ProbeAnswer(status, [("Location", "//[")], body)
    for name in dir(reading):
        if name.startswith(("says_", "is_", "asks_", "speaks_", "shows_", "names_")):
            function = getattr(reading, name)
            (wanted,) = inspect.signature(function).parameters.values()
            function(
                {
                    "ProbeAnswer": answer,
                    "ProbeExchange": ProbeExchange(PROBE, answer),
                    "str": body.decode("latin-1"),
                }[wanted.annotation]
            )
    assert answer.describe().isprintable() or not answer.describe()
    reading.gist(ProbeExchange(PROBE, answer))


def test_descriptions() -> None:
    """One line: markup removed, long bodies cut, redirects with their place, errors in words."""
    page = "<html><head><title>Error</title></head><body><h1>Oh &amp; no</h1>\n</body></html>"
    assert _says(page, 500).describe() == "500 Oh & no"
    assert _says("x" * 500).describe() == "401 " + "x" * 140 + "..."
    assert _says("", 302, Location="/x").describe() == "302 to /x"
    assert _says("a\x1b[31m\nb").describe() == "401 a [31m b"
    assert ProbeAnswer(error="closed", message="it hung up").describe() == "it hung up"
    assert ProbeAnswer(error="refused").describe() == "refused"


@pytest.mark.thorough
@pytest.mark.timeout(10)
@pytest.mark.parametrize(
    "text", ["x" * 65536, "<head " * 9000, "at " * 20000, "a.rb" * 16000, "#1 " * 20000]
)
def test_no_answer_takes_long(text: str) -> None:
    """Patterns stay linear on what a hostile or broken endpoint may answer."""
    answer = _says(f"<html>{text}", 500)

    assert not reading.shows_trace(answer)
    assert len(answer.describe()) < 200
    reading.gist(ProbeExchange(PROBE, answer))
    reading.says_failure(answer)
