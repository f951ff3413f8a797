"""The body: signed as one thing, captured as another."""

from __future__ import annotations

import base64
import gzip
import html
import json
import unicodedata
import zlib
from urllib.parse import quote, quote_plus

import pytest
from tests.unit.diagnosis.forging import BODY, explain, proved, signature_over

from vovecli.core.mistakes.json_styles import MAX_THOROUGH_BYTES
from vovecli.core.outcomes.verdicts import Finding

PAYLOAD = json.loads(BODY)
FRENCH = {"refId": "b-7", "status": "REJECTED", "reason": "Société à vérifier — 5 €"}
RAW = json.dumps(FRENCH, ensure_ascii=False, separators=(",", ":")).encode()
PRETTY = json.dumps(PAYLOAD, indent=2).encode()
CRLF = PRETTY.replace(b"\n", b"\r\n")
# On one line, with the provider's comment before the last brace.
COMMENTED = b'{\n  "status": "successful",\n  "refId": "r-1" // deprecated\n}'


def codes_for(signed: bytes, captured: bytes) -> list[str]:
    """The proof for a request whose body changed from one to the other."""
    return proved(explain(captured, signature_over(signed)))


@pytest.mark.parametrize(
    ("signed", "captured", "expected"),
    [
        (BODY, BODY + b"\n", "trailing-newline-added"),
        (BODY, BODY + b"\r\n", "trailing-newline-added"),
        (BODY, BODY + b"\n\n\n", "trailing-newline-added"),
        (BODY + b"\n", BODY, "trailing-newline-removed"),
        (BODY + b"\r\n", BODY, "trailing-newline-removed"),
        (BODY + b"\n\n", BODY, "trailing-newline-removed"),
        (BODY + b"\r\n", BODY + b"\n", "lf-converted-body"),
        (PRETTY, CRLF, "crlf-converted-body"),
        (PRETTY + b"\n", CRLF + b"\r\n", "crlf-converted-body"),
        (CRLF, PRETTY, "lf-converted-body"),
        (PRETTY.replace(b"\n", b"\r"), PRETTY, "lf-converted-body"),
        (BODY, b"\xef\xbb\xbf" + BODY, "bom-added"),
        (b"\xef\xbb\xbf" + BODY, BODY, "bom-removed"),
        (PRETTY, PRETTY.replace(b"\n", b""), "newlines-stripped"),
        (PRETTY + b"\n", PRETTY.replace(b"\n", b""), "newlines-stripped"),
        (CRLF, CRLF.translate(None, b"\r\n"), "newlines-stripped"),
        (PRETTY.replace(b"\n", b""), PRETTY, "body-wrapped"),
        (BODY, BODY + b"  ", "whitespace-trimmed"),
        (BODY, b"\n" + BODY, "whitespace-trimmed"),
        (BODY + b" ", BODY, "whitespace-trimmed"),
        (b" " + BODY, BODY, "whitespace-trimmed"),
        (b"\n" + BODY + b"\n", BODY, "whitespace-trimmed"),
        (COMMENTED.replace(b" // deprecated", b""), COMMENTED, "json-comment"),
        (BODY, BODY[:-1] + b"/* deprecated */}", "json-comment"),
        (BODY, base64.b64encode(BODY), "body-base64-encoded"),
        (BODY, base64.encodebytes(BODY), "body-base64-encoded"),
        (BODY, base64.urlsafe_b64encode(BODY).rstrip(b"="), "body-base64-encoded"),
        (base64.b64encode(BODY), BODY, "body-base64-encoded"),
        (BODY, json.dumps(BODY.decode()).encode(), "body-json-string"),
        (BODY, BODY.replace(b'"', b'\\"'), "body-json-string"),
        (json.dumps(BODY.decode()).encode(), BODY, "body-json-string"),
        (json.dumps({"type": "Buffer", "data": list(BODY)}, separators=(",", ":")).encode(), BODY,
         "body-json-string"),
        (BODY, json.dumps({"type": "Buffer", "data": list(BODY)}).encode(), "body-json-string"),
        (BODY, quote(BODY).encode(), "body-percent-encoded"),
        (BODY, quote_plus(BODY).encode() + b"=", "body-percent-encoded"),
        (RAW, quote_plus(RAW).encode(), "body-percent-encoded"),
        (BODY, b"payload=" + quote(BODY).encode(), "body-percent-encoded"),
        (quote(BODY, safe="").encode(), BODY, "body-percent-encoded"),
        (quote_plus(BODY).encode(), BODY, "body-percent-encoded"),
        (BODY, html.escape(BODY.decode()).encode(), "body-html-escaped"),
        (html.escape(BODY.decode()).encode(), BODY, "body-html-escaped"),
        (BODY, repr(BODY).encode(), "python-bytes-repr"),
        (RAW, repr(RAW).encode(), "python-bytes-repr"),
        (RAW, RAW.decode().encode("cp1252"), "charset-converted"),
        (RAW, RAW.decode("latin-1").encode(), "charset-converted"),
        (RAW, RAW.decode("mac-roman").encode(), "charset-converted"),
        (RAW, RAW.decode("latin-1").encode().decode("latin-1").encode(), "charset-converted"),
        (RAW.decode("latin-1").encode(), RAW, "charset-converted"),
        (RAW.decode().encode("cp1252"), RAW, "charset-converted"),
        (RAW, RAW.decode().encode("utf-16"), "charset-converted"),
        (RAW.decode().encode("ascii", "replace"), RAW, "charset-converted"),
        (b'{"refId":"r-\xef\xbf\xbd"}', b'{"refId":"r-\xff"}', "lossy-utf8"),
        (b'{"refId":"r-"}', b'{"refId":"r-\xff"}', "lossy-utf8"),
        (b'{"refId":"r-??"}', b'{"refId":"r-\xe2\x82"}', "lossy-utf8"),
        (b'{"refId":"r-\xef\xbf\xbd\xef\xbf\xbd"}', b'{"refId":"r-\xe2\x82"}', "lossy-utf8"),
        (RAW, unicodedata.normalize("NFD", RAW.decode()).encode(), "unicode-normalized"),
        (unicodedata.normalize("NFD", RAW.decode()).encode(), RAW, "unicode-normalized"),
        (BODY, BODY.replace(b'{"', "{“".encode()).replace(b'"', "”".encode()), "smart-quotes"),
        (b'{"refId":"O\'Brien"}', "{“refId”:“O\u2019Brien”}".encode(), "smart-quotes"),
        (b'{"a":"b-c"}', '{"a":"b\u2013c"}'.encode(), "smart-quotes"),
        (b'{"a":"b--c..."}', "{“a”:“b\u2014c\u2026”}".encode(), "smart-quotes"),
        (b'{"a":"b-c d"}', "{«a»:«b\u2013c\u202fd»}".encode(), "smart-quotes"),
        ('{"a": "b\u2013c"}'.encode(), "{“a”:\u00a0“b\u2013c”}".encode(), "smart-quotes"),
        (b'{"z":4,"b":2}', b'{"z":1,"b":2,"z":3,"z":4}', "body-reserialized"),
        (b'{"a":3,"b":2}', b'{"a":1,"b":2,"a":3}', "body-reserialized"),
        (b'{"b":2,"a":3}', b'{"a":1,"b":2,"a":3}', "field-altered"),
        (b'{"a":2,"b":3}', b'{"a":1,"a":2,"b":3}', "field-altered"),
        (BODY, gzip.compress(BODY, mtime=0), "body-compressed"),
        (BODY, zlib.compress(BODY), "body-compressed"),
        (BODY, zlib.compress(BODY, wbits=-15), "body-compressed"),
        (gzip.compress(BODY, mtime=0), BODY, "body-compressed"),
        (zlib.compress(BODY), BODY, "body-compressed"),
        (b'{"a":"x y"}', b'{"a":"x+y"}', "body-percent-encoded"),
        (b"{\n\t'\\'}\r", repr(b"{\n\t'\\'}\r").encode(), "python-bytes-repr"),
        (BODY, BODY + b"\n" * 9, "whitespace-trimmed"),
        (BODY, BODY[:-1], "truncated-body"),
        (b'{"refId":"r","x":{"y":[1]}}', b'{"refId":"r","x":{"y":[1]}', "truncated-body"),
        (BODY, BODY[:-2], "truncated-body"),
        (BODY[:64], BODY, None),
        (b'{"a":"' + b"x" * 600 + b'"}', b'{"a":"' + b"x" * 600 + b'"} and more',
         "text-around-body"),
        (b'{"a":"' + b"x" * 600, b'{"a":"' + b"x" * 600 + b' and more"}', None),
    ],
)  # fmt: skip
def test_the_change_is_proved(signed: bytes, captured: bytes, expected: str | None) -> None:
    """Taken back, the MAC matches; what cannot be taken back is not named."""
    if expected is None:
        assert explain(captured, signature_over(signed)).cause.certainty != "proved"
    else:
        assert codes_for(signed, captured) == [expected]


STYLES = {
    "compact": {"separators": (",", ":")},
    "python": {},
    "comma space": {"separators": (", ", ":")},
    "indent 2": {"indent": 2},
    "indent 3": {"indent": 3},
    "indent 4": {"indent": 4},
    "tab": {"indent": "\t"},
    "xcode": {"indent": 2, "separators": (",", " : ")},
    "sorted": {"sort_keys": True},
    "sorted indent 4": {"sort_keys": True, "indent": 4},
}
NESTED = {
    "status": "successful",
    "é": ["a/b", "<&>", "'", 1, True, None],
    "big": 12345678901234567890,
    "empty": {},
    "none": [],
    "deep": {"b": [{"x": 1}], "a": "\u2028\n\x7f"},
}


# Once sorted, the order that nested keys had is lost.
STYLE_PAIRS = [
    (signed, captured)
    for signed in STYLES
    for captured in STYLES
    if signed.startswith("sorted") or not captured.startswith("sorted")
]


@pytest.mark.parametrize("ascii_only", [True, False])
@pytest.mark.parametrize(("signed_style", "captured_style"), STYLE_PAIRS)
def test_every_style_from_every_other(
    signed_style: str, captured_style: str, *, ascii_only: bool
) -> None:
    """As json.dumps writes them; the signed one has raw characters or escapes."""
    payload = FRENCH | {"n": [1, {"x": "a/b"}]}
    signed = json.dumps(payload, ensure_ascii=ascii_only, **STYLES[signed_style]).encode()  # type: ignore[arg-type]
    captured = json.dumps(payload, ensure_ascii=not ascii_only, **STYLES[captured_style]).encode()  # type: ignore[arg-type]

    assert codes_for(signed, captured) == ["body-reserialized"]


@pytest.mark.parametrize(
    ("signed", "captured"),
    [
        (rb'{"u":"a\/b"}', b'{"u":"a/b"}'),
        (rb'{"u":"a\/\u00e9"}', '{"u":"a/é"}'.encode()),
        (rb'{"u":"a\/'+"é".encode()+b'"}', '{"u":"a/é"}'.encode()),
        (b'{"u":"a/b"}', rb'{"u":"a\/b"}'),
        (rb'{"u":"\u003ca\u003e\u0026"}', b'{"u":"<a>&"}'),
        (b'{"u":"<a>&"}', rb'{"u":"\u003ca\u003e\u0026"}'),
        (rb'{"u":"\u003d\u0027"}', b'{"u":"=\'"}'),
        (rb'{"u":"\u00E9\u0022\u002B"}', '{"u":"é\\"+"}'.encode()),
        (rb'{"u":"\u00e9"}', rb'{"u":"\u00E9"}'),
        (rb'{"u":"\u00E9"}', rb'{"u":"\u00e9"}'),
        (rb'{"u":"\ud83d\udc4d"}', '{"u":"👍"}'.encode()),
        (b'{"n":1.0,"m":1e2,"a":1,"a":2}', b'{"n": 1.0, "m": 1e2, "a": 1, "a": 2}'),
        (b'{"n":1,"m":100,"k":1e-7}', b'{"n": 1.0, "m": 1e2, "k": 1E-07}'),
        (b'{"n": 1.0, "m": 100.0}', b'{"n":1.00,"m":1e2}'),
        (b'{"1":"b","2":"c","x":"a"}', b'{"x":"a","2":"c","1":"b"}'),
        (b'{"a":3,"b":2}', b'{"a":1,"b":2,"a":3}'),
        (b'{"z": 1, "bb": 3, "aaa": 2}', b'{"aaa":2,"bb":3,"z":1}'),
        (b'{"refId":"r","status":"A","previousStatus":"B","x":1}',
         b'{"previousStatus":"B","refId":"r","status":"A","x":1}'),
        (b'{"d":1,"b":2,"a":3,"c":4}', b'{"a":3,"b":2,"c":4,"d":1}'),
        (b'{ "a": 1, "b": 2 }', b'{"a":1,"b":2}'),
        (b'{\r\n  "a": 1\r\n}', b'{"a":1}'),
        (b'{\n  "a": 1\n}\n', b'{"a":1}'),
        (b'{\n  "a" : [ 1, 2 ]\n}', b'{"a":[1,2]}'),
        (b'{"a":1}', b'{ "a" :1 }'),
        (b'{"a":1}', b'{"a":1,}'),
        (b'{"a":0.00001,"b":-1.5}', b'{"a": 1e-5, "b": -1.50}'),
        (b'{"a":"x","b":true,"c":null}', b"{'a': 'x', 'b': True, 'c': None}"),
        (b'{"a":"x","b":[1]}', b"{ a: 'x', b: [ 1 ] }"),
        (b'{"a":"it\'s \\"x\\""}', b"{'a': 'it\\'s \"x\"'}"),
        (b'{"a":"x"}', b'{"a"=>"x"}'),
        (b'{"a":"it\'s"}', b"{'a': \"it's\"}"),
        (b"{'a': \"it's\", 'b': 'x'}", b'{"a":"it\'s","b":"x"}'),
        (b'{\n\t"a": 1,\n\t"b": [\n\t\t2\n\t]\n}', b'{"a":1,"b":[2]}'),
        (b'{\n\t"a":1\n}', b'{"a": 1}'),
        (b'{\n\t"a" : 1\n}', b'{"a": 1}'),
        (b'{\n   "a" : 1\n}', b'{"a": 1}'),
        (b'{"a" : 1, "b" : 2}', b'{"a":1,"b":2}'),
        (b'{"a":1, "b":2}', b'{"a": 1, "b": 2}'),
        (b'{"a": 1,"b": 2}', b'{"a":1,"b":2}'),
        (b'{"n": 10, "k": 12345678901234567890, "m": 0.5}',
         b'{"n":10,"k":12345678901234567890,"m":5e-1}'),
        (b'{"n": -12345678901234567890, "m": 0.5}', b'{"n":-12345678901234567890,"m":5e-1}'),
        (b'{"n": 10, "m": 1e+22}', b'{"n":10,"m":10000000000000000000000.0}'),
        (b'{"a":"\xff"}', b'{"a": "\xff"}'),
        (rb'{"a":"\q"}', rb'{"a": "\q"}'),
        (b'[1,"a",[]]', b'[1, "a", []]'),
        (b'{"a"=>"x", "b"=>nil}', b'{"a":"x","b":null}'),
        (b'{"a" => "x"}', b'{"a":"x"}'),
        (b'{a: "x"}', b'{"a":"x"}'),
        (b"map[a:x]", b'{"a":"x"}'),
    ],
)  # fmt: skip
def test_libraries_and_consoles_write_json_in_many_ways(signed: bytes, captured: bytes) -> None:
    """PHP, Go, Gson, .NET, JavaScript, PostgreSQL, Jackson; consoles of Python, Node and Ruby."""
    assert codes_for(signed, captured) == ["body-reserialized"]


@pytest.mark.parametrize(("colon", "indent"), [(": ", "\t"), (" : ", "  ")])
def test_long_documents_are_written_in_the_main_layouts(colon: str, indent: str) -> None:
    """Above 16 KiB no others are tried."""
    text = "x" * MAX_THOROUGH_BYTES
    signed = f'{{\n{indent}"a"{colon}"{text}"\n}}'.encode()

    assert codes_for(signed, f'{{"a":"{text}"}}'.encode()) == ["body-reserialized"]


def test_says_from_which_style_to_which() -> None:
    """Both ends are named, so one knows which of them to look at."""
    message = explain(PRETTY, signature_over(BODY)).cause.message

    assert "signed compact" in message
    assert "captured indented by 2" in message


def test_everything_at_once_survives() -> None:
    """Escapes, big numbers, empty containers, nesting."""
    signed = json.dumps(NESTED, separators=(",", ":")).encode()
    captured = json.dumps(NESTED, indent=2, ensure_ascii=False).encode()

    assert codes_for(signed, captured) == ["body-reserialized"]


def test_content_length_says_where_the_signed_body_ends() -> None:
    """A capture with something glued to its end."""
    headers = [("content-length", str(len(BODY)))]

    diagnosis = explain(BODY + b"HTTP/1.1 200 OK", signature_over(BODY), headers=headers)

    assert proved(diagnosis) == ["content-length-mismatch"]


def test_only_the_first_bytes_were_signed() -> None:
    """A signer that reads a buffer's worth."""
    body = b'{"a":"' + b"x" * 9000 + b'"}'

    assert codes_for(body[:4096], body) == ["truncated-body"]


def test_facts_become_findings_once_something_is_proved() -> None:
    """The proof explains more."""
    cut = Finding("truncated-body", "96 of 97 bytes are there")
    fact = Finding("content-length-mismatch", "96 bytes, 97 are there")

    diagnosis = explain(PRETTY, signature_over(CRLF), facts=(cut, fact))

    assert proved(diagnosis) == ["lf-converted-body", "content-length-mismatch"]


SMALL = b'{"a":1}'


def test_text_around_a_body_with_a_list() -> None:
    """Its brackets are counted as well."""
    body = b'{"a":[{"b":[1]}]}'

    assert codes_for(body, b"got " + body + b" so far") == ["text-around-body"]


@pytest.mark.parametrize(
    ("captured", "words"),
    [
        (b"body: " + SMALL, "'body:' is before it"),
        (SMALL + b"%", "'%' is after it"),
        (b"data: " + SMALL + b"\n\n", "'data:' is before it"),
        (b"[" + SMALL + b"]", "'[' is before it and ']' is after it"),
        (b"[}" + SMALL, "'[}' is before it"),
        (b'{"data":' + SMALL + b"}", "'{\"data\":' is before it and '}' is after it"),
        (b"'" + SMALL + b"'", '"\'" is before it and "\'" is after it'),
        (b")]}'," + SMALL, ")]}"),
        (b'"' + SMALL, "'\"' is before it"),
        (b'a "b" c' + SMALL + b'"', "'\"' is after it"),
        (b"{" + SMALL, "'{' is before it"),
    ],
)
def test_text_around_the_body(captured: bytes, words: str) -> None:
    """What stands there is shown, a few characters of it."""
    explained = explain(captured, signature_over(SMALL))

    assert proved(explained) == ["text-around-body"]
    assert words in explained.cause.message


@pytest.mark.parametrize(
    ("signed", "captured", "words"),
    [
        (b"no JSON", b"'no JSON'\n", "quotes are around it"),
        (b"no JSON", b"payload= no JSON", "'payload=' is before it"),
    ],
)
def test_text_around_a_body_that_is_no_json(signed: bytes, captured: bytes, words: str) -> None:
    """Quotes and labels."""
    assert words in explain(captured, signature_over(signed)).cause.message


@pytest.mark.parametrize(
    ("signed", "captured", "words"),
    [
        (BODY, BODY.replace(b"COMPLETED", b"REJECTED"), "status was COMPLETED when"),
        (BODY, BODY.replace(b"IN_REVIEW", b"IN_PROGRESS"), "previousStatus was IN_REVIEW when"),
        (BODY, BODY.replace(b"COMPLETED", b"x").replace(b"IN_REVIEW", b"y"), "had other values"),
        (BODY, BODY[:-1] + b',"reason":"FRAUD"}', "the field 'reason' was added"),
        (BODY, BODY.replace(b"{", b'{"a":1,', 1), "the field 'a' was added"),
        (b'{"status":"A"}', b'{"status":"A","status":"A"}', "the field 'status' was added"),
        (b'{"a":2}', b'{"a":1,"a":2}', "the field 'a' was added"),
        (
            BODY,
            BODY.replace(b"unique", b"un\xc3\xafque\xc3\xa9".replace(b"\xc3\xaf", b"i")),
            "not ASCII were added",
        ),
    ],
)
def test_a_field_that_was_altered(signed: bytes, captured: bytes, words: str) -> None:
    """The clearest sign of an attack, or of a careless test."""
    explained = explain(captured, signature_over(signed))

    assert proved(explained) == ["field-altered"]
    assert words in explained.cause.message


@pytest.mark.parametrize(
    ("captured", "expected"),
    [
        (SMALL.replace(b":", b":\xe2\x80\x8b"), "of no width"),
        (SMALL.replace(b":", b":\xc2\xa0"), "do not break"),
        (b"\xef\xbb\xbf\xef\xbb\xbf" + SMALL, "of no width"),
        (SMALL.replace(b":", b":\xe2\x80\x8b\xe2\x80\xaf"), None),
    ],
)
def test_invisible_characters(captured: bytes, expected: str | None) -> None:
    """Chats and wikis put them into what is copied; nobody signed them."""
    explained = explain(captured, signature_over(SMALL))

    assert explained.cause.code == "invisible-characters" or expected is None
    assert expected is None or expected in explained.cause.message


def test_a_csv_cell() -> None:
    """Quotes doubled, with the outer ones and without."""
    doubled = BODY.replace(b'"', b'""')

    assert proved(explain(b'"' + doubled + b'"', signature_over(BODY))) == ["csv-escaped"]
    assert proved(explain(doubled, signature_over(BODY))) == ["csv-escaped"]


@pytest.mark.parametrize(
    "wrapped",
    [
        BODY[:40] + b"\n" + BODY[40:],
        BODY[:40] + b"\n    " + BODY[40:80] + b"\r\n    " + BODY[80:],
    ],
)
def test_a_wrapped_body(wrapped: bytes) -> None:
    """By a terminal or a viewer: nothing was stripped."""
    assert proved(explain(wrapped, signature_over(BODY))) == ["body-wrapped"]


BOM = b"\xef\xbb\xbf"
LINE = BODY + b"\n"


@pytest.mark.parametrize(
    ("signed", "captured", "expected"),
    [
        (LINE, b"body: " + LINE, ["text-around-body"]),
        (LINE, b"{" + LINE, ["text-around-body"]),
        (BOM + BODY, b"body: " + BOM + BODY, ["text-around-body"]),
        (CRLF + b"\r\n", CRLF.replace(b" ", b"   ", 1) + b"\r\n", ["body-reserialized"]),
        (LINE, LINE[:40] + b"\n" + LINE[40:], ["body-wrapped"]),
        (PRETTY + b"\n", PRETTY[:9] + b"\n" + PRETTY[9:] + b"\n", ["body-wrapped"]),
        (LINE, BODY + b"\r", ["crlf-converted-body"]),
        (BOM + BODY, BOM + b"{\xe2\x80\x8b" + BODY[1:], ["invisible-characters"]),
    ],
)
def test_what_is_still_there_was_not_removed(
    signed: bytes, captured: bytes, expected: list[str]
) -> None:
    """Taking one change back may take more with it, which the next step only puts back."""
    assert codes_for(signed, captured) == expected


@pytest.mark.parametrize(
    ("captured", "expected"),
    [
        (BODY[:-1] + "…".encode(), "truncated-body"),
        (BODY[:-1] + b"...\n", "truncated-body"),
        (BODY[:9] + "\u2028".encode() + BODY[9:], "invisible-characters"),
        (BODY[:9] + b"\0" + BODY[9:], "invisible-characters"),
    ],
)
def test_what_viewers_put_in(captured: bytes, expected: str) -> None:
    """An ellipsis for the rest, separators and NUL."""
    assert codes_for(BODY, captured) == [expected]


def test_a_field_added_in_front_keeps_the_line_end_behind_it() -> None:
    """As an editor leaves it."""
    assert codes_for(PRETTY, b'{"x":1,' + PRETTY[1:]) == ["field-altered"]


def test_a_hash_before_the_last_bracket_is_no_comment() -> None:
    """Which would have taken a bracket with it that is still there."""
    explained = explain(BODY[:-1] + b"#}", signature_over(BODY))

    assert "truncated-body" not in [explained.cause.code, *(f.code for f in explained.findings)]


def test_a_body_that_ends_within_a_value_is_no_altered_one() -> None:
    """What is missing of a documented value could be put back, and would accuse somebody."""
    explained = explain(BODY[:-5], signature_over(BODY))

    assert explained.cause.certainty != "proved"


def test_the_line_end_that_framing_left_out_was_not_removed() -> None:
    """A longer value pushes it behind what Content-Length says."""
    ignored = Finding("trailing-bytes-ignored", "1 byte after the body")
    captured = BODY.replace(b"COMPLETED", b"IN_PROGRESS")

    explained = explain(captured, signature_over(LINE), facts=(ignored,))

    assert proved(explained)[:2] == ["field-altered", "content-length-mismatch"]
    assert "the line end after it was signed, too" in explained.findings[0].message


@pytest.mark.parametrize("numbers", [3, 9])
def test_numbers_that_javascript_wrote(numbers: int) -> None:
    """Any of a few, one or all of many; not more, nor those of a large body."""
    signed = json.dumps({"n": [1, *[2.0] * (numbers - 1)]}).encode()
    written = signed.replace(b".0", b"")

    expected = ["body-reserialized"] if numbers == 3 else None
    explained = explain(written, signature_over(signed))
    assert (explained.cause.certainty == "proved") == bool(expected)
    every = json.dumps({"x": -3.0, "n": [2.0] * numbers}).encode()
    assert codes_for(every, every.replace(b".0", b"")) == ["body-reserialized"]
