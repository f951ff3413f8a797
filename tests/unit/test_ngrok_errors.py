from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.adapters.tunnel.agent_errors import agent_failure, is_hopeless, is_lasting
from vovecli.core.errors import Category

X509 = (
    "failed to send authentication request: tls: failed to verify certificate: "
    "x509: certificate signed by unknown authority"
)


@pytest.mark.parametrize(
    ("number", "code", "lasting"),
    [
        (4018, "tunnel-no-authtoken", True),
        (105, "tunnel-bad-authtoken", True),
        (106, "tunnel-bad-authtoken", True),
        (107, "tunnel-bad-authtoken", True),
        (300, "tunnel-bad-authtoken", True),
        (108, "tunnel-limit", False),
        (324, "tunnel-limit", False),
        (725, "tunnel-limit", False),
        (726, "tunnel-limit", False),
        (727, "tunnel-limit", False),
        (728, "tunnel-limit", False),
        (734, "tunnel-limit", False),
        (120, "tunnel-agent-too-old", True),
        (121, "tunnel-agent-too-old", True),
        (313, "tunnel-domain", True),
        (319, "tunnel-domain", True),
        (320, "tunnel-domain", True),
        (15013, "tunnel-domain", True),
        (334, "tunnel-url-in-use", False),
        (9009, "tunnel-proxy", True),
        (9040, "tunnel-refused", True),
        (77777, "tunnel-agent-failed", False),
    ],
)
def test_each_code_of_ngrok_has_its_explanation(number: int, code: str, *, lasting: bool) -> None:
    """Code, a quote of what ngrok said where that adds something, a hint, whether waiting helps."""
    error = agent_failure(f"authentication failed: Because of this.\r\n\r\nERR_NGROK_{number}\r\n")
    assert (error.code, error.category) == (code, Category.TUNNEL)
    assert error.hint
    assert is_lasting(error) is lasting
    quoted = f"Because of this (ERR_NGROK_{number})"
    assert quoted in error.message or code in ("tunnel-no-authtoken", "tunnel-proxy")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (X509, "tunnel-tls-intercepted"),
        ("failed to fetch CRL. errors encountered: timed out fetching CRL", "tunnel-crl"),
        ('failed to fetch CRL. errors: Get "http://x": dial tcp: no such host', "tunnel-crl"),
        ("dial tcp: lookup x on 127.0.0.53:53: server misbehaving", "tunnel-no-network"),
        ("dial tcp: lookup x: no such host", "tunnel-no-network"),
        ("resolved tunnel.eu.ngrok.com has no records", "tunnel-no-network"),
        ("read tcp 1.2.3.4:5->6.7.8.9:443: connection reset by peer", "tunnel-no-network"),
        ("dial tcp 1.2.3.4:443: connect: connection refused", "tunnel-no-network"),
        ("listen tcp 127.0.0.1:4040: bind: address already in use", "tunnel-port"),
        ("Error reading configuration file '/x/ngrok.yml': yaml: line 2", "tunnel-config-broken"),
        ('"log_format" must be "term" to be compatible with pyngrok', "tunnel-config-broken"),
        ("something new", "tunnel-agent-failed"),
        ("", "tunnel-agent-failed"),
    ],
)
def test_messages_without_a_code_are_told_by_their_words(said: str, code: str) -> None:
    """The words of the agent's log and of pyngrok lead to the cause; unknown ones are quoted."""
    error = agent_failure(said)
    assert error.code == code
    assert said in error.message
    assert error.hint


def test_quotes_end_where_they_make_sense() -> None:
    """The choice that ngrok offers on further lines is not begun."""
    said = "The endpoint 'https://a.example' is already online. Either\n1. stop\nERR_NGROK_334"
    assert agent_failure(said).message.endswith(
        "'https://a.example' is already online (ERR_NGROK_334)"
    )


def test_code_of_ngrok_outweighs_words() -> None:
    """A message with a code is never judged by the words in it."""
    assert agent_failure("cannot dial tcp\nERR_NGROK_4018").code == "tunnel-no-authtoken"
    assert agent_failure("cannot dial tcp\nERR_NGROK_77777").code == "tunnel-agent-failed"


@given(st.text())
def test_any_text_is_explained_in_one_line(said: str) -> None:
    """Whatever an agent says, there is a headline of bounded length without line feeds."""
    message = agent_failure(said).message
    assert "\n" not in message
    assert len(message) < 500


def test_number_of_an_error() -> None:
    """The first code in a text is quoted, and none where there is none."""
    assert agent_failure("a ERR_NGROK_108 b ERR_NGROK_109").message.endswith("(ERR_NGROK_108)")
    assert "ERR_NGROK_)" not in agent_failure("ERR_NGROK_").message


def test_only_interception_is_hopeless() -> None:
    """Other troubles of the network may pass while we wait."""
    assert is_hopeless(X509)
    assert not is_hopeless("dial tcp: no such host")
