"""The product of wrong ways to sign: key, content, encoding, and how the header is compared."""

from __future__ import annotations

import base64
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
