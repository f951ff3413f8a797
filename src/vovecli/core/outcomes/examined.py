"""What `doctor` found, point by point."""

from __future__ import annotations

from typing import Literal, NamedTuple

Condition = Literal["ok", "note", "problem"]


class Examined(NamedTuple):
    """One point of the examination.

    Attributes:
        point: Its name: `agent`, `clock`, ...
        condition: `note` is for what only matters to some: nothing has to be changed.
        message: What there is, one line.
        fix: What to type or change; empty when there is nothing to.
    """

    point: str
    condition: Condition
    message: str
    fix: str = ""


def examined_json(examined: Examined) -> dict[str, object]:
    """`vove.doctor/1`."""
    return {"schema": "vove.doctor/1", **examined._asdict()}
