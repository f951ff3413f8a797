"""The kit's listener: a real receiver for code that sends."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest

from vovecli.testing import SignedDelivery, Vove

VOVE = Vove()


def post(url: str, made: SignedDelivery) -> int:
    """Send a delivery over HTTP; the status."""
    request = urllib.request.Request(url, made.body, dict(made.headers))
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_judges_what_comes() -> None:
    """A genuine delivery is acknowledged, a forgery is not; both are kept in order."""
    with VOVE.listener() as listener:
        genuine = VOVE.delivery("kyc.pending")
        forged = VOVE.delivery("kyc.pending", faults=["tampered-body"])
        assert [post(listener.url + "/a?b=1", each) for each in (genuine, forged)] == [200, 401]

        first, second = listener.wait_for(2)

    assert (first.method, first.target, first.body) == ("POST", "/a?b=1", genuine.body)
    assert first.verdict.message_id == genuine.message_id
    assert second.verdict.cause
    assert (first.answered, second.answered) == (200, 401)


def test_plays_a_receiver_that_fails_first() -> None:
    """For the retries of the code under test."""
    with VOVE.listener(statuses=[503, 429]) as listener:
        made = VOVE.delivery("kyc.pending")
        assert [post(listener.url, made) for _ in range(3)] == [503, 429, 200]


def test_waiting_in_vain() -> None:
    """Says how many came."""
    with VOVE.listener() as listener:
        post(listener.url, VOVE.delivery("kyc.pending"))

        with pytest.raises(TimeoutError, match=r"1 of 2 requests came within 0\.01 s"):
            listener.wait_for(2, timeout_s=0.01)


def test_nothing_listens_afterwards() -> None:
    """The port is free again."""
    with VOVE.listener() as listener:
        url = listener.url

    with pytest.raises(urllib.error.URLError):
        post(url, VOVE.delivery("kyc.pending"))
