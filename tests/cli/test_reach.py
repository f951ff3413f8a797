"""What stands before a handler: credentials in the URL, headers, TLS, time."""

from __future__ import annotations

import base64
import ssl
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import trustme
from tests.cli.test_check import RIGHT, URL_PATH, _parsed
from tests.conftest import SECRET as OTHER
from tests.loopback import LoopbackServer, answer
from tests.unit.conformance.handlers import SECRET

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from tests.conftest import RunVove

USER, PASSWORD = "svix", "hunter2/ü"
TOKEN = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
USERINFO = "svix:hunter2%2F%C3%BC"


@contextmanager
def guarded(line: bytes, *, tls: ssl.SSLContext | None = None) -> Iterator[LoopbackServer]:
    """A right handler behind something that wants a header; it repeats what it was given."""

    def respond(connection: socket.socket, raw: bytes) -> None:
        if not raw:
            return
        if line not in raw:
            given = raw.partition(b"Authorization: ")[2].partition(b"\r\n")[0].decode()
            kind, _, token = given.partition(" ")
            decoded = base64.b64decode(token).decode() if kind == "Basic" else ""
            body = f"refused: {given} {decoded}"
            connection.sendall(answer("401 X", body.encode(), "WWW-Authenticate: Basic"))
            return
        found = RIGHT(_parsed(raw))
        connection.sendall(answer(f"{found.status} X", found.body))

    with LoopbackServer(respond, tls=tls).running() as server:
        yield server


def test_check_sends_credentials_and_shows_them_nowhere(run_vove: RunVove) -> None:
    """Neither in the text, nor in any report, whether they are right or wrong."""
    shown = []
    with guarded(f"Authorization: Basic {TOKEN}\r\n".encode()) as server:
        for userinfo, code in ((USERINFO, 0), (f"{USERINFO}x", 1)):
            for form in ("--json", "--color=never", "--github"):
                result = run_vove(
                    "check", f"http://{userinfo}@localhost:{server.port}{URL_PATH}", form, "-v",
                    "--secret", SECRET.text, "--junit", "junit.xml", "--html", "page.html",
                )  # fmt: skip
                assert result.exit_code == code, result.stdout
                texts = [result.stdout, result.stderr]
                texts += [Path(name).read_text() for name in ("junit.xml", "page.html")]
                shown += texts

    for text in shown:
        assert TOKEN not in text
        assert PASSWORD not in text
        assert "hunter2" not in text


def test_send_and_replay_with_credentials(run_vove: RunVove) -> None:
    """They go with the delivery, and are not recorded."""
    with guarded(f"Authorization: Basic {TOKEN}\r\n".encode()) as server:
        url = f"http://{USERINFO}@localhost:{server.port}{URL_PATH}"
        sent = run_vove(
            "send", "kyb.case.completed", "--to", url, "--secret", SECRET.text, "--json"
        )
        wrong = run_vove("send", "kyb.case.completed", "--to", url.replace("svix:", "svix:x"), "-v")
        again = run_vove("replay", "2", "--to", url, "--secret", SECRET.text)
    history = run_vove("history", "show", "1", "--json").stdout
    database = b"".join(path.read_bytes() for path in Path.home().rglob("*.db*"))

    assert (sent.exit_code, wrong.exit_code, again.exit_code) == (0, 1, 0)
    assert sent.json["endpoint"] == f"http://localhost:{server.port}{URL_PATH}"
    for text in (sent.stdout, wrong.stdout + wrong.stderr, again.stdout, history):
        assert TOKEN not in text
        assert "hunter2" not in text
    assert TOKEN.encode() not in database


def test_bad_urls_with_credentials(run_vove: RunVove) -> None:
    """An error quotes everything but them, in short forms too."""
    for url in ("http://svix:hunter2@", "svix:hunter2@localhost:99999/x", "ftp://svix:hunter2@h/"):
        result = run_vove("send", "kyb.case.completed", "--to", url)

        assert result.exit_code == 2
        assert "hunter2" not in result.stderr
        assert "***@" in result.stderr


def test_headers_of_the_user(run_vove: RunVove) -> None:
    """`-H` goes with every request of check; what the suite sends itself is refused."""
    with guarded(b"X-Gate: open sesame\r\n") as server:
        url = f"http://localhost:{server.port}{URL_PATH}"
        arguments = ("check", url, "--secret", SECRET.text)
        right = run_vove(*arguments, "-H", "X-Gate: open sesame")
        closed = run_vove(*arguments)
        own = run_vove(*arguments, "-H", "Svix-Id: msg_1")
        replayed = run_vove("sign", "kyb.case.completed", "--secret", SECRET.text)
        Path("r.http").write_bytes(replayed.stdout_bytes)
        sent = run_vove(
            "replay", "r.http", "--to", url, "-H", "X-Gate: open sesame", *arguments[2:]
        )

    assert (right.exit_code, closed.exit_code, sent.exit_code) == (0, 1, 0)
    assert (own.exit_code, "vove sends itself" in own.stderr) == (2, True)


@pytest.mark.parametrize("trust", ["--ca-file", "--insecure"])
def test_tls(trust: str, run_vove: RunVove) -> None:
    """An authority of one's own is trusted, and is no proof that the provider trusts it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path("ca.pem")
    options = [trust, "ca.pem"] if trust == "--ca-file" else [trust]
    with guarded(b"POST", tls=context) as server:
        url = f"https://localhost:{server.port}{URL_PATH}"
        result = run_vove(
            "check", url, "--secret", SECRET.text, "--only", "retry", *options, "--json"
        )
        both = run_vove("check", url, "--insecure", "--ca-file", "ca.pem")
        no_file = run_vove("check", url, "--ca-file", "none.pem", "--secret", SECRET.text, "--json")

    assert result.exit_code == 0
    assert (both.exit_code, no_file.exit_code) == (2, 3)
    assert no_file.json["code"] == "bad-ca-file"


def test_timeout(run_vove: RunVove) -> None:
    """How long an answer may take."""

    def respond(connection: socket.socket, raw: bytes) -> None:
        time.sleep(0.4 if raw else 0)
        connection.sendall(answer("200 OK", b""))

    with LoopbackServer(respond).running() as server:
        url = f"http://127.0.0.1:{server.port}{URL_PATH}"
        arguments = (
            "check",
            url,
            "--only",
            "delivery.valid-kyb",
            "--secret",
            SECRET.text,
            "--json",
        )
        result = run_vove(*arguments, "--timeout", "100ms")

    assert "within 0.1 s" in result.stdout


def test_the_forward_of_listen_has_headers_too(run_vove: RunVove) -> None:
    """They need an app to go to, and do not touch what frames the body."""
    alone = run_vove("listen", "-H", "X: y", "--secret", OTHER)
    framing = run_vove("listen", "--forward-to", "4000", "-H", "Content-Length: 1")

    assert (alone.exit_code, framing.exit_code) == (2, 2)
    assert "need --forward-to" in alone.stderr
