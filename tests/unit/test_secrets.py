from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.core.errors import VoveError
from vovecli.core.secrets import encode_secret, parse_secret, split_secrets


def test_decodes_the_base64_after_the_prefix() -> None:
    """The key is the decoded part, not the text."""
    secret = parse_secret(SECRET)

    assert base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") == secret.key
    assert secret.notes == ()


def test_the_provider_sample_without_padding_is_accepted() -> None:
    """VOVE ID prints 34 base64 characters without padding: 25 bytes."""
    assert len(parse_secret("whsec_5WbX5kEWLlfzsGNjH64Ide8lOOqUB6e8FH").key) == 25


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"  {SECRET}\n", "secret-trimmed"),
        (f'"{SECRET}"', "secret-trimmed"),
        (SECRET.removeprefix("whsec_"), "secret-without-prefix"),
        ("whsec_c2hvcnQ=", "secret-length"),
        (encode_secret(b"x" * 65), "secret-length"),
    ],
)
def test_notes_what_is_odd_but_harmless(text: str, code: str) -> None:
    """Such secrets work and the note names the oddity."""
    assert [code] == [note.code for note in parse_secret(text).notes]


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "empty-secret", "empty"),
        ("   ", "empty-secret", "empty"),
        ("whsec_", "empty-secret", "empty"),
        ("whsec_==", "empty-secret", "empty"),
        ("=", "empty-secret", "empty"),
        ("whpk_WAweNWFva2s=", "asymmetric-secret", "asymmetric"),
        ("whsk_WAweNWFva2s=", "asymmetric-secret", "asymmetric"),
        ("whsec_" + SECRET, "bad-base64-secret", "twice"),
        ("whsec_ab-_cdef", "bad-base64-secret", "url-safe"),
        ("whsec_@@@", "bad-base64-secret", "not base64"),
        ("whsec_abcde", "bad-base64-secret", "length"),
        ("whsec_abcd===", "bad-base64-secret", "not base64"),
        ("whsec_...", "bad-base64-secret", "placeholder"),
        ("whsec_xxxxxxxxxxxxxxxx", "bad-base64-secret", "placeholder"),
        ("<your secret>", "bad-base64-secret", "placeholder"),
        ("your-signing-secret", "bad-base64-secret", "placeholder"),
        ("$VOVE_WEBHOOK_SECRET", "bad-base64-secret", "variable"),
        ("${SECRET}", "bad-base64-secret", "variable"),
        ("%SECRET%", "bad-base64-secret", "variable"),
        ("process.env.SECRET", "bad-base64-secret", "variable"),
        ("sk_live_abcdefghijkl", "bad-base64-secret", "API key"),
        ("eyJhbGciOi.eyJzdWIi.c2ln", "bad-base64-secret", "API key"),
    ],
)
def test_refuses_what_is_no_signing_secret(text: str, code: str, words: str) -> None:
    """The error says what it is, with a hint, and never quotes it."""
    with pytest.raises(VoveError) as caught:
        parse_secret(text, origin="--secret")

    assert code == caught.value.code
    assert words in caught.value.message
    assert caught.value.hint
    core = text.strip().removeprefix("whsec_")
    assert not core or core not in caught.value.message


def test_never_shows_itself() -> None:
    """Neither repr nor str holds the text or the key."""
    secret = parse_secret(SECRET)

    assert f"<SigningSecret {secret.fingerprint}>" == repr(secret) == str(secret)


def test_the_fingerprint_is_the_start_of_the_hash_of_the_key() -> None:
    """So two ends can compute it without this program."""
    secret = parse_secret(SECRET)

    assert "fp:" + hashlib.sha256(secret.key).hexdigest()[:8] == secret.fingerprint


@given(st.binary(min_size=1, max_size=80))
def test_every_key_survives_writing_and_reading(key: bytes) -> None:
    """With padding and without it; one character repeated is taken for a placeholder."""
    text = encode_secret(key)
    assume(len(set(text.removeprefix("whsec_").rstrip("="))) > 1)

    assert key == parse_secret(text).key == parse_secret(text.rstrip("=")).key


@given(st.text(max_size=60))
def test_any_text_is_a_secret_or_a_clear_error(text: str) -> None:
    """Nothing but VoveError comes out."""
    try:
        assert parse_secret(text).key
    except VoveError as error:
        assert error.code in {"empty-secret", "bad-base64-secret", "asymmetric-secret"}  # noqa: PT017


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n", " , "])
def test_splits_a_rotation(between: str) -> None:
    """Where every piece has the prefix."""
    assert split_secrets(SECRET + between + OTHER_SECRET) == [SECRET, OTHER_SECRET]


def test_does_not_split_other_text() -> None:
    """A pasted remark is one bad secret, not several."""
    assert [f"{SECRET} old"] == split_secrets(f"{SECRET} old")
