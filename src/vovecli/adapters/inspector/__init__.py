"""The HTTP server of `inspect`: the receiver of `listen` behind a table of routes and a guard."""

from __future__ import annotations

from vovecli.adapters.inspector.follower import Follower
from vovecli.adapters.inspector.questions import Question
from vovecli.adapters.inspector.server import STYLE_SHEETS, Download, PageServer, page_files

__all__ = [
    "STYLE_SHEETS",
    "Download",
    "Follower",
    "PageServer",
    "Question",
    "page_files",
]
