"""A tunnel that the user runs: everything but opening it."""

from __future__ import annotations


class OwnTunnel:
    """A `Tunnel` whose URL is known and whose program is somebody else's."""

    def __init__(self, public_url: str) -> None:
        self._public_url = public_url

    def start(self, local_url: str) -> str:  # noqa: ARG002 - where the user's program points to is the user's matter
        """See `Tunnel.start`."""
        return self._public_url

    def stop(self) -> None:
        """See `Tunnel.stop`."""
