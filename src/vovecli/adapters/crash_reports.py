"""Reports of our own bugs: the traceback in a private file, secrets masked."""

from __future__ import annotations

import platform
import re
import tempfile
import traceback
from pathlib import Path

from vovecli import __version__
from vovecli.core.masking import PREFIX, mask_loaded

# Signing secrets, and any long run of base64 characters: better to mask too much.
_SECRET = re.compile(rf"{PREFIX}[\w+/=-]+|\b[A-Za-z0-9+/_-]{{28,}}={{0,2}}")

_PLACE = '  File "'  # a line of a traceback that names a file of ours, not a value


def write_crash_report(error: BaseException) -> Path:
    """Write the traceback of a bug into a private temporary file and return its path."""
    text = "".join(traceback.format_exception(error))
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", prefix="vove-bug-", suffix=".txt", delete=False
    ) as file:
        file.write(f"vove {__version__}, Python {platform.python_version()}, {platform.system()}\n")
        file.write(mask(mask_loaded(text)))
    return Path(file.name)


def mask(text: str) -> str:
    """The text with everything that could be a secret replaced."""
    return "\n".join(
        line if line.startswith(_PLACE) else _SECRET.sub("***", line) for line in text.split("\n")
    )
