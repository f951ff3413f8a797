"""The signature's form: the MAC is right, the way it is written is not."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from tests.unit.diagnosis.forging import BODY, KEY, b64, content_of, explain, mac, proved

from vovecli.core.diagnosis.readings import MAX_READINGS, read_signatures

MAC = mac(content_of(BODY))
TEXT = b64(MAC)
OTHER_TEXT = b64(mac(b"another"))


def with_sign(sign: str) -> tuple[bytes, str]:
    """A body whose signature holds a certain base64 character, and that signature."""
    for number in range(1000):
        body = b'{"refId":"%d","status":"COMPLETED"}' % number
        text = b64(mac(content_of(body)))
        if sign in text[:-4]:
            return body, text
    raise AssertionError


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (MAC.hex(), ["hex-instead-of-base64", "signature-version-missing"]),
        (f"v1,{MAC.hex()}", ["hex-instead-of-base64"]),
        (f"v1,{MAC.hex().upper()}", ["hex-instead-of-base64"]),
        (f"v1,{MAC.hex(':')}", ["hex-instead-of-base64"]),
        (f"v1,0x{MAC.hex()}", ["hex-instead-of-base64"]),
        (f"v1,{b64(MAC.hex().encode())}", ["hex-instead-of-base64"]),
        (f"sha256={MAC.hex()}", ["hex-instead-of-base64", "signature-version-missing"]),
        (f"v1,{TEXT[:-1]}", ["signature-padding-missing"]),
        (f"v1,{TEXT[:11]}", ["signature-truncated"]),
        (f"v1,{TEXT[:30]}", ["signature-truncated"]),
        (f"v1,{TEXT[:42]}", ["signature-truncated"]),
        (f"v1,{TEXT[:20]}...", ["signature-truncated"]),
        (f"v1,…{TEXT[-20:]}", ["signature-truncated"]),
        (f"v1,{b64(MAC[:16])}", ["signature-truncated"]),
        (f"v1,{MAC.hex()[:40]}", ["hex-instead-of-base64", "signature-truncated"]),
        (f"v1,{MAC.hex()[:41]}", ["hex-instead-of-base64", "signature-truncated"]),
        (f'"v1,{TEXT}"', ["signature-quoted"]),
        (f"'v1,{TEXT}'", ["signature-quoted"]),
        (f'v1,"{TEXT}"', ["signature-quoted"]),
        (f'["v1,{TEXT}"]', ["signature-quoted"]),
        (f"<v1,{TEXT}>", ["signature-quoted"]),
        (f"`v1,{TEXT}`", ["signature-quoted"]),
        (f'\\"v1,{TEXT}\\"', ["signature-quoted"]),
        (f'"v1,{TEXT} "', ["signature-quoted"]),
        (f'"v1,{TEXT}\t"', ["signature-quoted"]),
        (f"v1,{TEXT}'", ["signature-quoted"]),
        (f"v1,{OTHER_TEXT},v1,{TEXT}", ["signatures-comma-joined"]),
        (f"v1,{TEXT},v1,{OTHER_TEXT}", ["signatures-comma-joined"]),
        (f"v1,,{TEXT},", ["signatures-comma-joined"]),
        (f"v1,{TEXT}, v1,{OTHER_TEXT}", ["signatures-comma-joined"]),
        (quote(f"v1,{TEXT}", safe=""), ["signature-percent-encoded"]),
        (quote(quote(f"v1,{TEXT}", safe=""), safe=""), ["signature-percent-encoded"]),
        (f"v1,{TEXT.lower()}", ["signature-lowercased"]),
        (f"v1,{TEXT.lower()[:-1]}", ["signature-lowercased"]),
        (f"v1,{TEXT.upper()}", ["malformed-signature"]),
        (TEXT, ["signature-version-missing"]),
        (f"v1={TEXT}", ["signature-version-missing"]),
        (f"v1: {TEXT}", ["signature-version-missing"]),
        (f"v2,{TEXT}", ["signature-version-unknown"]),
        (f"v1a,{TEXT}", ["signature-version-unknown"]),
        (f"V1,{TEXT}", ["signature-version-unknown"]),
        (f"v1,{TEXT[:20]} {TEXT[20:]}", ["malformed-signature"]),
        (f"v1,{TEXT};", ["malformed-signature"]),
        (f"sha256: {MAC.hex()};", ["hex-instead-of-base64", "malformed-signature"]),
        (f"svix-signature v1, {TEXT}.", ["malformed-signature"]),
        (f"v1,{TEXT}=", ["malformed-signature"]),
        (f"v1,{b64(TEXT.encode())}", ["malformed-signature"]),
        (f"v1,{b64(MAC.decode('latin-1').encode())}", ["malformed-signature"]),
    ],
)
def test_the_form_is_proved(header: str, expected: list[str]) -> None:
    """Decoded that way, the MAC is the right one."""
    codes = proved(explain(BODY, header))

    assert expected[0] == codes[0]
    assert set(expected) == set(codes)


def test_the_urlsafe_alphabet() -> None:
    """With and without its padding."""
    body, _ = with_sign("/")
    text = base64.urlsafe_b64encode(mac(content_of(body))).decode()

    assert proved(explain(body, f"v1,{text}")) == ["urlsafe-base64-signature"]
    assert proved(explain(body, f"v1,{text[:-1]}")) == [
        "urlsafe-base64-signature",
        "signature-padding-missing",
    ]


def test_plus_signs_that_became_spaces() -> None:
    """Also beside another signature."""
    body, text = with_sign("+")
    spaced = text.replace("+", " ")

    assert proved(explain(body, f"v1,{spaced}")) == ["signature-plus-became-space"]
    assert proved(explain(body, f"v1,{OTHER_TEXT} v1,{spaced}")) == ["signature-plus-became-space"]


def test_stray_bits_in_the_last_character() -> None:
    """A lenient decoder accepts what a comparison of texts does not."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    last = alphabet[alphabet.index(TEXT[-2]) ^ 1]

    assert proved(explain(BODY, f"v1,{TEXT[:-2]}{last}=")) == ["malformed-signature"]


@pytest.mark.parametrize(
    "header",
    [f"v1,{TEXT[:10]}", f"v1,{TEXT[:4]}", f"v1,{MAC.hex()[:16]}", "v1,", f"v1,{TEXT[-11:]}"],
)
def test_short_pieces_prove_nothing(header: str) -> None:
    """Fewer than 64 bits could be chance, or an attacker's patience."""
    diagnosis = explain(BODY, header)

    assert (diagnosis.cause.code, diagnosis.cause.certainty) == ("malformed-signature", "observed")


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        ("v1,", "malformed-signature", "nothing follows"),
        ("v1", "malformed-signature", "no entry"),
        ("hello", "malformed-signature", "no entry"),
        (f"v1,{bytes(32).hex()}", "malformed-signature", "64 hex digits"),
        (f"v1,{b64(bytes(20))}", "malformed-signature", "28 characters"),
        ("v1,ünreadable", "malformed-signature", "11 bytes"),
        (f"v1a,{b64(bytes(64))}", "signature-version-unknown", "ed25519"),
        (f"v2,{b64(bytes(32))} v3,{b64(bytes(32))}", "signature-version-unknown", "v2, v3"),
        (b64(bytes(32)), "signature-version-missing", ""),
        (bytes(32).hex(), "signature-version-missing", ""),
    ],
)
def test_what_cannot_be_proved_is_observed(header: str, code: str, words: str) -> None:
    """The header's looks are a fact, and that nothing else explained it is said too."""
    diagnosis = explain(BODY, header)

    assert (diagnosis.cause.code, diagnosis.cause.certainty) == (code, "observed")
    assert words in diagnosis.cause.message
    assert [finding.code for finding in diagnosis.findings] == ["no-matching-signature"]


def test_one_good_entry_among_foreign_ones_is_no_fault_of_form() -> None:
    """A well-formed v1 entry that does not match is a wrong secret or body."""
    diagnosis = explain(BODY, f"v1a,{b64(bytes(64))} v1,{OTHER_TEXT} v1,short")

    assert diagnosis.cause.code == "no-matching-signature"


def test_the_same_entry_twice_is_read_once() -> None:
    """However it is written."""
    assert len(read_signatures(f"v1,{TEXT}")) == len(read_signatures(f"v1,{TEXT} v1,{TEXT}"))


def test_endless_headers_are_cut() -> None:
    """However many entries there are."""
    claims = read_signatures(" ".join(f"v1,{b64(mac(b'%d' % n, KEY))}" for n in range(2000)))

    assert len(claims) == MAX_READINGS
