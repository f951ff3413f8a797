"""Keeping signing secrets out of what is shown, wherever they were typed."""

from __future__ import annotations

import re

PREFIX = "whsec_"


def mask_secrets(text: str) -> str:
    """The text without what looks like a signing secret."""
    return re.sub(rf"{PREFIX}[\w+/=-]{{8,}}", f"{PREFIX}***", text) if PREFIX in text else text
