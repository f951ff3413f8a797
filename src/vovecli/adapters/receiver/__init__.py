"""The HTTP server of `listen`: asyncio and h11, strict, byte-exact, with a limit on everything."""

from __future__ import annotations

from vovecli.adapters.receiver.exchange import Limits
from vovecli.adapters.receiver.server import Receiver

__all__ = ["Limits", "Receiver"]
