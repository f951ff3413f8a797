"""The product of wrong ways to sign: key, content, encoding, and how the header is compared."""

from __future__ import annotations

import base64
import hashlib
import hmac
from itertools import product
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import SECRET, App, Request, Verifier, examine

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS = {
    "own": SECRET.key, "text": SECRET.text.encode(), "undecoded": SECRET.encoded.encode(),
}  # fmt: skip
CONTENTS = {
    "body": "{body}", "timestamp.body": "{timestamp}.{body}", "id.body": "{id}.{body}",
    "all": "{id}.{timestamp}.{body}", "joined": "{id}{timestamp}{body}",
}  # fmt: skip
ENCODINGS: dict[str, Callable[[bytes], str]] = {
    "base64": lambda mac: base64.b64encode(mac).decode(),
    "hex": bytes.hex,
}
COMPARED: dict[str, Callable[[str, str], bool]] = {
    "a list": lambda header, mac: f"v1,{mac}" in header.split(" "),
    "v1 removed": lambda header, mac: header.replace("v1,", "") == mac,
    "whole": lambda header, mac: header == mac,
    "after the comma": lambda header, mac: header.partition(",")[2] == mac,
    "v1=": lambda header, mac: f"v1={mac}" in header.split(","),
}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("key", "compared"),
    [("own", "whole"), ("undecoded", "a list"), *(("text", compared) for compared in COMPARED)],
)
def test_every_combination_is_proved(key: str, compared: str) -> None:
    """And nothing else is named besides."""
    for content, encoding in product(CONTENTS, ENCODINGS):
        app = App(
            Verifier(
                key=KEYS[key],
                content=CONTENTS[content],
                encode=ENCODINGS[encoding],
                matches=COMPARED[compared],
            )
        )
        (diagnosis,) = examine(app).report.diagnosis
        assert diagnosis.certainty == "proved", (content, encoding)


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("sha512", lambda key, content: hmac.digest(key, content, "sha512")),
        ("sha1", lambda key, content: hmac.digest(key, content, "sha1")),
        ("384 in a list", lambda key, content: hmac.digest(key, content, "sha384")),
        ("sha256 of the key", lambda key, content: hashlib.sha256(key + content).digest()),
        ("and the key", lambda key, content: hashlib.sha256(content + key).digest()),
    ],
)
def test_another_hash_is_named(name: str, digest: Callable[[bytes, bytes], bytes]) -> None:
    """In a list and, for an HMAC, as the whole header in hex."""
    forms = [(lambda mac: f"v1,{base64.b64encode(mac).decode()}", SECRET.key, True)]
    if name.startswith("sha"):
        forms.append((bytes.hex, SECRET.text.encode(), False))
    for write, key, is_list in forms if "key" not in name else forms[:1]:

        def verify(
            request: Request,
            write: Callable[[bytes], str] = write,
            key: bytes = key,
            *,
            is_list: bool = is_list,
        ) -> bool:
            header = request.headers.get("svix-signature", "")
            names = ("svix-id", "svix-timestamp")
            parts = [request.headers.get(one, "").encode() for one in names]
            expected = write(digest(key, b".".join([*parts, request.body])))
            return expected in header.split(" ") if is_list else expected == header

        (diagnosis,) = examine(App(verify)).report.diagnosis
        words = name.partition(" in a")[0]
        assert (diagnosis.certainty, words in diagnosis.message) == ("proved", True)
        assert diagnosis.code == ("wrong-hash" if is_list else "undecoded-secret")


@pytest.mark.thorough
@pytest.mark.parametrize(("name", "key"), [("x-signature", "own"), ("x-hub-signature-256", "text")])
def test_a_header_of_ones_own(name: str, key: str) -> None:
    """The name is told, and the way to sign."""

    def find(request: Request, wanted: str) -> str | None:
        return request.headers.get(name if wanted.endswith("signature") else wanted)

    for content, encoding in product(CONTENTS, ENCODINGS):
        app = App(
            Verifier(
                key=KEYS[key],
                content=CONTENTS[content],
                encode=ENCODINGS[encoding],
                matches=COMPARED["whole"],
                find=find,
            )
        )
        (diagnosis,) = examine(app).report.diagnosis
        assert diagnosis.code == "invented-header-name", (content, encoding)
        assert name in diagnosis.message.lower()
