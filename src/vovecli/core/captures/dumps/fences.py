"""Markdown: captures in fenced code blocks (CommonMark 4.5)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from vovecli.core.captures.source import ReadFile
    from vovecli.core.requests import CapturedRequest

_FENCE = re.compile(rb"([ \t]*)(`{3,}|~{3,})([^`]*)")
_MOST_BLOCKS = 10_000


def read(source: bytes, read_file: ReadFile) -> list[CapturedRequest]:
    """Every request in the first 10,000 blocks; blocks that hold none are passed over.

    Raises:
        VoveError: That of the first block that cannot be read, when no block can.
    """
    from vovecli.core.captures import read_captures

    requests: list[CapturedRequest] = []
    problem: VoveError | None = None
    for block in _inner_blocks(source)[:_MOST_BLOCKS]:
        try:
            requests += read_captures(block, read_file=read_file)
        except VoveError as error:
            if error.code != "not-a-request":
                problem = problem or error
    if problem and not requests:
        raise problem
    return requests


def _inner_blocks(source: bytes) -> list[bytes]:
    """The contents of the blocks that hold text: of a block with fences in it, its own blocks.

    What is fenced more than twice is left out, so reading a block never comes back here.
    """
    blocks = [inner for block in _blocks(source) for inner in _blocks(block) or [block]]
    return [block for block in blocks if block.strip() and not _blocks(block)]


def _blocks(source: bytes) -> list[bytes]:
    """The contents of the blocks; the line end before a closing fence is not part of one."""
    if b"```" not in source and b"~~~" not in source:
        return []
    blocks: list[bytes] = []
    opened: tuple[bytes, bytes] | None = None
    lines: list[bytes] = []
    for line in source.split(b"\n"):
        is_candidate = b"```" in line or b"~~~" in line
        fence = _FENCE.fullmatch(line.rstrip()) if is_candidate else None
        if opened is None:
            opened, lines = (fence[1], fence[2]) if fence else None, []
        elif fence and fence[2].startswith(opened[1]) and not fence[3]:
            blocks.append(b"\n".join(lines).removesuffix(b"\r"))
            opened = None
        else:
            lines.append(line.removeprefix(opened[0]))
    return blocks
