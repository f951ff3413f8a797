"""`vove replay`: records and captures, signed anew or verbatim."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_send_faults import correct
from tests.conftest import OTHER_SECRET, SECRET
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.adapters.history import history_path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.captures import read_captures
from vovecli.core.messages import Message
from vovecli.core.outcomes.records import Record
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from tests.conftest import RunVove

DAY_S = 86_400
BODY = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"} '
OK = answer("200 OK")


def record_of_yesterday(endpoint: str | None, *, failed: bool = False) -> None:
    """Write a delivery of yesterday into the history, as record 1 or the next."""
    moment = int(time.time()) - DAY_S
    headers = signed_headers([parse_secret(SECRET)], Message("msg_old", moment, BODY))
    with HistoryWriter(history_path(), keep=0, max_age_s=10 * DAY_S) as writer:
        writer.append(
            Record(
                direction="sent" if endpoint else "received",
                at=moment,
                event="kyb.case.completed",
                ref_id="r",
                message_id="msg_old",
                endpoint=endpoint,
                method="POST",
                target="/hook",
                outcome="refused" if failed else "delivered",
                failed=failed,
                status=500 if failed else 200,
                latency_ms=1,
                headers=headers,
                body=BODY,
            )
        )


def test_a_record_is_signed_anew(run_vove: RunVove) -> None:
    """Same id and bytes, to where it went, accepted by a correct endpoint; recorded again."""
    with LoopbackServer(correct).running() as server:
        record_of_yesterday(server.url)
        result = run_vove("replay", "1", "--secret", SECRET, "--json")

    assert result.exit_code == 0
    assert result.json["message_id"] == "msg_old"
    assert (result.json["event"], result.json["ref_id"]) == ("kyb.case.completed", "r")
    (captured,) = read_captures(server.requests[0])
    assert captured.values("svix-id") == ["msg_old"]
    assert captured.body == BODY
    assert [each["record"] for each in run_vove("history", "--json").lines] == [2, 1]


def test_verbatim_is_refused_as_stale(run_vove: RunVove) -> None:
    """The old timestamp and signature go out, and the output says what that means."""
    with LoopbackServer(correct).running() as server:
        record_of_yesterday(server.url)
        result = run_vove("replay", "1", "--verbatim")

    assert result.exit_code == 1
    assert "signed 1 d " in result.stdout
    assert "ago, and a correct endpoint refuses it as stale" in result.stdout
    assert "stale-timestamp" in result.stdout
    assert b"\r\nAccept: */*\r\nContent-Length: 64\r\nContent-Type: " in server.requests[0]


def test_verbatim_sends_a_capture_as_it_was(run_vove: RunVove) -> None:
    """Headers in order and spelling, exact bytes; only what belonged to the connection differs."""
    Path("capture.http").write_bytes(
        b"POST /old HTTP/1.1\r\nHost: old.example\r\nConnection: close\r\nTE: trailers\r\nX-B: caf\xe9\r\n"
        b"svix-ID: msg_1\r\nTransfer-Encoding: chunked\r\nx-a: 2\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    )
    with LoopbackServer(OK).running() as server:
        result = run_vove("replay", "capture.http", "--verbatim", "--to", server.url, "-H", "N: 1")

    assert result.exit_code == 0
    assert server.requests[0] == (
        f"POST /hook HTTP/1.1\r\nHost: localhost:{server.port}\r\nContent-Length: 2\r\n".encode()
        + b"X-B: caf\xe9\r\nsvix-ID: msg_1\r\nx-a: 2\r\nN: 1\r\n\r\nhi"
    )


def test_a_capture_is_signed_anew(run_vove: RunVove) -> None:
    """Its family of header names and its content type are kept."""
    run_vove("sign", "kyc.pending", "--header-prefix", "webhook", "--secret", OTHER_SECRET)
    signed = run_vove(
        "sign", "kyc.pending", "--header-prefix", "webhook", "--message-id", "msg_1",
        "--timestamp", "-2h", "-H", "Content-Type: application/json; charset=utf-8",
    )  # fmt: skip
    with LoopbackServer(correct).running() as server:
        result = run_vove(
            "replay", "-", "--to", server.url, "--secret", SECRET, stdin=signed.stdout_bytes
        )

    assert result.exit_code == 0
    assert b"\r\nwebhook-id: msg_1\r\n" in server.requests[0]
    assert b"\r\ncontent-type: application/json; charset=utf-8\r\n" in server.requests[0]


def test_a_printed_delivery_is_sent_with_the_body_that_its_signature_confirms(
    run_vove: RunVove,
) -> None:
    """Signed anew or as it was; without the secret that signed it nothing is sent."""
    signed = json.loads(run_vove("sign", "kyc.pending", "--secret", SECRET, "--json").stdout)
    printed = f"headers {dict(signed['headers'])}\nother {{}}\nbody {signed['body']!r}\n"
    Path("app.log").write_text(printed)
    with LoopbackServer(correct).running() as server:
        for way in ([], ["--verbatim"]):
            arguments = ("replay", "app.log", "--to", server.url, *way)
            assert run_vove(*arguments, "--secret", SECRET).exit_code == 0
            refused = run_vove(*arguments, "--secret", OTHER_SECRET)
            assert (refused.exit_code, "only shows a delivery" in refused.stderr) == (3, True)

    assert len(server.requests) == 2
    for request in server.requests:
        assert request.endswith(f"\r\n\r\n{signed['body']}".encode())


def test_many_requests_of_one_capture(run_vove: RunVove) -> None:
    """Each webhook in it is sent; what is none is left out."""
    lines = run_vove("sign", "kyc.pending", "--count", "2", "--json").stdout_bytes
    other = b'{"headers":{"a":"b"},"body":""}\n'
    with LoopbackServer(OK).running() as server:
        result = run_vove("replay", "-", "--to", server.url, "--json", stdin=lines + other)

    assert result.exit_code == 0
    assert len(server.requests) == 2


def test_whatever_failed(run_vove: RunVove) -> None:
    """Once each; after a success there is nothing left to do."""
    with LoopbackServer(answer("500 Oops")).running() as server:
        run_vove("send", "kyc.pending", "kyc.successful", "--to", server.url)
        run_vove("send", "kyc.pending", "--fault", "unsigned", "--to", server.url)
    port = unused_port()
    run_vove("send", "kyb.case.completed", "--to", str(port))

    with LoopbackServer(OK).running() as server:
        again = run_vove("replay", "--failed", "--since", "1h", "--to", server.url, "--json")
        nothing = run_vove("replay", "--failed", "--to", server.url)

    assert [line["event"] for line in again.lines] == [
        "kyc.pending", "kyc.successful", "kyb.case.completed",
    ]  # fmt: skip
    assert again.exit_code == 0
    assert nothing.exit_code == 0
    assert "no delivery that failed" in nothing.stderr
    assert len(server.requests) == 3


def test_failures_before_a_moment_are_left_alone(run_vove: RunVove) -> None:
    """`--since` bounds how far back it goes."""
    with LoopbackServer(OK).running() as server:
        record_of_yesterday(server.url, failed=True)
        result = run_vove("replay", "--failed", "--since", "1h")

    assert result.exit_code == 0
    assert server.requests == []


def test_what_was_received_goes_to_the_configured_endpoint(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A received delivery went to us; the app is elsewhere."""
    record_of_yesterday(None)
    with LoopbackServer(OK).running() as server:
        monkeypatch.setenv("VOVE_ENDPOINT", server.url)
        result = run_vove("replay", "1")

    assert result.exit_code == 0
    assert len(server.requests) == 1


def test_the_options_of_send_apply(run_vove: RunVove) -> None:
    """Faults, retries and dry runs."""
    with LoopbackServer(correct).running() as server:
        record_of_yesterday(server.url)
        forged = run_vove("replay", "1", "--fault", "bad-signature", "--secret", SECRET)
        dry = run_vove("replay", "1", "--dry-run")
    with LoopbackServer(answer("500 Oops")).running() as server:
        tried = run_vove(
            "replay", "1", "--verbatim", "--retry", "vove-docs", "--time-scale", "0",
            "--to", server.url, "--json",
        )  # fmt: skip

    assert forged.exit_code == 0
    assert b"svix-id: msg_old\r\n" in dry.stdout_bytes
    assert len(tried.json["attempts"]) == 5
    assert len(set(server.requests)) == 1


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "--failed"),
        (("1", "--failed"), 2, "--failed"),
        (("1", "--since", "1h"), 2, "need --failed"),
        (("1", "--verbatim", "--fault", "unsigned"), 2, "cannot be combined"),
        (("77",), 3, "no record 77"),
        (("nothing.http",), 3, "cannot read"),
        (("plain.http",), 3, "holds no webhook request"),
        (("no-id.http",), 3, "there is no id to send again"),
    ],
)
def test_errors(arguments: tuple[str, ...], code: int, words: str, run_vove: RunVove) -> None:
    """What cannot be replayed, and what to do instead."""
    Path("plain.http").write_bytes(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    Path("no-id.http").write_bytes(b"POST / HTTP/1.1\r\nSvix-Timestamp: 1\r\n\r\n")
    result = run_vove("replay", *arguments)

    assert result.exit_code == code
    assert words in result.stderr


def test_files_that_a_capture_refers_to_stay_in_its_folder(run_vove: RunVove) -> None:
    """A capture from elsewhere must not send a file of this machine."""
    Path("outside.json").write_text("{}")
    Path("inner").mkdir()
    Path("inner/evil.sh").write_text(
        "curl http://localhost/ -H 'Svix-Id: m' -H 'Svix-Timestamp: 1' -H 'Svix-Signature: v1,x'"
        f" --data-binary @{Path('outside.json').resolve()}\n"
    )

    result = run_vove("replay", "inner/evil.sh", "--dry-run", "--json")

    assert (3, "outside-folder") == (result.exit_code, result.json["code"])
