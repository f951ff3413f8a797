"""What the tests of pure functions share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _isolated_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """In place of the folders and variables of the other rings: nothing here reads any."""
    monkeypatch.setattr("vovecli.core.masking._loaded", set())
