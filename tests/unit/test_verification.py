from __future__ import annotations

import base64
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.conftest import OTHER_SECRET, SECRET

from vovecli.core.messages import Headers, Message
from vovecli.core.outcomes.verdicts import Finding, Verification
from vovecli.core.requests import CapturedRequest
from vovecli.core.secrets import parse_secret
from vovecli.core.signing import signed_headers
from vovecli.core.verification import verify

KEY, OTHER = parse_secret(SECRET), parse_secret(OTHER_SECRET)
NOW = 1_750_000_000
BODY = b'{"refId":"r","status":"COMPLETED","previousStatus":"IN_REVIEW"}'


def signed(
    body: bytes = BODY, *, timestamp: int = NOW, prefix: str = "svix", message_id: str = "msg_1"
) -> CapturedRequest:
    """A request signed with the first secret."""
    headers = signed_headers([KEY], Message(message_id, timestamp, body), prefix=prefix)  # type: ignore[arg-type]
    return CapturedRequest("POST", "/", headers, body)


def changed(request: CapturedRequest, **values: str | None) -> CapturedRequest:
    """The same request with other header values; None removes a header."""
    wanted = {name.replace("_", "-"): value for name, value in values.items()}
    headers: Headers = []
    for name, value in request.headers:
        new = wanted.get(name.lower(), value)
        if new is not None:
            headers.append((name, new))
    return CapturedRequest(request.method, request.target, headers, request.body)


def code(verdict: Verification) -> str | None:
    """The code of its cause."""
    return verdict.cause.code if verdict.cause else None


def test_a_genuine_request_is_valid() -> None:
    """With everything that a report needs."""
    verdict = verify(signed(), [OTHER, KEY], moment=NOW + 3)

    assert verdict.valid
    assert (
        verdict.cause,
        verdict.message_id,
        verdict.timestamp,
        verdict.age_s,
        verdict.age_verdict,
    ) == (None, "msg_1", NOW, 3, "fresh")
    assert verdict.secret is KEY
    assert verdict.signature == (1, 1)
    assert verdict.event is not None
    assert verdict.event.type == "kyb.case.completed"


@pytest.mark.parametrize("prefix", ["svix", "webhook"])
@pytest.mark.parametrize("case", [str.lower, str.upper, str.title])
def test_either_family_in_any_case(prefix: str, case: type[str]) -> None:
    """HTTP header names have no case."""
    request = signed(prefix=prefix)
    headers = [(str(case(name)), value) for name, value in request.headers]

    assert verify(CapturedRequest("POST", "/", headers, BODY), [KEY], moment=NOW).valid


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [(300, None), (301, "stale-timestamp"), (-300, None), (-301, "future-timestamp")],
)
def test_the_tolerance_is_inclusive_both_ways(age_s: int, expected: str | None) -> None:
    """Five minutes exactly are allowed."""
    assert expected == code(verify(signed(timestamp=NOW - age_s), [KEY], moment=NOW))


def test_the_age_is_told_but_not_judged_on_request() -> None:
    """Old captures are still worth verifying."""
    verdict = verify(signed(), [KEY], moment=NOW + 9999, judge_age=False)

    assert (verdict.valid, verdict.age_s, verdict.age_verdict) == (True, 9999, "not-judged")


@pytest.mark.parametrize(
    ("age_s", "words"),
    [
        (3_600, "1 h is close"),
        (-3_600, "1 h is close"),
        (7_200, "2 h is close"),
        (7_260, "2 h is close"),
        (7_140, "2 h is close"),
        (7_261, "fresh delivery"),
        (7_139, "fresh delivery"),
        (5_400, "fresh delivery"),
        (14 * 3_600, "14 h is close"),
        (15 * 3_600, "fresh delivery"),
        (400, "fresh delivery"),
        (-400, "correct the clocks"),
    ],
)
def test_whole_hours_are_called_a_time_zone(age_s: int, words: str) -> None:
    """An hour that is whole, give or take a minute, within the zones that exist."""
    verdict = verify(signed(timestamp=NOW - age_s), [KEY], moment=NOW)

    assert verdict.cause is not None
    assert verdict.cause.fix.startswith(words) or words in ("fresh delivery", "correct the clocks")
    assert words in verdict.cause.fix


@pytest.mark.parametrize("part", ["id", "timestamp", "signature"])
def test_names_the_missing_header(part: str) -> None:
    """The first of the three that is not there."""
    request = changed(signed(), **{f"svix_{part}": None})

    assert f"missing-header:svix-{part}" == code(verify(request, [KEY], moment=NOW))


def test_names_all_missing_headers() -> None:
    """The first is the cause, the others are findings."""
    verdict = verify(CapturedRequest("POST", "/", [], b""), [KEY], moment=NOW)

    assert code(verdict) == "missing-header:svix-id"
    assert [finding.code for finding in verdict.findings] == [
        "missing-header:svix-timestamp",
        "missing-header:svix-signature",
    ]
    assert (verdict.message_id, verdict.timestamp) == (None, None)


@pytest.mark.parametrize("part", ["id", "timestamp", "signature"])
def test_names_the_empty_header(part: str) -> None:
    """Blank counts as empty."""
    request = changed(signed(), **{f"svix_{part}": " "})

    assert f"empty-header:svix-{part}" == code(verify(request, [KEY], moment=NOW))


def test_a_doubled_signature_header_is_a_fault() -> None:
    """Receivers disagree about which one counts."""
    request = signed()
    request.headers.append(("svix-signature", "v1,other"))

    assert code(verify(request, [KEY], moment=NOW)) == "header-duplicated:svix-signature"


def test_the_same_header_twice_is_a_note() -> None:
    """The value is certain."""
    request = signed()
    request.headers.append(("svix-id", "msg_1"))

    verdict = verify(request, [KEY], moment=NOW)

    assert verdict.valid
    assert [finding.code for finding in verdict.findings] == ["header-duplicated:svix-id"]


def test_families_are_not_mixed() -> None:
    """Two of one and one of the other make no whole."""
    request = signed()
    headers = [(name.replace("Svix-Id", "Webhook-Id"), value) for name, value in request.headers]

    verdict = verify(CapturedRequest("POST", "/", headers, BODY), [KEY], moment=NOW)

    assert code(verdict) == "headers-mixed-families"


def test_svix_names_win_where_both_families_are_whole() -> None:
    """As in Svix's libraries."""
    request = signed()
    request.headers[:0] = [
        ("webhook-id", "x"),
        ("webhook-timestamp", "1"),
        ("webhook-signature", "v1,x"),
    ]

    assert verify(request, [KEY], moment=NOW).message_id == "msg_1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"{NOW}000", "milliseconds"),
        (f"{NOW}000000", "microseconds"),
        (f"-{NOW}", "sign"),
        (f"+{NOW}", "sign"),
        (f"{NOW}.5", "fraction"),
        ("2026-01-31T12:00:00Z", "ISO 8601"),
        (f"0{NOW}", "zero"),
        ("٠١٢٣", "ASCII"),
        ("NaN", "not a number"),
        ("1e9", "not a number"),
        (f"{NOW}\u00a0", "no-break space"),
    ],
)
def test_says_what_a_malformed_timestamp_is(text: str, words: str) -> None:
    """Each shape has its own words."""
    verdict = verify(changed(signed(), svix_timestamp=text), [KEY], moment=NOW)

    assert code(verdict) == "malformed-timestamp"
    assert verdict.cause is not None
    assert words in verdict.cause.message


def test_a_malformed_timestamp_that_was_signed_is_the_signers() -> None:
    """The signature covers the header's own text, so nobody changed it on the way."""
    content = b"msg_1." + b"%d.5." % NOW + BODY
    entry = "v1," + base64.b64encode(hmac.digest(KEY.key, content, "sha256")).decode()
    request = changed(signed(), svix_timestamp=f"{NOW}.5", svix_signature=entry)

    cause = verify(request, [KEY], moment=NOW).cause

    assert cause is not None
    assert (cause.code, cause.certainty) == ("malformed-timestamp", "proved")
    assert "signed it like that" in cause.message


@pytest.mark.parametrize("text", [f"{NOW}000", "2025-06-15T15:06:40Z", f"{NOW}.0"])
def test_a_malformed_timestamp_does_not_end_the_search(text: str) -> None:
    """What else is wrong is a note: here the key, and that whole seconds were signed."""
    content = b"msg_1.%d." % NOW + BODY
    entry = "v1," + base64.b64encode(hmac.digest(SECRET.encode(), content, "sha256")).decode()
    request = changed(signed(), svix_timestamp=text, svix_signature=entry)

    verdict = verify(request, [KEY], moment=NOW)

    assert verdict.cause is not None
    assert (verdict.cause.code, verdict.cause.certainty) == ("malformed-timestamp", "observed")
    assert [finding.code for finding in verdict.findings] == [
        "content-timestamp-format",
        "undecoded-secret",
        "published-secret",
    ]


def test_a_signature_of_the_ids_own_time_under_a_timestamp_that_is_none() -> None:
    """The id holds the moment that was signed; how far off the header is, nobody can say."""
    message_id = "msg_2yZpo2jVVB5Zb2UIiAtkAJ9TOTQ"
    request = changed(signed(timestamp=1_750_052_120, message_id=message_id), svix_timestamp="now")

    verdict = verify(request, [KEY], moment=NOW)

    assert verdict.cause
    assert verdict.cause.code == "malformed-timestamp"
    assert verdict.findings[0].code == "timestamp-renewed"
    assert "signed for" not in verdict.findings[0].message


def test_a_malformed_timestamp_alone_says_that_the_signature_is_unexplained() -> None:
    """Nothing is proved by a header that is no time."""
    verdict = verify(changed(signed(), svix_timestamp="soon"), [KEY], moment=NOW)

    assert verdict.cause is not None
    assert verdict.cause.code == "malformed-timestamp"
    assert [finding.code for finding in verdict.findings] == [
        "no-matching-signature",
        "published-secret",
    ]


@pytest.mark.parametrize("part", ["svix_id", "svix_signature", "svix_timestamp"])
def test_lone_surrogates_in_headers_do_no_harm(part: str) -> None:
    """A JSON capture can hold what no wire carries."""
    assert not verify(changed(signed(), **{part: "v1,\ud800\udcff"}), [KEY], moment=NOW).valid


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_any_matching_signature_is_enough(order: tuple[int, int]) -> None:
    """During a rotation the header holds two."""
    good = dict(signed().headers)["Svix-Signature"]
    entries = [good, "v1," + base64.b64encode(bytes(32)).decode()]
    request = changed(signed(), svix_signature=" ".join(entries[place] for place in order))

    verdict = verify(request, [KEY], moment=NOW)

    assert verdict.valid
    assert verdict.signature == (order.index(0) + 1, 2)


def test_facts_of_the_capture_are_findings_once_the_mac_matched() -> None:
    """What the capture lacks did not matter then."""
    fact = Finding("content-length-mismatch", "3 bytes more")
    request = CapturedRequest("POST", "/", signed().headers, BODY, facts=(fact,))

    assert fact in verify(request, [KEY], moment=NOW).findings


def test_age_is_reported_as_the_fault_only_after_the_mac_matched() -> None:
    """A stale and altered request is altered first of all; its age is a finding."""
    request = CapturedRequest("POST", "/", signed().headers, BODY.replace(b"r", b"s", 1))

    verdict = verify(request, [KEY], moment=NOW + 999)

    assert code(verdict) == "no-matching-signature"
    assert "stale-timestamp" in {finding.code for finding in verdict.findings}


@pytest.mark.thorough
@given(
    body=st.binary(max_size=200),
    position=st.integers(0),
    flip=st.integers(1, 255),
    part=st.sampled_from(["body", "id", "timestamp"]),
)
@settings(max_examples=60)
def test_no_changed_byte_is_ever_valid(body: bytes, position: int, flip: int, part: str) -> None:
    """Body, id and timestamp are all covered by the signature."""
    request = signed(body)
    if part == "body":
        place = position % (len(body) + 1)
        altered = body[:place] + bytes([flip]) + body[place:]
        forged = CapturedRequest("POST", "/", request.headers, altered)
    elif part == "id":
        forged = changed(request, svix_id="msg_1" + chr(33 + flip % 90))
    else:
        forged = changed(request, svix_timestamp=str(NOW + flip))

    assert not verify(forged, [KEY], moment=NOW).valid


@given(st.binary(max_size=2000), st.integers(1, 99_999_999_999))
def test_whatever_is_signed_verifies(body: bytes, timestamp: int) -> None:
    """Bodies are bytes; text, JSON and encodings do not matter."""
    assert verify(signed(body, timestamp=timestamp), [KEY], moment=timestamp).valid


def test_without_time_for_an_explanation() -> None:
    """The verdict is the same; the cause is the plain one, and it is said that nobody searched."""
    forged = changed(signed(), svix_signature="v1," + base64.b64encode(bytes(32)).decode())

    verdict = verify(forged, [KEY], moment=NOW + 1000, explain=False)

    assert not verdict.valid
    assert code(verdict) == "no-matching-signature"
    assert [finding.code for finding in verdict.findings] == [
        "explanation-skipped",
        "stale-timestamp",
    ]
    assert verify(signed(), [KEY], moment=NOW, explain=False).valid
