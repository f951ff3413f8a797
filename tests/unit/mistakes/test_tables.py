"""The tables of mistakes: `verify` proves whatever a scheme made of their rows signs."""

from __future__ import annotations

import json

import pytest
from tests.unit.diagnosis.forging import BODY, ID, SECRET, TIMESTAMP, b64, content_of, explain, mac

from vovecli.core.mistakes import SAMPLES, Scheme
from vovecli.core.mistakes.bodies import BODIES, followed_by
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.encodings import ENCODINGS
from vovecli.core.mistakes.hashes import DIGESTS
from vovecli.core.mistakes.keys import KEYS, WrongKey
from vovecli.core.mistakes.mistake import Mistake, Rank
from vovecli.core.secrets import parse_secret

# Begins with letters of whsec_, holds + and /, and its bytes are not UTF-8.
LETTERS = parse_secret("whsec_csee+/+/FBUWFxgZGhscHR4fICEiIyQl")
UNPADDED = parse_secret("whsec_5WbX5kEWLlfzsGNjH64Ide8lOOqUB6e8FQ")
IN_HEX = parse_secret("whsec_ab756df266692f4c56f91edb2b5fec61c35f279843da04ee")
# A body of which the signature holds a +.
PLUS = next(
    body
    for number in range(99)
    if "+" in b64(mac(content_of(body := b'{"n":%d}' % number), LETTERS.key))
)
WRONG_KEYS = [name for name, row in KEYS.items() if row.mistakes]


def codes(scheme: Scheme, secret: object = LETTERS, body: bytes = BODY) -> set[str] | None:
    """What `verify` proves of a request that is signed so; None where it cannot be signed so."""
    assert isinstance(secret, type(LETTERS))
    header = scheme.header(secret, ID, TIMESTAMP, body)
    if header is None:
        return None
    explained = explain(body, header, secrets=(secret,))
    assert explained.cause.certainty == "proved", (scheme, explained.cause)
    return {explained.cause.code, *(finding.code for finding in explained.findings)}


@pytest.mark.parametrize("name", WRONG_KEYS)
def test_every_wrong_key_is_proved(name: str) -> None:
    """Under a secret that tells it from the right one."""
    scheme = Scheme(key=KEYS[name])
    proved = [codes(scheme, secret) for secret in (LETTERS, UNPADDED, IN_HEX, SECRET)]

    assert any(found is not None for found in proved)
    for found in proved:
        assert found is None or {mistake.code for mistake in scheme.mistakes} <= found


@pytest.mark.parametrize("name", [name for name, row in CONTENTS.items() if row.mistakes])
def test_every_wrong_content_is_proved(name: str) -> None:
    """Each by the codes of its row, and nothing besides."""
    scheme = Scheme(content=CONTENTS[name])
    expected = {mistake.code for mistake in scheme.mistakes}
    if name == "timestamp-seconds":  # the header's own text is that already
        assert scheme.header(SECRET, ID, TIMESTAMP, BODY) == Scheme().header(
            SECRET, ID, TIMESTAMP, BODY
        )
        return

    assert codes(scheme) == expected


@pytest.mark.parametrize("name", [name for name, row in ENCODINGS.items() if row.mistakes])
def test_every_wrong_encoding_is_read(name: str) -> None:
    """But for 8 characters, which prove nothing: they could match by chance."""
    scheme = Scheme(encoding=ENCODINGS[name])
    if name == "cut-to-8":
        header = scheme.header(LETTERS, ID, TIMESTAMP, BODY)
        assert header is not None
        assert explain(BODY, header, secrets=(LETTERS,)).cause.certainty == "observed"
        return

    assert codes(scheme, body=PLUS) == {mistake.code for mistake in scheme.mistakes}


@pytest.mark.parametrize("name", [name for name, row in BODIES.items() if row.probe])
def test_every_body_that_a_handler_may_hash_is_proved(name: str) -> None:
    """Over a body that it differs from; the code is that of the row."""
    body = json.dumps({"refId": "ü/1", "status": "pending", "a": {"b": [1]}}, indent=1).encode()

    assert codes(Scheme(body=BODIES[name]), body=body) == {BODIES[name].code}


@pytest.mark.parametrize("scheme", SAMPLES.values(), ids=SAMPLES)
def test_every_sample_is_proved(scheme: Scheme) -> None:
    """Under its own code."""
    found = codes(scheme)

    assert found is not None
    assert scheme.sample in found
    assert scheme.handler_code == scheme.sample


def test_any_combination_can_be_signed() -> None:
    """A probe with a row of each table."""
    scheme = Scheme(
        KEYS["bare-text"],
        CONTENTS["without-id"],
        BODIES["python-spacing"],
        ENCODINGS["bare-hex"],
    )
    signed = b"1750052120." + json.dumps(json.loads(BODY)).encode()

    header = scheme.header(SECRET, ID, TIMESTAMP, BODY)

    assert header == mac(signed, SECRET.encoded.encode()).hex()
    assert [mistake.code for mistake in scheme.mistakes] == [
        "content-without-id",
        "undecoded-secret",
        "body-reserialized",
        "hex-instead-of-base64",
        "signature-version-missing",
    ]
    assert scheme.handler_code == "id-not-signed"


def test_the_right_scheme_is_right() -> None:
    """No mistake, no code, and the signature of a genuine delivery."""
    assert Scheme().mistakes == ()
    assert Scheme().handler_code == ""
    assert Scheme().header(SECRET, ID, TIMESTAMP, BODY) == f"v1,{b64(mac(content_of(BODY)))}"


@pytest.mark.parametrize(
    ("scheme", "handler_code"),
    [
        (Scheme(key=KEYS["whole-text"]), "undecoded-secret"),
        (Scheme(key=KEYS["prefix-decoded"]), "secret-prefix-in-key"),
        (Scheme(hashed=DIGESTS["sha1"]), "wrong-hash"),
        (Scheme(key=KEYS["bare-text"]), "undecoded-secret"),
        (Scheme(key=KEYS["urlsafe-skipped"]), "urlsafe-base64"),
        (Scheme(content=CONTENTS["order-tib"]), "content-order"),
        (Scheme(body=BODIES["byte-numbers"]), "body-parsed-before-verify"),
        (Scheme(body=BODIES["indented"]), "body-reserialized"),
        (Scheme(encoding=ENCODINGS["unpadded"]), "unpadded-base64"),
    ],
)
def test_what_a_handler_is_called_that_accepts_it(scheme: Scheme, handler_code: str) -> None:
    """The row's own code unless it says otherwise."""
    assert scheme.handler_code == handler_code


@pytest.mark.parametrize(
    "scheme",
    [
        Scheme(key=KEYS["urlsafe-skipped"]),
        Scheme(key=KEYS["hex-decoded"]),
        Scheme(key=KEYS["prefix-stripped"]),
        Scheme(body=BODIES["compact"]),
    ],
)
def test_what_cannot_be_told_from_the_right_way_is_not_signed(scheme: Scheme) -> None:
    """A secret without + and /, a body that is compact already."""
    secret = parse_secret("whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldY")

    assert scheme.header(secret, ID, TIMESTAMP, BODY) is None


def test_a_row_made_on_the_spot() -> None:
    """As a random key is."""
    scheme = Scheme(key=WrongKey((Mistake("another-secret"),), lambda _: b"k" * 24))

    assert scheme.mac(SECRET, ID, TIMESTAMP, BODY) == mac(content_of(BODY), b"k" * 24)


def test_a_timestamp_that_is_no_time_has_no_offset() -> None:
    """And no other format either."""
    row = CONTENTS["1 h later was signed"]

    assert row.frame("id", "soon") is None
    assert row.frame("id", "1750052120") is not None
    assert Scheme(content=row).header(SECRET, ID, "soon", BODY) is None


def test_every_table_has_one_right_row() -> None:
    """Of rank 0, the only one without a mistake."""
    for table in (KEYS, CONTENTS, ENCODINGS):
        assert [name for name, row in table.items() if row.rank == Rank.RIGHT] == ["right"]
        assert [name for name, row in table.items() if not row.mistakes] == ["right"]


def test_nothing_follows_itself() -> None:
    """What is written anew had only its ends to lose; ends make no other document."""
    for name, row in BODIES.items():
        assert row not in list(followed_by(name))
    assert BODIES["restyled"] not in list(followed_by("newline-removed"))
    assert BODIES["restyled"] not in list(followed_by("lost-line-ends"))
    assert BODIES["newline-removed"] in list(followed_by("restyled"))
