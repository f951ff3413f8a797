"""What people type because other tools have taught them to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import unused_port
from tests.sinks import Sink

from vovecli.adapters.history import History, history_path
from vovecli.commands.history import find_records, follow_records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RunVove

    from vovecli.core.outcomes.records import Record


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOVE_WEBHOOK_SECRET", SECRET)


@pytest.fixture
def app() -> Iterator[Sink]:
    """An app that takes everything."""
    with Sink().running() as sink:
        yield sink


def test_last_and_a_number_alone(run_vove: RunVove, app: Sink) -> None:
    """`history last`, `history show last`, `history 1`, `replay last`."""
    run_vove("send", "kyc.pending", "kyc.successful", "--to", app.url)

    assert run_vove("history", "show", "last", "--json").json["record"] == 2
    assert run_vove("history", "last", "--json").json["event"] == "kyc.successful"
    assert run_vove("history", "1", "--json").json["event"] == "kyc.pending"
    assert run_vove("replay", "last", "--json").json["event"] == "kyc.successful"
    assert run_vove("history", "show", "0").exit_code == 2


def test_last_of_an_empty_history(run_vove: RunVove) -> None:
    """It says how to make a record."""
    result = run_vove("history", "show", "last")

    assert result.exit_code == 3
    assert "vove send" in result.stderr


def test_edit_and_send_again(run_vove: RunVove, app: Sink) -> None:
    """Another payload under a fresh id, signed anew."""
    sent = run_vove("send", "kyb.case.in_review", "--to", app.url, "--json").json

    again = run_vove(
        "replay", "last", "--set", "status=REJECTED", "--set-new", "reason=FRAUD",
        "-H", "X-Trace: 7", "--dry-run",
    )  # fmt: skip
    Path("again.http").write_bytes(again.stdout_bytes)
    verdict = run_vove("verify", "again.http", "--json").json

    assert verdict["verdict"] == "valid"
    assert verdict["event"]["type"] == "kyb.case.rejected"
    assert verdict["message_id"] != sent["message_id"]
    assert "X-Trace: 7" in again.stdout
    assert '"reason":"FRAUD"' in again.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--verbatim", "--set", "status=x"), "--verbatim cannot be combined"),
        (("--event", "kyb.*"), "need --failed"),
        (("--set", "nope=1"), "no field 'nope'"),
    ],
)
def test_edits_that_cannot_be(
    arguments: tuple[str, ...], words: str, run_vove: RunVove, app: Sink
) -> None:
    """Usage errors."""
    run_vove("send", "kyc.pending", "--to", app.url)
    result = run_vove("replay", "last", *arguments)

    assert result.exit_code == 2
    assert words in result.stderr


def test_a_body_without_fields_cannot_be_edited(run_vove: RunVove, app: Sink) -> None:
    """It is said, with what can be done."""
    Path("body").write_bytes(b"no json")
    run_vove("send", "--body", "body", "--to", app.url)
    result = run_vove("replay", "last", "--set", "a=1")

    assert result.exit_code == 3
    assert "not a JSON object" in result.stderr


def test_failed_deliveries_can_be_filtered(run_vove: RunVove) -> None:
    """By event and by endpoint."""
    for event in ("kyc.pending", "kyb.case.completed"):
        run_vove("send", event, "--to", f"{unused_port()}/hook")

    some = run_vove("replay", "--failed", "--event", "kyb.*", "--dry-run", "--json")
    none = run_vove("replay", "--failed", "--endpoint", "example.com", "--dry-run")

    assert [line["event"] for line in some.lines] == ["kyb.case.completed"]
    assert "no delivery that failed that matches" in none.stderr


@pytest.mark.parametrize("form", ["http", "curl", "har"])
def test_a_record_in_other_forms(form: str, run_vove: RunVove, app: Sink) -> None:
    """`vove verify` reads each of them."""
    run_vove("send", "kyc.pending", "--to", app.url)
    shown = run_vove("history", "show", "last", "--format", form)
    Path("shown").write_bytes(shown.stdout_bytes)

    assert run_vove("verify", "shown", "--json").json["verdict"] == "valid"


def test_a_har_holds_the_answer(run_vove: RunVove, app: Sink) -> None:
    """As a browser would have saved it."""
    run_vove("send", "kyc.pending", "--to", app.url)
    (entry,) = json.loads(run_vove("history", "last", "--format", "har").stdout)["log"]["entries"]

    assert entry["request"]["url"] == app.url
    assert entry["response"]["status"] == 200


def test_follow_goes_on(run_vove: RunVove, app: Sink) -> None:
    """Oldest first, each once."""
    stored: list[Record] = []
    run_vove("send", "kyc.pending", "--to", app.url)
    stored = list(find_records())
    rounds = iter([stored[:1], stored[:1], [stored[0]._replace(number=2), stored[0]]])
    following = follow_records(lambda _: next(rounds), 1, sleep=lambda _: None)

    assert [next(following).number, next(following).number] == [1, 2]


def test_follow_goes_on_after_a_clear(run_vove: RunVove, app: Sink) -> None:
    """Numbers begin again; what follows shows each new record, and none a second time."""

    def send_after_a_clear(_: float) -> None:
        run_vove("history", "clear", "--yes")
        run_vove("send", "kyc.successful", "--to", app.url)

    for _ in range(3):
        run_vove("send", "kyc.pending", "--to", app.url)
    following = follow_records(lambda most: find_records(limit=most), 1, sleep=send_after_a_clear)

    shown = [next(following) for _ in range(3)]

    assert [(one.number, one.event) for one in shown] == [
        (3, "kyc.pending"),
        (1, "kyc.successful"),
        (1, "kyc.successful"),
    ]


def test_follow_does_not_repeat_what_is_older_than_a_deleted_record(
    run_vove: RunVove, app: Sink
) -> None:
    """The newest one is deleted, and its number is given again."""
    rounds = 0

    def go_on(_: float) -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            assert History(history_path()).delete(3)
        else:
            run_vove("send", "kyc.successful", "--to", app.url)

    for _ in range(3):
        run_vove("send", "kyc.pending", "--to", app.url)
    following = follow_records(lambda most: find_records(limit=most), 1, sleep=go_on)

    shown = [next(following) for _ in range(2)]

    assert [(one.number, one.event) for one in shown] == [(3, "kyc.pending"), (3, "kyc.successful")]


def test_listen_on_a_port(run_vove: RunVove) -> None:
    """As the argument, as `-p`; not both."""
    port = str(unused_port())

    for arguments in ([port], ["-p", port]):
        result = run_vove("listen", *arguments, "--timeout", "10ms")
        assert f"listening on http://localhost:{port} " in result.stderr
    assert run_vove("listen", port, "-p", port).exit_code == 2


@pytest.mark.parametrize("form", ["curl", "http"])
def test_sign_for_an_endpoint(form: str, run_vove: RunVove) -> None:
    """Its host and path are in the request."""
    shown = run_vove("sign", "kyc.pending", "--to", ":4000/hook", "--format", form).stdout

    assert "localhost:4000" in shown
    assert "/hook" in shown


def test_json_in_place_of_a_file(run_vove: RunVove) -> None:
    """It is said what to do instead."""
    result = run_vove("send", "--body", '{"status":"pending"}')

    assert result.exit_code == 2
    assert "--body takes a file name" in result.stderr
    assert "vove send --body -" in result.stderr


def test_a_body_goes_where_its_event_goes(run_vove: RunVove) -> None:
    """A KYC payload to the KYC endpoint, under its name."""
    Path("kyc.json").write_text('{"status":"successful","refId":"user-3"}')
    shown = run_vove("send", "--body", "kyc.json", "--dry-run")
    signed = run_vove("send", "--body", "kyc.json", "--dry-run", "--json").json

    assert "localhost:3000/webhook-endpoint" in shown.stderr
    assert signed["event"] == "kyc.successful"


def test_an_empty_reason_is_sent(run_vove: RunVove) -> None:
    """As it is, not the documented example."""
    shown = run_vove("sign", "kyb.case.rejected", "--reason", "", "--json").json

    assert json.loads(shown["body"])["reason"] == ""


def test_a_ref_id_that_is_not_sent_is_not_shown(run_vove: RunVove, app: Sink) -> None:
    """`--set refId=null` has none."""
    sent = run_vove("send", "kyc.pending", "--set", "refId=null", "--to", app.url, "--json").json

    assert sent["ref_id"] is None


def test_the_profile_from_the_environment(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `--profile` would choose it; the option wins."""
    Path("vove.toml").write_text(
        '[profile.one]\nendpoint = "http://localhost:1/x"\n'
        '[profile.two]\nendpoint = "http://localhost:2/x"\n'
    )
    monkeypatch.setenv("VOVE_PROFILE", "one")

    assert "localhost:1/x" in run_vove("send", "kyc.pending", "--dry-run").stderr
    shown = run_vove("send", "kyc.pending", "--dry-run", "--profile", "two").stderr
    assert "localhost:2/x" in shown


def test_clearing_the_history_asks_nobody_where_there_is_nobody(run_vove: RunVove) -> None:
    """Only a terminal is asked."""
    assert run_vove("history", "clear").exit_code == 0
    assert run_vove("history", "clear", "--yes").exit_code == 0
