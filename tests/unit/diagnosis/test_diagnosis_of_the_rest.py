"""What is said when nothing could be proved: facts, looks, and the honest rest."""

from __future__ import annotations

import time

import pytest
from tests.unit.diagnosis.forging import (
    BODY,
    SECRET,
    b64,
    captured,
    content_of,
    explain,
    mac,
    proved,
    signature_over,
)

from vovecli.core.diagnosis import diagnose
from vovecli.core.outcomes.verdicts import Finding
from vovecli.core.requests import CapturedRequest
from vovecli.core.verification import verify
from vovecli.core.webhook_headers import read_webhook_headers

WRONG = "v1," + b64(mac(b"something else"))


def test_wrong_secret_and_altered_body_cannot_be_told_apart() -> None:
    """The rest says so, how much was excluded, and with which fingerprint."""
    diagnosis = explain(BODY, WRONG)

    assert (diagnosis.cause.code, diagnosis.cause.certainty) == ("no-matching-signature", "unknown")
    assert "cannot be told apart" in diagnosis.cause.message
    assert "trials of what is known to go wrong matched nothing" in diagnosis.cause.message
    assert SECRET.fingerprint in diagnosis.cause.fix
    assert diagnosis.findings == ()


def test_without_any_secret() -> None:
    """Nothing can be proved, and nothing breaks."""
    assert explain(BODY, WRONG, secrets=()).cause.code == "no-matching-signature"


@pytest.mark.parametrize(
    "codes",
    [
        ("truncated-body",),
        ("content-length-mismatch", "truncated-body"),
        ("truncated-body", "body-missing"),
        ("content-length-mismatch", "body-parsed"),
        ("something-new", "content-length-mismatch"),
    ],
)
def test_a_fact_of_the_capture_is_the_observed_cause(codes: tuple[str, ...]) -> None:
    """The one that explains most first, the others and the rest as findings."""
    order = ["body-missing", "body-parsed", "truncated-body", "content-length-mismatch"]
    facts = tuple(Finding(code, f"seen: {code}") for code in codes)
    ranked = sorted(codes, key=lambda code: order.index(code) if code in order else 9)

    diagnosis = explain(BODY, WRONG, facts=facts)

    assert (diagnosis.cause.code, diagnosis.cause.certainty) == (ranked[0], "observed")
    assert diagnosis.cause.message == f"seen: {ranked[0]}"
    assert [finding.code for finding in diagnosis.findings] == [
        *ranked[1:],
        "no-matching-signature",
    ]


def test_a_note_of_the_capture_is_no_cause() -> None:
    """Only facts that are causes by themselves hide that nothing was proved."""
    note = Finding("trailing-bytes-ignored", "1 byte")

    diagnosis = explain(BODY, WRONG, facts=(note,))

    assert diagnosis.cause.code == "no-matching-signature"
    assert note in diagnosis.findings


def test_no_body_is_observed() -> None:
    """VOVE ID never sends an empty one."""
    diagnosis = explain(b"", WRONG)

    assert (diagnosis.cause.code, diagnosis.cause.certainty) == ("body-missing", "observed")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"[object Object]", "body-object-object"),
        ('{"refId":"r-\ufffd","status":"x"}'.encode(), "lossy-utf8"),
        ("{“refId”:“r”}".encode(), "smart-quotes"),
        (b'{"a":1} // changed', "json-comment"),
        (b'{"refId":"r","stat', None),
        (b'{"refId":"r"', "truncated-body"),
        ('{"a":"SociÃ©tÃ©"}'.encode(), "charset-converted"),
        (b64(b'{"a":1}').encode(), "body-base64-encoded"),
        (b"%7B%22a%22%3A1%7D", "body-percent-encoded"),
        (b"{&quot;a&quot;:1}", "body-html-escaped"),
        (rb"{\"a\":1}", "body-json-string"),
        (b"b'{\"a\":1}'", "python-bytes-repr"),
        (b"{'a': None}", "body-parsed"),
        (b"{ refId: 'r' }", "body-parsed"),
        (b"not JSON at all", None),
        (BODY, None),
        ('{"a":"é"}'.encode(), None),
        (b"x" * 70_000, None),
        (b"A" * 64 + b"!", None),
        (b'{"a":1.2.3,"b":-x}', None),
        (b"a\0b", None),
        (b'{"a":]}', None),
        (b'{"a":1 "b":2}', None),
        (b"[1 2]", None),
        (b'"\\ud800"', None),
        (b'{"a":1,"b":2,"c":3,"d":4,"e":5}', None),
    ],
)
def test_looks_are_only_likely(body: bytes, expected: str | None) -> None:
    """What a body shows is told, and never as a proof."""
    diagnosis = explain(body, WRONG)

    if expected is None:
        assert diagnosis.cause.certainty == "unknown"
    else:
        assert (diagnosis.cause.code, diagnosis.cause.certainty) == (expected, "likely")
        assert [finding.code for finding in diagnosis.findings] == ["no-matching-signature"]


DOCS_HEADERS = [
    ("Svix-Id", "msg_2if9qqkVjQDrS738JZOnax9T7MO"),
    ("Svix-Signature", "v1,k0P5dGMNLADVGNTBiMynIM8DgzNrpWvL/W28ikd/LDQ="),
    ("Svix-Timestamp", "1719870957"),
]


@pytest.mark.parametrize("body", [b"", b'{"status":"successful"}'])
def test_the_documentations_sample_is_recognised(body: bytes) -> None:
    """Whatever the body is by now: its signature matches none."""
    fact = Finding("content-length-mismatch", "71 bytes")
    request = CapturedRequest("POST", "/", DOCS_HEADERS, body, facts=(fact,))

    diagnosis = diagnose(request, read_webhook_headers(request), [SECRET])

    assert (diagnosis.cause.code, diagnosis.cause.certainty) == ("docs-sample", "observed")
    assert diagnosis.findings == (fact,)


def test_the_samples_id_with_another_signature_is_no_sample() -> None:
    """People test with that id."""
    headers = [DOCS_HEADERS[0], ("Svix-Signature", WRONG), DOCS_HEADERS[2]]
    request = CapturedRequest("POST", "/", headers, BODY)

    diagnosis = diagnose(request, read_webhook_headers(request), [SECRET])

    assert diagnosis.cause.code == "no-matching-signature"


@pytest.mark.parametrize(
    ("size", "untried"),
    [
        (100, []),
        (20_000, ["rare ways to write the JSON"]),
        (66_000, ["other ways to write the JSON", "some pairs of mistakes"]),
        (1 << 20, ["other ways to write the JSON", "some single mistakes"]),
    ],
)
def test_says_what_was_too_large_to_try(size: int, untried: list[str]) -> None:
    """And answers within a second all the same."""
    body = b'{"refId":"' + b"x" * size + b'","a":[1, 2, "/"]}'
    start = time.process_time()

    diagnosis = explain(body, WRONG)

    assert time.process_time() - start < 3  # the goal is one
    assert diagnosis.cause.certainty == "unknown"
    assert ("not tried" in diagnosis.cause.message) == bool(untried)
    for name in untried:
        assert name in diagnosis.cause.message


def test_a_large_body_still_gets_its_common_faults_named() -> None:
    """A mebibyte with a newline at its end."""
    body = b'{"refId":"' + b"x" * (1 << 20) + b'"}'

    assert proved(explain(body + b"\n", signature_over(body))) == ["trailing-newline-added"]


def test_verify_takes_cause_and_findings_over() -> None:
    """The age is a finding beside them."""
    request = captured(BODY + b"\n", b64(mac(content_of(BODY))))

    verdict = verify(request, [SECRET], moment=1750052120 + 999)

    assert not verdict.valid
    assert verdict.cause is not None
    assert (verdict.cause.code, verdict.cause.certainty) == ("trailing-newline-added", "proved")
    assert [finding.code for finding in verdict.findings] == [
        "signature-version-missing",
        "stale-timestamp",
    ]


def test_says_which_keys_and_secrets_were_left_out() -> None:
    """Where strangers may ask, short keys are no explanation; of many secrets eight are tried."""
    request = captured(BODY, WRONG)
    headers = read_webhook_headers(request)

    cause = diagnose(request, headers, [SECRET] * 9, min_key_bytes=16).cause

    assert "not tried: the secrets after the first 8, wrong keys under 16 bytes" in cause.message


@pytest.mark.parametrize("name", ["sha256", "sha512"])
@pytest.mark.parametrize(("min_key_bytes", "code"), [(0, "secret-unset"), (16, None)])
def test_short_keys_are_no_explanation_for_strangers(
    name: str, min_key_bytes: int, code: str | None
) -> None:
    """Neither under the right hash nor under another: a key of three bytes is soon guessed."""
    request = captured(BODY, f"v1,{b64(mac(content_of(BODY), b'undefined', name))}")

    verdict = verify(request, [SECRET], moment=1750052120, min_key_bytes=min_key_bytes)

    assert verdict.cause
    codes = {verdict.cause.code, *(finding.code for finding in verdict.findings)}
    assert ("secret-unset" in codes) == (code is not None)
