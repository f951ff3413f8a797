"""Two faults at once: both are named, the one to mend first as the cause."""

from __future__ import annotations

import base64
import json

import pytest
from tests.unit.diagnosis.forging import (
    BODY,
    ID,
    KEY,
    SECRET_TEXT,
    TIMESTAMP,
    b64,
    content_of,
    explain,
    mac,
    proved,
    signature_over,
)

from vovecli.core.secrets import parse_secret

PRETTY = json.dumps(json.loads(BODY), indent=2).encode()
WHOLE, BARE = SECRET_TEXT.encode(), SECRET_TEXT[6:].encode()
STAGING_KEY = bytes(range(24))
STAGING = parse_secret("whsec_" + b64(STAGING_KEY), origin="staging")
ID_, T = ID.encode(), TIMESTAMP.encode()


@pytest.mark.parametrize(
    ("captured", "header", "expected"),
    [
        (BODY, "v1," + mac(content_of(BODY), WHOLE).hex(),
         ["undecoded-secret", "hex-instead-of-base64"]),
        (BODY, f"v1,{b64(mac(content_of(BODY), STAGING_KEY))[:-1]}",
         ["another-secret", "signature-padding-missing"]),
        (BODY, f"v1,{b64(mac(T + b'.' + BODY, WHOLE))}",
         ["content-without-id", "undecoded-secret"]),
        (BODY, f"v1,{b64(mac(b'undefined.undefined.' + BODY, BARE))}",
         ["content-undefined", "undecoded-secret"]),
        (BODY, f"v1,{b64(mac(BODY, KEY, 'sha1'))}", ["body-only-hmac", "wrong-hash"]),
        (BODY, f"v1,{b64(mac(ID_ + b'.' + T + b'000.' + BODY, KEY, 'sha512'))}",
         ["content-timestamp-ms", "wrong-hash"]),
        (PRETTY, f"v1,{b64(mac(content_of(BODY), WHOLE))}",
         ["undecoded-secret", "body-reserialized"]),
        (PRETTY, f"v1,{b64(mac(content_of(BODY), STAGING_KEY))}",
         ["another-secret", "body-reserialized"]),
        (PRETTY, f"v1,{b64(mac(BODY))}", ["body-only-hmac", "body-reserialized"]),
        (PRETTY, f"v1,{mac(content_of(BODY)).hex()}",
         ["body-reserialized", "hex-instead-of-base64"]),
        (BODY + b"\n", f"v1,{b64(mac(T + b'.' + BODY))}",
         ["content-without-id", "trailing-newline-added"]),
        (BODY + b"\n", b64(mac(content_of(BODY))),
         ["trailing-newline-added", "signature-version-missing"]),
        (PRETTY, f"v1,{b64(mac(b'undefined.undefined.' + BODY))}",
         ["content-undefined", "body-reserialized"]),
        (PRETTY, f"v1,{b64(mac(T + ID_ + BODY))}",
         None),
        (BODY, f"v1,{b64(mac(T + b':' + BODY, WHOLE))}",
         ["content-without-id", "content-separator", "undecoded-secret"]),
        (PRETTY.replace(b"\n", b"\r\n") + b"\n", signature_over(PRETTY),
         ["crlf-converted-body", "trailing-newline-added"]),
        (b"\xef\xbb\xbf" + PRETTY.replace(b"\n", b"\r\n"), signature_over(PRETTY),
         ["bom-added", "crlf-converted-body"]),
        (BODY, signature_over(b"\xef\xbb\xbf" + BODY + b"\r\n"),
         ["bom-removed", "trailing-newline-removed"]),
        (b"\xef\xbb\xbf" + PRETTY, signature_over(BODY), ["bom-added", "body-reserialized"]),
        (base64.b64encode(PRETTY), signature_over(BODY),
         ["body-base64-encoded", "body-reserialized"]),
        ("é".encode().decode("latin-1").encode() + b"\n", signature_over("é".encode()),
         ["charset-converted", "trailing-newline-added"]),
        (PRETTY, signature_over(BODY + b"\n"),
         ["body-reserialized", "trailing-newline-removed"]),
        (b'{\n  "a": 1, // why\n  "b": 2\n}', signature_over(b'{"a":1,"b":2}'),
         ["json-comment", "body-reserialized"]),
        (PRETTY, signature_over(repr(BODY).encode()),
         ["body-reserialized", "python-bytes-repr"]),
        (PRETTY, mac(BODY, WHOLE).hex(),
         ["docs-kyb-python", "body-only-hmac", "undecoded-secret", "body-reserialized",
          "hex-instead-of-base64", "signature-version-missing"]),
    ],
)  # fmt: skip
def test_both_are_named(captured: bytes, header: str, expected: list[str] | None) -> None:
    """Three at once are named only where form comes on top, or a sample does two of them."""
    diagnosis = explain(captured, header, others=(STAGING,))

    if expected is None:
        assert diagnosis.cause.certainty != "proved"
    else:
        assert expected[0] == proved(diagnosis)[0]
        assert set(expected) == set(proved(diagnosis))
