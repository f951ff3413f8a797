"""JSON lines on standard output."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from vovecli.core.masking import mask_loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

_COMPACT = json.JSONEncoder(separators=(",", ":"))


def write_json(found: Mapping[str, object]) -> None:
    """Write one object as one line, at once; ASCII only, so that any text passes anywhere."""
    sys.stdout.write(json_line(found))
    sys.stdout.flush()


def json_line(found: Mapping[str, object]) -> str:
    """One object as one line; `vove.secret/1` alone may show a secret."""
    # The same JSON; GitHub's runner would read a command wherever `##[` stands in a line.
    line = _COMPACT.encode(found).replace("##[", "##\\u005b") + "\n"
    return line if found.get("schema") == "vove.secret/1" else mask_loaded(line)
