"""Captures without personal data: from the history, and from other captures."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.conftest import OTHER_SECRET, SECRET, RunVove
from tests.loopback import LoopbackServer, answer

PERSONAL = ("ada-4711", "Lovelace", "hooks.acme.example", "t0ken")


@pytest.fixture
def personal(run_vove: RunVove) -> None:
    """Two genuine requests, one by somebody else, and one that is none."""
    lines = b"".join(
        run_vove(
            "sign", "kyc.pending", "--json", "--ref-id", "ada-4711", "--set-new", "name=Lovelace",
            "-H", "Host: hooks.acme.example", "-H", "Authorization: Bearer t0ken", "--secret", secret,
        ).stdout_bytes
        for secret in (SECRET, SECRET, OTHER_SECRET)
    )  # fmt: skip
    Path("captures.ndjson").write_bytes(lines + b'{"headers":{"a":"b"},"body":""}\n')


def assert_redacted(run_vove: RunVove, place: str, count: int) -> None:
    """It verifies under the secret beside it, and holds nothing personal."""
    verified = run_vove("verify", place, "--secret-file", f"{place}.secret", "--json")

    assert [line["verdict"] for line in verified.lines] == ["valid"] * count
    text = Path(place).read_text() + Path(f"{place}.secret").read_text()
    assert not [word for word in (*PERSONAL, SECRET) if word in text]
    assert stat.S_IMODE(Path(place).stat().st_mode) == 0o600


@pytest.mark.usefixtures("personal")
def test_what_is_valid_is_written(run_vove: RunVove) -> None:
    """What is not stays out and is counted; verdicts and exit code are as without it."""
    result = run_vove("verify", "captures.ndjson", "--secret", SECRET, "--redact", "out.ndjson")

    assert result.exit_code == 1
    assert "2 valid, 1 invalid" in result.stdout
    assert "2 written without personal data" in result.stderr
    assert "1 left out" in result.stderr
    assert "vove verify out.ndjson --secret-file out.ndjson.secret" in result.stderr
    assert_redacted(run_vove, "out.ndjson", 2)
    first, second = map(json.loads, Path("out.ndjson").read_text().splitlines())
    assert json.loads(first["body"])["refId"] == json.loads(second["body"])["refId"]


@pytest.mark.usefixtures("personal")
def test_as_json(run_vove: RunVove) -> None:
    """One object more, after the verdicts."""
    result = run_vove(
        "verify", "captures.ndjson", "--secret", SECRET, "--redact", "out.ndjson", "--json"
    )

    exported = result.lines[-1]
    assert (exported["schema"], exported["requests"], exported["left_out"]) == (
        *("vove.export/1", 2, 1),
    )


@pytest.mark.usefixtures("personal")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--secret", SECRET, "--redact", "captures.ndjson"), "overwrites nothing"),
        (("--secret", SECRET, "--redact", "taken"), "taken.secret already exists"),
        (("--redact", "out.ndjson"), "none of 3 requests is known to be genuine"),
    ],
)
def test_what_cannot_be_written(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 3; the sources are never touched."""
    before = Path("captures.ndjson").read_bytes()
    Path("taken.secret").write_text("mine")

    result = run_vove("verify", "captures.ndjson", *arguments)

    assert result.exit_code == 3
    assert words in result.stderr
    assert Path("captures.ndjson").read_bytes() == before
    assert not Path("taken").exists()


def test_the_history_is_exported(run_vove: RunVove) -> None:
    """What was sent on purpose as a forgery is not genuine."""
    send = ("send", "kyc.pending", "--ref-id", "ada-4711", "--set-new", "name=Lovelace")
    with LoopbackServer(answer("200 OK")).running() as server:
        run_vove(*send, "--to", server.url)
        run_vove(*send, "--to", server.url, "--fault", "bad-signature")

    result = run_vove("history", "export", "out.ndjson", "--direction", "sent")

    assert "1 written without personal data" in result.stderr
    assert_redacted(run_vove, "out.ndjson", 1)


def test_an_empty_history(run_vove: RunVove) -> None:
    """Nothing is written."""
    result = run_vove("history", "export", "out.ndjson")

    assert result.exit_code == 3
    assert "there is nothing to export" in result.stderr
    assert not Path("out.ndjson").exists()
