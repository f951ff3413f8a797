"""What few sources hold: variables of collections, exports without headers, texts at the bounds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.unit.captures.test_printed import BODY, SECRETS, headers_of, judged, refused

from vovecli.core.captures import printed as printed_texts
from vovecli.core.captures import proof, read_captures
from vovecli.core.captures.printed import Printed, Work, candidates
from vovecli.core.captures.printed.evidence import find_blocks
from vovecli.core.captures.printed.values import stringified
from vovecli.core.captures.printed.views import views
from vovecli.core.errors import VoveError


def printed(headers: dict[str, str]) -> str:
    """Header lines without a start line."""
    return "".join(f"{name}: {value}\n" for name, value in headers.items())


def collection(**variables: object) -> bytes:
    """A Postman collection whose id is a variable."""
    headers = headers_of(BODY) | {"svix-id": "{{id}}"}
    request = {
        "method": "POST",
        "url": {"raw": "{{host}}/hook"},
        "header": [{"key": name, "value": value} for name, value in headers.items()],
        "body": {"mode": "raw", "raw": BODY},
    }
    values = [{"key": name, "value": value} for name, value in variables.items()]
    return json.dumps({"item": [{"request": request}], "variable": values}).encode()


def test_a_collection_fills_in_its_own_variables() -> None:
    """And leaves alone what is no text."""
    headers = headers_of(BODY)

    (request,) = read_captures(collection(id=headers["svix-id"], host="http://a", port=1, n=None))

    assert ("svix-id", headers["svix-id"]) in request.headers
    assert request.body == BODY.encode()


@pytest.mark.parametrize("variables", [{}, {"id": 7}, {"host": "x"}])
def test_a_variable_without_a_value_is_named(variables: dict[str, object]) -> None:
    """Whatever else the collection defines."""
    with pytest.raises(VoveError) as error:
        read_captures(collection(**variables))

    assert error.value.code == "unresolved-variable"
    assert "id" in error.value.message


@pytest.mark.parametrize(
    ("document", "word"),
    [
        ({"data": [{"msgId": "msg_1", "response": "{}"}], "done": True}, "Svix message attempt"),
        ([{"id": "atmpt_1"}], "Svix message attempt"),
        ({"headers": {}, "body": BODY}, "Object.fromEntries"),
        ({"data": []}, "no object in it has headers"),
    ],
)
def test_exports_without_headers_say_so(document: object, word: str) -> None:
    """And where they are to be had."""
    with pytest.raises(VoveError) as error:
        read_captures(json.dumps(document).encode())

    assert word in error.value.message


def test_a_line_that_lost_bytes_takes_the_careful_way() -> None:
    """U+FFFD stands where a program could not decode."""
    lines = [json.dumps({"headers": headers_of(BODY), "body": text}) for text in (BODY, "a\ufffd")]

    whole, damaged = read_captures("\n".join(lines).encode())

    assert whole.body == BODY.encode()
    assert damaged.facts


def test_a_search_ends_with_the_work_that_is_left() -> None:
    """And says that it saw a part only."""
    text = f"{printed(headers_of(BODY))}\n{'x' * 5_000}\n{BODY}\n"
    (block,) = find_blocks(text)
    search = Printed(text, block, Work(characters=1))

    found = list(search.candidates(lambda: False))

    assert BODY.encode() not in [each.body for each in found]
    assert search.is_cut


@pytest.mark.thorough
def test_thousands_of_deliveries_in_a_log_are_found_beside_their_headers() -> None:
    """Whatever the work for what is further away."""
    text = "".join(
        f"{printed(headers_of(f'{BODY} ' + ' ' * number))}\nbody: {json.dumps(f'{BODY} ' + ' ' * number)}\n"
        for number in range(40)
    )
    work = Work(characters=1)
    found = [Printed(text, block, work) for block in find_blocks(text)]

    for number, search in enumerate(found):
        bodies = {each.body for each in search.candidates(lambda: False)}
        assert f"{BODY} {' ' * number}".encode() in bodies


def test_a_search_ends_with_the_last_of_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much text there is."""
    monkeypatch.setattr(printed_texts, "_REACHES", (100, 200))
    text = f"{printed(headers_of(BODY))}\n{'x' * 1_000}\n{BODY}\n"
    (block,) = find_blocks(text)

    found = list(Printed(text, block, Work()).candidates(lambda: False))

    assert BODY.encode() not in [each.body for each in found]


def test_a_far_body_is_not_looked_for_where_a_near_one_is_enough() -> None:
    """The search goes outwards in steps."""
    text = f"{printed(headers_of(BODY))}\n{'x' * 20_000}\n{BODY}\n"
    (block,) = find_blocks(text)

    near = list(Printed(text, block, Work()).candidates(lambda: True))
    far = list(Printed(text, block, Work()).candidates(lambda: False))

    assert BODY.encode() not in [each.body for each in near]
    assert BODY.encode() in [each.body for each in far]


def test_the_nearest_body_is_the_first() -> None:
    """Before the headers as behind them; what encloses them comes last."""
    far, near, behind = '{"a": 1}', f'{{"a": 2, "b": "{"z" * 60}"}}', '{"a": 4}'
    around = f'{{"f": {far}, "n": {near}, "h": "HEADERS {"y" * 20}", "b": {behind}}}'
    start = around.index("HEADERS")

    found = [
        each.body.decode()
        for each in candidates.candidates(around, start, start + len("HEADERS"))
        if each.origin == "JSON"
    ]

    expected = [near, behind, far, around]
    assert [body for body in found if body in expected] == expected


def test_spans_beyond_the_bound_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in each other is counted each time."""
    monkeypatch.setattr(candidates, "_MAX_READ", len(BODY))
    text = f"{printed(headers_of(BODY))}\n{BODY}\n{BODY.replace('r-1', 'r-2')}\n"

    assert len([each for each in candidates.candidates(text, 0, 300) if each.origin == "JSON"]) == 1


def test_the_candidates_of_one_delivery_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond that it is said that the text is too large."""
    monkeypatch.setattr(proof, "MAX_CANDIDATES", 0)

    error = refused(f"{BODY}\n{printed(headers_of(BODY))}")

    assert error.code == "body-not-found"
    assert "too large to search further" in error.message


def test_headers_that_are_printed_twice_are_one_request() -> None:
    """A log says them at the start and at the end of a request."""
    lines, noise = printed(headers_of(BODY)), "working\n" * 80

    assert len(find_blocks(f"{lines}\n{BODY}\n{noise}{lines}")) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r'{"a": "\x41"}', b'{"a":"A"}'),
        ("{" + " " * 300_000 + "}", None),
        ("{'a': 1} and more", None),
    ],
)
def test_objects_as_other_languages_print_them(text: str, expected: bytes | None) -> None:
    """An escape that JSON does not know is another language's; what follows an object is not its."""
    assert stringified(text) == expected


def test_the_lines_of_a_json_log_are_put_together() -> None:
    """A line that is no string of JSON is passed over, one that ends in a line end gets no other."""
    inner = [*printed(headers_of(BODY)).splitlines(keepends=True), BODY]
    lines = [json.dumps({"log": line, "stream": "stdout"}) for line in inner]
    text = "\n".join([*lines, r'{"log": "bad \q"}'])

    assert any(printed(headers_of(BODY)) + BODY in view for view in views(text, 0))


def test_a_body_inside_another_candidate_is_no_second_one() -> None:
    """The outer one is what the text names; neither has the signature."""
    body = {"body": json.loads(BODY) | {"status": "REJECTED"}}

    headers = {name: value for name, value in headers_of(BODY).items() if "length" not in name}
    ((_, verdict),) = judged(f"{printed(headers)}\nbody: {json.dumps(body)}\n")

    assert not verdict.valid
    assert "body-found" not in [finding.code for finding in verdict.findings]


def test_what_was_put_together_proves_no_fault_of_the_body() -> None:
    """Another cause than the JSON's style may come from the printing."""
    shown: Any = headers_of(BODY + "\n")
    text = f"{json.dumps(shown)}\nBody: {{'refId': 'r-1', 'status': 'COMPLETED'}}\n"

    assert refused(text, SECRETS).code == "body-not-found"


def test_what_a_text_repeats_is_read_only_so_often() -> None:
    """Thousands of the same lines cost a moment, and that the search ended is said."""
    error = refused(f"{printed(headers_of(BODY))}\n" + 'INFO {"a":[1,2,{"b":3}]}\n' * 6_000)

    assert error.code == "body-not-found"
    assert "too large to search further" in error.message
