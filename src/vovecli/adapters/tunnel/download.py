"""Seeing to it that there is an ngrok agent: found, or downloaded once the user has agreed."""

from __future__ import annotations

import gzip
import http.client
import tarfile
import tempfile
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from vovecli.adapters.tunnel.agent import agent_download_url, default_agent_path
from vovecli.adapters.tunnel.agent_errors import tunnel_error
from vovecli.adapters.tunnel.binary import check_agent, find_agent
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    # Bytes so far, and of how many (0: not known).
    Progress = Callable[[int, int], None]

_BROKEN = (
    *(OSError, EOFError, ValueError, LookupError, http.client.HTTPException),
    *(zlib.error, zipfile.BadZipFile, tarfile.TarError),
)
_MAX_BYTES = 200 << 20
_CHUNK = 1 << 16
_READ_TIMEOUT_S = 15.0
_VERSION_TIMEOUT_S = 10.0


def ensure_agent(
    explicit: str,
    environment: Mapping[str, str],
    agree: Callable[[str, Path], bool],
    progress: Progress,
) -> Path:
    """The path of an agent that will do.

    Args:
        explicit: Where the user says it is; empty = look for one.
        environment: Where the rest of `find_agent` looks.
        agree: Asked before a download, with the URL and the path it goes to.
        progress: Called with how far the download is.

    Raises:
        VoveError: `tunnel-agent-missing`, or what `check_agent` and `download_agent` raise.
    """
    target = default_agent_path()
    found = find_agent(explicit, environment, target)
    if found:
        check_agent(found[0], _VERSION_TIMEOUT_S)
        return found[0]
    url = agent_download_url()
    if not agree(url, target):
        raise tunnel_error(
            "tunnel-agent-missing",
            "there is no ngrok agent on this machine",
            "install it from https://ngrok.com/download, or let vove download it: --yes",
        )
    download_agent(url, target, progress)
    return target


def download_agent(url: str, target: Path, progress: Progress) -> None:
    """Put the agent out of an archive at `url` to `target`, proved to run, or not at all.

    ngrok publishes no checksums for it: what is checked is the origin (TLS), the length, the
    archive's own sums, and that the program reports a version that will do.

    Raises:
        VoveError: `tunnel-download-failed`, or what `check_agent` raises.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        # Beside the target, so that the last step is a rename; a name nobody can foresee.
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".vove-ngrok-") as folder:
            archive, agent = Path(folder, "archive"), Path(folder, target.name)
            _fetch(url, archive, progress)
            _unpack(archive, agent)
            agent.chmod(0o700)
            check_agent(agent, _VERSION_TIMEOUT_S)
            agent.replace(target)
    except VoveError:
        raise
    except _BROKEN as error:
        raise tunnel_error(
            "tunnel-download-failed",
            f"the ngrok agent could not be downloaded from {url}: {error}",
            "check the network, or install it from https://ngrok.com/download",
        ) from None


def _fetch(url: str, archive: Path, progress: Progress) -> None:
    with _open(url) as answer:
        total = int(answer.headers.get("Content-Length") or 0)
        done = _save(answer.read, archive, lambda done: progress(done, total))
        if total and done != total:
            raise ValueError(f"it ended after {done} of {total} bytes")


class _SameScheme(urllib.request.HTTPRedirectHandler):
    """Follows no redirect that leaves TLS, not even for one step."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Called by urllib."""
        if urlsplit(newurl).scheme != urlsplit(req.full_url).scheme:
            raise ValueError(f"it redirects to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _open(url: str) -> http.client.HTTPResponse:
    # Made anew each time: since Python 3.12 `urlopen` keeps the first authorities for ever.
    opener = urllib.request.build_opener(_SameScheme)
    try:
        answer: http.client.HTTPResponse = opener.open(url, timeout=_READ_TIMEOUT_S)
    except urllib.error.HTTPError as refused:
        with refused:
            raise ValueError(f"the answer is {refused.code} {refused.reason}") from None
    return answer


def _unpack(archive: Path, agent: Path) -> None:
    """Take the one program out of the archive; nothing else in it touches the disk."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed, packed.open(agent.name) as program:
            _save(program.read, agent)
        return
    with gzip.open(archive) as stream:
        with tarfile.open(fileobj=stream) as bundle:
            content = bundle.extractfile(agent.name)
            if content is None:
                raise ValueError(f"{agent.name} in it is not a file")
            _save(content.read, agent)
        while stream.read(_CHUNK):
            """To the end, where the checksum is."""


def _save(
    read: Callable[[int], bytes], path: Path, progress: Callable[[int], None] | None = None
) -> int:
    """Write what `read` gives to a new file; the number of bytes."""
    done = 0
    with path.open("xb") as out:
        while chunk := read(_CHUNK):
            done += len(chunk)
            if done > _MAX_BYTES:
                raise ValueError(f"it is larger than {_MAX_BYTES >> 20} MB")
            out.write(chunk)
            if progress:
                progress(done)
    return done
