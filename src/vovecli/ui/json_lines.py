"""JSON lines on standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPACT = json.JSONEncoder(separators=(",", ":"))


def write_json(found: Mapping[str, object]) -> None:
    """Write one object as one line, at once; ASCII only, so that any text passes anywhere."""
    sys.stdout.write(_COMPACT.encode(found) + "\n")
    sys.stdout.flush()
