from __future__ import annotations

import json
from base64 import b64encode
from contextlib import suppress
from html import escape
from pprint import pformat
from time import process_time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.captures.printers import (
    PRINTERS,
    dumped,
    jsons,
    lines,
    node_headers,
    typed,
    wrapped,
)

from vovecli.core.captures import proof, read_captures
from vovecli.core.errors import VoveError
from vovecli.core.messages import Message
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.outcomes.verdicts import Verification
    from vovecli.core.requests import CapturedRequest

SECRETS = [parse_secret("whsec_q3Vt8mZpL0xW+R7bK1/sYcNfJ5hD2gTu")]
OTHERS = [parse_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
ID = "msg_2if9qqkVjQDrS738JZOnax9T7MO"
PAYLOAD = {"refId": "r-1", "status": "COMPLETED", "previousStatus": "IN_REVIEW"}
BODY = json.dumps(PAYLOAD, separators=(",", ":"))


def headers_of(body: str, *, message_id: str = ID) -> dict[str, str]:
    """The headers of a genuine delivery, as a server hands them over."""
    message = Message(message_id, 1_758_834_283, body.encode())
    headers = {name.lower(): value for name, value in signed_headers(SECRETS, message)}
    return {"host": "hooks.example.test", **headers}


def judged(text: str, secrets: Any = SECRETS) -> list[tuple[CapturedRequest, Verification]]:
    """Every request of a text with its verdict."""
    return [
        proof.judge(
            request, secrets, lambda found: verify(found, secrets, moment=0, judge_age=False)
        )
        for request in read_captures(text.encode("utf-8", "surrogateescape"))
    ]


def refused(text: str, secrets: Any = SECRETS) -> VoveError:
    """The error that a text ends in."""
    with pytest.raises(VoveError) as error:
        judged(text, secrets)
    return error.value


def codes(verdict: Verification) -> list[str]:
    """Of the findings."""
    return [finding.code for finding in verdict.findings]


@pytest.mark.parametrize("form", PRINTERS)
def test_a_delivery_is_found_in_every_print(form: str) -> None:
    """The signature says which bytes were the body."""
    ((request, verdict),) = judged(PRINTERS[form](headers_of(BODY), BODY))

    assert (verdict.valid, request.body.decode()) == (True, BODY)
    assert request.values("svix-id") == [ID]


TEXTS = st.text(
    st.sampled_from("aé日😀 '\"`\\{}[]()<>:,=|#$%&/\n\t\r\x7f\u2019\u00a0")
    | st.characters(codec="utf-8"),
    max_size=12,
)
VALUES = st.recursive(
    TEXTS | st.booleans() | st.none() | st.integers(-10, 10_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
WRITTEN: list[dict[str, Any]] = [
    {"separators": (",", ":")}, {"separators": (",", ":"), "ensure_ascii": False}, {"indent": 2}, {},
]  # fmt: skip


@settings(max_examples=150)
@given(
    form=st.sampled_from(sorted(PRINTERS)),
    more=st.dictionaries(TEXTS, VALUES, max_size=3),
    style=st.sampled_from(WRITTEN),
    end=st.sampled_from(["", "", "\n", "\r\n"]),
)
def test_a_genuine_delivery_is_never_called_invalid(
    form: str, more: dict[str, Any], style: dict[str, Any], end: str
) -> None:
    """Valid with the very bytes that were signed, or refused as not found."""
    body = json.dumps({**PAYLOAD, **more}, **style) + end
    results = []
    with suppress(VoveError):
        results = judged(PRINTERS[form](headers_of(body), body))

    assert [(request.body, verdict.cause) for request, verdict in results] == [
        (body.encode(), None)
    ]


# A whole document each, beside which nothing can be.
ALONE = {
    "go json bytes", "thunder client", "hoppscotch", "power automate", "wiremock", "n8n", "ecs",
    "buffer", "tshark", "gcp textPayload", "vercel", "docker json-file", "wrangler json", "burp",
    "go dump bytes", "hexdump", "xxd", "tcpdump", "netty", "wireshark", "base64 in lines", "mail",
    "table", "curl -v", "cri in parts", "docker in parts", "wireshark escaped", "json logger's repr", "sentry variables",
}  # fmt: skip


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(PRINTERS.keys() - ALONE)), st.booleans(), TEXTS),
        min_size=2, max_size=4,
    ),
    st.sampled_from(["", "\n", "GET /health 200 {}\n"]),
)  # fmt: skip
@example([("insomnia", False, ""), ("powershell", False, "]")], "")
@example([("bruno", False, ""), ("csv", False, "{")], "")
def test_several_deliveries_in_one_log(
    deliveries: list[tuple[str, bool, str]], between: str
) -> None:
    """Of either family of header names and from any program: each is valid with its own body."""
    expected, text = {}, ""
    for number, (form, is_standard, note) in enumerate(deliveries):
        body = json.dumps({**PAYLOAD, "refId": f"r-{number}", "note": note}, separators=(",", ":"))
        headers = headers_of(body, message_id=f"msg_{number:027d}")
        if is_standard:
            headers = {name.replace("svix", "webhook"): value for name, value in headers.items()}
        expected[f"msg_{number:027d}"] = body.encode()
        text += PRINTERS[form](headers, body) + between
    found = judged(text)

    assert {verdict.message_id: request.body for request, verdict in found} == expected
    assert all(verdict.valid for _, verdict in found)


@pytest.mark.thorough
@pytest.mark.parametrize("form", PRINTERS)
def test_an_altered_body_is_never_valid(form: str) -> None:
    """Nor is anything proved of it that is not so."""
    text = PRINTERS[form](headers_of(BODY), BODY.replace("r-1", "r-2"))
    with suppress(VoveError):
        ((_, verdict),) = judged(text)

        assert verdict.cause
        assert verdict.cause.certainty not in ("proved", "observed")


@pytest.mark.parametrize("separator", ["=", ": ", '": "', ", "])
@pytest.mark.parametrize("end", ["\n", ", ", ".\n"])
def test_a_signature_without_its_version_is_read_whole(separator: str, end: str) -> None:
    """Its first character may be one of those that stand between a name and its value."""
    body = BODY.replace("r-1", "r-30")
    headers = headers_of(body)
    signature = headers["svix-signature"].removeprefix("v1,")
    value = separator + signature + '"' * separator.count('"', 1)
    text = typed({**headers, "svix-signature": "@"}).replace(": @\n", value + end)
    ((_, verdict),) = judged(f"{text}body: {body}\n")

    assert signature[0] in "+/"
    assert verdict.cause
    assert verdict.cause.code == "signature-version-missing"


@pytest.mark.parametrize("form", PRINTERS)
def test_a_cut_signature_says_nothing_about_the_body(form: str) -> None:
    """Of all that the text may mean, it is what needs no other change."""
    body = BODY.replace("r-1", "Zoë 😀") + "\n"
    headers = headers_of(body)
    cut = {**headers, "svix-signature": headers["svix-signature"][:-12]}
    with suppress(VoveError):
        ((_, verdict),) = judged(PRINTERS[form](cut, body))

        assert verdict.cause
        if verdict.cause.certainty == "proved":
            assert verdict.cause.code == "signature-truncated"


NOTE = BODY.replace("r-1", "Zoë's 日本 \\\\ <b>")
PRETTY = json.dumps(PAYLOAD, indent=2)
LOSSY: dict[str, tuple[str, Callable[[dict[str, str], str], str]]] = {
    "a terminal": (BODY, lambda h, b: wrapped(f"$ tail -1 log\n{jsons(h, b)}\n$ \n")),
    "a terminal, wide characters": (NOTE, lambda h, b: wrapped(f"{h}\n{b}\n")),
    "cat -A": (BODY, lambda h, b: f"{lines(h)}\n{b}\n".replace("\n", "$\n")),
    "Markdown": (BODY, lambda h, b: f"{typed(h)}\n```\n{b}\n```\n".replace("msg_", "msg\\_")),
    "lines with numbers": (
        PRETTY,
        lambda h, b: "".join(
            f"{number:4d} {line}\n" for number, line in enumerate(f"{lines(h)}\n{b}".split("\n"), 1)
        ),
    ),
    "highlighted": (
        NOTE,
        lambda h, b: "<pre>"
        + typed(h)
        + "<br>".join(f"<span class='s'>{escape(line)}</span>" for line in b.split("\n"))
        + "</pre>",
    ),
    "psql": (
        PRETTY,
        lambda h, b: "".join(f"{name:<14} | {value}\n" for name, value in h.items())
        + "body           | "
        + "+\n               | ".join(f"{line:<30}" for line in b.split("\n")),
    ),
    "psql in columns": (
        PRETTY,
        lambda h, b: f" headers | body\n {json.dumps(h)} | "
        + f"+\n{' ' * len(json.dumps(h))} | ".join(f"{line:<30}" for line in b.split("\n")),
    ),
    "a chat's spaces": (PRETTY, lambda h, b: f"{typed(h)}\n{b}\n".replace("  ", "\u00a0\u00a0")),
    "Java's properties": (
        BODY, lambda h, b: typed(h).replace("=", "\\=").replace(": ", "=") + f"body={b}\n"
    ),
    "PowerShell's list": (
        NOTE.replace("status", "st  at us"),
        lambda h, b: typed(h) + "body: " + "\n      ".join(b[at : at + 9] for at in range(0, len(b), 9)),
    ),
    "YAML in double quotes": (
        NOTE,
        lambda h, b: f"{typed(h)}body: "
        + json.dumps(b).replace("status", "\\\n  status"),
    ),
    "YAML in single quotes": (
        NOTE.replace("日本 ", "日本  x ").replace("  x", " x"),
        lambda h, b: f"{typed(h)}body: '" + b.replace("'", "''").replace("本 ", "本\n  ") + "'\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("form", LOSSY)
def test_what_a_view_puts_into_a_text_is_taken_out(form: str) -> None:
    """Terminals, databases and highlighters change a text so that a reader sees how."""
    body, printer = LOSSY[form]
    ((request, verdict),) = judged(printer(headers_of(body), body))

    assert (verdict.valid, request.body.decode()) == (True, body)


@pytest.mark.parametrize("columns", range(60, 90))
@pytest.mark.parametrize("form", ["python one dict", "go println", "node json of both"])
def test_a_value_that_a_box_wraps_is_not_judged_by_its_part(form: str, columns: int) -> None:
    """Its quote is not closed where it ends: no header is wrong, none is missing."""
    text = wrapped(PRINTERS[form](headers_of(BODY), BODY), columns)
    box = "".join(f"\u2502 {line:<{columns}} \u2502\n" for line in text.split("\n"))
    with suppress(VoveError):
        results = judged("\u256d".ljust(columns + 4, "\u2500") + f"\n{box}")

        assert all(verdict.valid for _, verdict in results)


def test_values_under_each_other_s_names_are_not_put_right() -> None:
    """Not in the colours of a container's log, either."""
    headers = headers_of(BODY)
    headers["svix-id"], headers["svix-timestamp"] = headers["svix-timestamp"], headers["svix-id"]
    shown = PRINTERS["node one object"](headers, BODY).replace(": '", ": \x1b[32m'")
    log = "".join(
        json.dumps({"log": f"{line}\n", "stream": "stdout"}) + "\n" for line in shown.split("\n")
    )
    ((_, verdict),) = judged(log)

    assert verdict.cause
    assert verdict.cause.code == "malformed-timestamp"


def test_names_of_which_one_is_another_show_a_missing_header() -> None:
    """The looks of its value do not make up for it."""
    attributes = [{"key": name, "tag": {"text": value}} for name, value in headers_of(BODY).items()]
    text = json.dumps({"attributes": attributes, "body": BODY})

    assert judged(text)[0][1].valid
    assert refused(text.replace("svix-signature", "x-signature")).code == "not-a-request"


def test_what_printing_did_is_no_fault_beside_another() -> None:
    """A signature that was cut is the cause; that a tool indents JSON is not."""
    headers = headers_of(BODY)
    headers["svix-signature"] = headers["svix-signature"][:-12]
    ((request, verdict),) = judged(f"{lines(headers)}\nBody:\n{PRETTY}\n")

    assert verdict.cause
    assert (verdict.cause.code, verdict.cause.certainty) == ("signature-truncated", "proved")
    assert request.body.decode() == BODY


@pytest.mark.parametrize("form", ["buffer", "go bytes", "od", "base64 in lines", "tshark"])
def test_bytes_that_were_printed_as_such_are_what_they_are(form: str) -> None:
    """A line end that was signed and is not among them was lost on the way, not by printing."""
    ((request, verdict),) = judged(PRINTERS[form](headers_of(f"{BODY}\n"), BODY))

    assert verdict.cause
    assert verdict.cause.code == "trailing-newline-removed"
    assert request.body.decode() == BODY


def test_a_body_that_is_cut_is_not_missing() -> None:
    """Of a request whose body does not follow its headers as it should."""
    head = "".join(f"> {name}: {value}\n" for name, value in headers_of(BODY).items())

    for body in (BODY, PRETTY):
        assert refused(f"> POST /w HTTP/1.1\n{head}>\n{body[:50]}\n").code == "body-not-found"
    ((_, verdict),) = judged(
        f"* [content-length: 118]\n> POST /w HTTP/1.1\n{head}>\n* [118 bytes]\n"
    )
    assert verdict.cause
    assert verdict.cause.code == "body-missing"


PARSED = {
    "node": f"{{\n  headers: {node_headers(headers_of(BODY))},\n  body: {{\n    refId: 'r-1',\n"
    "    status: 'COMPLETED',\n    previousStatus: 'IN_REVIEW'\n  }\n}\n",
    "python": f"{ {'headers': headers_of(BODY), 'json': PAYLOAD} }\n",
    "ruby": f'{typed(headers_of(BODY))}{{"refId"=>"r-1", "status"=>"COMPLETED", '
    ':previousStatus=>"IN_REVIEW"}\n',
    "print_r": f"{typed(headers_of(BODY))}Array\n(\n    [refId] => r-1\n    [status] => COMPLETED\n"
    "    [previousStatus] => IN_REVIEW\n)\n",
    "var_dump": f'{typed(headers_of(BODY))}array(3) {{\n  ["refId"]=>\n  string(3) "r-1"\n'
    '  ["status"]=>\n  string(9) "COMPLETED"\n  ["previousStatus"]=>\n  string(9) "IN_REVIEW"\n}\n',
    "var_dump of objects": f'{typed(headers_of(BODY))}object(stdClass)#3 (3) {{\n  ["refId"]=>\n'
    '  string(3) "r-1"\n  ["status"]=>\n  string(9) "COMPLETED"\n  ["previousStatus"]=>\n'
    '  string(9) "IN_REVIEW"\n}\n',
    "ruby in pieces": f'{typed(headers_of(BODY))}{{"refId"=>"r" + "-1", "status"=>\n'
    '"COMPL" +\n "ETED", "previousStatus"=>"IN_REVIEW"}\n',
    "python in pieces": f"{typed(headers_of(BODY))}{{'refId': 'r-1', 'status': 'COMP'\n 'LETED',"
    " 'previousStatus': 'IN_REVIEW'}\n",
    "node with backticks": f"{typed(headers_of(BODY))}{{ refId: `r-1`, status: 'COMPLETED',"
    " previousStatus: 'IN_REVIEW' }\n",
    "var_export": f"{typed(headers_of(BODY))}array (\n  'refId' => 'r-1',\n  'status' => 'COMPLETED',"
    "\n  'previousStatus' => 'IN_REVIEW',\n)\n",
    "a JSON member": f"app-1 | {json.dumps({'headers': headers_of(BODY), 'body': PAYLOAD})}\n",
}  # fmt: skip


@pytest.mark.parametrize("text", PARSED.values(), ids=PARSED)
def test_a_parsed_body_is_found_in_its_compact_form(text: str) -> None:
    """As `JSON.stringify` writes it, which is said."""
    ((request, verdict),) = judged(text)

    assert (verdict.valid, request.body.decode()) == (True, BODY)
    assert codes(verdict) == ["body-found", "body-parsed"]


def test_text_that_was_written_anew_is_valid_as_it_was_signed() -> None:
    """What is printed is not what arrived: the signature says what did, and the note how."""
    ((request, verdict),) = judged(f"{typed(headers_of(BODY))}body: {json.dumps(PAYLOAD)}\n")

    assert (verdict.valid, request.body.decode()) == (True, BODY)
    assert codes(verdict) == ["body-found", "body-reserialized"]
    assert "signed compact" in verdict.findings[1].message


def test_a_signer_that_signed_something_else_is_named() -> None:
    """No printer makes a body of what was never one."""
    encoded = b64encode(BODY.encode()).decode()
    ((_, verdict),) = judged(f"{typed(headers_of(encoded))}body: {BODY}\n")

    assert verdict.cause
    assert (verdict.cause.code, verdict.cause.certainty) == ("body-base64-encoded", "proved")


def test_a_relay_sends_on_what_its_event_stream_holds() -> None:
    """So a body that it wrote anew is what the handler gets, and refuses."""
    event = json.dumps({**headers_of(json.dumps(PAYLOAD)), "body": PAYLOAD}, separators=(",", ":"))
    ((_, verdict),) = judged(f"id: 1\nevent: message\ndata: {event}\n\n")

    assert verdict.cause
    assert (verdict.cause.code, verdict.cause.certainty) == ("body-reserialized", "proved")


PARSED_PRINTERS: dict[str, Callable[[dict[str, str], Any], str]] = {
    "json of both": lambda h, p: f"got {json.dumps({'headers': h, 'body': p})}\n",
    "json as javascript": lambda h, p: (
        "Received: "
        + json.dumps({"headers": h, "body": p}, separators=(",", ":"), ensure_ascii=False)
    ),
    "an export": lambda h, p: json.dumps([{"headers": h, "body": p}], indent=2),
    "mockserver": lambda h, p: json.dumps({"headers": h, "body": {"type": "JSON", "json": p}}),
    "python": lambda h, p: f"{h}\n{p}\n",
    "python one dict": lambda h, p: f"{ {'headers': h, 'json': p} }\n",
    "python pprint": lambda h, p: f"{pformat(h)}\n{pformat(p)}\n",
    "json behind a prefix": lambda h, p: f"app-1 | {h}\napp-1 | {json.dumps({'payload': p})}\n",
}


def javascript(value: Any) -> Any:
    """What `JSON.parse` keeps of a number."""
    if isinstance(value, dict):
        return {key: javascript(item) for key, item in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.thorough
@settings(max_examples=100)
@given(
    form=st.sampled_from(sorted(PARSED_PRINTERS)),
    more=st.dictionaries(TEXTS, VALUES | st.sampled_from([1.0, 2.5]), max_size=3),
    style=st.sampled_from(WRITTEN),
    reader=st.sampled_from([dict, javascript]),
)
def test_a_printed_object_is_valid_as_signed_or_refused(
    form: str, more: dict[str, Any], style: dict[str, Any], reader: Any
) -> None:
    """Whatever a parser and a printer made of it, it is never called invalid."""
    payload = {**PAYLOAD, **more}
    body = json.dumps(payload, **style)
    results = []
    with suppress(VoveError):
        results = judged(PARSED_PRINTERS[form](headers_of(body), reader(payload)))

    assert all(
        (request.body, verdict.cause) == (body.encode(), None) for request, verdict in results
    )


@pytest.mark.thorough
@pytest.mark.parametrize("form", PARSED_PRINTERS)
def test_an_altered_object_is_never_valid(form: str) -> None:
    """Nor is a wrong secret blamed, of which nothing is known."""
    text = PARSED_PRINTERS[form](headers_of(BODY), {**PAYLOAD, "refId": "r-2"})
    assert refused(text).code == "body-not-found"
    text = PARSED_PRINTERS[form](headers_of(BODY), {**PAYLOAD, "status": "REJECTED"})
    with suppress(VoveError):
        ((_, verdict),) = judged(text)
        assert verdict.cause
        assert verdict.cause.code == "field-altered"


LOOKS: dict[str, Callable[[str, str, str, str], str]] = {
    "template": lambda i, t, s, b: f"id={i} ts={t} sig={s} body={b}\n",
    "epoch prefix": lambda i, t, s, b: f"1758834299 INFO id={i} ts={t} sig={s} body={b}\n",
    "signature first": lambda i, t, s, b: f"sig={s} id={i} at={t}\n{b}\n",
    "json log": lambda i, t, s, b: json.dumps({"msg": "in", "id": i, "t": t, "sig": s, "raw": b}),
    "docker": lambda i, t, s, b: (
        json.dumps({"log": f"hook {i} {t} {s}\n"}) + "\n" + json.dumps({"log": f"{b}\n"}) + "\n"
    ),
    "slashes": lambda i, t, s, b: f"x {i} {t} {s}\n{b}\n".replace("/", "\\/"),
    "renamed": lambda i, t, s, b: f"x-hook-id: {i}\nx-hook-time: {t}\nx-hook-sig: {s}\n\n{b}\n",
}


@pytest.mark.parametrize("form", LOOKS)
def test_headers_without_their_names_are_known_by_their_looks(form: str) -> None:
    """Which only the signature can confirm."""
    headers = headers_of(BODY)
    values = headers["svix-id"], headers["svix-timestamp"], headers["svix-signature"]
    ((request, verdict),) = judged(LOOKS[form](*values, BODY))

    assert (verdict.valid, request.body.decode()) == (True, BODY)
    assert "known by their looks" in verdict.findings[0].message
    assert refused(LOOKS[form](*values, BODY), OTHERS).code == "body-not-found"


def test_names_behind_a_prefix_say_which_value_is_which() -> None:
    """As Traefik logs them: what is under another name is not put right by its looks."""
    headers = {f"request_{name.title()}": value for name, value in headers_of(BODY).items()}
    swapped = headers | {
        "request_Svix-Id": headers["request_Svix-Timestamp"],
        "request_Svix-Timestamp": headers["request_Svix-Id"],
    }
    ((_, genuine),) = judged(f"{json.dumps(headers)}\n{BODY}\n")
    ((_, wrong),) = judged(f"{json.dumps(swapped)}\n{BODY}\n")

    assert genuine.valid
    assert wrong.cause
    assert wrong.cause.code == "malformed-timestamp"


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_fewer_than_three_looks_are_no_request(missing: int) -> None:
    """Nor are three that are far from each other."""
    headers = headers_of(BODY)
    values = [headers["svix-id"], headers["svix-timestamp"], headers["svix-signature"]]

    assert refused("\n".join(values[:missing] + values[missing + 1 :])).code == "not-a-request"
    values.insert(missing or 1, "." * 500)
    assert refused("\n".join(values)).code == "not-a-request"


def test_a_text_that_is_shorter_than_its_length_says_is_not_the_body() -> None:
    """So nobody is blamed: a printer may have written numbers and escapes anew."""
    headers = f"content-length: {len(BODY) + 9}\n{typed(headers_of(BODY + ' ' * 9))}"

    assert refused(f"{headers}body: {BODY}\n").code == "body-not-found"


def test_whole_numbers_that_javascript_wrote_are_found() -> None:
    """`JSON.parse` reads 1.0 as 1."""
    body = json.dumps({**PAYLOAD, "score": 1.0, "n": 7, "list": [2.0]}, separators=(",", ":"))
    ((request, verdict),) = judged(f"{json.dumps(headers_of(body))}\n{body.replace('.0', '')}\n")

    assert (verdict.valid, request.body.decode()) == (True, body)
    assert "numbers with .0 that JavaScript drops" in verdict.findings[1].message


def test_a_header_whose_value_cannot_be_read_is_not_missing() -> None:
    """A notation that is not known shows the name, and the request is left out."""
    text = f"x svix-id: {ID}\nx svix-timestamp: 1758834283\nx svix-signature: <MAC of 44>\n{BODY}\n"

    assert refused(text).code == "not-a-request"
    assert "names svix-signature" in refused(text).message


def test_numbers_beyond_a_byte_are_no_bytes() -> None:
    """Where 256 is among them, a list is not the body whose zero it would become."""
    body = BODY.replace("r-1", "r\0")
    lines = [f"{name}: {value}" for name, value in headers_of(body).items()]

    def shown(zero: int) -> str:
        return "\n".join([*lines, f"body = {[byte or zero for byte in body.encode()]}"])

    assert [verdict.valid for _, verdict in judged(shown(0))] == [True]
    with pytest.raises(VoveError):
        judged(shown(256))


def test_a_wrong_secret_is_explained_with_the_body_that_the_text_names() -> None:
    """Which cannot be told from an altered body."""
    ((request, verdict),) = judged(PRINTERS["compose"](headers_of(BODY), BODY), OTHERS)

    assert verdict.cause
    assert (verdict.cause.code, request.body.decode()) == ("no-matching-signature", BODY)


@pytest.mark.parametrize(
    ("rest", "language"),
    [
        ("<Buffer 7b 22 ... 63 more bytes>", "Node"),
        ("{ data: [Object] }", "Node"),
        ('string(5) "hello"', "PHP"),
        ("map[refId:r-1 status:COMPLETED]", "Go"),
        ("b'hello'", "Python"),
        ('{"HTTP_HOST"=>"x"}', "Ruby"),
        ("c.e.HookController : {refId=r-1}", "Java"),
    ],
)  # fmt: skip
def test_headers_without_a_body_are_undetermined(rest: str, language: str) -> None:
    """How to print it is said for the language that seems to have printed the rest."""
    error = refused(f"{typed(headers_of(BODY))}{rest}\n")

    assert error.code == "body-not-found"
    assert language in error.hint


def test_a_program_is_no_capture() -> None:
    """What it would send, another program made of it."""
    program = f"import requests\npayload = json.dumps({PAYLOAD})\nheaders = {headers_of(BODY)}\n"

    assert refused(program).code == "body-not-found"


def test_several_deliveries_each_have_their_own_body() -> None:
    """Even where requests at the same time mix their lines."""
    bodies = [BODY.replace("r-1", f"r-{number}") for number in range(3)]
    heads = [typed(headers_of(body, message_id=f"msg_{body[10:13]}")) for body in bodies]
    text = heads[0] + "{}\n" + heads[1] + "{}\n" + bodies[1] + "\n" + bodies[0] + "\n" + heads[2]
    found = judged(text + "\n" + bodies[2])

    assert [request.body.decode() for request, _ in found] == bodies
    assert all(verdict.valid for _, verdict in found)
    assert "other bodies are nearby" in found[0][1].findings[0].message


@pytest.mark.parametrize("is_last", [True, False])
def test_a_delivery_is_not_judged_by_the_body_of_another(*, is_last: bool) -> None:
    """Its own was not printed: its neighbour's says nothing about it."""
    whole = typed(headers_of(BODY)) + BODY + "\n"
    alone = typed(headers_of(BODY.replace("r-1", "r-2"), message_id="msg_2")) + "received\n"

    assert refused(whole + alone if is_last else alone + whole).code == "body-not-found"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("svix-id: {id}\nsvix-id: msg_other\nsvix-timestamp: {ts}\nsvix-signature: {sig}\nbody: {b}\n",
         "header-duplicated:svix-id"),
        ("x svix-id: {id}\nx svix-timestamp: {ts}\nbody: {b}\n", "missing-header:svix-signature"),
    ],
)  # fmt: skip
def test_faults_of_printed_headers(text: str, cause: str) -> None:
    """Two values stay two; what is missing is named."""
    headers = headers_of(BODY)
    ((_, verdict),) = judged(
        text.format(id=ID, ts=headers["svix-timestamp"], sig=headers["svix-signature"], b=BODY)
    )

    assert verdict.cause
    assert verdict.cause.code == cause


def test_headers_that_are_switched_off_do_not_count() -> None:
    """A client keeps them without sending them."""
    fields = [{"key": "svix-id", "value": "old", "disabled": True}]
    fields += [{"key": name, "value": value} for name, value in headers_of(BODY).items()]
    exported = json.dumps({"request": {"header": fields, "body": {"mode": "raw", "raw": BODY}}})
    yaml = "- name: svix-id\n  value: old\n  disabled: true\n" + PRINTERS["insomnia"](
        headers_of(BODY), BODY
    )
    for text in (exported, yaml):
        ((request, verdict),) = judged(text)

        assert verdict.valid
        assert request.values("svix-id") == [ID]


def test_a_template_without_values_is_refused() -> None:
    """Its signature is made elsewhere."""
    text = "x svix-id: {{id}}\nx svix-timestamp: 1758834283\nx svix-signature: {{signature}}\n"

    assert refused(text).code == "unresolved-variable"


def test_an_exact_source_is_never_made_valid_by_what_stands_elsewhere_in_it() -> None:
    """What arrived is what its framing says."""
    head = "".join(f"{name}: {value}\r\n" for name, value in headers_of(BODY).items())
    altered = BODY.replace("COMPLETED", "REJECTED.")
    raw = f"POST /w HTTP/1.1\r\nX-Original: {BODY}\r\n{head}\r\n{altered}"
    ((request, verdict),) = judged(raw)

    assert (request.reading, verdict.valid) == ("exact", False)
    exported = json.dumps({"headers": headers_of(BODY), "body": altered, "original": BODY})
    ((request, verdict),) = judged(exported)
    assert (request.reading, verdict.valid) == ("exact", False)


def test_what_vove_writes_is_exact_whatever_it_looks_like() -> None:
    """A signer may send Python's notation of its bytes, and not what it signed."""
    body = repr(BODY.encode())
    line = {"schema": "vove.delivery/1", "headers": headers_of(BODY), "body": body}
    ((request, verdict),) = judged(json.dumps(line))

    assert verdict.cause
    assert (request.reading, verdict.cause.code) == ("exact", "python-bytes-repr")


def test_a_forced_format_switches_the_search_off() -> None:
    """Then the source is what it is said to be, or wrong."""
    text = PRINTERS["compose"](headers_of(BODY), BODY).encode()
    with pytest.raises(VoveError) as error:
        read_captures(text, format="http")

    assert error.value.code == "not-a-request"


def test_a_first_reading_that_is_right_needs_no_search() -> None:
    """Header lines with a blank line and the body: a message without its start line."""
    ((request, verdict),) = judged(f"{typed(headers_of(BODY))}\n{BODY}")

    assert (request.reading, verdict.valid, codes(verdict)) == ("printed", True, [])


def test_what_a_dump_loses_is_no_proof_of_anything() -> None:
    """`var_dump` escapes nothing: a backslash and an n may be a line end. The MAC says which."""
    body = json.dumps({**PAYLOAD, "note": "\\n"}, separators=(",", ":"))
    dumped = "".join(
        f'  ["{name}"]=>\n  string({len(value)}) "{value}"\n'
        for name, value in {**PAYLOAD, "note": "\\n"}.items()
    )

    ((request, verdict),) = judged(f"{typed(headers_of(body))}array(4) {{\n{dumped}}}\n")

    assert (verdict.valid, request.body.decode()) == (True, body)
    assert codes(verdict) == ["body-found", "body-parsed"]


ATOMS = [
    "{", "}", "[", "]", "(", '"', "'", "`", "\\", '\\"', '{"', '":"', '{"a":', "[[", "<Buffer 7b",
    "7b:", "123, ", '{""', "&quot;", "a", "\n", "=>", 'string(9) "', "body: ", "data", "%7B",
    '{"a":"b"}', "{'a': 'b'}", "svix-id: a\n", "svix-signature: v1,aaaaaaaaaaaaaaaaaaaa\n", "eyJ",
    "AAAAAAAAAAAAAAAA", "'a'\n", "x | ", "[a] => b\n", '["a"]=>\n', "data:", "svix-id", ":", "a=1;",
]  # fmt: skip
BUDGET_S = 2.0  # of the processor; what is quadratic takes minutes


@pytest.mark.thorough
@settings(max_examples=60, derandomize=True)
@given(st.lists(st.sampled_from(ATOMS), min_size=1, max_size=3), st.sampled_from(["", "x", "}"]))
@example(['"', "`"], "")
@example(["`", '"'], "")
def test_the_search_ends_whatever_is_repeated(atoms: list[str], end: str) -> None:
    """Every pattern is linear, and what may stand in itself is bounded."""
    piece = "".join(atoms)
    started = process_time()
    with suppress(VoveError):
        judged(typed(headers_of(BODY)) + piece * (40_000 // len(piece)) + end)

    assert process_time() - started < BUDGET_S


@pytest.mark.thorough
def test_a_megabyte_of_quotes_is_passed_quickly() -> None:
    """What is shorter than a body is no place, and the nearest places are enough."""
    started = process_time()
    assert refused(typed(headers_of(BODY)) + "nothing\n" + "`'" * 500_000).code == "body-not-found"

    assert process_time() - started < BUDGET_S


def test_bytes_without_end_are_no_message() -> None:
    """A list of millions of numbers would take a hundred times its size to look at."""
    assert refused(f"[{'80 79 83 84 ' * 400_000}]").code == "not-a-request"


def test_half_a_character_in_a_parsed_body_is_escaped() -> None:
    """As ECMAScript's well-formed `JSON.stringify` does; no wire can carry it otherwise."""
    capture = {"headers": headers_of(BODY), "body": {"refId": "\ud83d", "status": "x"}}
    (request,) = read_captures(json.dumps(capture).encode())

    assert request.body == b'{"refId":"\\ud83d","status":"x"}'


def test_strings_of_var_dump_are_counted() -> None:
    """Nothing in them is escaped."""
    body = json.dumps({"status": 'a "b"} é', "list": []}, separators=(",", ":"), ensure_ascii=False)
    text = f'{typed(headers_of(body))}array(2) {{\n  ["status"]=>\n  string(9) "a "b"}} é"\n'
    ((request, verdict),) = judged(f'{text}  ["list"]=>\n  array(0) {{\n  }}\n}}\n')

    assert (verdict.valid, request.body.decode()) == (True, body)


def test_a_tag_without_a_space_after_it_is_a_prefix() -> None:
    """As `fly logs` has it."""
    body = json.dumps(PAYLOAD, indent=2)
    lines = f"{json.dumps(headers_of(body))}\nBody: {body}".split("\n")
    text = "".join(f"2026-09-25T20:24:0{n}Z app[148e] fra [info]{x}\n" for n, x in enumerate(lines))
    ((request, verdict),) = judged(text)

    assert (verdict.valid, request.body.decode()) == (True, body)


@pytest.mark.parametrize(("end", "between"), [(".\n", ".\n"), ("..", "..")])
def test_line_ends_that_are_printed_as_dots(end: str, between: str) -> None:
    """As ngrep does it, with `-W byline` and without; no value of a header ends in one."""
    lines = end.join(f"{name}: {value}" for name, value in headers_of(BODY).items())
    ((request, verdict),) = judged(f"T 1.2.3.4:5 -> 1.2.3.5:80 [AP]\n{lines}{end}{between}{BODY}\n")

    assert (verdict.valid, request.body.decode()) == (True, BODY)


def test_a_packet_without_a_message_is_none() -> None:
    """Nor is a dump of other bytes a candidate."""
    assert refused(
        "\t0x0000:  4500 0034 1c46 4000 4006 b1e6 ac10 0a63  E..4.F@.@......c\n"
    ).code == ("not-a-request")


@pytest.mark.parametrize("pad", range(16))
def test_names_that_a_dump_breaks_are_not_missing(pad: int) -> None:
    """A row may hold one or two of them whole, in the text beside the bytes."""
    names = ["svix-id", "svix-signature", "svix-timestamp"]
    headers = {"x": "." * pad, **{name: headers_of(BODY)[name] for name in names}}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    octets = f"POST / HTTP/1.1\r\n{lines}\r\n{BODY}".encode()
    ((request, verdict),) = judged(dumped(octets, "{:08x}: {:<39}  {}", 2))

    assert (verdict.valid, request.body.decode()) == (True, BODY)


@pytest.mark.parametrize(
    "form",
    ["typed", "markdown", "indented", "tshark", "insomnia", "go json bytes", "smart quotes", "od"],
)
@pytest.mark.parametrize("end", ["", "\n"])
def test_a_byte_order_mark_is_found_with_its_body(form: str, end: str) -> None:
    """Or put before it: who prints a text does not see it."""
    body = f"\ufeff{BODY}{end}"
    ((request, verdict),) = judged(PRINTERS[form](headers_of(body), body))

    assert (verdict.valid, request.body.decode()) == (True, body)


@pytest.mark.parametrize(
    "body",
    [
        '{"a": 1e21, "inner": "{\\"status\\":\\"REJECTED\\"}"}',
        '{"a": 1e21, "note": "body: {\\"status\\":\\"REJECTED\\"}"}',
        BODY[:30] + "...",
    ],
)
def test_a_part_of_the_body_is_not_judged_in_its_place(body: str) -> None:
    """Where the whole was written anew or cut, the document in one of its strings says nothing."""
    text = f"```\n{typed(headers_of(body + ' '))}```\n\n```json\n{body.replace('1e21', '1e+21')}\n```\n"

    assert refused(text).code == "body-not-found"


def test_an_apostrophe_in_a_quoted_command_is_one() -> None:
    """A shell's string ends before it and goes on after it."""
    body = BODY.replace("r-1", "it's")
    for quoted in ("'\\''", "'\"'\"'"):
        text = f"I ran\n```\n{typed(headers_of(body))}-d '{body.replace(chr(39), quoted)}'\n```\n"
        ((request, verdict),) = judged(text)

        assert (verdict.valid, request.body.decode()) == (True, body)


def test_an_exact_source_without_its_body_may_show_it_elsewhere() -> None:
    """If it does not, the body is missing; if what it shows fits nothing, nobody is blamed."""
    head = f"POST /w HTTP/1.1\nContent-Length: {len(BODY)}\n{typed(headers_of(BODY))}"
    trace = "".join(f"> {line}\n" for line in head.splitlines()) + ">\n"

    ((_, missing),) = judged(trace)
    ((found, verdict),) = judged(trace + BODY + "\n")

    assert missing.cause
    assert missing.cause.code == "body-missing"
    assert (verdict.valid, found.reading, found.body.decode()) == (True, "printed", BODY)
    assert refused(trace + BODY.replace("r-1", "r-1000") + "\n").code == "body-not-found"


def test_an_exact_source_whose_body_is_empty_stays_exact() -> None:
    """The signature shows that nothing is missing."""
    ((request, verdict),) = judged(f"POST /w HTTP/1.1\n{typed(headers_of(''))}\n")

    assert (verdict.valid, request.reading, request.body) == (True, "exact", b"")


def test_a_request_with_a_header_of_mail_is_no_mail() -> None:
    """Some clients send it, and a body in HTTP is encoded by it in no way."""
    text = f"Content-Transfer-Encoding: base64\n{typed(headers_of(BODY))}\n{BODY}"
    ((request, verdict),) = judged(text)

    assert (verdict.valid, request.body.decode()) == (True, BODY)
