"""`vove history`, and what `send` writes into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import SECRET
from tests.loopback import LoopbackServer, answer, unused_port

from vovecli.adapters.history import history_path

if TYPE_CHECKING:
    from tests.conftest import Result, RunVove


def sent(run_vove: RunVove, *arguments: str, status: str = "200 OK") -> Result:
    """Send to a server that answers so."""
    with LoopbackServer(answer(status)).running() as server:
        return run_vove("send", *arguments, "--to", server.url, "--secret", SECRET, "--json")


def test_deliveries_are_recorded(run_vove: RunVove) -> None:
    """Each with a number, what was sent and what became of it; newest first."""
    delivery = sent(run_vove, "kyc.pending").json
    sent(run_vove, "kyb.case.completed", "--fault", "unsigned", status="401 No")

    second, first = run_vove("history", "--json").lines
    assert (first["record"], first["event"], first["outcome"], first["status"]) == (
        1, "kyc.pending", "delivered", 200,
    )  # fmt: skip
    assert (first["direction"], first["method"], first["path"]) == ("sent", "POST", "/hook")
    for name in ("message_id", "ref_id", "endpoint", "attempts"):
        assert first[name] == delivery[name]
    assert json.loads(first["body"])["status"] == "pending"
    assert ["svix-id", delivery["message_id"]] in first["headers"]
    assert (second["record"], second["outcome"], second["faults"]) == (2, "refused", ["unsigned"])


def test_no_secret_is_ever_recorded(run_vove: RunVove) -> None:
    """Neither ours nor one that travels in a header."""
    sent(run_vove, "kyc.pending", "-H", "Authorization: Bearer hush-hush")

    for file in history_path().parent.iterdir():
        content = file.read_bytes()
        assert SECRET.removeprefix("whsec_").encode() not in content
        assert b"hush-hush" not in content


def test_the_list_for_people(run_vove: RunVove) -> None:
    """A line per record: number, direction, event, outcome, endpoint."""
    sent(run_vove, "kyc.pending")
    run_vove("send", "kyb.case.completed", "--to", str(unused_port()))

    newest, oldest = run_vove("history").stdout.splitlines()
    assert newest.split()[0] == "2"
    assert " ✗ sent     kyb.case.completed   unreachable  " in newest
    assert " ✓ sent     kyc.pending          delivered 200  " in oldest


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        (("--event", "kyb.*"), [3]),
        (("--status", "refused"), [2]),
        (("--status", "5xx"), [2]),
        (("--since", "1h"), [3, 2, 1]),
        (("--since", "+1h"), []),
        (("--since", "2020-01-01"), [3, 2, 1]),
        (("--direction", "received"), []),
        (("-n", "1"), [3]),
        (("-n", "0"), [3, 2, 1]),
    ],
)
def test_filters(arguments: tuple[str, ...], numbers: list[int], run_vove: RunVove) -> None:
    """Each narrows the list."""
    sent(run_vove, "kyc.pending")
    sent(run_vove, "kyc.pending", status="500 Oops")
    sent(run_vove, "kyb.case.completed")

    found = run_vove("history", *arguments, "--json").lines

    assert [record["record"] for record in found] == numbers


def test_one_record(run_vove: RunVove) -> None:
    """With its headers, body and attempts, in both forms."""
    sent(run_vove, "kyc.pending", "--retry", "vove-docs", "--time-scale", "0", status="500 Oops")
    sent(run_vove, "kyc.pending", "--fault", "stale", "--fault", "unsigned")

    shown = run_vove("history", "show", "1").stdout
    assert shown.count("attempt ") == 5
    assert "\ncontent-type: application/json\n" in shown
    assert '"status":"pending"' in shown
    assert "faults stale, unsigned" in run_vove("history", "show", "2").stdout
    assert run_vove("history", "show", "1", "--json").json["record"] == 1


def test_a_body_that_is_no_text(run_vove: RunVove) -> None:
    """JSON carries it in base64; people see what can be shown."""
    Path("body").write_bytes(b"\xff\x1b[31m")
    sent(run_vove, "--body", "body")

    record = run_vove("history", "show", "1")

    assert run_vove("history", "--json").json["body_base64"] == "/xtbMzFt"
    assert "\x1b" not in record.stdout
    assert record.stdout.splitlines()[0].split()[5] == "-"


@pytest.mark.parametrize(
    "prepare", ["--no-history", "environment", "vove.toml"], ids=["option", "variable", "file"]
)
def test_history_can_be_switched_off(
    prepare: str, run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For one run, or by a setting; no file is made then."""
    if prepare == "environment":
        monkeypatch.setenv("VOVE_HISTORY_ENABLED", "false")
    if prepare == "vove.toml":
        Path("vove.toml").write_text("[history]\nenabled = false\n")

    sent(run_vove, "kyc.pending", *(["--no-history"] if prepare == "--no-history" else []))

    assert not history_path().exists()


def test_only_the_newest_are_kept(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as the settings say, after each run."""
    monkeypatch.setenv("VOVE_HISTORY_KEEP", "2")
    for _ in range(3):
        sent(run_vove, "kyc.pending")

    assert [record["record"] for record in run_vove("history", "--json").lines] == [3, 2]


def test_clearing(run_vove: RunVove) -> None:
    """All records go; how many is said."""
    sent(run_vove, "kyc.pending")

    assert "1 record removed" in run_vove("history", "clear").stderr
    assert run_vove("history", "--json").lines == []
    assert "0 records removed" in run_vove("history", "clear").stderr
    assert "no record" in run_vove("history").stderr


def test_a_history_that_cannot_be_used_is_no_reason_to_fail(run_vove: RunVove) -> None:
    """The delivery is made; that it was not recorded is said once."""
    history_path().parent.mkdir(parents=True)
    history_path().write_bytes(b"no database " * 100)

    result = sent(run_vove, "kyc.pending", "kyc.pending")

    assert result.exit_code == 0
    assert len(result.lines) == 2
    assert result.stderr.count("not recorded") == 1
    assert run_vove("history").exit_code == 3


def test_records_that_are_lost_are_said(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails in the middle is a notice, not a failure."""
    monkeypatch.setattr("vovecli.adapters.history_writer._INSERT", "INSERT INTO nowhere VALUES (1)")

    result = sent(run_vove, "kyc.pending")

    assert result.exit_code == 0
    assert "not everything was recorded" in result.stderr


def test_a_bad_setting_is_an_error(run_vove: RunVove, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not mistaken for a history that cannot be used."""
    monkeypatch.setenv("VOVE_HISTORY_MAX_AGE", "soon")

    result = sent(run_vove, "kyc.pending")

    assert result.exit_code == 3
    assert result.lines[-1]["code"] == "bad-settings"
    assert "history.max_age" in result.lines[-1]["message"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("show", "9"), 3, "no record 9"),
        (("show", "x"), 2, "neither the number of a record nor last"),
        (("show", "1", "--format", "curl", "--json"), 2, "choose one"),
        (("--direction", "up"), 2, "choose from sent, received"),
        (("--status", "COMPLETED"), 2, "neither an outcome"),
        (("--since", "soon"), 2, "not a time"),
    ],
)
def test_errors(arguments: tuple[str, ...], code: int, words: str, run_vove: RunVove) -> None:
    """What cannot be found or meant."""
    result = run_vove("history", *arguments)

    assert result.exit_code == code
    assert words in result.stderr + result.stdout
