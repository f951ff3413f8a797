"""The HTTP server of `inspect`: the receiver of `listen` behind a table of routes and a guard."""

from __future__ import annotations

from vovecli.adapters.inspector.follower import Follower
from vovecli.adapters.inspector.questions import Question
from vovecli.adapters.inspector.server import Download, PageServer

__all__ = ["Download", "Follower", "PageServer", "Question"]
