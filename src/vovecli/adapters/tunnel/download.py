"""Downloading the ngrok agent, once the user has agreed to it."""

from __future__ import annotations

import http.client
import shutil
import tarfile
import tempfile
import urllib.request
import zipfile
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from vovecli.adapters.tunnel.binary import check_agent
from vovecli.core.errors import VoveError
from vovecli.core.ngrok_errors import tunnel_error

if TYPE_CHECKING:
    from collections.abc import Callable

    # Bytes so far, and of how many (0: not known).
    Progress = Callable[[int, int], None]

_MAX_BYTES = 200 << 20
_CHUNK = 1 << 16
_READ_TIMEOUT_S = 15.0
_VERSION_TIMEOUT_S = 10.0


def download_agent(url: str, target: Path, progress: Progress) -> None:
    """Put the agent out of an archive at `url` to `target`, proved to run, or not at all.

    ngrok publishes no checksums for it: what is checked is the origin (TLS), the length, the
    archive's own sums, and that the program tells a version that will do.

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
    except (
        OSError,
        EOFError,
        ValueError,
        http.client.HTTPException,
        tarfile.TarError,
        zipfile.BadZipFile,
    ) as error:
        raise tunnel_error(
            "tunnel-download-failed",
            f"the ngrok agent could not be downloaded from {url}: {error}",
            "check the network, or install it from https://ngrok.com/download",
        ) from None


def _fetch(url: str, archive: Path, progress: Progress) -> None:
    with (
        urllib.request.urlopen(url, timeout=_READ_TIMEOUT_S) as answer,  # noqa: S310 - pyngrok's constant
        archive.open("xb") as out,
    ):
        if urlsplit(answer.url).scheme != urlsplit(url).scheme:
            raise ValueError(f"it redirects to {answer.url}")
        total, done = int(answer.headers.get("Content-Length") or 0), 0
        while chunk := answer.read(_CHUNK):
            done += len(chunk)
            if done > _MAX_BYTES:
                raise ValueError(f"it is larger than {_MAX_BYTES >> 20} MB")
            out.write(chunk)
            progress(done, total)
        if total and done != total:
            raise ValueError(f"it ended after {done} of {total} bytes")


def _unpack(archive: Path, agent: Path) -> None:
    """Take the one program out of the archive; nothing else in it touches the disk."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as packed, packed.open(agent.name) as program:
            _copy(program, agent)
        return
    with tarfile.open(archive, "r:gz") as bundle:
        content = bundle.extractfile(agent.name)
        if content is None:
            raise ValueError(f"{agent.name} in it is no file")
        with content:
            _copy(content, agent)


def _copy(program: IO[bytes], agent: Path) -> None:
    with agent.open("xb") as out:
        shutil.copyfileobj(program, out, _CHUNK)
        if out.tell() > _MAX_BYTES:
            raise ValueError(f"the program in it is larger than {_MAX_BYTES >> 20} MB")
