from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vovecli.adapters.tunnel.agent_output import (
    SessionLog,
    clean_authtoken,
    endpoint_mark,
    first_line,
    parse_log_line,
    parse_mark,
    parse_version,
    redact,
)
from vovecli.core.errors import Category, VoveError
from vovecli.core.tunnels import TunnelState

TOKEN = "2aBcDeFgHiJkLmNoPqRsTuVwXyZ_0123456789abcdefGHIJK"
UP = 'lvl=info msg="client session established" obj=tunnels.session'
LOST = 'lvl=eror msg="session closed, starting reconnect loop" err="session closed"'


def retry(reason: str) -> str:
    """The line of an attempt to get the session back."""
    return f'lvl=eror msg="failed to reconnect session" err="{reason}"'


def follow(*lines: tuple[float, str]) -> list[tuple[TunnelState, str]]:
    """What a session log tells of lines at given moments."""
    log = SessionLog()
    told = (log.feed(parse_log_line(line), now_s) for now_s, line in lines)
    return [change for change in told if change]


def test_log_line_gives_its_fields_with_escapes_undone() -> None:
    r"""Quoted values lose their quotes, `\r\n`, `\"`, `\\` and `\uXXXX` become what they mean."""
    line = r't=2026-07-22T10:00:00+0200 lvl=eror msg="a \"b\" \\ c" err="x\r\ny\t\u00e9" obj=a.b n='
    assert parse_log_line(line) == {
        "t": "2026-07-22T10:00:00+0200",
        "lvl": "eror",
        "msg": 'a "b" \\ c',
        "err": "x\r\ny\té",
        "obj": "a.b",
        "n": "",
    }


@pytest.mark.parametrize("line", ["", "no fields", '="', 'msg="', 'msg="open', "\x00=\x01", "a\\="])
def test_odd_log_lines_are_read_as_far_as_they_go(line: str) -> None:
    """Unfinished quotes and other text are no error."""
    assert all(isinstance(value, str) for value in parse_log_line(line).values())


@given(st.text())
def test_any_log_line_is_safe(line: str) -> None:
    """No text makes the parser or what follows it raise."""
    SessionLog().feed(parse_log_line(line), 0)
    SessionLog().feed(parse_log_line(f"lvl=eror msg={line}"), 0)


@given(st.text(st.characters(blacklist_categories=["Cs"])))
def test_what_an_agent_quotes_comes_back(value: str) -> None:
    """Quoting as the agent does, then parsing, gives the text again."""
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    assert parse_log_line(f'lvl=info err="{quoted}" obj=x')["err"] == value


def test_first_session_is_nothing_to_tell() -> None:
    """Coming up is not coming back."""
    assert follow((0, UP)) == []


def test_lost_session_is_told_once_with_each_new_reason_and_its_return() -> None:
    """Lost, the reason when it is new, back with the time that it was away."""
    told = follow(
        (0, UP),
        (5, 'lvl=eror msg="heartbeat timeout, terminating session"'),
        (5, LOST),
        (5, LOST),
        (6, retry("no such host")),
        (7, retry("no such host")),
        (8, retry("i/o timeout")),
        (19, UP),
        (30, LOST),
    )
    lost = (TunnelState.LOST, "the tunnel lost its connection to ngrok, reconnecting")
    assert told == [
        lost,
        (TunnelState.RECONNECTING, "no connection to ngrok yet: no such host"),
        (TunnelState.RECONNECTING, "no connection to ngrok yet: i/o timeout"),
        (TunnelState.BACK, "the tunnel is back after 14 s"),
        lost,
    ]


def test_session_that_never_was_cannot_be_lost() -> None:
    """Before the first session, failures are part of connecting."""
    assert follow((0, LOST), (1, retry("refused"))) == [
        (TunnelState.CONNECTING, "no connection to ngrok yet: refused")
    ]


def test_refusal_is_left_to_the_end_of_the_agent() -> None:
    """A failure with a code is final: what it means is told once, by the error it leads to."""
    assert follow((0, retry("authentication failed: x\\r\\nERR_NGROK_107"))) == []


def test_last_error_is_kept_until_the_session_is_there() -> None:
    """What the agent complained about explains a failure; what is over explains none."""
    log = SessionLog()
    log.feed(parse_log_line('lvl=crit msg="command failed" err="first"'), 0)
    log.feed(parse_log_line('lvl=info msg="accept failed" err="not an error"'), 0)
    assert log.error == "first"
    log.feed(parse_log_line(UP), 0)
    assert log.error == ""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("authentication failed: Usage of ngrok\r\n\r\nERR", "Usage of ngrok"),
        ("failed to start tunnel: It is online. Either\n1.", "It is online. Either"),
        ("\n\n  spaced  \n", "spaced"),
        ("ERROR:  authentication failed: Usage of ngrok\nERROR:  \n", "Usage of ngrok"),
        ("ERROR: \nERROR: then this", "then this"),
        ("", ""),
    ],
)
def test_first_line_says_something(text: str, line: str) -> None:
    """The wrapping in front and everything after the first line with text is left out."""
    assert first_line(text) == line


def test_version_of_an_agent() -> None:
    """`ngrok version 3.39.10`, also with a suffix; other text has none."""
    assert parse_version("ngrok version 3.39.10\n") == (3, 39, 10)
    assert parse_version("ngrok version v3.30.0-beta.1") == (3, 30, 0)
    assert parse_version("git version 2.40") is None


@pytest.mark.parametrize(
    "pasted",
    [
        TOKEN,
        f"  {TOKEN}\n",
        f"'{TOKEN}'",
        f"ngrok config add-authtoken {TOKEN}",
        f"$ ngrok.exe authtoken {TOKEN}",
        f"'ngrok config add-authtoken {TOKEN}'",
        f"NGROK_AUTHTOKEN={TOKEN}",
        f'export NGROK_AUTHTOKEN="{TOKEN}"',
        f"authtoken: {TOKEN}",
    ],
)
def test_authtoken_is_found_in_what_people_paste(pasted: str) -> None:
    """Quotes, space and the command around it are removed."""
    assert clean_authtoken(pasted) == TOKEN


def test_no_authtoken_is_no_error_here() -> None:
    """The agent may find one in its own configuration."""
    assert clean_authtoken("  ") == ""


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "webhook signing secret"),
        ("ak_2aBcDeFgHiJkLmNoPqRsTuVwXyZ", "API key"),
        ("cr_2aBcDeFgHiJkLmNoPqRsTuVwXyZ", "ID of an authtoken"),
        ("https://dashboard.ngrok.com", "URL"),
        ("ngrok config add-authtoken $YOUR_AUTHTOKEN", "variable"),
        ("<TOKEN>", "placeholder"),
        ("two words", "spaces"),
        ("tökennnnnnnnnnnnnnnnn", "characters"),
    ],
)
def test_what_is_no_authtoken_is_named_and_not_quoted(text: str, kind: str) -> None:
    """Another kind of value is refused with its name, never with its text."""
    with pytest.raises(VoveError) as caught:
        clean_authtoken(text)
    assert (caught.value.code, caught.value.category) == ("tunnel-bad-authtoken", Category.TUNNEL)
    assert kind in caught.value.message
    assert text not in caught.value.message
    assert "your-authtoken" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        f"token {TOKEN} here",
        f"Your authtoken: {TOKEN}\nInstructions",
        f'err="Your authtoken: {TOKEN}\\nInstructions"',
        f"{TOKEN}{TOKEN}",
    ],
)
def test_authtoken_is_redacted_whether_known_or_not(text: str) -> None:
    """By its value, by its shape, by the words before it; the rest of the text stays."""
    assert TOKEN not in redact(text, TOKEN)
    assert TOKEN not in redact(text)
    assert "Instructions" in redact(text) or "Instructions" not in text


def test_authtoken_of_any_shape_is_redacted_where_ngrok_echoes_it() -> None:
    """Error 105 echoes what never was an authtoken."""
    assert redact("Your authtoken: hunter2\nx") == "Your authtoken: [authtoken]\nx"
    assert redact("it is hunter2", "hunter2") == "it is [authtoken]"


def test_mark_of_our_endpoints() -> None:
    """Who opened an endpoint can be read from its metadata; other metadata is somebody else's."""
    assert parse_mark(endpoint_mark(12, 34)) == (12, 34)
    assert parse_mark("vove pid=12") == (12, 0)
    for other in ("", "pid=12", "vove pid=12 agent=x", "vove pid=12345678901", None, 12):
        assert parse_mark(other) is None
