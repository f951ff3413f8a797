"""A tunnel as `listen` sees it: its states, its events, the interface every provider fits."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from vovecli.core.errors import VoveError


class TunnelState(Enum):
    """What a tunnel can say of itself."""

    CONNECTING = "connecting"
    ONLINE = "online"
    LOST = "lost"
    RECONNECTING = "reconnecting"
    BACK = "back"
    RESTARTED = "restarted"
    FAILED = "failed"


class TunnelEvent(NamedTuple):
    """A change of state.

    Attributes:
        public_url: The URL the tunnel has now, or had last; empty before the first.
        message: What to tell the user, one line.
        error: Why, when it failed for good.
    """

    state: TunnelState
    public_url: str
    message: str
    error: VoveError | None = None


class Tunnel(Protocol):
    """A way for the provider's webhooks to reach this machine.

    Both calls block, and either may be made from any thread: `stop` also ends a `start` under way.
    """

    def start(self, local_url: str) -> str:
        """Open the tunnel to `http://127.0.0.1:PORT` and give its public URL.

        Raises:
            VoveError: of `Category.TUNNEL`; nothing that was started is left behind.
        """
        ...

    def stop(self) -> None:
        """Close the tunnel and everything that was started for it; harmless when there is none."""
        ...


def url_change(previous: str, current: str) -> str:
    """One line when the public URL is not the one of last time, else nothing."""
    if not previous or previous.rstrip("/") == current.rstrip("/"):
        return ""
    return f"the public URL changed since last time (it was {previous}): paste the new one"
