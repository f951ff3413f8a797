"""Two bodies side by side."""

from __future__ import annotations

import base64
import json

from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import SECRET

from vovecli.core import comparison
from vovecli.core.comparison import ComparedText, body_as_signed, compare, invisible
from vovecli.core.messages import Message
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import header_bytes, signed_headers

KEY = parse_secret(SECRET)


def captured(signed: bytes, arrived: bytes) -> CapturedRequest:
    """A request of which another body was signed."""
    headers = signed_headers([KEY], Message("msg_1", 1_700_000_000, signed))
    return CapturedRequest("POST", "/", headers, arrived)


def test_a_changed_word_is_one_piece_a_side() -> None:
    """The reader sees the word, not its letters."""
    pieces = compare(b'{"status":"COMPLETED"}', b'{"status":"REJECTED"}')

    assert pieces == [
        ComparedText("same", '{"status":"'),
        ComparedText("left", "COMPLETED"),
        ComparedText("right", "REJECTED"),
        ComparedText("same", '"}'),
    ]


def test_equal_bodies_have_no_differing_piece() -> None:
    """Nothing to mark."""
    assert compare(b"abc", b"abc") == [ComparedText("same", "abc")]
    assert compare(b"", b"") == []


def test_an_added_line_end_is_the_only_difference() -> None:
    """What an editor added is found and has a name."""
    assert compare(b"{}", b"{}\n") == [ComparedText("same", "{}"), ComparedText("right", "\n")]
    assert invisible("\n") == {"\n": "LF"}


def test_layout_is_compared_word_by_word() -> None:
    """Only the spaces differ where JSON was written anew."""
    pieces = compare(b'{"a":1,"b":2}', b'{"a": 1, "b": 2}')

    assert {piece.text for piece in pieces if piece.side != "same"} == {" "}


def test_large_json_that_was_written_anew_differs_in_spaces_alone() -> None:
    """However long it is, each space is a piece of its own."""
    payload = {f"field{number}": [number, "text", {"a": None}] for number in range(1_000)}
    compact = json.dumps(payload, separators=(",", ":")).encode()

    pieces = compare(json.dumps(payload, indent=2).encode(), compact)

    assert all(piece.text.isspace() for piece in pieces if piece.side != "same")
    assert "".join(piece.text for piece in pieces if piece.side != "left").encode() == compact


def test_spaces_that_are_others_are_a_piece_a_side() -> None:
    """A tab where there were two spaces."""
    assert compare(b"a  b", b"a\tb")[1:3] == [
        ComparedText("left", "  "),
        ComparedText("right", "\t"),
    ]


def test_a_space_within_a_word_makes_two_of_it() -> None:
    """Then the words differ, not the spaces alone."""
    pieces = compare(b"x a b y", b"x ab y")

    assert [piece.text for piece in pieces if piece.side == "right"] == ["ab"]


def test_large_differences_are_one_piece_a_side() -> None:
    """Difflib would take minutes."""
    left, right = b"a-" * 5_000 + b"x", b"b+" * 5_000 + b"y"

    pieces = compare(left, right)

    assert [piece.side for piece in pieces] == ["left", "right"]


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_pieces_give_both_bodies_again(left: bytes, right: bytes) -> None:
    """Nothing is lost, whatever the bytes."""
    pieces = compare(left, right)

    for side, body in (("left", left), ("right", right)):
        text = "".join(piece.text for piece in pieces if piece.side in ("same", side))
        assert header_bytes(text) == body


def test_what_cannot_be_seen_has_a_name() -> None:
    """Spaces and letters can be seen."""
    found = invisible("a \u200b\u00a0\r\0\ufeff\udcff\ue000")

    assert found == {
        "\0": "NUL",
        "\r": "CR",
        "\u00a0": "NO-BREAK SPACE",
        "\u200b": "ZERO WIDTH SPACE",
        "\udcff": "BYTE FF",
        "\ue000": "U+E000",
        "\ufeff": "BYTE ORDER MARK",
    }


def test_the_signed_body_is_what_a_mac_proves() -> None:
    """A line end that was added is taken back."""
    assert body_as_signed(captured(b'{"a":1}', b'{"a":1}\n'), [KEY]) == b'{"a":1}'


def test_nothing_is_signed_where_nothing_is_proved() -> None:
    """Another secret, or no usable headers."""
    signer = parse_secret("whsec_" + base64.b64encode(bytes(range(32))).decode())
    headers = signed_headers([signer], Message("msg_1", 1_700_000_000, b"{}"))

    assert body_as_signed(CapturedRequest("POST", "/", headers, b"{}"), [KEY]) is None
    assert body_as_signed(CapturedRequest("POST", "/", [], b"{}"), [KEY]) is None


def test_the_limit_of_difflib_is_a_number_of_tokens() -> None:
    """So that the test above means something."""
    assert comparison._MOST_TOKENS < 10_000
