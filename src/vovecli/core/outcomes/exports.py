"""Captures that were written without personal data."""

from __future__ import annotations

from typing import NamedTuple


class Exported(NamedTuple):
    """What was written.

    Attributes:
        file: NDJSON, a capture a line.
        secret_file: Holds the fresh secret that they verify under.
        left_out: How many requests could not be exported: nothing shows that they are genuine.
    """

    file: str
    secret_file: str
    fingerprint: str
    requests: int
    left_out: int
