"""The public URL, whoever tunnels: one that is known, does it reach us, has it changed."""

from __future__ import annotations

import contextlib
import http.client
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from vovecli.adapters.files import data_folder, write_private
from vovecli.core.endpoints import is_loopback
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

_MAX_URL = 2048
_TRY_TIMEOUT_S = 5.0
_PAUSE_S = 0.25
# Free plans show browsers a page first; this header says that we are none of the kind.
_SKIP_PAGE = "ngrok-skip-browser-warning"


class OwnTunnel:
    """A `Tunnel` whose URL is known and whose program is somebody else's."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def start(self, local_url: str) -> str:  # noqa: ARG002 - where the user's program points to is the user's matter
        """See `Tunnel.start`."""
        return self._public_url

    def stop(self) -> None:
        """See `Tunnel.stop`."""


class Roundtrip(NamedTuple):
    """What came back.

    Attributes:
        arrived: Whether our listener answered; None where this machine cannot know.
        message: Why not; empty when it arrived.
    """

    arrived: bool | None
    message: str = ""


def probe_public_url(url: str, header: tuple[str, str], timeout_s: float) -> Roundtrip:
    """GET the public URL until an answer carries `header` back, at most `timeout_s` seconds.

    A new name may need a moment to be known everywhere, so a failure is tried again.
    """
    end = time.monotonic() + timeout_s
    while True:
        probe = _ask(url, header)
        if probe.arrived or time.monotonic() + _PAUSE_S >= end:
            return probe
        time.sleep(_PAUSE_S)


def last_url_path() -> Path:
    """Where the URL is kept, per user."""
    return data_folder() / "last-public-url"


def exchange_last_url(path: Path, public_url: str) -> str:
    """Note the URL in a file of mode 0600 and give the one that stood there; empty for none.

    A file that cannot be read or written costs the comparison, nothing else.
    """
    previous = ""
    with contextlib.suppress(OSError), path.open("rb") as file:
        previous = file.read(_MAX_URL).decode("utf-8", "replace").strip()
    if previous != public_url:
        with contextlib.suppress(VoveError):
            write_private(path, f"{public_url}\n".encode())
    return previous if previous.isprintable() else ""


def _ask(url: str, header: tuple[str, str]) -> Roundtrip:
    name, value = header
    request = urllib.request.Request(url, headers={name: value, _SKIP_PAGE: "1"})  # noqa: S310 - the tunnel's own URL
    local = is_loopback(urlsplit(url).hostname or "")
    proxies = urllib.request.ProxyHandler({} if local else None)
    try:
        with urllib.request.build_opener(proxies).open(request, timeout=_TRY_TIMEOUT_S) as answer:
            return _judge(answer.status, answer.headers, header)
    except urllib.error.HTTPError as answer:
        with answer:
            return _judge(answer.code, answer.headers, header)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        return Roundtrip(None, str(getattr(reason, "strerror", None) or reason))


def _judge(status: int, headers: Message, header: tuple[str, str]) -> Roundtrip:
    name, value = header
    if headers.get(name) == value:
        return Roundtrip(True)
    return Roundtrip(
        False, headers.get("Ngrok-Error-Code") or f"something else answers with {status}"
    )
