"""What the inspector's page may read: lists, one record with its verdict, comparisons, pictures."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from vovecli import __version__
from vovecli.adapters import clock
from vovecli.adapters.history import History, history_path
from vovecli.adapters.history_view import HistoryView
from vovecli.adapters.threads import off_loop
from vovecli.commands.verify import Judge, Patience
from vovecli.core.codes import CAUSES, cause_of
from vovecli.core.comparison import body_as_signed, compare
from vovecli.core.coverage import coverage
from vovecli.core.envelope import Json, record_json, secret_json, verify_json
from vovecli.core.errors import Category, VoveError
from vovecli.core.masking import mask_bytes, mask_signing_secrets
from vovecli.core.outcomes.records import went_well
from vovecli.core.page_envelope import (
    comparison_json,
    covered_json,
    line_json,
    names_json,
    step_json,
)
from vovecli.core.redaction import redacted
from vovecli.core.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vovecli.adapters.inspector import Follower, Question
    from vovecli.adapters.settings import Settings
    from vovecli.core.catalogue import Catalogue
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.record_lines import RecordLine
    from vovecli.core.outcomes.records import Record
    from vovecli.core.outcomes.verdicts import Verified
    from vovecli.core.pseudonyms import Pseudonyms
    from vovecli.core.secrets import SigningSecret

MOST_LINES, FIRST_LINES, LONGEST_WAIT_S = 2_000, 100, 25
_MOST_PENDING = 200
_MOST_OF_MESSAGE = 100
_MOST_POINTS = 5_000
SIGNED = "signed"  # the right side of a comparison with what was signed


class Means(NamedTuple):
    """What the terminal that started the page has.

    Attributes:
        others: Secrets that are configured and not in force.
        endpoint: Where an event goes, given `--to` or None, as for `send`.
        to: The endpoint that was named for actions.
        own_host: Whether actions may go to other machines.
        pseudonyms: Replaces personal data in all that is shown; None shows everything.
    """

    settings: Settings
    secrets: Sequence[SigningSecret]
    others: Sequence[SigningSecret]
    catalogue: Catalogue
    endpoint: Callable[[str | None, str | None], Endpoint]
    random_bytes: Callable[[int], bytes]
    to: str | None = None
    own_host: bool = False
    pseudonyms: Pseudonyms | None = None


class Inspection:
    """Answers the page's questions; each method that takes a `Question` is one route."""

    def __init__(self, means: Means, follower: Follower) -> None:
        self._means = means
        self._follower = follower
        self._view = HistoryView(history_path())
        self._history = History(history_path())

    async def about(self, _: Question) -> Json:
        """`vove.inspect/1`: what the page needs to know once."""
        return await off_loop(self._about)

    async def records(self, question: Question) -> Json:
        """`vove.records/1`: a page of the list, or with `after` what is new, once there is any."""
        if "after" not in question:
            before = question.number("before", 10**18 - 1)
            limit = min(question.number("limit", FIRST_LINES), MOST_LINES)
            return await off_loop(self._older, before, limit)
        after, count = question.number("after"), question.number("count", 0)
        pending = question.numbers("pending", _MOST_PENDING)
        until_s = asyncio.get_running_loop().time() + min(
            question.number("wait", 0), LONGEST_WAIT_S
        )
        while True:
            seen = self._follower.look()
            found, is_news = await off_loop(self._newer, after, count, pending)
            is_late = asyncio.get_running_loop().time() >= until_s
            if is_news or is_late or self._follower.ended:
                return found | {"ended": self._follower.ended}
            await self._follower.wait(seen, until_s)

    async def numbers(self, _: Question) -> Json:
        """`vove.numbers/1`: which records there are, where some were removed."""
        ranges = await off_loop(self._view.numbers)
        return {"schema": "vove.numbers/1", "ranges": [list(each) for each in ranges]}

    async def record(self, question: Question) -> Json:
        """`vove.inspection/1`: everything about one record."""
        return await off_loop(self.inspected, question.number("record"))

    async def comparison(self, question: Question) -> Json:
        """`vove.comparison/1`: two records, or one and what was signed."""
        is_signed = question.text("right") == SIGNED
        right = None if is_signed else question.number("right")
        return await off_loop(self.compared, question.number("left"), right)

    async def overview(self, _: Question) -> Json:
        """`vove.overview/1`: what the pictures are drawn from."""
        return await off_loop(self._overview)

    def inspected(self, number: int) -> Json:
        """`vove.inspection/1` of a record.

        Raises:
            VoveError: `no-record`.
        """
        record = self._history.get(number)
        shown = self.shown(record)
        can_verify = record.method == "POST" and record.body_len is None
        verified = self._verified(record) if can_verify else None
        signed = verified and self._signed(record, verified)
        message = self._message(record)
        bodies = [shown.body, *([shown.answer.body] if shown.answer else [])]
        return {
            "schema": "vove.inspection/1",
            "record": record_json(shown),
            "ok": record.ok,
            "verify": verified and self._redacted(record, signed, verify_json(verified)),
            "signature": verified and verified.verdict.signature,
            "on_arrival": _on_arrival(record),
            "signed_differs": signed is not None,
            "timeline": [step_json(step) for step in timeline(message)],
            "names": names_json(bodies),
        }

    def shown(self, record: Record) -> Record:
        """The record as the page may have it: without secrets, and redacted if that is wanted."""
        if self._means.pseudonyms:
            record = redacted(record, self._means.pseudonyms)
        answer = record.answer
        return record._replace(
            target=mask_signing_secrets(record.target),
            endpoint=record.endpoint and mask_signing_secrets(record.endpoint),
            headers=[(name, mask_signing_secrets(value)) for name, value in record.headers],
            body=mask_bytes(record.body),
            answer=answer and answer._replace(body=mask_bytes(answer.body)),
        )

    def _about(self) -> Json:
        from vovecli.core.fault_kinds import FAULTS
        from vovecli.core.flows import FLOWS

        means = self._means
        events = means.catalogue.events.values()
        families = dict.fromkeys(event.family for event in events)
        flows = {name: flow.events for name, flow in FLOWS.items()} | dict(means.settings.flows())
        return {
            "schema": "vove.inspect/1",
            "version": __version__,
            "redacted": means.pseudonyms is not None,
            "secrets": [secret_json(secret) for secret in means.secrets],
            "endpoints": {family: url for family in families if (url := _url(means, family))},
            "events": [
                {"type": event.type, "family": event.family, "provenance": event.provenance,
                 "meaning": event.meaning, "fields": list(event.payload)}
                for event in events
            ],
            "flows": [{"name": name, "events": list(each)} for name, each in flows.items()],
            "faults": [
                {"name": kind.name, "sent": kind.broken, "amount": kind.amount}
                for kind in FAULTS.values()
            ],
        }  # fmt: skip

    def _older(self, before: int, limit: int) -> Json:
        return self._page(self._view.older(before, limit)) | {"ended": False}

    def _newer(self, after: int, count: int, pending: Sequence[int]) -> tuple[Json, bool]:
        """What the page lacks; whether that is anything."""
        lines = self._view.newer(after, MOST_LINES)
        if pending:
            lines += self._view.settled(pending)
        found = self._page(lines)
        return found, bool(lines) or found["count"] != count

    def _page(self, lines: Sequence[RecordLine]) -> Json:
        state = self._view.state()
        return {
            "schema": "vove.records/1",
            "lines": [line_json(self._shown_line(line)) for line in lines],
            "count": state.records,
            "newest": state.newest,
        }

    def _shown_line(self, line: RecordLine) -> RecordLine:
        pseudonyms = self._means.pseudonyms
        return line._replace(record=redacted(line.record, pseudonyms)) if pseudonyms else line

    def _verified(self, record: Record) -> Verified:
        """The verdict of now, its age measured at the moment of the record."""
        request = record.request._replace(received_at=int(record.at))
        judge = Judge(
            self._means.secrets,
            clock.now(),
            Patience(),
            others=self._means.others,
            catalogue=self._means.catalogue,
        )
        return judge.described(judge.verified(f"record {record.number}", 0, request))

    def _message(self, record: Record) -> list[Record]:
        """All records of the same message."""
        if not record.message_id:
            return [record]
        return self._history.of_message(record.message_id, _MOST_OF_MESSAGE)

    def _redacted(self, record: Record, signed: bytes | None, found: Json) -> Json:
        """A verdict without what it quotes of the body that came, or of the one that was signed."""
        pseudonyms = self._means.pseudonyms
        if not pseudonyms:
            return found
        shown = redacted(record, pseudonyms)

        def plain(value: object) -> object:
            if isinstance(value, str):
                return pseudonyms.sentence(pseudonyms.sentence(value, signed or b""), record.body)
            if isinstance(value, dict):
                return {name: plain(each) for name, each in value.items()}
            return [plain(each) for each in value] if isinstance(value, list) else value

        digest = {name: record_json(shown)[name] for name in ("body_len", "body_sha256")}
        return {name: plain(value) for name, value in found.items()} | digest

    def _signed(self, record: Record, verified: Verified) -> bytes | None:
        """The body that was signed, where that is proved and is another one."""
        cause = verified.verdict.cause
        if cause is None or cause.certainty != "proved":
            return None
        signed = body_as_signed(verified.request, self._means.secrets, self._means.others)
        return None if signed == record.body else signed

    def compared(self, left: int, right: int | None = None) -> Json:
        """`vove.comparison/1` of two records; without the right one, with what was signed.

        Raises:
            VoveError: `no-record`, `nothing-proved`.
        """
        record = self._history.get(left)
        if right is None:
            other_body = self._signed(record, self._verified(record))
            if other_body is None:
                raise VoveError(
                    "nothing-proved",
                    f"nothing proves that record {left} was signed with another body",
                    hint="compare it with another record",
                    category=Category.USAGE,
                )
            other, titles = record._replace(body=other_body), ("arrived", "signed")
        else:
            other, titles = self._history.get(right), (f"record {left}", f"record {right}")
        bodies = self.shown(record).body, self.shown(other).body
        return comparison_json(*titles, compare(*bodies))

    def _overview(self) -> Json:
        points = self._view.points(_MOST_POINTS)
        return {
            "schema": "vove.overview/1",
            "points": [
                {"record": number, "at": round(at, 3), "outcome": outcome,
                 "ok": went_well(direction, outcome, status, faults),
                 "latency_ms": latency_ms and round(latency_ms, 3)}
                for number, at, direction, outcome, status, latency_ms, faults in points
            ],
            "coverage": [
                covered_json(each)
                for each in coverage(self._view.tallies(), self._means.catalogue)
            ],
        }  # fmt: skip


def _on_arrival(record: Record) -> Json | None:
    """What the listener found when it came, in words where the code has any."""
    if record.cause is None:
        return None
    is_known = record.cause.partition(":")[0] in CAUSES
    return {
        "code": record.cause,
        "message": cause_of(record.cause).message if is_known else "",
    }


def _url(means: Means, family: str) -> str:
    """Where events of a family go; empty where the settings name what they may not."""
    event = next(each for each in means.catalogue.events.values() if each.family == family)
    try:
        return means.endpoint(means.to, event.type).url
    except VoveError:
        return ""
