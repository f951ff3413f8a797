"""The page that `inspect --export` writes: whole, closed, text stays text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from vovecli.ui.inspections import static_page

HOSTILE = "<script>alert(1)</script>\u202e\0&amp;\udcff"


def found(**changed: Any) -> dict[str, Any]:
    """A record as `vove.inspection/1` has it."""
    record = {
        "record": 7, "direction": "received", "at": 1_700_000_000, "event": None, "method": "POST",
        "path": f"/{HOSTILE}", "endpoint": None, "ref_id": HOSTILE, "message_id": HOSTILE,
        "faults": [], "cause": "missing-header:svix-id", "outcome": "invalid", "status": 401,
        "latency_ms": 3.25, "headers": [[HOSTILE, HOSTILE]], "body": HOSTILE, "body_len": 9, "body_truncated": True,
        "answer": {"status": 401, "headers": [], "body_base64": "/w==", "body_truncated": False},
    }  # fmt: skip
    cause = {"code": "x", "message": HOSTILE, "fix": HOSTILE, "certainty": "proved"}
    verify = {
        "cause": cause, "secret": None, "age_s": None,
        "findings": [{"code": "y", "message": HOSTILE}],
    }  # fmt: skip
    step = {
        "record": 7,
        "direction": "received",
        "gap_s": None,
        "error": HOSTILE,
        "status": None,
        "outcome": "invalid",
        "note": "",
    }
    return {
        "record": record | changed.pop("record", {}),
        "ok": False,
        "verify": verify,
        "on_arrival": None,
        "timeline": [step, step | {"gap_s": 2.0, "error": None}],
    } | changed


def page(*inspections: dict[str, Any], **comparisons: Any) -> str:
    """The page of some records."""
    compared = {7: comparisons["compared"]} if comparisons else {}
    return static_page(inspections, compared, style=".a{}", moment=1_700_000_000)


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - of the base class
        self.tags.append(tag)


def test_text_of_a_delivery_stays_text() -> None:
    """No tag of it, and what cannot be seen is named."""
    text = page(found())

    assert "script" not in _Tags(text).tags
    assert "&lt;script&gt;" in text
    assert "\u202e" not in text
    assert "RIGHT-TO-LEFT OVERRIDE" in text
    assert "BYTE FF" in text
    text.encode()  # no lone surrogate is left


def test_the_page_asks_for_nothing() -> None:
    """Neither scripts nor anything from elsewhere, and its policy says so."""
    tags = _Tags(page(found())).tags

    assert not {"script", "img", "link", "iframe", "form"} & set(tags)
    assert "default-src 'none'" in page(found())


def test_what_it_says_of_a_record() -> None:
    """Cause, fix, certainty, answer, timeline."""
    text = page(found())

    for words in (
        "Proved: a signature",
        "Fix:",
        "401",
        "3.2 ms",
        "Timeline",
        "+2 s",
        "Also noticed",
    ):
        assert words in text


def test_what_it_says_of_a_valid_one() -> None:
    """Secret by fingerprint, age, JSON laid out."""
    verify: dict[str, Any] = {
        "cause": None,
        "secret": {"fingerprint": "fp:1"},
        "age_s": 3,
        "findings": [],
    }
    record = {
        "body": '{"a":1}',
        "answer": None,
        "latency_ms": None,
        "status": None,
        "event": "kyc.pending",
        "endpoint": "http://localhost/a",
        "faults": ["stale"],
    }

    text = page(found(verify=verify, record=record, timeline=[], ok=True))

    for words in ("The signature is valid", "fp:1", "3 s when", "  &quot;a&quot;: 1", "stale"):
        assert words in text
    assert "Timeline" not in text


def test_what_it_says_of_half_a_body() -> None:
    """What the listener found, and that no more was kept."""
    arrival = {"code": "x", "message": "the header is missing"}

    text = page(found(verify=None, on_arrival=arrival))

    assert "The header is missing." in text
    assert "Only the beginning" in text
    asked = page(found(verify=None, record={"body_truncated": False}))
    assert "Deliveries are POST requests" in asked
    assert "✗ missing-header" in page(found(verify=None, on_arrival={"code": "x", "message": ""}))


def test_bodies_are_bounded_and_json_is_not_changed() -> None:
    """Numbers and doubled names stay as they came; what is long is cut; what is empty is said."""
    assert "1.10" in page(found(record={"body": '{"a":1.10}'}))
    assert "The first 20000 characters" in page(found(record={"body": "x" * 30_000}))
    assert "It is empty." in page(found(record={"body": ""}))


def test_what_was_signed_is_beside_what_arrived() -> None:
    """Differing pieces are marked, a line end among them has a sign."""
    compared = {
        "left": "arrived", "right": "signed", "names": {},
        "pieces": [{"side": "same", "text": "a"}, {"side": "left", "text": "\n"}, {"side": "right", "text": "b"}],
    }  # fmt: skip

    text = page(found(), compared=compared)

    assert '<mark class="left"><span class="unseen" title="LF">↵' in text
    assert '<mark class="right">b</mark>' in text
