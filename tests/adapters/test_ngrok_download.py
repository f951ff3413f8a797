from __future__ import annotations

import io
import ssl
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
import trustme

from vovecli.adapters.tunnel import download
from vovecli.adapters.tunnel.agent import agent_download_url, default_agent_path
from vovecli.adapters.tunnel.download import download_agent, ensure_agent
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.doubles.ngrok_fixtures import Double

pytest_plugins = ("tests.doubles.ngrok_fixtures",)

PROGRAM = b"#!/bin/sh\necho ngrok version 3.39.10\n"


def tgz(members: dict[str, bytes]) -> bytes:
    """A gzipped tar archive."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as bundle:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            bundle.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def tgz_with_folder() -> bytes:
    """An archive whose `ngrok` is a folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as bundle:
        entry = tarfile.TarInfo("ngrok")
        entry.type = tarfile.DIRTYPE
        bundle.addfile(entry)
    return packed.getvalue()


def tgz_with_link() -> bytes:
    """An archive whose `ngrok` is a link to a file of ours."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as bundle:
        entry = tarfile.TarInfo("ngrok")
        entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        bundle.addfile(entry)
    return packed.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return packed.getvalue()


class Shop(BaseHTTPRequestHandler):
    """Hands out one archive; `/short` breaks off, `/none` has none."""

    content = b""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing on stderr."""

    def do_GET(self) -> None:
        """Answer a download."""
        self.send_response(404 if self.path == "/none" else 200)
        length = len(self.content) + (10 if self.path == "/short" else 0)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(self.content)


@pytest.fixture
def shop() -> Iterator[Callable[[bytes], str]]:
    """Serves an archive and gives the server's URL."""

    class OneShop(Shop):
        """This test's own."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), OneShop)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()

    def stock(content: bytes) -> str:
        OneShop.content = content
        return f"http://127.0.0.1:{server.server_port}"

    yield stock
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("pack", [tgz, zipped])
def test_agent_arrives_whole_and_executable(
    pack: Callable[[dict[str, bytes]], bytes],
    shop: Callable[[bytes], str],
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The program, mode 0700, progress to the end; nothing printed, nothing else left."""
    target = tmp_path / "new" / "ngrok"
    content = pack({"README": b"hello", "ngrok": PROGRAM, "../ngrok": b"elsewhere"})
    seen: list[tuple[int, int]] = []
    download_agent(shop(content) + "/a", target, lambda done, total: seen.append((done, total)))
    assert target.read_bytes() == PROGRAM
    assert target.stat().st_mode & 0o777 == 0o700
    assert list(target.parent.iterdir()) == [target]
    assert not (tmp_path / "ngrok").exists()
    assert seen[-1] == (len(content), len(content))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("content", "path", "code"),
    [
        (tgz({"ngrok": PROGRAM}), "/short", "tunnel-download-failed"),
        (tgz({"ngrok": PROGRAM}), "/none", "tunnel-download-failed"),
        (tgz({"other": PROGRAM}), "/a", "tunnel-download-failed"),
        (tgz_with_folder(), "/a", "tunnel-download-failed"),
        (tgz_with_link(), "/a", "tunnel-download-failed"),
        (zipped({"other": PROGRAM}), "/a", "tunnel-download-failed"),
        (tgz({"ngrok": PROGRAM})[:-20], "/a", "tunnel-download-failed"),
        (b"<html>sign in to the network</html>", "/a", "tunnel-download-failed"),
        (b"", "/a", "tunnel-download-failed"),
        (tgz({"ngrok": b"#!/bin/sh\necho 1\n"}), "/a", "tunnel-not-executable"),
    ],
    ids=[
        "short",
        "404",
        "other",
        "folder",
        "link",
        "other-zip",
        "cut",
        "portal",
        "empty",
        "no-agent",
    ],
)
def test_archive_that_will_not_do_leaves_nothing(
    content: bytes, path: str, code: str, shop: Callable[[bytes], str], tmp_path: Path
) -> None:
    """Broken off, missing, without the program, no archive, no agent: an error and no file."""
    with pytest.raises(VoveError) as caught:
        download_agent(shop(content) + path, tmp_path / "new" / "ngrok", lambda _done, _total: None)
    assert (caught.value.code, caught.value.category) == (code, Category.TUNNEL)
    assert list((tmp_path / "new").iterdir()) == []


def test_archive_without_an_end_is_not_read_to_it(
    shop: Callable[[bytes], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a limit to what is downloaded and to what is unpacked."""
    url = shop(tgz({"ngrok": bytes(1 << 20)})) + "/a"
    for limit, size in ((100, "archive"), (1 << 19, "program")):
        monkeypatch.setattr(download, "_MAX_BYTES", limit)
        with pytest.raises(VoveError, match="larger than"):
            download_agent(url, tmp_path / size / "ngrok", lambda _done, _total: None)


def test_download_that_leaves_tls_is_refused(
    shop: Callable[[bytes], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate that nobody vouches for, and a redirection to plain HTTP, are both refused."""
    authority = trustme.CA()
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(trusted))
    plain = shop(tgz({"ngrok": PROGRAM})) + "/a"

    class Redirecting(Shop):
        """Sends everybody to plain HTTP."""

        def do_GET(self) -> None:
            """Answer a download."""
            self.send_response(302)
            self.send_header("Location", plain)
            self.send_header("Content-Length", "0")
            self.end_headers()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirecting)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # the refused handshake
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    url = f"https://localhost:{server.server_port}/a"
    try:
        for bundle, reason in (("/nowhere.pem", "CERTIFICATE_VERIFY_FAILED"), (trusted, plain)):
            monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
            with pytest.raises(VoveError, match=reason):
                download_agent(url, tmp_path / "ngrok", lambda _done, _total: None)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_nobody_there_to_download_from(tmp_path: Path) -> None:
    """No network is the download's failure, with a way around it."""
    with pytest.raises(VoveError) as caught:
        download_agent("http://127.0.0.1:1/a", tmp_path / "ngrok", lambda _done, _total: None)
    assert caught.value.code == "tunnel-download-failed"
    assert "ngrok.com/download" in caught.value.hint


def test_publisher_and_place() -> None:
    """The agent comes from ngrok's own host over TLS, and goes where pyngrok looks for it."""
    assert agent_download_url().startswith("https://bin.ngrok.com/")
    assert default_agent_path().name in ("ngrok", "ngrok.exe")


@pytest.fixture
def nothing_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without an agent; where one would go."""
    target = tmp_path / "agent" / "ngrok"
    monkeypatch.setattr(download, "default_agent_path", lambda: target)
    return target


@pytest.mark.parametrize("agreed", [True, False])
def test_download_only_with_consent(
    agreed: bool,  # noqa: FBT001 - a parameter of the test
    nothing_found: Path,
    shop: Callable[[bytes], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without an agent the user is asked, with address and place; only a yes downloads."""
    url = shop(tgz({"ngrok": PROGRAM})) + "/a"
    monkeypatch.setattr(download, "agent_download_url", lambda: url)
    asked: list[tuple[str, Path]] = []

    def agree(url: str, path: Path) -> bool:
        asked.append((url, path))
        return agreed

    if agreed:
        assert ensure_agent("", {}, agree, lambda *_: None) == nothing_found
    else:
        with pytest.raises(VoveError, match="no ngrok agent") as caught:
            ensure_agent("", {}, agree, lambda *_: None)
        assert "--yes" in caught.value.hint
    assert asked == [(url, nothing_found)]
    assert nothing_found.exists() is agreed


def test_agent_that_is_there_is_checked_and_nobody_asked(
    nothing_found: Path, double: Double
) -> None:
    """The one that is found is used; one that will not do is an error, not a reason to download."""
    environment = {"NGROK_PATH": str(double.path)}

    def agree(_url: str, _path: Path) -> bool:
        pytest.fail("nobody is to be asked")

    assert ensure_agent("", environment, agree, lambda *_: None) == double.path
    double.faults("old")
    with pytest.raises(VoveError, match=r"3\.20\.0"):
        ensure_agent("", environment, agree, lambda *_: None)
    with pytest.raises(VoveError, match="/nowhere/ngrok"):
        ensure_agent("/nowhere/ngrok", environment, agree, lambda *_: None)
    assert not nothing_found.exists()


def test_interrupted_download_leaves_nothing(
    nothing_found: Path, shop: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C while it runs."""
    url = shop(tgz({"ngrok": PROGRAM})) + "/a"
    monkeypatch.setattr(download, "agent_download_url", lambda: url)

    def interrupt(_done: int, _total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensure_agent("", {}, lambda *_: True, interrupt)
    assert list(nothing_found.parent.iterdir()) == []
