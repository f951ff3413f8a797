"""The tunnel as people see it: its URL and where to paste it, its changes, a download."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from vovecli.core.catalogue import SAMPLE_PATHS
from vovecli.core.tunnels import TunnelState
from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from vovecli.core.tunnels import TunnelEvent
    from vovecli.ui.terminal import Terminal

_GOOD = (TunnelState.BACK, TunnelState.RESTARTED)


def public_url_lines(public_url: str) -> list[str]:
    """What to do with the public URL."""
    url = printable(public_url.rstrip("/"))
    lines = [
        f"public URL {url} (any path)",
        "paste it into Settings -> Webhooks in the VOVE ID dashboard:",
        *(f"  {url}{path}  ({family.upper()})" for family, path in SAMPLE_PATHS.items()),
    ]
    if "ngrok" in (urlsplit(public_url).hostname or ""):
        lines.append(
            "ngrok's free plan has one fixed domain per account, so you paste it only once"
        )
    return lines


def tunnel_line(event: TunnelEvent, terminal: Terminal) -> str:
    """One change of the tunnel's state."""
    glyph = "ok" if event.state in _GOOD else "bad" if event.error else "dot"
    return f"{terminal.glyph(glyph)} tunnel: {printable(event.message)}"


@contextmanager
def download_bar(terminal: Terminal) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error; called with the bytes so far, and of how many (0: not known)."""
    if terminal.quiet or not terminal.err.is_terminal:
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn

    columns = ("downloading ngrok", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    bar = Progress(*columns, console=terminal.err, transient=True)
    task = bar.add_task("", total=None)

    def advance(done: int, total: int) -> None:
        bar.start()  # not before: somebody may be asked first whether to download at all
        bar.update(task, completed=done, total=total or None)

    try:
        yield advance
    finally:
        bar.stop()
