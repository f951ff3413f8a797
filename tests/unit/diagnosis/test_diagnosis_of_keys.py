"""The key and the hash: the content is right, the MAC function is not."""

from __future__ import annotations

import base64

import pytest
from tests.unit.diagnosis.forging import (
    BODY,
    KEY,
    SECRET,
    SECRET_TEXT,
    b64,
    content_of,
    explain,
    mac,
    proved,
    sha256,
)

from vovecli.core.secrets import parse_secret

CONTENT = content_of(BODY)
BARE = SECRET_TEXT.removeprefix("whsec_")
OTHER_TEXT = "whsec_" + b64(bytes(range(24)))


@pytest.mark.parametrize(
    "key", [SECRET_TEXT, BARE, f"{SECRET_TEXT}\n", f"{BARE}\n", f'"{SECRET_TEXT}"', f'"{BARE}"']
)
def test_undecoded_secret(key: str) -> None:
    """The text as the key: createHmac('sha256', secret), openssl -hmac, with what clings to it."""
    assert proved(explain(BODY, f"v1,{b64(mac(CONTENT, key.encode()))}")) == ["undecoded-secret"]


@pytest.mark.parametrize("given", ["5WbX5kEWLlfzsGNjH64Ide8lOOqUB6e8FH", SECRET_TEXT])
def test_undecoded_secret_whose_padding_differs(given: str) -> None:
    """The signer may hold the padded text, and we the other one, without or with the prefix."""
    bare = given.removeprefix("whsec_")
    padded = f"whsec_{bare}{'=' * (-len(bare) % 4)}"
    header = f"v1,{b64(mac(CONTENT, padded.encode()))}"

    assert proved(explain(BODY, header, secrets=(parse_secret(given),)))[0] == "undecoded-secret"


def test_secret_prefix_in_key() -> None:
    """Ruby and PHP skip the underscore, Node reads it as the url-safe slash."""
    skipped = base64.b64decode(f"whsec{BARE}"[:36])
    translated = base64.b64decode("whsec/" + BARE + "==")

    for key in (skipped, translated):
        assert proved(explain(BODY, f"v1,{b64(mac(CONTENT, key))}")) == ["secret-prefix-in-key"]


def test_urlsafe_base64_secret() -> None:
    """What url-safe decoders make of + and /: nothing, or zero bits."""
    without = BARE.replace("+", "").replace("/", "")
    skipped = base64.b64decode(without[: len(without) // 4 * 4 + (len(without) % 4 > 1) * 4] + "==")
    zeroed = base64.b64decode(BARE.replace("+", "A").replace("/", "A"))

    for key in (skipped, zeroed):
        header = f"v1,{b64(mac(CONTENT, key))}"
        assert proved(explain(BODY, header)) == ["urlsafe-base64-secret"]


def test_only_slashes_are_lost() -> None:
    """A decoder that knows + and not /: it skips it, or stops there."""
    skipped = base64.b64decode("3q+9TkVxaI2oWQkzj+0bXyL1vA7mEs" + "==")  # SECRET_TEXT without /
    slashes = parse_secret("whsec_3qA/9TkV/xaI2oWQkzjA0bXyL1vA7mEs")
    stopped = base64.b64decode("3qA=")

    for secret, key in ((SECRET, skipped), (slashes, stopped)):
        header = f"v1,{b64(mac(CONTENT, key))}"
        assert proved(explain(BODY, header, secrets=(secret,))) == ["urlsafe-base64-secret"]


def test_urlsafe_base64_secret_that_begins_with_a_sign() -> None:
    """A decoder that stops there has nothing left: an empty key, and no name for it here."""
    secret = parse_secret(f"whsec_+{BARE[1:]}")
    header = f"v1,{b64(mac(CONTENT, b''))}"

    assert proved(explain(BODY, header, secrets=(secret,))) == ["secret-unset"]


@pytest.mark.parametrize(
    "key",
    [
        KEY.decode("latin-1").encode(),
        KEY.decode("utf-8", "replace").encode(),
        KEY.hex().encode(),
    ],
)
def test_secret_decoded_as_text(key: bytes) -> None:
    """atob(), toString(), hex()."""
    assert proved(explain(BODY, f"v1,{b64(mac(CONTENT, key))}")) == ["secret-decoded-as-text"]


@pytest.mark.parametrize("key", [b"", b"undefined", b"None", b"null"])
def test_secret_unset(key: bytes) -> None:
    """An unset variable where the signer runs."""
    assert proved(explain(BODY, f"v1,{b64(mac(CONTENT, key))}")) == ["secret-unset"]


def test_another_secret_says_which() -> None:
    """By origin and fingerprint, never by value."""
    other = parse_secret(OTHER_TEXT, origin="profile staging")
    header = f"v1,{b64(mac(CONTENT, bytes(range(24))))}"

    diagnosis = explain(BODY, header, others=(other, SECRET))

    assert proved(diagnosis) == ["another-secret"]
    assert "profile staging" in diagnosis.cause.message
    assert other.fingerprint in diagnosis.cause.message
    assert "AAEC" not in repr(diagnosis)


def test_a_published_secret_is_another_secret() -> None:
    """Signed with the example of a documentation."""
    key = base64.b64decode("5WbX5kEWLlfzsGNjH64Ide8lOOqUB6e8FH==")

    diagnosis = explain(BODY, f"v1,{b64(mac(CONTENT, key))}")

    assert proved(diagnosis) == ["another-secret"]
    assert "VOVE ID's documentation" in diagnosis.cause.message


def test_a_published_secret_as_ones_own_is_a_finding() -> None:
    """Nothing genuine is ever signed with it."""
    diagnosis = explain(
        BODY,
        f"v1,{b64(mac(CONTENT))}",
        secrets=(parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),),
    )

    assert diagnosis.cause.code == "no-matching-signature"
    assert [finding.code for finding in diagnosis.findings] == ["published-secret"]


@pytest.mark.parametrize("name", ["sha1", "sha512", "sha384", "sha224"])
@pytest.mark.parametrize("key", [KEY, SECRET_TEXT.encode()])
def test_wrong_hash_under_a_key(name: str, key: bytes) -> None:
    """Also with the undecoded key besides."""
    codes = proved(explain(BODY, f"v1,{b64(mac(CONTENT, key, name))}"))

    assert codes == (["wrong-hash"] if key == KEY else ["wrong-hash", "undecoded-secret"])


@pytest.mark.parametrize(
    "digest",
    [
        sha256(CONTENT),
        sha256(SECRET_TEXT.encode() + CONTENT),
        sha256(CONTENT + SECRET_TEXT.encode()),
        sha256(BARE.encode() + CONTENT),
        sha256(CONTENT + BARE.encode()),
        sha256(KEY + CONTENT),
        sha256(CONTENT + KEY),
    ],
)
def test_wrong_hash_without_hmac(digest: bytes) -> None:
    """A plain hash, with the secret glued on or without any."""
    assert proved(explain(BODY, f"v1,{b64(digest)}")) == ["wrong-hash"]


def test_any_of_several_secrets_may_be_the_one() -> None:
    """While one is rotated."""
    other = parse_secret(OTHER_TEXT)
    header = f"v1,{b64(mac(CONTENT, SECRET_TEXT.encode()))}"

    assert proved(explain(BODY, header, secrets=(other, SECRET))) == ["undecoded-secret"]
