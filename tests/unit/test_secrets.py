from __future__ import annotations

import base64
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.core.errors import VoveError
from vovecli.core.secrets import encode_secret, parse_secret, secret_of_env_file, split_secrets


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


BARE = SECRET.removeprefix("whsec_")
MANIFEST = f"""apiVersion: v1
data:
  VOVE_WEBHOOK_SECRET: {base64.b64encode(SECRET.encode()).decode()}
kind: Secret
"""


@pytest.mark.parametrize(
    ("text", "what", "typed"),
    [
        (f"v1,{SECRET}", "v1, comes before", "leave out the `v1,`"),
        (f"v1,{SECRET}|v1,{OTHER_SECRET}", "v1, comes before", "leave out"),
        (f"{SECRET}|{OTHER_SECRET}", "it is a list", "--secret"),
        (f"VOVE_WEBHOOK_SECRET={SECRET}", ".env file", "--secret-file .env"),
        (f'export VOVE_WEBHOOK_SECRET="{SECRET}"', ".env file", "after ="),
        (f"secret: {SECRET}", "YAML", "after the colon"),
        (MANIFEST, "Kubernetes manifest", "kubectl get secret"),
        (f'{{"VOVE_WEBHOOK_SECRET": "{SECRET}"}}', "member 'VOVE_WEBHOOK_SECRET'", "jq -r"),
        ('{"a": "b"}', "one of its members", "jq -r"),
        (SECRET.replace("r", "%2B", 1), "percent-encoded", "themselves"),
        (f"{SECRET}\\u003D", "escapes of JSON", "themselves"),
        (f"{SECRET}\u200b", "U+200B", "plain text"),
        (f"\ufeff{SECRET}", "U+FEFF", "plain text"),
        ("@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/v/)", "Azure", "az "),
        ("op://Private/vove/secret", "reference to a vault", "op run"),
        ("arn:aws:secretsmanager:eu-west-1:123:secret:vove-AbCdEf", "ARN", "aws secretsmanager"),
        ("projects/p/secrets/vove/versions/latest", "Google Cloud", "gcloud"),
        ("{{resolve:secretsmanager:vove}}", "platform has not filled in", "dashboard"),
        ("${{ secrets.VOVE }}", "platform has not filled in", "dashboard"),
        ("ENC[AES256_GCM,data:abc,type:str]", "encrypted", "sops -d"),
        ("encrypted:BNxq/abc", "encrypted", "dotenvx get"),
        ("whsec_MfKQ****", "masked", "whole of it"),
        ("whsec_MfKQ...", "masked", "whole of it"),
        ("[Filtered]", "masked", "whole of it"),
        ("auto_v1_eyJhIjoiYiJ9", "AutoConfig", "whsec_"),
        ("ep_2yZpo2jVVB5Zb2UIiAtkAJ9TOTQ", "an id", "itself"),
        (SECRET.upper(), "not in lower case", "case-sensitive"),
    ],
)
def test_says_what_a_text_is_that_is_something_else(text: str, what: str, typed: str) -> None:
    """With what to type, where it came from, and without showing it."""
    with pytest.raises(VoveError) as caught:
        parse_secret(text, origin="the test's own place")

    assert caught.value.code == "bad-base64-secret"
    assert what in caught.value.message
    assert typed in caught.value.hint
    assert "from the test's own place cannot" in caught.value.message
    assert BARE not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("text", [SECRET, f"{SECRET}\n"])
@pytest.mark.parametrize("prefix", ["", "whsec_"])
def test_a_secret_that_was_encoded_twice(text: str, prefix: str) -> None:
    """As `kubectl get secret -o yaml` shows it."""
    with pytest.raises(VoveError, match=r"from a manifest .*encoded once more") as caught:
        parse_secret(prefix + base64.b64encode(text.encode()).decode(), origin="a manifest")

    assert caught.value.code == "secret-encoded-twice"
    assert "base64 -d" in caught.value.hint


@pytest.mark.parametrize(
    "text", ["whsec_////////////////////////////////", "////////", "whsec_AAAA"]
)
def test_one_character_repeated_is_a_placeholder(text: str) -> None:
    """Though it is valid base64: nobody's key is all ones or all zeros."""
    if text == "whsec_AAAA":  # too short a run to be sure
        assert parse_secret(text).key == b"\0\0\0"
        return
    with pytest.raises(VoveError, match="placeholder"):
        parse_secret(text)


@pytest.mark.parametrize("text", ["", "whsec_", "whpk_abc", "whsec_!"])
@pytest.mark.parametrize("origin", ["--secret", ""])
def test_every_error_says_where_the_secret_came_from(text: str, origin: str) -> None:
    """Or that the caller gave it."""
    with pytest.raises(VoveError) as caught:
        parse_secret(text, origin=origin)

    assert f"from {origin or 'the caller'} cannot be used: it" in caught.value.message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"PORT=3000\nVOVE_WEBHOOK_SECRET={SECRET}\n", SECRET),
        (f"export A='{SECRET}' # ours\r\nB=1\r\n", SECRET),
        (f'A = "{SECRET}"', SECRET),
        (f"A={SECRET}\nB={SECRET}\n", SECRET),
        (f"A={SECRET}\nB={OTHER_SECRET}\n", None),
        (f"# A={SECRET}\n", None),
        (f"A=1\n{SECRET}\n", None),
        (SECRET, None),
        (MANIFEST, None),
    ],
)
def test_the_one_secret_of_an_env_file(text: str, found: str | None) -> None:
    """None where it would have to be guessed."""
    assert secret_of_env_file(text) == found


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
    known = {"empty-secret", "bad-base64-secret", "secret-encoded-twice", "asymmetric-secret"}
    try:
        assert parse_secret(text).key
    except VoveError as error:
        assert error.code in known  # noqa: PT017


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n", " , "])
def test_splits_a_rotation(between: str) -> None:
    """Where every piece has the prefix."""
    assert split_secrets(SECRET + between + OTHER_SECRET) == [SECRET, OTHER_SECRET]


def test_does_not_split_other_text() -> None:
    """A pasted remark is one bad secret, not several."""
    assert [f"{SECRET} old"] == split_secrets(f"{SECRET} old")
