"""`vove send --repeat ...`: load on loopback endpoints."""

from __future__ import annotations

import json
import re
import ssl
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer, unused_port
from tests.sinks import Sink

from vovecli.adapters.history_writer import HistoryWriter
from vovecli.core.captures import read_captures
from vovecli.core.secrets import parse_secret
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from tests.conftest import RunVove

    from vovecli.core.outcomes.records import Record


def test_every_delivery_is_its_own(run_vove: RunVove) -> None:
    """Ids, refIds and signatures differ, and every signature is right; connections are kept."""
    with Sink().running() as sink:
        result = run_vove(
            "send", "kyb.case.completed", "--repeat", "200", "--concurrency", "5",
            "--to", sink.url, "--secret", SECRET, "--json",
        )  # fmt: skip

    load = result.json
    assert result.exit_code == 0
    assert (load["requests"], load["delivered"]) == (200, 200)
    assert (load["refused"], load["failed"]) == (0, 0)
    assert sink.connections == 5
    captured = [read_captures(request)[0] for request in sink.requests]
    secret, now = parse_secret(SECRET), int(time.time())
    assert all(verify(each, [secret], moment=now).valid for each in captured)
    assert len({each.values("svix-id")[0] for each in captured}) == 200
    assert len({json.loads(each.body)["refId"] for each in captured}) == 200


def test_rounds_of_several_events_share_a_ref_id(run_vove: RunVove) -> None:
    """One connection keeps their order; --repeat counts rounds."""
    with Sink().running() as sink:
        run_vove(
            "send", "--flow", "kyc-review", "--repeat", "3", "--concurrency", "1", "--to", sink.url
        )

    payloads = [json.loads(request.partition(b"\r\n\r\n")[2]) for request in sink.requests]
    assert [each["status"] for each in payloads] == ["in_progress", "pending", "successful"] * 3
    refs = [each["refId"] for each in payloads]
    assert len(set(refs)) == 3
    assert refs[0] == refs[1] == refs[2] != refs[3]


def test_a_ref_id_that_was_asked_for_is_kept(run_vove: RunVove) -> None:
    """In every delivery."""
    with Sink().running() as sink:
        run_vove("send", "kyc.pending", "--repeat", "3", "--ref-id", "mine", "--to", sink.url)

    assert all(b'"refId":"mine"' in request for request in sink.requests)


def test_the_summary_for_people(run_vove: RunVove) -> None:
    """Totals, statuses, percentiles and a histogram."""
    with Sink(200, 200, 503).running() as sink:
        result = run_vove("send", "kyc.pending", "--repeat", "5", "--to", sink.url)

    lines = result.stdout.splitlines()
    assert result.exit_code == 1
    assert lines[0].startswith("5 requests in ")
    assert ": 2 delivered, 3 refused, 0 without an answer; " in lines[0]
    assert lines[1:3] == ["         2  200", "         3  503"]
    assert lines[3].startswith("latency of each answer: p50 ")
    assert all(line.startswith("  <= ") and line.endswith("#") for line in lines[4:])


def test_a_rate_is_kept_and_waiting_counts(run_vove: RunVove) -> None:
    """Requests are due by the clock; what waits for a busy connection has that much latency."""
    with Sink().running() as sink:
        steady = run_vove(
            "send",
            "kyc.pending",
            "--rate",
            "100",
            "--duration",
            "500ms",
            "--to",
            sink.url,
            "--json",
        )
    with Sink(delay_s=0.05).running() as sink:
        late = run_vove(
            "send", "kyc.pending", "--rate", "100", "--repeat", "10", "--concurrency", "1",
            "--to", sink.url, "--json",
        )  # fmt: skip

    assert steady.json["requests"] == 50
    assert 0.48 < steady.json["elapsed_s"] < 1.5
    # The tenth is due after 90 ms and sent after 450 ms at the earliest.
    assert late.json["latency_ms"]["max"] >= 400


def test_a_rate_that_was_not_reached_is_said(run_vove: RunVove) -> None:
    """With what may be the reason."""
    with Sink(delay_s=0.02).running() as sink:
        result = run_vove(
            "send", "kyc.pending", "--rate", "1000", "--repeat", "10", "--concurrency", "1",
            "--to", sink.url,
        )  # fmt: skip

    assert "1000/s were asked for but not reached" in result.stderr
    assert "latency from the moment each was due" in result.stdout


def test_a_duration_ends_a_run(run_vove: RunVove) -> None:
    """No request starts after it."""
    started = time.monotonic()
    with Sink().running() as sink:
        result = run_vove("send", "kyc.pending", "--duration", "200ms", "--to", sink.url, "--json")

    assert result.exit_code == 0
    assert result.json["requests"] == len(sink.requests) > 0
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("option", ["--ca-file", "--insecure", None])
def test_https(option: str | None, run_vove: RunVove) -> None:
    """Certificates are verified under load too."""
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path("ca.pem")
    options = {"--ca-file": ("--ca-file", "ca.pem"), "--insecure": ("--insecure",), None: ()}[
        option
    ]
    with LoopbackServer(answer("200 OK"), tls=context).running() as server:
        result = run_vove("send", "kyc.pending", "--repeat", "3", "--to", server.url, *options)

    assert result.exit_code == (0 if option else 4)
    assert ("no TLS connection" in result.stdout) == (option is None)


def test_nothing_listens(run_vove: RunVove) -> None:
    """Exit 4 long before all were tried, with the reason."""
    port = unused_port()
    result = run_vove("send", "kyc.pending", "--repeat", "100000", "--to", str(port))

    assert result.exit_code == 4
    assert f"nothing listens on localhost:{port}" in result.stdout
    assert "nothing answered at all" in result.stderr


def test_connections_that_break_are_counted(run_vove: RunVove) -> None:
    """They failed, the rest goes on; 4 wins over 0."""
    with Sink(0, 200, 0, 200).running() as sink:
        result = run_vove(
            "send",
            "kyc.pending",
            "--repeat",
            "10",
            "--concurrency",
            "1",
            "--to",
            sink.url,
            "--json",
        )

    assert result.exit_code == 4
    # Both were read before the close: neither is sent again.
    assert (result.json["failed"], result.json["delivered"]) == (2, 8)


@pytest.mark.parametrize(("status", "code"), [("401 No", 0), ("200 OK", 1)])
def test_forgeries_in_bulk(status: str, code: int, run_vove: RunVove) -> None:
    """With faults the judgement is turned round here too."""
    with LoopbackServer(answer(status)).running() as server:
        result = run_vove(
            "send", "kyc.pending", "--fault", "bad-signature", "--repeat", "5", "--to", server.url
        )

    assert result.exit_code == code
    assert len({request.partition(b"svix-signature: ")[2][:47] for request in server.requests}) == 5


def test_nothing_is_recorded_unless_asked_for(run_vove: RunVove) -> None:
    """`--record` writes each delivery into the history."""
    with Sink(200, 500).running() as sink:
        run_vove("send", "kyc.pending", "--repeat", "3", "--to", sink.url)
        assert run_vove("history", "--json").lines == []
        run_vove(
            "send",
            "kyc.pending",
            "--repeat",
            "20",
            "--record",
            "--to",
            sink.url,
            "--concurrency",
            "2",
        )

    records = run_vove("history", "--json").lines
    assert len(records) == 20
    assert {record["outcome"] for record in records} == {"refused"}
    assert len({record["message_id"] for record in records}) == 20


def test_several_families_need_one_endpoint(run_vove: RunVove) -> None:
    """The samples of the two families differ in their path."""
    result = run_vove("send", "kyc.pending", "kyb.case.completed", "--repeat", "2")

    assert result.exit_code == 2
    assert "give --to URL" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--duration", "0"), "say when to stop"),
        (("--concurrency", "5"), "say when to stop"),
        (("--rate", "5"), "say when to stop"),
        (("--repeat", "0"), "'0' is not a whole number of at least 1"),
        (("--repeat", "5", "--message-id", "m"), "never share an id"),
        (("--repeat", "5", "--delay", "1s"), "combined with load options"),
        (("--repeat", "5", "--fault", "duplicate"), "every delivery has its own id"),
        (("--record",), "--record is for load"),
        (("--repeat", "5", "--to", "https://app.example/hook"), "--i-own-this-host"),
        (("--duration", "long"), "not a duration"),
        (("--repeat", "5", "--set", "nothing=1"), "no field 'nothing'"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2 before anything is sent, and nothing but the error is said."""
    result = run_vove("send", "kyc.pending", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_a_dry_run_prints_one_round(run_vove: RunVove) -> None:
    """Load options do not multiply it."""
    result = run_vove("send", "kyc.pending", "--repeat", "1000", "--dry-run", "--json")

    assert result.json["event"] == "kyc.pending"


def test_what_is_counted_is_recorded(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal may come at any moment: here before the third record is handed over."""
    recorded: list[Record] = []

    def append(_: HistoryWriter, record: Record) -> None:
        if len(recorded) == 2:
            raise KeyboardInterrupt
        recorded.append(record)

    monkeypatch.setattr(HistoryWriter, "append", append)
    with Sink().running() as sink:
        result = run_vove(
            "send",
            "kyb.case.completed",
            "--repeat",
            "9",
            "--concurrency",
            "1",
            "--record",
            "--json",
            "--to",
            sink.url,
        )

    assert (result.exit_code, result.json["requests"], len(recorded)) == (130, 2, 2)


def test_a_page_of_a_load_run(run_vove: RunVove) -> None:
    """Plots as SVG, no script, nothing from elsewhere; hostile words are shown as text."""
    with Sink().running() as sink:
        result = run_vove(
            "send", "kyb.case.completed", "--repeat", "50", "--to", f"{sink.url}?<script>",
            "--secret", SECRET, "--html", "load.html",
        )  # fmt: skip

    page = Path("load.html").read_text(encoding="utf-8")
    assert "written: load.html" in result.stderr
    assert "<h1>50 requests in" in page
    assert page.count("<svg") >= 2 + 3 + 3 + 1
    assert "<script" not in page
    (outcomes,) = re.findall(r'aria-label="Outcomes over time">(.*?)</svg>', page)
    assert 'class="delivered"' in outcomes
    assert 'class="refused"' not in outcomes


def test_a_page_without_answers(run_vove: RunVove) -> None:
    """The axes are there, and why nothing came."""
    result = run_vove(
        "send", "kyb.case.completed", "--repeat", "3", "--to", f"http://127.0.0.1:{unused_port()}",
        "--secret", SECRET, "--html", "load.html",
    )  # fmt: skip

    assert result.exit_code == 4
    assert 'class="failed"' in Path("load.html").read_text(encoding="utf-8")


def test_a_page_is_for_load(run_vove: RunVove) -> None:
    """One delivery has no plot."""
    result = run_vove("send", "kyb.case.completed", "--html", "load.html")

    assert result.exit_code == 2
    assert "--repeat" in result.stderr
