"""The search for the changes that make a MAC match: the likeliest first, one alone, then two.

Every row of `core.mistakes` has a rank. The search goes through the ranks of key, content and body
together, in the order of `_ORDER`; how the MAC is written is read off the header beforehand, so a
mistake of form is found on top of any other.
"""

from __future__ import annotations

import hmac
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.diagnosis.readings import read_signatures
from vovecli.core.messages import message_id_moment
from vovecli.core.mistakes import SAMPLES
from vovecli.core.mistakes.bodies import AFTER_ENDS, BODIES, followed_by
from vovecli.core.mistakes.contents import (
    CONTENTS,
    MILLISECONDS,
    RENEWED,
    Frame,
    WrongContent,
    moment_of,
)
from vovecli.core.mistakes.hashes import wrong_hashes
from vovecli.core.mistakes.json_styles import MAX_STYLED_BYTES, MAX_THOROUGH_BYTES
from vovecli.core.mistakes.keys import KEYS, WrongKey
from vovecli.core.mistakes.line_ends import other_ends
from vovecli.core.mistakes.mistake import Mistake, Rank
from vovecli.core.signing import header_bytes, prepared_hmac

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vovecli.core.diagnosis.readings import SignatureReading
    from vovecli.core.secrets import SigningSecret

MAX_BYTES_HASHED = 64 << 20
MAX_MACS = 60_000
MAX_SECRETS_TRIED = 8
# A signature of another moment is looked for around the id's own time and around the header's.
NEAR_ID_S, NEAR_HEADER_S, FAR_FROM_HEADER_S = 60, 300, 3600
MAX_BYTES_FAR = 1024

_RIGHT, _COMMON, _SELDOM, _RARE = Rank
_TWO, _SAMPLE, _MOMENT = 4, 5, 6
# Ranks of key, content and body that are tried together. `_TWO`: two things happened to the body;
# `_SAMPLE`: what the provider's KYB samples do, over integrators' own test requests; `_MOMENT`: the
# timestamp of another moment, of which there are thousands.
_ORDER = (
    (_RIGHT, _RIGHT, _RIGHT),
    (_COMMON, _RIGHT, _RIGHT), (_RIGHT, _COMMON, _RIGHT), (_RIGHT, _RIGHT, _COMMON),
    (_SELDOM, _RIGHT, _RIGHT), (_RIGHT, _SELDOM, _RIGHT), (_RIGHT, _RIGHT, _SELDOM),
    (_COMMON, _COMMON, _RIGHT),
    (_RIGHT, _RARE, _RIGHT), (_RIGHT, _RIGHT, _RARE), (_SAMPLE, _RARE, _RIGHT),
    (_COMMON, _RIGHT, _COMMON), (_RIGHT, _COMMON, _COMMON), (_RIGHT, _RIGHT, _TWO),
    (_SELDOM, _COMMON, _RIGHT), (_COMMON, _SELDOM, _RIGHT),
    (_SELDOM, _RIGHT, _COMMON), (_RIGHT, _SELDOM, _COMMON),
    (_COMMON, _RIGHT, _SELDOM), (_RIGHT, _COMMON, _SELDOM), (_SAMPLE, _SAMPLE, _COMMON),
    (_RIGHT, _MOMENT, _RIGHT),
)  # fmt: skip
FORMS_AND_KEYS = tuple(ranks for ranks in _ORDER if not any(ranks[1:]))
# At most one thing went wrong, not with the body, and nothing of which there are hundreds.
ONE_BUT_THE_BODY = tuple(
    ranks for ranks in _ORDER
    if ranks[2] == _RIGHT and _RIGHT in ranks[:2] and ranks[1] < _RARE
)  # fmt: skip


class Unmatched(NamedTuple):
    """What is known about a request whose signature did not match.

    Attributes:
        declared_length: Content-Length, where there is a usable one.
        alternatives: What else may be the body; nothing happened to them.
        min_key_bytes: Wrong keys shorter than this are left out.
    """

    message_id: str
    timestamp: str
    signature: str
    body: bytes
    declared_length: int | None
    secrets: Sequence[SigningSecret]
    others: Sequence[SigningSecret] = ()
    alternatives: Sequence[bytes] = ()
    min_key_bytes: int = 0


class ProvedChange(NamedTuple):
    """What, taken back, makes a MAC match.

    Attributes:
        mistakes: All of it, content and key first.
        key, content: The rows of the tables, to recognise the provider's samples by.
        body: As it was signed.
    """

    mistakes: tuple[Mistake, ...]
    key: WrongKey
    content: WrongContent
    body: bytes


class SearchResult(NamedTuple):
    """How a search ended.

    Attributes:
        proof: None where no MAC matched.
        macs: How many combinations were computed.
        untried: What had to be left out because of its size, in words.
    """

    proof: ProvedChange | None
    macs: int
    untried: tuple[str, ...]


class _Signer(NamedTuple):
    mistakes: tuple[Mistake, ...]
    row: WrongKey
    mac: Callable[[bytes], bytes]


def search(unmatched: Unmatched, order: tuple[tuple[int, int, int], ...] = _ORDER) -> SearchResult:
    """Try the mistakes rank by rank until a MAC matches or the work allowed is done."""
    readings = _Readings(read_signatures(unmatched.signature))
    space = _Space(unmatched, readings.sizes)
    untried, macs, bytes_left = _left_out(unmatched), 0, MAX_BYTES_HASHED
    for ranks in order:
        for signer, content, mistakes, body, signed in space.attempts(*ranks):
            bytes_left -= len(signed)
            if macs == MAX_MACS or bytes_left < 0:
                untried.append(_in_words(ranks))
                bytes_left += len(signed)
                break
            macs += 1
            if reading := readings.find(signer.mac(signed)):
                of_content = _renewed(unmatched, signed) if content is RENEWED else content.mistakes
                named = (*of_content, *signer.mistakes, *mistakes, *reading.mistakes)
                return SearchResult(ProvedChange(named, signer.row, content, body), macs, ())
    return SearchResult(None, macs, tuple(dict.fromkeys(untried)))


def _renewed(unmatched: Unmatched, signed: bytes) -> tuple[Mistake, ...]:
    """How far the signed moment, a number after the id, is from the header's."""
    header = moment_of(unmatched.timestamp)
    moment = int(signed[len(header_bytes(unmatched.message_id)) + 1 :].split(b".", 1)[0])
    if header is None:
        return RENEWED.mistakes
    way = "later" if moment > header else "earlier"
    return (Mistake(RENEWED.mistakes[0].code, f"signed for {abs(moment - header)} s {way}"),)


def _in_words(ranks: tuple[int, ...]) -> str:
    if _MOMENT in ranks:
        return "timestamps of other moments"
    is_alone = sum(rank != _RIGHT for rank in ranks) == 1 and _TWO not in ranks
    return "some single mistakes" if is_alone else "some pairs of mistakes"


def _left_out(unmatched: Unmatched) -> list[str]:
    """What is not tried whatever the work allowed."""
    size, left_out = len(unmatched.body), []
    if size > MAX_THOROUGH_BYTES:
        which = "other" if size > MAX_STYLED_BYTES else "rare"
        left_out.append(f"{which} ways to write the JSON of a large body")
    if len(unmatched.secrets) > MAX_SECRETS_TRIED:
        left_out.append(f"the secrets after the first {MAX_SECRETS_TRIED}")
    if unmatched.min_key_bytes:
        left_out.append(f"wrong keys under {unmatched.min_key_bytes} bytes")
    return left_out


class _Readings:
    """The readings of a header, laid out for thousands of comparisons."""

    def __init__(self, readings: Sequence[SignatureReading]) -> None:
        self._by_size: dict[int, list[SignatureReading]] = {}
        self._parts: list[SignatureReading] = []
        for reading in readings:
            if reading.is_whole:
                self._by_size.setdefault(len(reading.value), []).append(reading)
            else:
                self._parts.append(reading)
        self.sizes = set(self._by_size)

    def find(self, mac: bytes) -> SignatureReading | None:
        for reading in self._by_size.get(len(mac), ()):
            if hmac.compare_digest(reading.value, mac):
                return reading
        for reading in self._parts:
            if reading.is_part_of(mac):
                return reading
        return None


_SAMPLE_KEYS = (KEYS["whole-text"], KEYS["bare-text"])
_Variant = tuple[tuple[Mistake, ...], bytes]
_Attempt = tuple[_Signer, WrongContent, tuple[Mistake, ...], bytes, bytes]


class _Space:
    """All combinations for one request; what belongs to a rank is made when it is first needed."""

    def __init__(self, unmatched: Unmatched, sizes: set[int]) -> None:
        self._unmatched = unmatched
        self._sizes = sizes
        self._secrets = unmatched.secrets[:MAX_SECRETS_TRIED]
        right = dict.fromkeys((unmatched.body, *unmatched.alternatives))
        self._seen = set(right)
        self._bodies: dict[int, list[_Variant]] = {_RIGHT: [((), body) for body in right]}

    def attempts(self, key_rank: int, content_rank: int, body_rank: int) -> Iterator[_Attempt]:
        """(signer, content, mistakes of the body, body, what is signed) of these ranks."""
        signers = self._signers[key_rank]
        frames = self._frames(content_rank)
        if body_rank != _RIGHT:
            frames = [(row, frame) for row, frame in frames if frame.has_body]
        for row, frame in frames:
            for mistakes, body in self._variants(body_rank):
                signed = frame.content(body)
                for signer in signers:
                    yield signer, row, mistakes, body, signed

    @cached_property
    def _signers(self) -> dict[int, list[_Signer]]:
        found: dict[int, list[_Signer]] = {rank: [] for rank in (*Rank, _SAMPLE)}
        tried: set[bytes] = set()
        for row, key in self._keys():
            if key not in tried:
                tried.add(key)
                signer = _Signer(row.mistakes, row, prepared_hmac(key))
                found[row.rank].append(signer)
                if row in _SAMPLE_KEYS:
                    found[_SAMPLE].append(signer)
        for secret in self._secrets:
            found[_SELDOM] += (
                _Signer(wrong.mistakes, KEYS["right"], wrong.mac)
                for wrong in wrong_hashes(secret, self._sizes, self._unmatched.min_key_bytes)
            )
        return found

    def _keys(self) -> Iterator[tuple[WrongKey, bytes]]:
        right = KEYS["right"]
        yield from ((right, secret.key) for secret in self._secrets)
        for secret in self._secrets:
            for row in KEYS.values():
                key = row.key(secret)
                if key is not None and len(key) >= self._unmatched.min_key_bytes:
                    yield row, key
        for other in self._unmatched.others:
            words = f"{other.origin or 'another one'}, {other.fingerprint}"
            mistake = Mistake("another-secret", words)
            yield right._replace(mistakes=(mistake,), rank=Rank.COMMON), other.key

    def _frames(self, rank: int) -> Iterable[tuple[WrongContent, Frame]]:
        """The contents of a rank around this request's id and timestamp."""
        message_id, timestamp = self._unmatched.message_id, self._unmatched.timestamp
        if rank == _MOMENT:
            yield from self._moments(message_id, moment_of(timestamp))
        rows = [SAMPLES["docs-kyb-node"].content] if rank == _SAMPLE else CONTENTS.values()
        for row in rows:
            if rank in (row.rank, _SAMPLE) and (frame := row.frame(message_id, timestamp)):
                yield row, frame

    def _moments(self, message_id: str, header: int | None) -> Iterator[tuple[WrongContent, Frame]]:
        """Any millisecond of that second; an old signature under a new timestamp."""
        at = header_bytes(f"{message_id}.")
        if header is not None:
            for ms in range(1, 1000):
                yield MILLISECONDS, Frame(b"%b%d%03d." % (at, header, ms))
        made = message_id_moment(message_id)
        is_small = len(self._unmatched.body) <= MAX_BYTES_FAR
        reach = FAR_FROM_HEADER_S if is_small else NEAR_HEADER_S
        for middle, reach_s in ((made, NEAR_ID_S), (header, reach)):
            for moment in () if middle is None else _outwards(middle, reach_s):
                if moment != header:
                    yield RENEWED, Frame(b"%b%d." % (at, moment))

    def _variants(self, rank: int) -> Iterator[_Variant]:
        """The bodies of a rank, each once over all ranks."""
        if rank in self._bodies:
            yield from self._bodies[rank]
            return
        found = self._bodies[rank] = []
        for mistakes, body in self._twice() if rank == _TWO else self._once(rank):
            if body not in self._seen:
                self._seen.add(body)
                found.append((mistakes, body))
                yield mistakes, body

    def _once(self, rank: int) -> Iterator[_Variant]:
        captured, declared = self._unmatched.body, self._unmatched.declared_length
        if rank == _COMMON and declared is not None and captured[declared:].strip():
            words = f"the first {declared} bytes, as Content-Length says, are what was signed"
            yield (Mistake("content-length-mismatch", words),), captured[:declared]
        for name, row in BODIES.items():
            if name == AFTER_ENDS and rank == _COMMON:
                yield from other_ends(captured)
            for mistake, body in row.variants(captured) if row.rank == rank else ():
                yield (mistake,), body

    def _twice(self) -> Iterator[_Variant]:
        """Two things happened one after the other: the last is taken back first."""
        captured = self._unmatched.body
        for name, row in BODIES.items():
            for first, once in row.variants(captured) if row.rank == _COMMON else ():
                for earlier in followed_by(name):
                    for second, twice in earlier.variants(once):
                        if second.code != first.code:
                            yield (first, second), twice


def _outwards(middle: int, reach_s: int) -> Iterator[int]:
    yield middle
    for distance in range(1, reach_s + 1):
        yield middle - distance
        yield middle + distance
