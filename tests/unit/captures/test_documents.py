from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from tests.unit.captures.samples import (
    BODY,
    HEADERS,
    SIGNATURE,
    SIZED,
    facts,
    head,
    read_one,
    refusal,
)

from vovecli.core.captures import detect, read_captures
from vovecli.core.errors import VoveError

TEXT = BODY.decode()
ENCODED = base64.b64encode(BODY).decode()
NAMED = [{"name": name, "value": value} for name, value in SIZED]
LISTS = {name: [value] for name, value in SIZED}
BINARY = b'{"x":"\x80\xff"}'


def document(value: Any) -> bytes:
    """A JSON file."""
    return json.dumps(value).encode()


def har(*, headers: Any = NAMED, **fields: Any) -> dict[str, Any]:
    """An archive of one entry; the fields are those of the request."""
    request = {"method": "POST", "url": "https://x/hooks", "headers": headers, **fields}
    entry = {"startedDateTime": "2024-07-01T21:55:57.412Z", "request": request, "response": {}}
    return {"log": {"version": "1.2", "creator": {"name": "x"}, "entries": [entry]}}


def test_har() -> None:
    """Method, URL, headers, posted text, and the moment it started."""
    archive = document(har(postData={"mimeType": "application/json", "text": TEXT}))
    request = read_one(archive)

    assert detect(archive) == "har"
    assert (request.method, request.target, request.format) == ("POST", "https://x/hooks", "har")
    assert (request.headers, request.body, request.facts) == (SIZED, BODY, ())
    assert request.received_at == 1719870957


@pytest.mark.parametrize(
    ("post_data", "body", "expected"),
    [
        ({"text": base64.b64encode(BINARY).decode(), "encoding": "base64"}, BINARY, []),
        ({"text": BINARY.decode("utf-8", "surrogateescape")}, BINARY, []),
        ({"text": '{"x":"\ufffd\ufffd"}'}, b'{"x":"\xef\xbf\xbd\xef\xbf\xbd"}', ["lossy-utf8"]),
        ({"text": '{"x":"\ud800"}'}, b'{"x":"\xef\xbf\xbd"}', ["lossy-utf8"]),
        ({"params": [{"name": "a", "value": "b c"}]}, b"a=b+c", ["body-parsed"]),
        ({"text": ""}, b"", []),
        (None, b"", []),
    ],
)  # fmt: skip
def test_har_bodies(post_data: Any, body: bytes, expected: list[str]) -> None:
    """Base64 where it is marked, bytes that were no text, parsed forms, and none at all."""
    length = [{"name": "content-length", "value": str(len(BINARY))}]
    fields = {} if post_data is None else {"postData": post_data}
    request = read_one(document(har(headers=length, **fields)))

    said = [] if body == BINARY else ["body-missing" if not body else "content-length-mismatch"]
    assert request.body == body
    assert [code for code in facts(request) if code not in said] == expected
    assert facts(request)[-1:] == said


def test_har_pseudo_headers_are_no_headers() -> None:
    """Browsers list those of HTTP/2 with the others."""
    request = read_one(document(har(headers=[{"name": ":authority", "value": "x"}, *NAMED])))

    assert request.headers == SIZED


def test_one_entry_of_a_har_is_read_alone() -> None:
    """As developer tools copy it."""
    (entry,) = har(postData={"text": TEXT})["log"]["entries"]

    assert (read_one(document(entry)).format, read_one(document(entry)).body) == ("har", BODY)


def test_a_har_without_entries_holds_no_requests() -> None:
    """The archive is recognised; that it holds nothing is for the caller to say."""
    assert read_captures(document({"log": {"entries": []}})) == []
    assert read_captures(document({"log": {"entries": [1, {}, {"request": 2}]}})) == []


def exchange(raw: str | None, **fields: Any) -> dict[str, Any]:
    """One exchange of ngrok's inspector."""
    request = {"method": "POST", "proto": "HTTP/1.1", "headers": LISTS, "uri": "/hooks"}
    return {
        "uri": "/api/requests/http/airt_1", "id": "airt_1", "tunnel_name": "command_line",
        "start": "2024-07-01T22:55:57.400123456+01:00",
        "request": request | ({} if raw is None else {"raw": raw}), **fields,
    }  # fmt: skip


RAW = base64.b64encode(head() + BODY).decode()


@pytest.mark.parametrize(
    "shape", [exchange(RAW), {"uri": "/api/requests/http", "requests": [exchange(RAW)]}]
)
def test_ngrok(shape: dict[str, Any]) -> None:
    """`raw` holds the bytes of the request, `start` the moment it came."""
    request = read_one(document(shape))

    assert detect(document(shape)) == "ngrok"
    assert (request.method, request.target, request.format) == ("POST", "/hooks", "ngrok")
    assert (request.headers, request.body, request.received_at) == (SIZED, BODY, 1719870957)


@pytest.mark.parametrize("raw", [None, ""])
def test_ngrok_without_raw_bytes_has_headers_only(raw: str | None) -> None:
    """The body is nowhere else."""
    request = read_one(document(exchange(raw)))

    assert (request.headers, request.body, facts(request)) == (SIZED, b"", ["body-missing"])


def test_ngrok_cuts_long_bodies() -> None:
    """The length tells how much is missing."""
    raw = base64.b64encode(head() + BODY[:30]).decode()

    assert facts(read_one(document(exchange(raw)))) == ["truncated-body"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("<BASE64 ENCODED BYTES>", "malformed-base64"),
        ("abcde", "malformed-base64"),
        (base64.b64encode(b"HTTP/1.1 200 OK\r\n\r\n").decode(), "not-a-request"),
    ],
)
def test_ngrok_with_something_else_is_refused(raw: str, code: str) -> None:
    """The documentation's placeholder, cut base64, or a response."""
    assert refusal(document(exchange(raw)), name="ngrok") == code


def test_an_empty_ngrok_list_holds_no_requests() -> None:
    """By its format it is known."""
    assert read_captures(document({"uri": "/", "requests": []}), format="ngrok") == []


def item(**fields: Any) -> dict[str, Any]:
    """One request of webhook.site."""
    return {
        "uuid": "77c4844b", "type": "web", "token_id": "73dba5c5", "method": "POST",
        "url": "https://webhook.site/x", "content": TEXT, "headers": LISTS,
        "created_at": "2024-07-01 21:55:57", **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    "shape",
    [
        item(),
        [item()],
        {"data": [item(), item(type="email"), item(type="dns")], "total": 3, "is_last_page": True},
    ],
)
def test_webhook_site(shape: Any) -> None:
    """A request, a list or a page; its time is UTC, its other items are no requests."""
    request = read_one(document(shape))

    assert detect(document(shape)) == "webhook-site"
    assert (request.method, request.target) == ("POST", "https://webhook.site/x")
    assert (request.headers, request.body, request.format) == (SIZED, BODY, "webhook-site")
    assert request.received_at == 1719870957


@pytest.mark.parametrize(
    ("fields", "body", "expected"),
    [
        ({"content": None}, b"", ["body-missing"]),
        ({"content": "", "content_base64": ENCODED}, BODY, []),
        ({"created_at": "2024-07-01T21:55:57Z"}, BODY, []),
        ({"created_at": None}, BODY, []),
    ],
)
def test_webhook_site_bodies(fields: dict[str, Any], body: bytes, expected: list[str]) -> None:
    """Text or base64."""
    request = read_one(document(item(headers=dict(HEADERS), **fields)))

    assert (request.body, facts(request)) == (body, expected)


V1 = {
    "resource": "/{proxy+}", "path": "/hooks", "httpMethod": "POST", "headers": dict(SIZED),
    "multiValueHeaders": LISTS, "requestContext": {"requestTimeEpoch": 1719870957300},
    "body": TEXT, "isBase64Encoded": False,
}  # fmt: skip
V2 = {
    "version": "2.0", "rawPath": "/hooks", "headers": {n.lower(): v for n, v in SIZED},
    "requestContext": {"http": {"method": "POST"}, "timeEpoch": 1719870957300},
    "body": ENCODED, "isBase64Encoded": True,
}  # fmt: skip
ALB = {
    "requestContext": {"elb": {"targetGroupArn": "x"}}, "httpMethod": "POST", "path": "/hooks",
    "multiValueHeaders": LISTS, "body": TEXT, "isBase64Encoded": False,
}  # fmt: skip
EDGE = {
    "Records": [{"cf": {"request": {
        "method": "POST", "uri": "/hooks",
        "headers": {n.lower(): [{"key": n, "value": v}] for n, v in SIZED},
        "body": {"data": ENCODED, "encoding": "base64", "inputTruncated": False},
    }}}]
}  # fmt: skip
QUEUED = {
    "Records": [{
        "messageId": "1", "body": json.dumps(V2), "attributes": {"SentTimestamp": "1719870958000"},
    }]
}  # fmt: skip
MAPPED = {
    "Records": [{
        "body": TEXT, "attributes": {"SentTimestamp": "1719870957000"},
        "messageAttributes": {n: {"stringValue": v, "dataType": "String"} for n, v in SIZED},
    }]
}  # fmt: skip
NOTIFIED = {"Records": [{"Sns": {"Timestamp": "2024-07-01T21:55:58Z", "Message": json.dumps(V1)}}]}
BUS = {"version": "0", "detail-type": "webhook", "time": "2024-07-01T21:55:57Z", "detail": V2}


@pytest.mark.parametrize(
    "event",
    [
        V1,
        V2,
        {**V1, "headers": None},
        {**V1, "multiValueHeaders": None},
        [V1],
        QUEUED,
        {"Records": [{"body": json.dumps(V1), "messageAttributes": {"a": {"stringValue": "b"}}}]},
        NOTIFIED,
        BUS,
    ],
)
def test_aws_events(event: Any) -> None:
    """Both payload versions, their maps of headers, and what queues and buses wrap around them."""
    request = read_one(document(event))

    assert detect(document(event)) == "lambda"
    assert (request.method, request.target, request.format) == ("POST", "/hooks", "lambda")
    assert [(n.lower(), v) for n, v in request.headers] == [(n.lower(), v) for n, v in SIZED]
    assert (request.body, request.facts, request.received_at) == (BODY, (), 1719870957)


@pytest.mark.parametrize("event", [ALB, EDGE, MAPPED])
def test_aws_events_of_other_doors(event: dict[str, Any]) -> None:
    """A load balancer, CloudFront, and API Gateway that writes to a queue."""
    request = read_one(document(event))

    assert request.values("svix-signature") == [SIGNATURE]
    assert (request.body, request.format) == (BODY, "lambda")


@pytest.mark.parametrize(
    ("fields", "body", "expected"),
    [
        ({"body": None}, b"", ["body-missing"]),
        ({"body": json.loads(BODY)}, BODY, ["body-parsed"]),
        ({"body": " " + TEXT}, b" " + BODY, ["content-length-mismatch"]),
        ({"body": ENCODED, "isBase64Encoded": "true"}, BODY, []),
    ],
)
def test_aws_bodies(fields: dict[str, Any], body: bytes, expected: list[str]) -> None:
    """Missing, parsed by a mapping template, altered, or base64 with a flag of text."""
    request = read_one(document({**V1, **fields}))

    assert (request.body, facts(request)) == (body, expected)


def test_aws_duplicates_are_all_kept() -> None:
    """`headers` has the last value only; what `multiValueHeaders` lacks comes from it."""
    event = {
        **V1,
        "multiValueHeaders": {"Svix-Id": ["a", "b"]},
        "headers": {"svix-id": "b", "X": "y"},
    }

    assert read_one(document(event)).headers == [("Svix-Id", "a"), ("Svix-Id", "b"), ("X", "y")]


def test_aws_text_that_is_no_base64_is_refused() -> None:
    """The flag is a promise."""
    assert refusal(document({**V1, "body": TEXT, "isBase64Encoded": True})) == "malformed-base64"


@pytest.mark.parametrize(
    "event",
    [{"Records": []}, {"Records": [{"body": "text"}, {"body": "{"}]}, {"Records": [QUEUED] * 2}],
)
def test_aws_envelopes_may_hold_nothing(event: dict[str, Any]) -> None:
    """Messages that are no HTTP events are passed over."""
    assert all(request.body == BODY for request in read_captures(document(event)))


def test_aws_envelopes_are_opened_only_so_often() -> None:
    """Nesting is bounded."""
    event: Any = V1
    for _ in range(8):
        event = {"detail-type": "x", "detail": event}

    assert read_captures(document(event), format="lambda") == []


@pytest.mark.parametrize(
    "headers",
    [
        dict(SIZED),
        {name.upper(): value for name, value in SIZED},
        {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in SIZED},
        LISTS,
        [list(pair) for pair in SIZED],
        [[name, [value]] for name, value in SIZED],
        NAMED,
        [{"key": name, "value": value, "type": "text"} for name, value in SIZED],
        [{name: value} for name, value in SIZED],
        [part for pair in SIZED for part in pair],
        [*(f"{name}: {value}" for name, value in SIZED), ""],
        "\r\n".join(f"{name}: {value}" for name, value in SIZED),
    ],
    ids=[
        "map", "upper case", "CGI", "lists", "pairs", "pairs of lists", "name and value",
        "key and value", "maps", "flat", "lines", "text",
    ],
)  # fmt: skip
@pytest.mark.parametrize("key", ["headers", "Headers", "request_headers", "rawHeaders"])
def test_headers_of_any_shape(headers: Any, key: str) -> None:
    """Every shape that frameworks and tools write gives the same header list."""
    request = read_one(document({key: headers, "body": TEXT}))

    assert [(n.lower(), v) for n, v in request.headers] == [(n.lower(), v) for n, v in SIZED]
    assert (request.body, request.facts, request.format) == (BODY, (), "json")


@pytest.mark.parametrize(
    "fields",
    [
        {"body": TEXT},
        {"rawBody": TEXT, "body": {"other": 1}},
        {"body": {"a": 1}, "raw_body": TEXT},
        {"Body": TEXT},
        {"body_base64": ENCODED},
        {"bodyBase64": ENCODED},
        {"body": ENCODED, "isBase64Encoded": True},
        {"body": ENCODED, "is_base64": True},
        {"body": ENCODED, "encoding": "BASE64"},
        {"body": ENCODED.rstrip("=") + "\n", "body_encoding": "base64"},
        {"body": {"type": "Buffer", "data": list(BODY)}},
        {"body": {str(place): octet for place, octet in enumerate(BODY)}},
        {"body": list(BODY)},
        {"body": {"mode": "raw", "raw": TEXT}},
        {"body": {"mimeType": "application/json", "text": TEXT}},
        {"body": {"data": ENCODED, "encoding": "base64"}},
        {"content": TEXT},
        {"data": TEXT, "json": {"a": 1}},
        {"payload": TEXT},
    ],
)
def test_bodies_of_any_shape(fields: dict[str, Any]) -> None:
    """Text, base64 that is marked, buffers as Node and browsers write them; raw before parsed."""
    request = read_one(document({"headers": dict(SIZED), **fields}))

    assert (request.body, request.facts) == (BODY, ())


@pytest.mark.parametrize(
    ("value", "body", "expected"),
    [
        (ENCODED, BODY, []),
        (json.loads(BODY), BODY, ["body-parsed"]),
        (None, b"", ["body-missing"]),
    ],
)
def test_a_record_of_kafka(value: object, body: bytes, expected: list[str]) -> None:
    """Its headers are bytes, so a proxy writes them in base64; the value as it is set up."""
    sent = [("svix-timestamp", "1795721958"), ("svix-id", "msg_1"), ("svix-signature", "v1,a=")]
    coded = [{"key": name, "value": base64.b64encode(v.encode()).decode()} for name, v in sent]
    coded.append({"key": "trace", "value": "not base64!"})
    request = read_one(document([{"topic": "t", "headers": coded, "value": value}]))

    assert request.headers == [*sent, ("trace", "not base64!")]
    assert (request.body, facts(request)) == (body, expected)


def test_another_header_in_base64_changes_none() -> None:
    """Only the timestamp's own value shows that all of them were bytes."""
    headers = {"svix-id": "msg_" + "a" * 27, "x-nonce": "MTIzNDU2Nzg5MA=="}
    request = read_one(document({"headers": headers, "body": TEXT}))

    assert dict(request.headers) == headers


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ('{"b": 1.0,\n "a": [true, null, -2e+5, {}], "c": "\\u00e9\\n/\\/"}',
         '{"b":1.0,"a":[true,null,-2e+5,{}],"c":"é\\n//"}'),
        ("[1, 2]", "[1,2]"),
        ("[]", "[]"),
        ("12345678901234567890.10", "12345678901234567890.10"),
        ("false", "false"),
        ('{"0": 1, "x": 2}', '{"0":1,"x":2}'),
        ('{"type": "Buffer", "data": "x"}', '{"type":"Buffer","data":"x"}'),
        ('{"mode": 1, "raw": 2}', '{"mode":1,"raw":2}'),
        ('{"encoding": 1}', '{"encoding":1}'),
    ],
)  # fmt: skip
def test_a_parsed_body_is_written_compactly(text: str, body: str) -> None:
    """Numbers as they were spelt, keys in their order; that it is a guess is told."""
    request = read_one(f'{{"headers": {{"svix-id": "m"}}, "body": {text}}}')

    assert (request.body, facts(request)) == (body.encode(), ["body-parsed"])


@pytest.mark.parametrize(
    "shape",
    [
        [{"headers": dict(SIZED), "body": TEXT}],
        {"data": {"headers": dict(SIZED), "body": TEXT}},
        {
            "level": "info",
            "req": {"headers": dict(SIZED)},
            "body": TEXT,
            "res": {"headers": {"a": "b"}},
        },
        {"item": [{"request": {"header": NAMED, "body": {"mode": "raw", "raw": TEXT}}}]},
        {**dict(SIZED), "body": TEXT},
        {"META": {f"HTTP_{n.upper().replace('-', '_')}": v for n, v in SIZED}, "body": TEXT},
        {"httpRequest": {"httpMethod": "post", "headers": dict(SIZED)}, "rawBody": TEXT},
    ],
)
def test_requests_are_found_inside(shape: Any) -> None:
    """Lists, log lines, collections, and objects that are their own headers; never responses."""
    request = read_one(document(shape))

    assert request.values("svix-signature") == [SIGNATURE]
    assert (request.body, request.format) == (BODY, "json")


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1719870957, 1719870957),
        (1719870957300, 1719870957),
        (1719870957.25, 1719870957),
        ("2024-07-01T21:55:57Z", 1719870957),
        ("2024-07-01T23:55:57.123456789+02:00", 1719870957),
        ("2024-07-01T21:55:57", None),
        ("2024-07-01-08:00", None),
        ("2024-99-01T21:55:57Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        (17, None),
        (None, None),
        (True, None),
    ],
)
def test_the_moment_of_receipt(time: Any, expected: int | None) -> None:
    """Seconds, milliseconds, or a date that names its zone; never a guess."""
    shape = {"headers": dict(SIZED), "body": TEXT, "received_at": time}

    assert read_one(document(shape)).received_at == expected


def test_header_values_keep_odd_characters() -> None:
    """Numbers are texts; what UTF-8 cannot hold becomes a replacement character."""
    text = (
        '{"headers": {"svix-timestamp": 1719870957, "svix-id": "\\ud800\u00e9", "x": true,'
        ' "y": null, "z": {}}}'
    )

    assert read_one(text).headers == [
        ("svix-timestamp", "1719870957"),
        ("svix-id", "\ufffd\u00e9"),
        ("x", "true"),
    ]


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ('{"headers": {}', "malformed-json"),
        ('{"headers": {"a": "b"}} trailing', "malformed-json"),
        ("[" * 100_000, "malformed-json"),
        ('{"a":' * 100_000, "malformed-json"),
        ("[" * 500 + "]" * 500, "not-a-request"),
        ('{"status":"successful","refId":"r"}', "not-a-request"),
        ('{"headers": {"a": "b"}, "response": {}}'.replace("headers", "response"), "not-a-request"),
        ("[]", "not-a-request"),
        ("[1, 2]", "not-a-request"),
        ('{"headers": 3}', "not-a-request"),
        ('{"headers": [1, "a"]}', "not-a-request"),
    ],
)
def test_json_that_holds_no_request_is_refused(source: str, code: str) -> None:
    """Cut or too deep, or a payload without the headers it came with."""
    assert refusal(source) == code


def test_nesting_that_is_too_deep_is_refused() -> None:
    """Where that is depends on Python and on the caller; nothing else may come of it."""
    outcomes = set()
    for depth in range(100, 2000, 100):
        source = f'{{"headers": {{"a": "b"}}, "body": {"[" * depth}{"]" * depth}}}'
        try:
            outcomes.add(str(len(read_one(source).body) == 2 * depth))
        except VoveError as error:
            outcomes.add(error.code)

    assert outcomes <= {"True", "malformed-json", "not-a-request"}
    assert "True" in outcomes
    assert len(outcomes) > 1


def test_documents_one_after_the_other_are_all_read() -> None:
    """As `cat *.json` joins them."""
    one = json.dumps({"headers": dict(SIZED), "body": TEXT}, indent=2)

    assert [request.body for request in read_captures(f"{one}\n{one}".encode())] == [BODY, BODY]


def test_a_document_cut_off_is_detected_as_json() -> None:
    """Only its beginning may be at hand, as for a long file."""
    assert detect(document(har())[:50]) == "json"


@pytest.mark.parametrize("name", ["har", "ngrok", "webhook-site", "lambda", "json"])
def test_a_format_can_be_forced(name: str) -> None:
    """The reader of that format is used, whatever the content looks like."""
    shape = {"headers": dict(SIZED), "body": TEXT, "request": {"headers": NAMED}}

    assert {request.format for request in read_captures(document(shape), format=name)} == {name}
