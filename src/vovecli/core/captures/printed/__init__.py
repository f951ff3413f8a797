"""Printed texts: the headers by their names, the body by the signature.

What programs print, logs, chats and issues hold keeps no framing: where the body starts and ends is
a guess, until one of the candidates has the MAC that the headers give.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.captures.facts import captured, is_open
from vovecli.core.captures.printed import evidence
from vovecli.core.captures.printed.evidence import Block, find_blocks
from vovecli.core.webhook_headers import HEADER_NAMES, is_webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from vovecli.core.captures.printed.spots import Candidate
    from vovecli.core.requests import CapturedRequest

# How far around the headers a body is looked for, in characters: first beside them, where in a log
# of thousands each has its own, then beyond, as far as `Work` lasts.
_BESIDE, _AROUND = 2_048, 16_384
_REACHES = (_BESIDE, _AROUND, 262_144, 2_097_152)
_MAX_READ = 5_000  # candidates, the same bytes in other places included
_LENGTH, _LOST_END = r"(?i)content[-_]length\W{1,12}([0-9]{1,9})\b", 2
_SIGNIFICANT = 30  # characters of a signature's end


class Printed:
    """A text with the place of one request's headers in it.

    Args:
        text: The source.
        block: The headers.
        work: How much may be searched.
        neighbours: The headers before these and after these.

    Attributes:
        is_cut: Whether a search had to end before it had seen the whole text.
    """

    def __init__(
        self, text: str, block: Block, work: Work, neighbours: Sequence[Block] = ()
    ) -> None:
        self.text, self.block, self._work, self.neighbours = text, block, work, neighbours
        self._view, self._last = text, block.end
        self.is_cut = False

    def around(self) -> str:
        """The text beside the headers."""
        start, end = self._excerpt(_AROUND)
        return self.text[start:end]

    def may_be_whole(self, body: bytes) -> bool:
        """Whether a body is as long as a Content-Length near it says; printing may drop its end."""
        announced = {int(length) for length in re.findall(_LENGTH, self.around())}
        return not announced or any(0 <= each - len(body) <= _LOST_END for each in announced)

    def is_relayed(self) -> bool:
        """Whether the headers are in an event stream: what a relay as smee.io sends on."""
        line = self.text.rfind("\n", 0, self.block.start) + 1
        return self.text.startswith("data:", line)

    def lines_to(self, candidate: Candidate) -> int:
        """How many lines after the headers the candidate stands that was given last."""
        count = self._view.count
        return count("\n", 0, candidate.at) - count("\n", 0, self._last)

    def candidates(self, is_enough: Callable[[], bool]) -> Iterator[Candidate]:
        """What may be the body, the nearest first; each once.

        Args:
            is_enough: Asked before the search goes further away from the headers.
        """
        from vovecli.core.captures.printed.candidates import candidates
        from vovecli.core.captures.printed.views import views

        seen: set[bytes] = set()
        reached = read = 0
        for reach in _REACHES:
            start, end = self._excerpt(reach)
            if end - start == reached or (reach > _AROUND and is_enough()):
                return
            reached = end - start
            for view in views(self.text[start:end], self.block.start - start):
                if reach > _BESIDE and not self._work.spend(len(view)):
                    self.is_cut = True
                    return
                first, last = self._place(view)
                self._view, self._last = view, last
                for candidate in candidates(view, first, last):
                    read += 1
                    if read > _MAX_READ:
                        self.is_cut = True
                        return
                    if candidate.body not in seen:
                        seen.add(candidate.body)
                        yield candidate

    def _excerpt(self, reach: int) -> tuple[int, int]:
        """Whole lines around the headers, if they are not too long."""
        start = max(0, self.block.start - reach)
        end = min(len(self.text), self.block.end + reach)
        line_start = self.text.rfind("\n", max(0, start - reach), start) + 1
        line_end = self.text.find("\n", end, end + reach)
        return line_start or start * (start > reach), end if line_end < 0 else line_end + 1

    def _place(self, view: str) -> tuple[int, int]:
        """Where the headers stand in a view, by their values."""
        spots = [view.find(value[-_SIGNIFICANT:]) for _, value in self.block.headers]
        found = [spot for spot in spots if spot >= 0] or [0]
        return min(found), max(found) + _SIGNIFICANT


class Work:
    """How much of one source is searched: characters of text, for all its requests together."""

    def __init__(self, characters: int = 16_000_000) -> None:
        self._left = characters

    def spend(self, characters: int) -> bool:
        """Take from what is left; False where nothing is."""
        self._left -= characters
        return self._left >= 0


def read(source: bytes) -> list[CapturedRequest]:
    """Every request whose webhook headers are printed; their bodies wait to be found.

    Raises:
        VoveError: `unresolved-variable`.
    """
    text = source.decode("utf-8", "surrogateescape")
    blocks = find_blocks(text)
    if not any(block.is_sound for block in blocks):
        from vovecli.core.captures.printed.views import unwrapped

        joined = unwrapped(text)
        joined_blocks = find_blocks(joined)
        if any(block.is_sound for block in joined_blocks):
            text, blocks = joined, joined_blocks
    if any(block.is_whole for block in blocks):
        return _found(text, blocks)
    # A name may be beside the bytes of a dump by chance, where it ends with its row.
    return _encoded(text) or _found(text, blocks)


def read_unnamed(source: bytes) -> list[CapturedRequest]:
    """Every request of which a text has the values of the headers and none of their names."""
    text = source.decode("utf-8", "surrogateescape")
    return _found(text, evidence.find_unnamed_blocks(text))


def _found(text: str, blocks: list[Block]) -> list[CapturedRequest]:
    work = Work()
    found = []
    for place, block in enumerate(blocks):
        neighbours = blocks[max(0, place - 1) : place] + blocks[place + 1 : place + 2]
        printed = Printed(text, block, work, neighbours)
        request = captured("text", list(block.headers))
        found.append(request._replace(reading="printed", printed=printed, facts=()))
    return found


def unread_name(source: bytes) -> str:
    """The first header that a text names with a value that cannot be read; else nothing."""
    return evidence.unread_name(source.decode("utf-8", "surrogateescape"))


def _encoded(text: str) -> list[CapturedRequest]:
    """The requests whose whole messages are printed as bytes, as they fit their framing best."""
    from vovecli.core.captures.http_message import read_messages
    from vovecli.core.captures.printed.encoded import messages

    found: list[CapturedRequest] = []
    for readings in filter(None, messages(text)):
        requests = map(read_messages, readings)
        found += min(requests, key=lambda read: sum(len(request.facts) for request in read))
    return found


def placed(requests: list[CapturedRequest], found: list[CapturedRequest]) -> list[CapturedRequest]:
    """Requests whose body is open, each with the place where its headers are printed; then others.

    Empty where header lines hold more than one header each.
    """
    texts = {_identity(request): request.printed for request in found}
    is_searched = [is_open(request) and is_webhook(request) for request in requests]
    is_known = [_identity(request) in texts or request.format != "http" for request in requests]
    if texts and any(one and not known for one, known in zip(is_searched, is_known, strict=True)):
        return []
    known = set(map(_identity, requests))
    is_text = any(request.format == "http" for request in requests)
    others = [
        request for request in found
        if (is_text or len(_identity(request)) >= evidence.PARTS)
        and _identity(request) not in known
    ]  # fmt: skip
    places = zip(is_searched, requests, strict=True)
    return [
        request._replace(printed=texts.get(_identity(request))) if is_one else request
        for is_one, request in places
    ] + others


def _identity(request: CapturedRequest) -> frozenset[tuple[str, str]]:
    lower = [(name.lower(), value) for name, value in request.headers]
    return frozenset(header for header in lower if header[0] in HEADER_NAMES)
