from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from tests.unit.captures.samples import BODY, HEADERS

from vovecli.core import captures
from vovecli.core.captures import read_captures
from vovecli.core.requests import CapturedRequest

if TYPE_CHECKING:
    import pytest


def test_a_format_is_one_module_and_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """ARCHITECTURE.md: a module with two functions, and its name in the registry."""
    module = ModuleType(f"{captures.__name__}.documents.made_up")
    vars(module)["matches"] = lambda document: "madeUp" in document
    vars(module)["read"] = lambda _: [CapturedRequest("POST", "/", HEADERS, BODY, None, "made-up")]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(
        captures, "DOCUMENTS", {"made-up": "documents.made_up", **captures.DOCUMENTS}
    )

    for name in (None, "made-up"):
        (request,) = read_captures(b'{"madeUp": 1}', format=name)
        assert (request.body, request.format) == (BODY, "made-up")
