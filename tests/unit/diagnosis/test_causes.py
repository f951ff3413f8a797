"""The texts: complete, one per code, fit to be a page of documentation."""

from __future__ import annotations

import pytest

from vovecli.core.codes import CAUSES
from vovecli.core.diagnosis.explanation import FACTS
from vovecli.core.mistakes.bodies import BODIES
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.encodings import ENCODINGS
from vovecli.core.mistakes.keys import KEYS

# Every code that is promised to users, as the contract lists them.
PROMISED = {
    "missing-header", "empty-header", "header-duplicated", "headers-mixed-families",
    "malformed-timestamp", "stale-timestamp", "future-timestamp", "signature-version-missing",
    "signature-version-unknown", "malformed-signature", "hex-instead-of-base64",
    "urlsafe-base64-signature", "signature-padding-missing", "signature-truncated",
    "signature-quoted", "signatures-comma-joined", "signature-percent-encoded",
    "signature-plus-became-space", "signature-lowercased", "undecoded-secret",
    "secret-prefix-in-key", "urlsafe-base64-secret", "another-secret", "body-only-hmac",
    "docs-kyb-node", "docs-kyb-python", "content-without-id", "content-without-timestamp",
    "content-order", "content-separator", "content-timestamp-ms", "content-timestamp-offset",
    "content-undefined", "wrong-hash", "python-bytes-repr", "body-object-object",
    "trailing-newline-added", "trailing-newline-removed", "crlf-converted-body",
    "lf-converted-body", "newlines-stripped", "whitespace-trimmed", "bom-added", "bom-removed",
    "body-reserialized", "json-comment", "body-base64-encoded", "body-json-string",
    "body-percent-encoded", "body-html-escaped", "charset-converted", "lossy-utf8",
    "unicode-normalized", "smart-quotes", "body-compressed", "truncated-body",
    "content-length-mismatch", "body-missing", "body-parsed", "no-matching-signature",
    "bad-base64-secret", "empty-secret", "asymmetric-secret", "not-a-request",
    "no-webhook-request", "malformed-chunked", "malformed-header", "malformed-json",
    "malformed-base64", "malformed-shell", "unresolved-variable", "docs-sample",
}  # fmt: skip
OURS = {
    "masked-header",
    "docs-kyc-node",
    "secret-decoded-as-text",
    "secret-unset",
    "content-timestamp-format",
    "published-secret",
    "secret-encoded-twice",
    "method-not-allowed",
    "secret-prefix-stripped",
    "secret-padding-missing",
    "secret-in-hex",
    "timestamp-renewed",
    "field-altered",
    "text-around-body",
    "body-wrapped",
    "invisible-characters",
    "csv-escaped",
    "body-not-found",
}


def test_every_promised_code_has_a_text() -> None:
    """And there are no others but the few that are listed here."""
    assert set(CAUSES) == PROMISED | OURS


def test_every_hypothesis_has_a_text() -> None:
    """Whatever the search can name."""
    codes = {row.code for row in BODIES.values()} | {*FACTS}
    for table in (KEYS, CONTENTS, ENCODINGS):
        codes |= {mistake.code for row in table.values() for mistake in row.mistakes}

    assert codes <= set(CAUSES)


@pytest.mark.parametrize("code", CAUSES)
def test_texts_read_well(code: str) -> None:
    """A title, and clauses that make one sentence without a final period."""
    text = CAUSES[code]
    clauses = [text.symptom, text.why, text.fix]

    assert text.title[0].isupper()
    assert all(clauses)
    assert not any(clause.endswith(".") for clause in [text.title, *clauses])
    assert not any(clause[0].isupper() and clause.split()[0] in ("The", "A") for clause in clauses)
    assert text.message() == f"{text.symptom}: {text.why}"
    assert text.message("twice") == f"{text.symptom} (twice): {text.why}"
