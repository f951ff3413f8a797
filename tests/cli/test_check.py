"""`vove check` as a whole: real sockets, streams, exit codes, reports."""

from __future__ import annotations

import asyncio
import ssl
import time
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.loopback import LoopbackServer, answer, unused_port
from tests.unit.conformance.handlers import SECRET, App, Request, Verifier, closes, reply

from vovecli.commands import check as commands_check
from vovecli.commands.check import Driver, ProbeTransport
from vovecli.core.conformance.conversation import Read, Send
from vovecli.core.endpoints import parse_endpoint
from vovecli.core.probes.exchanges import Probe
from vovecli.core.suite import SUITE

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from tests.conftest import Result, RunVove
    from tests.unit.conformance.handlers import Handler

    from vovecli.core.probes.exchanges import ProbeAnswer

NOW_VERIFIER = Verifier(now=time.time)
RIGHT = App(NOW_VERIFIER)
UNDECODED = App(replace(NOW_VERIFIER, key=SECRET.encoded.encode()))
FORGETS_TIME = App(replace(NOW_VERIFIER, tolerance_s=600))  # warnings only
URL_PATH = "/webhooks/vove"


@contextmanager
def serving(handler: Handler) -> Iterator[str]:
    """A modelled handler on a real socket; its URL."""

    def respond(connection: socket.socket, raw: bytes) -> None:
        if not raw:  # somebody only knocked
            return
        found = handler(_parsed(raw))
        if found.status is not None:
            headers = [f"{name}: {value}" for name, value in found.headers]
            connection.sendall(answer(f"{found.status} X", found.body, *headers))

    with LoopbackServer(respond).running() as server:
        yield f"http://127.0.0.1:{server.port}{URL_PATH}"


def _parsed(raw: bytes) -> Request:
    head, _, body = raw.partition(b"\r\n\r\n")
    start, *lines = head.decode("utf-8", "surrogateescape").split("\r\n")
    method, path, _ = start.split(" ")
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    return Request(method, path, headers, body)


@pytest.fixture
def run_check(run_vove: RunVove) -> Callable[..., Result]:
    """`vove check` with the modelled handlers' secret."""

    def run(*args: str) -> Result:
        return run_vove("check", *args, "--secret", SECRET.text)

    return run


def test_a_right_handler(run_check: Callable[..., Result]) -> None:
    """Exit 0; the page on stdout; with -v a line per check on stderr as it finishes."""
    with serving(RIGHT) as url:
        result, quiet = run_check(url, "-v"), run_check(url)

    assert result.exit_code == 0
    assert result.stdout.startswith("✓ conformant: the handler does what it should\n")
    assert f"{len(SUITE)} checks:" in result.stdout
    assert result.stderr.count("\n") == len(SUITE)
    assert "✓ pass         retry.rotation\n" in result.stderr
    assert "pass" not in quiet.stderr


def test_json_lines(run_check: Callable[..., Result]) -> None:
    """A line per check and one for the whole run, held against their schemas, and nothing else."""
    with serving(UNDECODED) as url:
        result = run_check(url, "--json", "--seed", "7")

    *checks, report = result.lines
    assert result.exit_code == 1
    assert [check["id"] for check in checks] == [check["id"] for check in report["checks"]]
    assert {check.id for check in SUITE} == {check["id"] for check in checks}
    assert report["verdict"] == "failing"
    assert report["endpoint"] == url
    assert sum(report["summary"].values()) == len(SUITE)
    assert [one["code"] for one in report["diagnosis"]] == ["undecoded-secret"]
    assert SECRET.encoded not in result.stdout + result.stderr


def test_the_page_leads_with_the_mistake(run_check: Callable[..., Result]) -> None:
    """Verdict, cause with its certainty, fix, a handler to take; then what failed; then the rest folded."""
    with serving(UNDECODED) as url:
        page = run_check(url).stdout

    places = [
        page.index(text)
        for text in (
            "✗ failing", "undecoded-secret  (proved)", "fix   remove whsec_, base64-decode", "vove handler",
            "✗ delivery.valid-kyc", "got   401", "  inconclusive", f"{len(SUITE)} checks: 2 failed",
            "\nundecoded-secret (proved)", "next:",
        )
    ]  # fmt: skip
    assert places == sorted(places)


def test_fail_on(run_check: Callable[..., Result]) -> None:
    """Warnings alone exit 0, unless they are to fail."""
    with serving(FORGETS_TIME) as url:
        lenient, strict = run_check(url), run_check(url, "--fail-on", "warn")

    assert (lenient.exit_code, strict.exit_code) == (0, 1)
    assert lenient.stdout.startswith("! conformant: the handler does what it should, with 2 warn")


def test_nobody_listens(run_check: Callable[..., Result]) -> None:
    """Exit 4, and the verdict says so."""
    result = run_check(f"http://127.0.0.1:{unused_port()}/hook", "--json")

    assert result.exit_code == 4
    assert result.lines[-1]["verdict"] == "unreachable"
    assert result.lines[0]["id"] == "delivery.reachable"
    assert result.lines[0]["outcome"] == "fail"


def test_a_name_that_does_not_resolve(run_check: Callable[..., Result]) -> None:
    """The same."""
    result = run_check("http://no-such-host.invalid/hook", "--i-own-this-host", "--json")

    assert result.exit_code == 4
    assert "no-such-host.invalid" in result.lines[0]["got"]


def test_inconclusive(run_check: Callable[..., Result]) -> None:
    """A handler that could not be judged is exit 1."""
    with serving(App(NOW_VERIFIER, accept=lambda _: reply(404, "no such user"))) as url:
        result = run_check(url, "--json")

    assert result.exit_code == 1
    assert result.lines[-1]["verdict"] == "inconclusive"


def test_choosing_checks(run_check: Callable[..., Result]) -> None:
    """--only and --skip take ids, groups and patterns; the gate is always reported."""
    with serving(RIGHT) as url:
        result = run_check(
            url, "--only", "retry,forgery.stale-*", "--skip", "retry.rotation", "--json"
        )

    ids = {line["id"] for line in result.lines[:-1]}
    assert {"delivery.valid-kyb", "retry.duplicate", "forgery.stale-24h"} <= ids
    assert "retry.rotation" not in ids
    assert "forgery.unsigned" not in ids


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--only", "retry.rotatoin"], "retry.rotation"),
        (["--explain", "forgery.unsignd"], "forgery.unsigned"),
        (["https://shop.example/hook"], "--i-own-this-host"),
        (["--observe", "'unclosed"], "bad-observe"),
        (["--observe", " "], "bad-observe"),
        (["--fail-on", "info"], "choose from error, warn"),
        (["ftp://localhost/x"], "bad-endpoint"),
    ],
)
def test_usage_errors(args: list[str], words: str, run_vove: RunVove) -> None:
    """Exit 2 with the nearest names or what to add."""
    result = run_vove("check", *args, "--secret", SECRET.text, "--json")

    assert result.exit_code == 2
    assert words in result.stdout


def test_list_and_explain(run_vove: RunVove) -> None:
    """They need neither URL nor secret."""
    listed = run_vove("check", "--list")
    explained = run_vove("check", "--explain", "retry.rotation")

    assert (listed.exit_code, explained.exit_code) == (0, 0)
    assert listed.stdout.count("\n") == len(SUITE)
    assert "space delimited list of signatures" in " ".join(explained.stdout.split())
    assert run_vove("check", "--explain", "retry.rotation", "--json").json["severity"] == "error"
    assert len(run_vove("check", "--list", "--json").lines) == len(SUITE)


def test_families_and_ref_id(run_check: Callable[..., Result]) -> None:
    """--family limits what is sent; --ref-id is what is sent."""
    seen: list[Request] = []

    def handle(request: Request) -> ProbeAnswer:
        seen.append(request)
        return RIGHT(request)

    with serving(handle) as url:
        result = run_check(url, "--family", "kyc", "--ref-id", "user-1", "--only", "retry.same-id")

    assert result.exit_code == 0
    assert {request.ref_id for request in seen} == {"user-1"}
    assert not any(b"previousStatus" in request.body for request in seen)


def test_waiting_for_the_app(run_check: Callable[..., Result]) -> None:
    """--wait ends at once when it is up, and gives up in the end."""
    started = time.monotonic()
    with serving(RIGHT) as url:
        up = run_check(url, "--wait", "30s", "--only", "retry.same-id")
    down = run_check(f"http://localhost:{unused_port()}/x", "--wait", "300ms")

    assert (up.exit_code, down.exit_code) == (0, 4)
    assert time.monotonic() - started < 20


def test_waiting_for_a_name_that_does_not_resolve(run_check: Callable[..., Result]) -> None:
    """It may come up, too."""
    result = run_check("http://no-such-host.invalid/x", "--i-own-this-host", "--wait", "300ms")

    assert result.exit_code == 4


def test_a_rate_limit_is_honoured(run_check: Callable[..., Result]) -> None:
    """A 429 with Retry-After is waited for and the probe sent again."""
    limited = {"left": 2}

    def handle(request: Request) -> ProbeAnswer:
        if limited["left"]:
            limited["left"] -= 1
            return reply(429, Retry_After="1")
        return RIGHT(request)

    with serving(handle) as url:
        result = run_check(url, "--only", "retry.same-id", "--json")

    assert result.lines[-1]["verdict"] in ("conformant", "inconclusive")
    assert limited["left"] == 0


def test_a_closed_connection_is_tried_again(run_check: Callable[..., Result]) -> None:
    """A hiccup of the server is no finding."""
    calls: list[Request] = []

    def handle(request: Request) -> ProbeAnswer:
        calls.append(request)
        return closes() if len(calls) == 4 else RIGHT(request)

    with serving(handle) as url:
        result = run_check(url, "--only", "retry", "--json")

    assert result.exit_code == 0


def test_a_process_that_dies(run_check: Callable[..., Result]) -> None:
    """The probe after which nothing listens any more is named, and the verdict is failing."""
    servers: list[LoopbackServer] = []

    def respond(connection: socket.socket, raw: bytes) -> None:
        request = _parsed(raw)
        if "svix-id" not in request.headers:
            servers[0]._listener.close()
            return
        found = RIGHT(request)
        connection.sendall(answer(f"{found.status} X", found.body))

    with LoopbackServer(respond).running() as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr(commands_check, "COMEBACK_S", 0.3)
        servers.append(server)
        result = run_check(f"http://127.0.0.1:{server.port}{URL_PATH}", "--json")

    by_id = {line.get("id"): line for line in result.lines}
    assert result.exit_code == 1
    assert by_id["forgery.unsigned"]["outcome"] == "fail"
    assert "without the webhook headers" in by_id["forgery.unsigned"]["why"]
    assert result.lines[-1]["diagnosis"][0]["code"] == "process-died"


def test_an_observer_proves_effects(run_check: Callable[..., Result], tmp_path: Path) -> None:
    """A handler that stores before it verifies is caught by the state, not by its answers."""
    state = tmp_path / "state"
    state.write_text("")

    def handle(request: Request) -> ProbeAnswer:
        if request.ref_id:
            state.write_text(f"{state.read_text()}{request.ref_id} {request.status}\n")
        return RIGHT(request)

    with serving(handle) as url:
        result = run_check(
            url,
            "--observe",
            f"cat '{state}'",
            "--only",
            "forgery.effect,retry.duplicate-effect",
            "--json",
        )

    outcomes = {line.get("id"): line.get("outcome") for line in result.lines}
    assert outcomes["forgery.effect"] == "fail"
    assert outcomes["retry.duplicate-effect"] == "fail"


def test_an_observer_that_fails(run_check: Callable[..., Result]) -> None:
    """Exit 3: the job could not be done as asked."""
    with serving(RIGHT) as url:
        missing = run_check(url, "--observe", "no-such-command-anywhere")
        failing = run_check(url, "--observe", "sh -c 'echo oh >&2; exit 3'")

    assert (missing.exit_code, failing.exit_code) == (3, 3)
    assert "exit code 3: oh" in failing.stderr


def test_reports(
    run_check: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JUnit, HTML and GitHub carry the same facts; a file that cannot be written is exit 3."""
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    with serving(UNDECODED) as url:
        result = run_check(url, "--junit", "r.xml", "--html", "r.html", "--github", "-q")
        unwritable = run_check(url, "--junit", "no/such/folder/r.xml", "-q")

    suite = ET.parse("r.xml").getroot()[0]
    assert suite.get("failures") == "2"
    assert "undecoded-secret" in Path("r.html").read_text(encoding="utf-8")
    assert "::error title=vove check%3A undecoded-secret::" in result.stdout
    assert "| `delivery.valid-kyb` |" in summary.read_text()
    assert result.stderr == ""
    assert unwritable.exit_code == 3


def test_on_github_annotations_come_by_themselves(
    run_check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under --json they go to standard error."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with serving(UNDECODED) as url:
        result = run_check(url, "--json")

    assert "::error title=" in result.stderr
    assert result.lines[-1]["verdict"] == "failing"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_handler_gives_the_runner_of_github_no_commands(
    run_check: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    """Neither in the page, which is wrapped, nor in JSON nor in the summary."""
    body = b"##[set-output name=x]1 ![x](http://evil/x.png)\n::error::y"
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "summary.md")
    with LoopbackServer(answer("500 X", body)).running() as server:
        result = run_check(server.url, "--only", "delivery", *form)

    assert "##[" not in result.stdout + result.stderr + Path("summary.md").read_text()
    assert "![x]" not in Path("summary.md").read_text()
    if not form:
        first, *lines = result.stdout.splitlines()
        token = first.removeprefix("::stop-commands::")
        page = lines[: lines.index(f"::{token}::")]
        assert len(token) == 32
        assert any("set-output" in line for line in page)


def test_https_whose_authority_nobody_knows(run_check: Callable[..., Result]) -> None:
    """On this machine a certificate of one's own is no finding, and the rest is examined."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)

    def respond(connection: socket.socket, raw: bytes) -> None:
        found = RIGHT(_parsed(raw))
        connection.sendall(answer(f"{found.status} X", found.body))

    with LoopbackServer(respond, tls=context).running() as server:
        result = run_check(
            f"https://localhost:{server.port}{URL_PATH}", "--only", "retry,tls", "--json"
        )

    assert result.exit_code == 0
    assert result.lines[-1]["verdict"] == "inconclusive"
    assert result.lines[-1]["partial"] is True


def test_the_http_port_of_an_https_endpoint() -> None:
    """A probe may ask for it; nothing answers there."""
    endpoint = parse_endpoint("https://[::1]:8443/hook")
    probe = Probe("over plain http", "POST", "/hook", [], b"", plain_http=True)

    reply_ = asyncio.run(Driver(endpoint).perform(Send([probe])))

    assert [one.error for one in reply_.answers] == ["refused"]
    assert "[::1]:80" in reply_.answers[0].message or "::1:80" in reply_.answers[0].message


@pytest.mark.parametrize(
    ("asked", "pause_s"), [("3", 3), ("", 1), ("soon", 1), ("60", 0), ("0", 0)]
)
def test_how_long_a_rate_limit_is_waited_for(asked: str, pause_s: float) -> None:
    """As it asks, but neither long nor for ever."""
    driver = Driver(parse_endpoint("3000"))
    limited = reply(429, Retry_After=asked)

    assert driver._pause(limited) == pause_s
    driver._limited_s = 29.5
    assert driver._pause(limited) == 0


def test_patience_ends() -> None:
    """After a probe without any answer the next wait shorter."""

    def silent(connection: socket.socket, _: bytes) -> None:
        connection.settimeout(5)
        connection.recv(1)

    with LoopbackServer(silent).running() as server, pytest.MonkeyPatch.context() as patched:
        patched.setattr(commands_check, "IMPATIENT_TIMEOUT_S", 0.1)
        endpoint = parse_endpoint(f"http://127.0.0.1:{server.port}/x")
        driver = Driver(endpoint, how=ProbeTransport(timeout_s=0.3))
        probe = Probe("x", "POST", "/x", [("Content-Length", "0")], b"")
        done = asyncio.run(driver.perform(Send([probe] * 3)))

    assert [one.error for one in done.answers] == ["timeout"] * 3
    assert done.answers[0].latency_ms > 250 > done.answers[1].latency_ms


def test_state_without_an_observer() -> None:
    """Is never stable."""
    done = asyncio.run(Driver(parse_endpoint("3000")).perform(Read(first=True)))

    assert not done.observation.is_stable


def test_a_step_summary_that_cannot_be_written_is_no_bug(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GITHUB_STEP_SUMMARY may name anything."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", "nowhere/summary.md")
    with LoopbackServer(answer("404 Not Found")).running() as server:
        result = run_vove("check", server.url, "--github", "--only", "delivery.reachable")

    assert result.exit_code == 3
    assert "cannot write nowhere/summary.md" in result.stderr


OWN = """
[events."user.aml.escalated"]
family = "aml"
payload = { refId = "", status = "ESCALATED", score = 12 }

[events."card.issued"]
payload = { refId = "", status = "ISSUED" }
endpoint = "http://127.0.0.1:9/cards"
"""


def _refuses_escalated(request: Request) -> ProbeAnswer:
    if b"ESCALATED" in request.body and NOW_VERIFIER(request):
        return reply(422, "unknown status")
    return RIGHT(request)


@pytest.mark.parametrize(
    ("handler", "options", "outcome", "severity"),
    [
        (RIGHT, (), "pass", "warning"),
        (_refuses_escalated, (), "warn", "warning"),
        (_refuses_escalated, ("--family", "aml"), "fail", "error"),
        (RIGHT, ("--family", "card"), "skipped", "warning"),
    ],
)
def test_events_of_ones_own_are_checked(
    handler: Handler,
    options: tuple[str, ...],
    outcome: str,
    severity: str,
    run_check: Callable[..., Result],
) -> None:
    """Those that go to this endpoint; demanded where --family names their family."""
    Path("vove.toml").write_text(OWN)
    with serving(handler) as url:
        result = run_check(url, "--only", "delivery.own-events", *options, "--json")

    (found,) = (line for line in result.lines if line.get("id") == "delivery.own-events")
    assert (found["outcome"], found["severity"]) == (outcome, severity)
    assert ("user.aml.escalated" in str(found["got"])) == (outcome in ("fail", "warn"))


def test_own_events_are_sent(run_check: Callable[..., Result]) -> None:
    """As they are declared, signed like everything else."""
    Path("vove.toml").write_text(OWN)
    seen: list[Request] = []

    def handler(request: Request) -> ProbeAnswer:
        seen.append(request)
        return RIGHT(request)

    with serving(handler) as url:
        run_check(url, "--only", "delivery.own-events")

    (own,) = (request for request in seen if b"ESCALATED" in request.body)
    assert NOW_VERIFIER(own)
    assert b'"score":12' in own.body


def test_an_unknown_family(run_check: Callable[..., Result]) -> None:
    """The known ones are named, one's own among them."""
    Path("vove.toml").write_text(OWN)

    result = run_check("3000", "--family", "amll")

    assert result.exit_code == 2
    assert "kyc, kyb, both, aml, card" in result.stderr


def test_the_family_chooses_the_sample_path(run_check: Callable[..., Result]) -> None:
    """Of the provider's handler for KYC, where the URL has none."""
    with LoopbackServer(answer("200 OK")).running() as server:
        run_check(str(server.port), "--family", "kyc", "--only", "delivery.fast")

    paths = {request.split(b" ")[1] for request in server.requests if request}
    assert paths - {b"/vove-check-no-such-path"} == {b"/webhook-endpoint"}
