"""Events of `vove.toml` from send to listen, learning from captures, and drift."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.conftest import OTHER_SECRET, SECRET, Result, RunVove
from tests.loopback import LoopbackServer, answer

from vovecli.adapters.history import history_path
from vovecli.adapters.history_writer import HistoryWriter
from vovecli.commands.learn import BEGIN
from vovecli.core.messages import Message
from vovecli.core.outcomes.records import Record
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers

OWN = """
[events."user.aml.escalated"]
family = "aml"
payload = { refId = "", status = "ESCALATED", score = 12 }
endpoint = "http://127.0.0.1:9/aml"

[flows]
escalation = ["user.aml.in_review", "user.aml.escalated"]
"""
Payload = dict[str, object]
KYC: Payload = {"status": "pending", "refId": "r", "userId": "r"}


@pytest.fixture
def own() -> None:
    """A project that declares an event."""
    Path("vove.toml").write_text(OWN)


def capture(payload: Payload, number: int = 0, *, secret: str = SECRET) -> str:
    """One line of a capture of genuine deliveries."""
    message = Message(f"msg_{number}", 1_790_000_000 + number, json.dumps(payload).encode())
    headers = signed_headers([parse_secret(secret)], message)
    return json.dumps({"headers": dict(headers), "body": message.body.decode()}) + "\n"


def captures(name: str, *payloads: Payload) -> str:
    """A file of captures; its name."""
    Path(name).write_text("".join(capture(payload, n) for n, payload in enumerate(payloads)))
    return name


def mixed() -> list[Payload]:
    """Deliveries of several people and events."""
    kyc = [
        KYC | {"refId": f"user-{n}", "userId": f"user-{n}", "status": status}
        for n in range(40)
        for status in ("in_progress", "pending", "successful")
    ]
    kyb: list[Payload] = [
        {"refId": f"biz-{n}", "status": "IN_REVIEW", "previousStatus": "IN_PROGRESS"}
        for n in range(80)
    ]
    return [*kyc, *kyb]


def codes(result: Result) -> list[list[str]]:
    """The findings of each request."""
    return [[finding["code"] for finding in line["findings"]] for line in result.lines]


@pytest.mark.usefixtures("own")
def test_an_own_event_from_send_to_verify(run_vove: RunVove) -> None:
    """Listed, explained, signed, sent, played in a flow, recognised, without a line of code."""
    assert run_vove("events", "--json").lines[-1]["type"] == "user.aml.escalated"
    assert "declared in your settings" in run_vove("events", "user.aml.escalated").stdout
    signed = run_vove("sign", "user.aml.escalated", "--set", "score=3", "--secret", SECRET)
    Path("signed.http").write_bytes(signed.stdout_bytes)
    verified = run_vove("verify", "signed.http", "--secret", SECRET, "--json").json
    with LoopbackServer(answer("200 OK")).running() as server:
        sent = run_vove("send", "--flow", "escalation", "--to", server.url, "--json")

    assert signed.stdout_bytes.endswith(b'"status":"ESCALATED","score":3}')
    assert b"Host: 127.0.0.1:9\r\n" in signed.stdout_bytes
    assert verified["event"]["type"] == "user.aml.escalated"
    assert verified["event"]["provenance"] == "own"
    assert verified["findings"] == []
    assert [line["ok"] for line in sent.lines] == [True, True]
    assert b'"status":"ESCALATED"' in server.requests[1]


@pytest.mark.usefixtures("own")
@pytest.mark.parametrize(
    ("environ", "options", "url"),
    [
        ({}, (), "http://127.0.0.1:9/aml"),
        ({"VOVE_ENDPOINT": "http://127.0.0.1:8/e"}, (), "http://127.0.0.1:8/e"),
        ({}, ("--to", "http://127.0.0.1:7/t"), "http://127.0.0.1:7/t"),
        ({}, ("--profile", "staging"), "http://127.0.0.1:6/p"),
    ],
)
def test_where_an_own_event_goes(
    environ: dict[str, str],
    options: tuple[str, ...],
    url: str,
    run_vove: RunVove,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To its own endpoint, unless this run names another; the file's general one comes after it."""
    text = 'endpoint = "http://127.0.0.1:5/general"\n' + OWN
    Path("vove.toml").write_text(text + '[profile.staging]\nendpoint = "http://127.0.0.1:6/p"\n')
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    result = run_vove("send", "user.aml.escalated", *options, "--dry-run")

    assert f"would be sent to {url}" in result.stderr


def test_a_section_that_makes_no_sense(run_vove: RunVove) -> None:
    """Exit 3 with an example; built-in events work all the same."""
    Path("vove.toml").write_text("[events.user.aml.x]\npayload = {a = 1}\n")

    result = run_vove("send", "user.aml.x", "--dry-run")

    assert result.exit_code == 3
    assert "put the whole name in quotes" in result.stderr
    assert run_vove("sign", "kyc.pending").exit_code == 0


def test_learning_and_then_drift(run_vove: RunVove) -> None:
    """200 deliveries are learned from; then what changed is named and nothing else."""
    learned = run_vove("learn", captures("all.ndjson", *mixed()), "--secret", SECRET, "--write")
    captures("gone.ndjson", {"status": "pending", "refId": "user-1"})
    captures("new.ndjson", KYC | {"status": "on_hold"})
    gone, new, same, lax = (
        run_vove("verify", name, "--secret", SECRET, "--json", *strict)
        for name, strict in (
            ("gone.ndjson", ["--strict-events"]),
            ("new.ndjson", ["--strict-events"]),
            ("all.ndjson", ["--strict-events"]),
            ("new.ndjson", []),
        )
    )

    assert learned.exit_code == 0
    assert "learned 4 events from 200 deliveries" in learned.stderr
    assert not [name for name in ("user-", "biz-") if name in Path("vove.toml").read_text()]
    assert (gone.exit_code, codes(gone)) == (1, [["drift-field-gone"]])
    assert (new.exit_code, codes(new)) == (1, [["drift-new-status"]])
    assert (same.exit_code, lax.exit_code) == (0, 0)
    assert not any(codes(same))
    text = run_vove("verify", "gone.ndjson", "all.ndjson", "--secret", SECRET).stdout
    assert "gone.ndjson  drift-field-gone  userId is gone" in text
    assert "from 40 deliveries" in run_vove("events", "kyc.pending").stdout


def test_learning_again_replaces_what_was_learned(run_vove: RunVove) -> None:
    """Everything else in the file stays; what is one's own is not touched."""
    Path("vove.toml").write_text("# mine\n" + OWN)
    for count in (3, 5):
        captures("c.ndjson", *[KYC | {"refId": f"r{n}"} for n in range(count)])
        run_vove("learn", "c.ndjson", "--secret", SECRET, "--write")

    text = Path("vove.toml").read_text()
    assert text.startswith("# mine\n")
    assert text.count("[events.") == 2
    assert "deliveries = 5" in text
    assert run_vove("events", "user.aml.escalated").exit_code == 0


def test_what_is_learned_is_printed_or_json(run_vove: RunVove) -> None:
    """Without --write the file is not touched."""
    name = captures("c.ndjson", *[KYC | {"refId": f"r{n}"} for n in range(3)])

    text = run_vove("learn", name, "--secret", SECRET)
    lines = run_vove("learn", name, "--secret", SECRET, "--json").lines

    assert text.stdout.startswith('[events."kyc.pending".learned]\n')
    assert not Path("vove.toml").exists()
    assert [(line["type"], line["deliveries"]) for line in lines] == [("kyc.pending", 3)]


def test_only_verified_deliveries_count(run_vove: RunVove) -> None:
    """What the secret does not verify is left out and counted; few people are too few."""
    lines = [
        *(capture(KYC | {"refId": f"r{n}"}, n) for n in range(3)),
        *(capture(KYC | {"refId": f"x{n}"}, n + 9, secret=OTHER_SECRET) for n in range(2)),
        *(capture({"status": "REJECTED", "refId": f"r{n}"}, n + 20) for n in range(3)),
        capture(KYC | {"status": "suspected"}, 30),
        json.dumps({"headers": {"a": "b"}, "body": ""}) + "\n",
    ]
    Path("c.ndjson").write_text("".join(lines))

    result = run_vove("learn", "c.ndjson", "--secret", SECRET)

    assert "deliveries = 3" in result.stdout
    assert "2 requests were left out: the secret does not verify them" in result.stderr
    assert "kyc.suspected: 1 left out, fewer than three refIds" in result.stderr
    assert "other deliveries: 3 left out, nothing in them decides" in result.stderr


def test_learning_from_the_history(run_vove: RunVove) -> None:
    """From what was received; what was sent proves nothing."""
    writer = HistoryWriter(history_path(), keep=0, max_age_s=1e9)
    for n in range(4):
        message = Message(f"msg_{n}", 1_790_000_000, json.dumps(KYC | {"refId": f"r{n}"}).encode())
        record = Record(
            direction="received" if n else "sent", at=1_790_000_000, event=None, ref_id=None,
            message_id=message.id, endpoint=None, method="POST", target="/", outcome="valid",
            failed=False, status=200, latency_ms=None,
            headers=signed_headers([parse_secret(SECRET)], message), body=message.body,
        )  # fmt: skip
        writer.append(record)
    writer.close()

    result = run_vove("learn", "--history", "--secret", SECRET)

    assert "learned 1 event from 3 deliveries" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "give either FILE"),
        (("c.ndjson", "--history"), 2, "give either FILE"),
        (("c.ndjson", "--secret", OTHER_SECRET), 3, "none of 3 requests is verified"),
        (("--history", "--secret", SECRET), 3, "no received delivery"),
        (("missing.ndjson", "--secret", SECRET), 3, "missing.ndjson"),
        (("c.ndjson",), 3, "the development secret verifies only what vove itself has sent"),
    ],
)
def test_what_cannot_be_learned_from(
    arguments: tuple[str, ...], code: int, words: str, run_vove: RunVove
) -> None:
    """Each with what to do."""
    captures("c.ndjson", *[KYC | {"refId": f"r{n}"} for n in range(3)])

    result = run_vove("learn", *arguments)

    assert result.exit_code == code
    assert words in result.stderr


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("vove.toml", '[events."kyc.pending".learned]\ndeliveries = 1\n', "outside the two lines"),
        ("vove.toml", f"{BEGIN}\n", "line that ends what was learned is missing"),
        ("pyproject.toml", "[tool.vove.history]\nenabled = true\n", "paste what vove learn prints"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_written_is_left_as_it_was(
    file: str, text: str, words: str, run_vove: RunVove
) -> None:
    """With why, and what to do."""
    Path(file).write_text(text)
    captures("c.ndjson", *[KYC | {"refId": f"r{n}"} for n in range(3)])

    result = run_vove("learn", "c.ndjson", "--secret", SECRET, "--write")

    assert result.exit_code == 3
    assert words in result.stderr
    assert Path(file).read_text() == text
