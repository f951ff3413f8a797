from __future__ import annotations

import json
import os
import re
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import DOCS_SAMPLE, OTHER_SECRET, SECRET

from vovecli.commands.verify import Patience

if TYPE_CHECKING:
    from syrupy.assertion import SnapshotAssertion
    from tests.conftest import Result, RunVove

SIGNED_AT = 1719870957


@pytest.fixture
def request_http(run_vove: RunVove) -> Path:
    """A request of the year 2024, signed with the first secret."""
    path = Path("request.http")
    signed = run_vove(
        "sign", "kyb.case.rejected", "--reason", "DOCUMENT_MISMATCH", "--secret", SECRET,
        "--timestamp", str(SIGNED_AT), "--seed", "7",
    )  # fmt: skip
    path.write_bytes(signed.stdout_bytes)
    return path


def verify(run_vove: RunVove, *arguments: str) -> tuple[int, str | None]:
    """Exit code and the code of the cause."""
    result = run_vove("verify", *arguments, "--secret", SECRET, "--json")
    cause = result.json["cause"]
    return result.exit_code, cause and cause["code"]


@pytest.mark.usefixtures("request_http")
def test_a_valid_request(run_vove: RunVove, snapshot: SnapshotAssertion) -> None:
    """What matched, how old it is, what it says."""
    result = run_vove("verify", "request.http", "--secret", SECRET, "--at", "2024-07-01T21:56:00Z")

    assert result.exit_code == 0
    assert snapshot == result.stdout


def test_an_invalid_request(
    request_http: Path, run_vove: RunVove, snapshot: SnapshotAssertion
) -> None:
    """The cause, why, the fix."""
    head, _, body = request_http.read_bytes().partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    request_http.write_bytes(b"\r\n".join(lines) + b"\r\n\r\n" + body + b"\n")

    result = run_vove("verify", "request.http", "--secret", SECRET, "--at", str(SIGNED_AT))

    assert result.exit_code == 1
    assert "trailing-newline-added (proved)" in result.stdout
    assert snapshot == result.stdout


def test_a_newline_after_a_bounded_body_is_only_noted(
    request_http: Path, run_vove: RunVove
) -> None:
    """Content-Length says where the body ends."""
    request_http.write_bytes(request_http.read_bytes() + b"\n")

    result = run_vove("verify", "request.http", "--secret", SECRET, "--json")

    assert (result.exit_code, result.json["verdict"]) == (0, "valid")
    assert result.json["findings"]


def test_one_changed_byte_is_invalid(request_http: Path, run_vove: RunVove) -> None:
    """And nothing is claimed that cannot be proved."""
    request_http.write_bytes(request_http.read_bytes().replace(b"refId", b"refID"))

    assert verify(run_vove, "request.http") == (1, "no-matching-signature")


def test_a_changed_status_is_proved(request_http: Path, run_vove: RunVove) -> None:
    """The documented value put back makes the signature match."""
    request_http.write_bytes(request_http.read_bytes().replace(b"REJECTED", b"COMPLETE"))

    assert verify(run_vove, "request.http") == (1, "field-altered")


def test_no_secret_given_is_said(request_http: Path, run_vove: RunVove) -> None:
    """A failure with the development secret is most likely that."""
    result = run_vove("verify", str(request_http), "--json")

    assert result.exit_code == 1
    assert "no-secret-given" in [finding["code"] for finding in result.json["findings"]]


@pytest.mark.parametrize(
    ("at", "tolerance", "code"),
    [
        (SIGNED_AT + 300, "5m", None),
        (SIGNED_AT + 301, "5m", "stale-timestamp"),
        (SIGNED_AT - 301, "5m", "future-timestamp"),
        (SIGNED_AT + 3600, "2h", None),
    ],
)
@pytest.mark.usefixtures("request_http")
def test_ages(at: int, tolerance: str, code: str | None, run_vove: RunVove) -> None:
    """Judged at the moment that was asked for."""
    arguments = ("request.http", "--at", str(at), "--tolerance", tolerance)

    assert (0 if code is None else 1, code) == verify(run_vove, *arguments)


@pytest.mark.usefixtures("request_http")
def test_an_age_that_is_not_judged_is_told(run_vove: RunVove) -> None:
    """An old capture is valid; a live handler would refuse it."""
    result = run_vove("verify", "request.http", "--secret", SECRET)

    assert result.exit_code == 0
    assert "a live handler would refuse it now" in result.stdout


@pytest.mark.usefixtures("request_http")
def test_received_at_an_unknown_moment(run_vove: RunVove) -> None:
    """Not judged, and a finding says why."""
    result = run_vove("verify", "request.http", "--secret", SECRET, "--at", "received", "--json")

    assert (result.exit_code, result.json["age_verdict"]) == (0, "not-judged")
    assert "receipt-unknown" in [finding["code"] for finding in result.json["findings"]]


def test_received_at_a_known_moment(request_http: Path, run_vove: RunVove) -> None:
    """Judged by the capture's own word, although its kind shows only at the end of a long file."""
    head, body = request_http.read_bytes().decode().split("\r\n\r\n")
    headers = [line.split(": ", 1) for line in head.splitlines()[1:]]
    request = {
        "method": "POST",
        "url": "http://localhost/",
        "headers": [{"name": name, "value": value} for name, value in headers],
        "postData": {"mimeType": "application/json", "text": body},
    }
    received = datetime.fromtimestamp(SIGNED_AT + 2, UTC).isoformat()
    log = {"comment": "y" * 70_000, "entries": [{"startedDateTime": received, "request": request}]}
    Path("capture.har").write_text(json.dumps({"log": log}))
    result = run_vove("verify", "capture.har", "--secret", SECRET, "--at", "received", "--json")

    assert (result.exit_code, result.json["format"]) == (0, "har")
    assert (result.json["age_s"], result.json["age_verdict"]) == (2, "fresh")
    assert "receipt-unknown" not in [finding["code"] for finding in result.json["findings"]]


def test_a_rotation_names_the_secret_that_matched(request_http: Path, run_vove: RunVove) -> None:
    """Any may match."""
    result = run_vove(
        "verify", str(request_http), "--secret", OTHER_SECRET, "--secret", SECRET, "--json"
    )

    assert result.json["secret"] == {"fingerprint": "fp:f74e1720", "origin": "--secret"}


def test_standard_input(request_http: Path, run_vove: RunVove) -> None:
    """`-`."""
    data = request_http.read_bytes()

    assert run_vove("verify", "-", "--secret", SECRET, stdin=data).exit_code == 0


def test_a_request_made_by_hand(request_http: Path, run_vove: RunVove) -> None:
    """Body from a file, headers as options."""
    head, _, body = request_http.read_bytes().partition(b"\r\n\r\n")
    Path("body").write_bytes(body)
    headers = [line.decode() for line in head.split(b"\r\n")[1:] if line.startswith(b"Svix")]
    options = [option for header in headers for option in ("--header", header)]

    assert verify(run_vove, "--body", "body", *options) == (0, None)


def test_what_the_official_library_says(request_http: Path, run_vove: RunVove) -> None:
    """At the same moment, with its own message; disagreements are shown."""
    result = run_vove(
        "verify", str(request_http), "--secret", SECRET, "--against", "svix", "--json"
    )
    assert result.json["against"]["accepts"] is True

    text = request_http.read_bytes().replace(b"Svix-Signature: v1,", b"Svix-Signature: junk v1,")
    request_http.write_bytes(text)
    shown = run_vove("verify", str(request_http), "--secret", SECRET, "--against", "svix")
    assert shown.exit_code == 0
    assert "ValueError" in shown.stdout
    assert "DISAGREES" in shown.stdout


def test_the_official_library_judges_the_age_at_our_moment(
    request_http: Path, run_vove: RunVove
) -> None:
    """Not at its own clock's."""
    arguments = ("verify", str(request_http), "--secret", SECRET, "--against", "svix", "--json")

    late = run_vove(*arguments, "--at", str(SIGNED_AT + 999)).json

    assert (late["cause"]["code"], late["against"]["message"]) == (
        "stale-timestamp",
        "WebhookVerificationError: Message timestamp too old",
    )


def test_a_folder(request_http: Path, run_vove: RunVove, snapshot: SnapshotAssertion) -> None:
    """Each file a source; what is no capture is skipped and counted; failures as a line each."""
    folder = Path("captures")
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "good.http").write_bytes(request_http.read_bytes())
    altered = request_http.read_bytes().replace(b"refId", b"refID")
    (folder / "altered.http").write_bytes(altered)
    (folder / "notes.md").write_bytes(b"nothing to see\n")

    result = run_vove("verify", "captures", "--secret", SECRET)

    assert result.exit_code == 1
    assert snapshot == re.sub(r"[\d,]+ trials", "N trials", result.stdout)


def test_json_totals_go_to_standard_error(request_http: Path, run_vove: RunVove) -> None:
    """Standard output is for objects."""
    result = run_vove("verify", str(request_http), str(request_http), "--secret", SECRET, "--json")

    assert len(result.lines) == 2
    assert "2 valid" in result.stderr


def test_a_folder_without_captures(run_vove: RunVove) -> None:
    """Exit 3."""
    Path("empty").mkdir()

    result = run_vove("verify", "empty", "--secret", SECRET, "--json")

    assert (result.exit_code, result.json["code"]) == (3, "no-webhook-request")


def test_ndjson_is_read_line_by_line(run_vove: RunVove) -> None:
    """A broken line is reported with its number; the others are judged."""
    lines = run_vove("sign", "kyc.pending", "--json", "--count", "3", "--secret", SECRET).stdout
    Path("all.ndjson").write_text(
        lines + "\n{broken\n" + '{"headers": {"host": "x"}, "body": ""}\n'
    )

    result = run_vove("verify", "all.ndjson", "--secret", SECRET, "--json")

    assert result.exit_code == 3
    assert [line.get("verdict") for line in result.lines] == ["valid", "valid", "valid", None]
    assert result.lines[3]["source"] == "all.ndjson:5"
    assert [line["index"] for line in result.lines[:3]] == [0, 1, 2]


def test_ndjson_without_webhooks(run_vove: RunVove) -> None:
    """Of several requests none is one."""
    Path("all.ndjson").write_text('{"headers": {"host": "x"}, "body": ""}\n' * 2)

    result = run_vove("verify", "all.ndjson", "--secret", SECRET, "--json")

    assert (result.exit_code, result.json["code"]) == (3, "no-webhook-request")


@pytest.mark.parametrize(
    ("header", "mask"),
    [
        ("svix-signature", "[Redacted]"), ("svix-signature", "v1,***"), ("svix-id", "msg_2if9..."),
        ("svix-signature", "v1,k0P5\u2026"), ("svix-timestamp", "[FILTERED]"),
    ],
)  # fmt: skip
def test_a_masked_header_says_nothing(run_vove: RunVove, header: str, mask: str) -> None:
    """A logger hid what it took for a secret: that is not the signer's fault."""
    headers = signed(0) | {"svix-signature": "v1,x"} | {header: mask}
    Path("log.json").write_text(json.dumps({"headers": headers, "body": "{}"}))

    result = run_vove("verify", "log.json", "--secret", SECRET, "--json")

    assert (result.exit_code, result.json["code"]) == (3, "masked-header")
    assert header in result.json["message"]


def test_an_id_that_looks_masked_and_is_signed(run_vove: RunVove) -> None:
    """The signature covers it: that the delivery is old is all that is wrong."""
    sign = ("sign", "kyc.pending", "--message-id", "msg_...1", "--timestamp", "-1h")
    Path("old.http").write_bytes(run_vove(*sign, "--secret", SECRET).stdout_bytes)

    result = run_vove("verify", "old.http", "--secret", SECRET, "--at", "now", "--json")

    assert (result.exit_code, result.json["cause"]["code"]) == (1, "stale-timestamp")


def test_other_lines_of_a_log_are_skipped(run_vove: RunVove) -> None:
    """A program logs more than deliveries, in JSON and otherwise; a line that is cut is an error."""
    delivery = run_vove("sign", "kyc.pending", "--json", "--secret", SECRET).stdout
    other = '{"level": 30, "msg": "done", "status": "ok"}\n'
    Path("app.log").write_text(delivery + other + "    at x.js:3\n" + delivery)

    result = run_vove("verify", "app.log", "--secret", SECRET, "--json")
    assert [line.get("verdict") for line in result.lines] == ["valid", "valid"]
    assert result.exit_code == 0

    Path("app.log").write_text(delivery + other + delivery[:90] + "\n")
    result = run_vove("verify", "app.log", "--secret", SECRET, "--json")
    assert [line.get("code") for line in result.lines] == [None, "malformed-json"]


def test_skipped_parts_are_named_on_request(run_vove: RunVove) -> None:
    """-v."""
    lines = run_vove("sign", "kyc.pending", "--json", "--secret", SECRET).stdout
    Path("all.ndjson").write_text('{"headers": {"host": "x"}, "body": ""}\n' + lines)

    result = run_vove("verify", "all.ndjson", "--secret", SECRET, "-v")

    assert result.exit_code == 0
    assert "skipped all.ndjson: it has no webhook headers" in result.stderr


def test_three_wins_over_one(request_http: Path, run_vove: RunVove) -> None:
    """An unreadable source is worse than an invalid request."""
    request_http.write_bytes(request_http.read_bytes().replace(b"REJECTED", b"COMPLETE"))

    assert run_vove("verify", "nowhere", str(request_http), "--secret", SECRET).exit_code == 3


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "not-a-request"), (b"garbage\n", "not-a-request"), (os.urandom(5000), "not-a-request")],
    ids=["empty", "garbage", "random"],
)
def test_what_is_no_capture(data: bytes, code: str, run_vove: RunVove) -> None:
    """Exit 3 and a clear end."""
    result = run_vove("verify", "-", "--secret", SECRET, "--json", stdin=data)

    assert (3, code) == (result.exit_code, result.json["code"])
    assert "hint" in result.json


def test_fifty_megabytes_are_a_clear_end(run_vove: RunVove) -> None:
    """Bounded in time, whatever the answer."""
    started = time.monotonic()

    result = run_vove("verify", "-", "--secret", SECRET, "--json", stdin=b"x" * 50_000_000)

    assert result.exit_code == 3
    assert time.monotonic() - started < 20


def test_files_that_a_capture_refers_to_stay_in_its_folder(run_vove: RunVove) -> None:
    """Unless they are named on the command line."""
    Path("outside.json").write_text("{}")
    Path("inner").mkdir()
    text = "POST http://localhost/ HTTP/1.1\nSvix-Id: msg_1\nSvix-Timestamp: 1719870957\n"
    Path("inner/r.http").write_text(f"{text}Svix-Signature: v1,x\n\n< ../outside.json\n")

    refused = run_vove("verify", "inner/r.http", "--secret", SECRET, "--json")
    named = run_vove("verify", "inner/r.http", "outside.json", "--secret", SECRET, "--json")

    assert refused.json["code"] == "outside-folder"
    assert named.lines[0]["verdict"] == "invalid"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "FILE"),
        (("x", "--body", "y"), "FILE"),
        (("x", "-H", "a: b"), "--body"),
        (("x", "--format", "xml"), "not a capture format"),
        (("x", "--against", "stripe"), "not a library"),
        (("x", "--at", "soon"), "not a time"),
        (("x", "--tolerance", "long"), "not a duration"),
    ],
)
def test_usage_errors(arguments: tuple[str, ...], words: str, run_vove: RunVove) -> None:
    """Exit 2."""
    result = run_vove("verify", *arguments, "--secret", SECRET)

    assert result.exit_code == 2
    assert words in result.stderr


def test_a_bad_secret_is_exit_3(request_http: Path, run_vove: RunVove) -> None:
    """It is not the capture's fault."""
    result = run_vove("verify", str(request_http), "--secret", "whsec_@@@", "--json")

    assert (result.exit_code, result.json["code"]) == (3, "bad-base64-secret")


def test_the_provider_s_printed_sample_is_explained(run_vove: RunVove) -> None:
    """It is an illustration: its signature matches no known body."""
    result = run_vove("verify", "-", "--json", stdin=DOCS_SAMPLE.encode())

    assert (result.exit_code, result.json["cause"]["code"]) == (1, "docs-sample")
    assert "illustration" in result.json["cause"]["message"]


def test_output_is_json_even_for_hostile_text(request_http: Path, run_vove: RunVove) -> None:
    """Lone surrogates, control characters and bytes that are no UTF-8."""
    hostile = request_http.read_bytes().replace(b"msg_", b"\x1b[31m\xff")
    request_http.write_bytes(hostile)

    assert json.loads(run_vove("verify", str(request_http), "--json").stdout)
    assert "\x1b" not in run_vove("verify", str(request_http)).stdout


def test_another_configured_secret_is_named(request_http: Path, run_vove: RunVove) -> None:
    """The secret of a profile explains the failure; broken ones elsewhere do not matter."""
    Path("vove.toml").write_text(
        "[profile.staging]\nsecret_file = 's'\n[profile.gone]\nsecret_file = 'nowhere'"
    )
    Path("s").write_text(SECRET)
    Path(".env").write_text("VOVE_WEBHOOK_SECRET=whsec_@@@")

    result = run_vove("verify", str(request_http), "--secret", OTHER_SECRET, "--json")

    assert result.json["cause"]["code"] == "another-secret"
    assert "s" in result.json["cause"]["message"]


def test_what_is_odd_about_the_event_is_noted(run_vove: RunVove) -> None:
    """A valid signature does not make the payload right."""
    signed = run_vove("sign", "kyb.case.completed", "--set", "status=Completed", "--secret", SECRET)

    result = run_vove("verify", "-", "--secret", SECRET, "--json", stdin=signed.stdout_bytes)

    assert result.exit_code == 0
    assert "wrong-case-status" in [finding["code"] for finding in result.json["findings"]]


def test_a_likely_retry_is_noted(run_vove: RunVove) -> None:
    """The id tells when the message was made, the timestamp when it was sent."""
    signed = run_vove(
        "sign", "kyb.case.completed", "--secret", SECRET, "--timestamp", "1719871262",
        "--message-id", "msg_2if9qqkVjQDrS738JZOnax9T7MO",
    )  # fmt: skip

    result = run_vove("verify", "-", "--secret", SECRET, stdin=signed.stdout_bytes)

    assert "probably attempt 3" in result.stdout
    assert "inferred" in result.stdout


def test_bytes_that_were_ignored_are_no_cause(request_http: Path, run_vove: RunVove) -> None:
    """A note about the capture does not hide that the body was altered."""
    request_http.write_bytes(request_http.read_bytes().replace(b"refId", b"refID") + b"\n")

    assert verify(run_vove, "request.http") == (1, "no-matching-signature")


def test_a_stale_request_is_not_blamed_on_the_secret(run_vove: RunVove) -> None:
    """The development secret matched: that none was given is no news."""
    signed = run_vove("sign", "kyb.case.completed", "--timestamp", "-1h")

    result = run_vove("verify", "-", "--at", "now", "--json", stdin=signed.stdout_bytes)

    assert result.json["cause"]["code"] == "stale-timestamp"
    assert "no-secret-given" not in [finding["code"] for finding in result.json["findings"]]


def test_a_multitude_of_unexplained_failures_is_not_searched_for_ever(
    run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All are invalid; after many searches in vain the rest say that there was none."""
    monkeypatch.setattr("vovecli.commands.verify.Patience", lambda: Patience(20))
    signed = run_vove("sign", "kyc.pending", "--json", "--count", "25", "--secret", SECRET).stdout
    altered = signed.replace("refId", "refID").splitlines(keepends=True)
    Path("all.ndjson").write_text("".join(altered))

    result = run_vove("verify", "all.ndjson", "--secret", SECRET, "--json")

    skipped = [
        any(finding["code"] == "explanation-skipped" for finding in line["findings"])
        for line in result.lines
    ]
    assert {line["verdict"] for line in result.lines} == {"invalid"}
    assert skipped == [False] * 20 + [True] * 5


def test_printed_deliveries_that_all_fail_are_soon_explained_by_one_body(
    run_vove: RunVove,
) -> None:
    """Where dozens fail in one log, the bodies of their neighbours say nothing new."""
    signed = run_vove("sign", "kyc.pending", "--json", "--count", "14", "--secret", SECRET).lines
    altered = [line | {"body": line["body"].replace("refId", "refID")} for line in signed]
    log = [f"headers={json.dumps(line['headers'])} body={line['body']}\n" for line in altered]
    Path("app.log").write_text("".join(log))

    causes = [line["cause"] for line in run_vove("verify", "app.log", "--json").lines]

    assert {cause["code"] for cause in causes} == {"no-matching-signature"}
    patience = Patience(thorough=2)
    patience.wear()
    assert patience.bodies == 3
    patience.wear()
    assert patience.bodies == 1


def judged(run_vove: RunVove, body: str, *options: str) -> Result:
    """What is said of a genuine delivery with this body."""
    Path("body.json").write_text(body)
    signed = run_vove("sign", "--body", "body.json", "--secret", SECRET)
    Path("signed.http").write_bytes(signed.stdout_bytes)
    return run_vove("verify", "signed.http", "--secret", SECRET, *options)


def test_the_test_event_of_svix_is_one_friendly_line(run_vove: RunVove) -> None:
    """It is the first genuine delivery that people see; nothing is odd about it."""
    result = judged(run_vove, '{"success": true}')

    assert "svix.ping (Svix's test event: the connection works)" in result.stdout
    assert "note" not in result.stdout


def test_a_shape_that_does_not_decide_names_the_candidates(run_vove: RunVove) -> None:
    """With the provenance of each, and no name chosen."""
    event = judged(run_vove, '{"refId":"c","status":"REJECTED"}', "--json").json["event"]

    assert (event["type"], event["documented"], event["provenance"]) == (None, False, None)
    assert event["candidates"] == [
        {"type": "kyb.case.rejected", "provenance": "documented"},
        {"type": "user.aml.rejected", "provenance": "reported"},
    ]


def test_what_only_a_third_party_reports_says_so(run_vove: RunVove) -> None:
    """Wherever the name shows."""
    result = judged(run_vove, '{"refId":"c","status":"CLEARED"}')

    assert "user.aml.cleared (reported, not documented)" in result.stdout


def test_many_failures_are_grouped(run_vove: RunVove) -> None:
    """A log of a bad week: how many, since when, and one example of each cause in full."""
    lines = [
        json.dumps({"headers": [[n, v] for n, v in signed(number).items()], "body": "{}"})
        for number in range(9)
    ]
    Path("bad.ndjson").write_text("\n".join(lines) + "\n")

    result = run_vove("verify", "bad.ndjson", "--secret", SECRET)

    assert result.exit_code == 1
    assert result.stdout.count("missing-header:svix-signature") == 5 + 1 + 1
    assert "9 x missing-header:svix-signature" in result.stdout
    assert "2024-07-01T21:55:57Z to 2024-07-01T21:56:05Z" in result.stdout
    assert "0 valid, 9 invalid" in result.stdout


def signed(number: int) -> dict[str, str]:
    """Headers that lack the signature."""
    return {"svix-id": f"msg_{number}", "svix-timestamp": str(1_719_870_957 + number)}


def test_many_failures_are_grouped_with_what_was_answered(run_vove: RunVove) -> None:
    """By cause: how many, since when, the statuses that the capture holds, and an example."""
    lines = run_vove("sign", "kyc.pending", "--count", "7", "--secret", OTHER_SECRET, "--json")
    entries = []
    for number, line in enumerate(lines.stdout.splitlines()):
        signed = json.loads(line)
        headers = [{"name": name, "value": value} for name, value in signed["headers"]]
        request = {"method": "POST", "headers": headers, "postData": {"text": signed["body"]}}
        entries.append({"request": request, "response": {"status": 401 if number else 403}})
    Path("week.har").write_text(json.dumps({"log": {"entries": entries}}))
    result = run_vove("verify", "week.har", "--secret", SECRET)

    assert result.exit_code == 1
    assert "7 x another-secret" in result.stdout
    assert "answered 401, 403  such as week.har" in result.stdout
