"""What deliveries do to a state: right ways to keep it, races, events that are dropped."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import KYB, KYC, App, Request, examine, reply, verified

if TYPE_CHECKING:
    from collections.abc import Callable

    from vovecli.core.probes.exchanges import ProbeAnswer

STEPS = ("in_progress", "pending", "successful", "IN_PROGRESS", "IN_REVIEW", "COMPLETED")


@dataclass
class Book:
    """A handler with a state.

    Attributes:
        key: What makes a delivery a duplicate.
        is_racy: Whether an id counts as seen only once the requests of one moment are answered.
        is_strict: Whether a step back is ignored.
    """

    key: Callable[[Request], object] = lambda request: request.headers.get("svix-id")
    is_racy: bool = False
    is_strict: bool = False
    rows: list[tuple[str, str]] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)
    pending: set[object] = field(default_factory=set)

    def __call__(self, request: Request) -> ProbeAnswer:
        """Verify, look for a duplicate, work it in."""
        return App(accept=self._accept)(request)

    def _accept(self, request: Request) -> ProbeAnswer:
        key = self.key(request)
        if key in self.seen:
            return reply(200, "seen")
        (self.pending if self.is_racy else self.seen).add(key)
        ref, status = str(request.ref_id), str(request.status)
        if not (self.is_strict and self._is_step_back(ref, status)):
            self.rows.append((ref, status))
        return reply(200, "done")

    def _is_step_back(self, ref: str, status: str) -> bool:
        known = [STEPS.index(old) for name, old in self.rows if name == ref and old in STEPS]
        return bool(known) and status in STEPS and STEPS.index(status) <= max(known)

    def settle(self) -> None:
        """All that was sent at once is answered."""
        self.seen |= self.pending
        self.pending.clear()

    def log(self) -> str:
        """Every effect is a row."""
        return "\n".join(f"{ref} {status}" for ref, status in self.rows)

    def table(self) -> str:
        """A row per user."""
        return "\n".join(f"{ref} {status}" for ref, status in dict(self.rows).items())

    def counter(self) -> str:
        """The number of effects."""
        return f"{len(self.rows)} cases"

    def names(self) -> str:
        """The users alone."""
        return "\n".join(dict(self.rows))


VIEWS = ("log", "table", "counter", "names")


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("is_strict", [False, True])
def test_right_ways_to_keep_a_state(view: str, is_strict: bool) -> None:  # noqa: FBT001 - a table
    """By id, whatever the observer shows of it, and whether a step back is taken or not."""
    book = Book(is_strict=is_strict)
    examined = examine(book, observe=getattr(book, view), settle=book.settle)

    assert examined.flagged <= {"retry.out-of-order"}
    assert examined.codes == []
    assert examined.report.verdict == "conformant"
    assert examined.report.observed
    assert examined["retry.volume"].outcome in ("pass", "skipped")


@pytest.mark.thorough
@pytest.mark.parametrize("period", range(3, 60, 4))
def test_a_state_that_changes_by_itself_now_and_then(period: int) -> None:
    """No forgery is blamed for it: the state must rest while nothing is sent, and change again."""
    book, readings = Book(), count()

    def observe() -> str:
        return f"{book.log()}\njobs: {next(readings) // period}"

    examined = examine(book, observe=observe, settle=book.settle)
    assert examined["forgery.effect"].outcome != "fail"
    assert "effect-of-refused" not in examined.codes


@pytest.mark.parametrize(
    "is_worked_in",
    [
        lambda request: request.headers.get("svix-signature") == "",
        lambda request: "svix-id" not in request.headers,
        lambda request: "v0," in request.headers.get("svix-signature", ""),
        lambda request: "svix" not in request.headers["user-agent"].lower(),
        lambda request: request.status == "COMPLETED" and not verified(request),
    ],
    ids=["empty signature", "no id", "v0", "other sender", "final status"],
)
def test_a_forgery_that_is_refused_and_worked_in(is_worked_in: Callable[[Request], bool]) -> None:
    """Whichever it is, the state shows it."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if is_worked_in(request):
            book.rows.append((str(request.ref_id), str(request.status)))
        return book(request)

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert examined["forgery.effect"].outcome == "fail"
    assert examined.codes == ["effect-of-refused"]


@pytest.mark.parametrize(
    "record",
    [
        lambda request, _: f"{request.ref_id} rejected: invalid signature",
        lambda _, total: f"webhooks_invalid_total {total}",
        lambda _, total: f"requests: {total}",
    ],
    ids=["audit log", "counter of refusals", "counter of requests"],
)
def test_a_record_of_refusals_is_no_effect(record: Callable[[Request, int], str]) -> None:
    """An observer may show more than effects: what a hopeless request changes, too, proves nothing."""
    book = Book()
    refused: list[Request] = []

    def handle(request: Request) -> ProbeAnswer:
        answer = book(request)
        if not answer.is_2xx:
            refused.append(request)
        return answer

    def observe() -> str:
        total = len(refused)
        lines = [record(one, total) for one in refused] or [record(Request("", "", [], b""), 0)]
        return "\n".join([book.log(), *dict.fromkeys(lines)])

    examined = examine(handle, observe=observe, settle=book.settle)
    assert examined["forgery.effect"].outcome != "fail"
    assert examined.codes == []


def _doc(book: Book, log: list[int]) -> str:
    return json.dumps({"users": dict(book.rows), "rejected": log.count(401)})


def _flat(book: Book, log: list[int]) -> str:
    return f"total={len(log)} applied={len(book.rows)}"


def _counted(book: Book, log: list[int]) -> str:
    return f"requests: {len(log)}\n{book.log()}"


def _access_log(book: Book, log: list[int]) -> str:
    lines = [f'{n:032x} "POST /hooks HTTP/1.1" {status}' for n, status in enumerate(log)]
    return "\n".join([book.log(), *lines])


@pytest.mark.parametrize("show", [_doc, _flat, _counted, _access_log])
def test_what_any_request_changes_is_no_effect(show: Callable[[Book, list[int]], str]) -> None:
    """Counters and logs of requests beside the effects: a right handler is judged all the same."""
    book: Book = Book()
    log: list[int] = []

    def handle(request: Request) -> ProbeAnswer:
        answer = book(request)
        log.append(answer.status or 0)
        return answer

    examined = examine(handle, observe=lambda: show(book, log), settle=book.settle)
    assert examined.flagged <= {"retry.out-of-order"}
    assert examined.codes == []
    assert examined["forgery.effect"].outcome == "pass"
    assert examined["retry.duplicate-effect"].outcome == "pass"
    assert examined.report.verdict == "conformant"


@pytest.mark.parametrize("show", [_doc, _flat, _counted, _access_log])
def test_effects_beside_what_any_request_changes(show: Callable[[Book, list[int]], str]) -> None:
    """The same states do not hide that a refused forgery is stored, or a duplicate applied."""
    book = Book(key=lambda request: (request.headers.get("svix-timestamp"), request.body))
    log: list[int] = []

    def handle(request: Request) -> ProbeAnswer:
        answer = book(request)
        if request.ref_id and not answer.is_2xx:
            book.rows.append((str(request.ref_id), str(request.status)))
        log.append(answer.status or 0)
        return answer

    examined = examine(handle, observe=lambda: show(book, log), settle=book.settle)
    assert examined["forgery.effect"].outcome in ("fail", "inconclusive")
    assert examined.report.verdict == "failing"


def test_a_number_that_every_request_changes_says_nothing() -> None:
    """Where nothing else is seen, neither is a second effect."""
    requests = count()
    examined = examine(
        lambda request: (next(requests), App()(request))[1], observe=lambda: f"n {requests!r}"
    )
    assert examined["forgery.effect"].outcome == "inconclusive"
    assert examined["retry.duplicate-effect"].outcome == "inconclusive"
    assert examined.report.verdict == "inconclusive"
    assert examined.outcomes("fail") == set()


@pytest.mark.parametrize(
    "note",
    [
        lambda message_id, _, n: f"{message_id} attempt {n}",
        lambda _, ref, n: f"{ref} received {n} time(s)",
        lambda _, ref, n: f'{ref} "attempts": {n}',
    ],
    ids=["log of deliveries", "received", "attempts"],
)
def test_a_count_of_attempts_is_no_second_effect(note: Callable[[str, str, int], str]) -> None:
    """Beside the user's row, which a duplicate does not change."""
    book, came = Book(), list[tuple[str, str]]()

    def accept(request: Request) -> ProbeAnswer:
        came.append((request.headers["svix-id"], str(request.ref_id)))
        return book(request)

    def observe() -> str:
        return "\n".join([book.log(), *dict.fromkeys(note(*one, came.count(one)) for one in came)])

    examined = examine(App(accept=accept), observe=observe, settle=book.settle)
    assert examined["retry.duplicate-effect"].outcome == "inconclusive"
    assert examined.outcomes("fail") == set()


def test_a_note_beside_what_any_request_changes() -> None:
    """Metrics: bytes that came, and how many were duplicates."""
    book, came = Book(), list[tuple[bool, int]]()

    def handle(request: Request) -> ProbeAnswer:
        is_known = verified(request) and request.headers["svix-id"] in book.seen
        came.append((is_known, len(request.body)))
        return book(request)

    def observe() -> str:
        known = sum(is_known for is_known, _ in came)
        total = sum(size for _, size in came)
        return f'applied {len(book.rows)}\ntotal{{outcome="dup"}} {known}\nbytes {total}'

    examined = examine(handle, observe=observe, settle=book.settle)
    assert examined["retry.duplicate-effect"].outcome == "inconclusive"
    assert examined["forgery.effect"].outcome == "pass"
    assert examined.outcomes("fail") == set()


def test_a_refusal_that_is_only_said() -> None:
    """`echo "invalid signature"` without `exit`: a 2xx, and the effect comes all the same."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if verified(request):
            return book(request)
        if request.ref_id:
            book.rows.append((str(request.ref_id), str(request.status)))
        return reply(200, "Invalid signature")

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert examined.codes == ["ok-on-failure", "effect-of-refused"]


def test_known_users_are_dropped_before_the_verification() -> None:
    """Forgeries about them are acknowledged and have no effect, others are refused."""
    book = Book(key=lambda request: request.ref_id)

    def handle(request: Request) -> ProbeAnswer:
        return reply(200, "seen") if request.ref_id in book.seen else book(request)

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert examined["retry.distinct-events"].outcome == "fail"
    assert examined.codes == []


def test_work_that_ends_at_an_odd_delivery() -> None:
    """A worker that dies of an unknown status: what comes later is acknowledged, and lost."""
    book, odd = Book(), list[str]()

    def accept(request: Request) -> ProbeAnswer:
        odd.extend([str(request.status)] * (request.status not in (*KYB, *KYC)))
        return reply(200, "queued") if odd else book(request)

    examined = examine(App(accept=accept), observe=book.log, settle=book.settle)
    assert "any more" in examined["forgery.used-up-id"].why
    assert examined.report.verdict == "inconclusive"
    assert "any more" in examined.report.unjudged


def test_a_change_that_no_forgery_makes_alone() -> None:
    """Only many at once change the state: none of them is proved to."""
    book, since_look = Book(), [0]

    def handle(request: Request) -> ProbeAnswer:
        answer = book(request)
        since_look[0] += not answer.is_2xx
        if since_look[0] == 6:
            book.rows.append(("limits", "reached"))
        return answer

    def observe() -> str:
        since_look[0] = 0
        return book.log()

    examined = examine(handle, observe=observe, settle=book.settle)
    assert examined["forgery.effect"].outcome == "skipped"
    assert examined.codes == []


def test_a_limit_while_a_change_is_narrowed_down() -> None:
    """What changed once, and could not be tried again, is neither proved nor dismissed."""
    book, forged = Book(), count()

    def handle(request: Request) -> ProbeAnswer:
        is_it = request.status == "COMPLETED" and not verified(request)
        if is_it and next(forged) > 8:
            return reply(429)
        if is_it:
            book.rows.append((str(request.ref_id), str(request.status)))
        return book(request)

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert examined["forgery.effect"].outcome == "inconclusive"
    assert examined.codes == []


def _knows(request: Request, seen: set[str]) -> bool:
    """Whether its id came before."""
    id_ = request.headers.get("svix-id", "")
    is_known = id_ in seen
    seen.add(id_)
    return is_known


def test_a_limit_or_the_end_of_time_while_a_signature_is_used_again() -> None:
    """Neither is a refusal."""
    seen, known = set[str](), set[str]()

    def limits(request: Request) -> ProbeAnswer:
        is_reused = _knows(request, seen) and not verified(request)
        return reply(429) if is_reused else App()(request)

    def is_slow_and_over(_: int) -> float:
        return 58.0 * bool(known)

    def slow(request: Request) -> ProbeAnswer:
        if _knows(request, slowly_seen) and request.headers.get("svix-id"):
            known.add("it")
        return replace(App()(request), latency_ms=900)

    slowly_seen = set[str]()
    chosen = frozenset({"forgery.reused-signature"})
    limited = examine(limits, chosen=chosen)["forgery.reused-signature"]
    late = examine(slow, chosen=chosen, elapsed_s=is_slow_and_over)["forgery.reused-signature"]
    assert (limited.outcome, late.outcome) == ("inconclusive", "inconclusive")
    assert "429" in limited.got
    assert "left out" in late.why


def test_known_ids_are_noted_before_the_verification() -> None:
    """A table of duplicates grows: that hides whether a used signature had an effect."""
    book, attempts, seen = Book(), [], set[str]()

    def handle(request: Request) -> ProbeAnswer:
        if request.headers.get("svix-id") in seen:
            attempts.append(f"{request.ref_id} duplicate ignored")
            return reply(200, "done")
        answer = book(request)
        if answer.is_2xx:
            seen.add(request.headers["svix-id"])
        return answer

    examined = examine(
        handle, observe=lambda: "\n".join([book.log(), *attempts]), settle=book.settle
    )
    assert examined["forgery.reused-signature"].outcome == "inconclusive"


def _after(moment: int) -> Callable[[], bool]:
    """False that often, then True."""
    asked = count()
    return lambda: next(asked) > moment


@pytest.mark.thorough
@pytest.mark.parametrize("observed", [False, True])
@pytest.mark.parametrize("is_broken", [False, True])
@pytest.mark.parametrize("moment", range(8, 260, 25))
def test_a_run_may_end_at_any_moment(*, observed: bool, is_broken: bool, moment: int) -> None:
    """Time is over, or a limit is reached, within any check: nothing crashes, nothing is green."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if is_broken and not verified(request):
            book.rows.append((str(request.ref_id), str(request.status)))
        return book(request)

    is_over, is_limited = _after(moment), _after(moment)
    observe = book.log if observed else None
    late = examine(handle, observe=observe, elapsed_s=lambda _: 58.0 * is_over())
    limited = examine(
        lambda request: reply(429) if is_limited() else handle(request), observe=observe
    )
    if is_broken and observed:
        assert "conformant" not in (late.report.verdict, limited.report.verdict)


def test_a_record_of_duplicates_is_no_second_effect() -> None:
    """A table of attempts beside that of effects."""
    book, attempts = Book(), []

    def handle(request: Request) -> ProbeAnswer:
        if request.headers.get("svix-id") in book.seen:
            attempts.append(f"{request.ref_id} duplicate ignored")
        return book(request)

    def observe() -> str:
        return "\n".join([book.log(), *attempts])

    examined = examine(handle, observe=observe, settle=book.settle)
    assert examined["retry.duplicate-effect"].outcome == "inconclusive"


def test_a_counter_of_effects_shows_those_of_refused_forgeries() -> None:
    """A number that grows with each forgery, and not with what is no delivery at all."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if request.ref_id and not verified(request):
            book.rows.append(("", ""))
        return book(request)

    examined = examine(handle, observe=book.counter, settle=book.settle)
    assert examined.codes == ["effect-of-refused"]


@pytest.mark.parametrize("view", ["log", "counter"])
def test_a_race(view: str) -> None:
    """Two copies at once, both worked in: the answers are all 200, the state is not."""
    book = Book(is_racy=True)
    examined = examine(book, observe=getattr(book, view), settle=book.settle)

    for id_ in ("retry.concurrent-duplicate", "retry.volume"):
        assert (examined[id_].outcome, examined[id_].severity) == ("fail", "error")
    assert examined["retry.duplicate-effect"].outcome == "pass"
    assert examined.report.verdict == "failing"


@pytest.mark.parametrize(
    "key",
    [
        lambda request: request.body,
        lambda request: (request.ref_id, request.status),
        lambda request: request.ref_id,
    ],
    ids=["body", "refId and status", "refId"],
)
@pytest.mark.parametrize("view", ["log", "table"])
def test_events_that_are_dropped_for_their_likeness(
    key: Callable[[Request], object], view: str
) -> None:
    """Only the id says what is a duplicate."""
    book = Book(key=key)
    examined = examine(book, observe=getattr(book, view), settle=book.settle)

    assert "retry.distinct-events" in examined.flagged
    assert examined["retry.concurrent-duplicate"].outcome == "pass"


def test_events_that_are_lost() -> None:
    """Acknowledged, but of what comes at once only the first is worked in."""
    book = Book()
    busy = {"is": False}

    def settle() -> None:
        busy["is"] = False

    def handle(request: Request) -> ProbeAnswer:
        if verified(request) and busy["is"]:
            return reply(200, "queued")
        busy["is"] = True
        return book(request)

    examined = examine(handle, observe=book.log, settle=settle)

    assert "19 not at all" in examined["retry.volume"].got


def test_forgeries_that_are_acknowledged_and_ignored() -> None:
    """With an observer that is proved to be a failure that is not told."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if verified(request):
            book(request)
        return reply(200, "ok")

    examined = examine(handle, observe=book.log)

    assert examined.codes == ["ok-on-failure"]
    assert examined.report.diagnosis[0].certainty == "proved"
    assert "its effect" not in examined["forgery.swapped-id"].why
    assert examine(handle).codes == ["no-verification"]
    assert examine(handle).report.diagnosis[0].certainty == "likely"


def test_forgeries_that_are_worked_in() -> None:
    """With an observer that is proved."""
    rows: list[str] = []

    def handle(request: Request) -> ProbeAnswer:
        rows.append(f"{request.ref_id} {request.status}")
        return reply(200, "ok")

    examined = examine(handle, observe=lambda: "\n".join(rows))

    assert examined.codes == ["no-verification"]
    assert examined.report.diagnosis[0].certainty == "proved"


@pytest.mark.parametrize("shown", [1, 3, 5])
def test_a_state_that_stops_showing(shown: int) -> None:
    """Where no trace is left, or none can be counted, nothing is judged."""
    book = Book()
    examined = examine(book, observe=lambda: "\n".join(book.log().splitlines()[:shown]))

    assert examined.flagged == set()
    assert examined["retry.distinct-events"].outcome in ("pass", "skipped")
    assert examined["retry.volume"].outcome in ("pass", "skipped")


def test_a_state_without_names_and_numbers() -> None:
    """Statuses alone: that something came is seen, but not how often."""
    book = Book()

    def statuses() -> str:
        return "\n".join(status for _, status in book.rows)

    examined = examine(book, observe=statuses, settle=book.settle)

    assert examined.flagged <= {"retry.out-of-order"}
    assert examined["retry.volume"].outcome == "skipped"


@pytest.mark.parametrize(
    ("is_unverified", "code"),
    [
        (lambda request: request.status in KYC, "no-verification"),
        (lambda request: request.status in KYB, "no-verification"),
        (lambda request: request.status not in ("COMPLETED", "successful"), "no-verification"),
        (lambda request: "svix-signature" not in request.headers, "verifies-only-if-present"),
    ],
    ids=["KYC", "KYB", "statuses that decide nothing", "unsigned"],
)
def test_forgeries_that_only_some_requests_allow(
    is_unverified: Callable[[Request], bool], code: str
) -> None:
    """Forgeries that are refused, and so have no effect, say nothing of those that are accepted."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if is_unverified(request):
            book.rows.append((str(request.ref_id), str(request.status)))
            return reply(200, "done")
        return book(request)

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert examined.codes[0] == code
    assert examined.report.diagnosis[0].certainty == "proved"
    assert examined["forgery.effect"].outcome == "fail"


def test_a_forgery_that_only_a_final_status_lets_in_is_not_called_refused() -> None:
    """The forgeries of the other checks are refused; the one with an effect is acknowledged."""
    seen: set[str] = set()
    rows: list[str] = []

    def handle(request: Request) -> ProbeAnswer:
        message_id = request.headers.get("svix-id", "")
        is_taken = verified(request) or request.status in ("COMPLETED", "successful")
        if is_taken and message_id not in seen:
            seen.add(message_id)
            rows.append(f"{request.ref_id} {request.status}")
        return reply(200 if is_taken or message_id in seen else 401)

    examined = examine(handle, observe=lambda: "\n".join(rows))
    assert examined["forgery.effect"].outcome == "fail"
    assert examined.codes == []


def test_forgeries_of_a_status_that_is_not_sent_where_the_state_is_read() -> None:
    """Whether they have an effect is not known."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        is_first = request.status in ("IN_PROGRESS", "in_progress")
        return reply(200, "done") if is_first and not verified(request) else book(request)

    (found,) = examine(handle, observe=book.log, settle=book.settle).report.diagnosis
    assert (found.code, found.certainty) == ("no-verification", "likely")


def test_a_forgery_that_did_not_reach_the_handler_has_no_effect_to_judge() -> None:
    """A gateway answered it."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        return book(request) if "svix-id" in request.headers else reply(503)

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert examined["forgery.effect"].outcome == "inconclusive"


@pytest.mark.parametrize("answers_all", [True, False])
def test_only_one_kind_of_forgery_is_worked_in(answers_all: bool) -> None:  # noqa: FBT001 - a table
    """Each forgery is acknowledged, or dropped like a duplicate; the one with an effect is named."""
    book = Book()

    def handle(request: Request) -> ProbeAnswer:
        if "svix-signature" not in request.headers:
            book.rows.append((str(request.ref_id), str(request.status)))
        answer = book(request)
        return reply(200, "done") if answers_all else answer

    examined = examine(handle, observe=book.log, settle=book.settle)
    (found,) = examined.report.diagnosis
    kind = ("no-verification", "likely") if answers_all else ("effect-of-refused", "proved")
    assert (found.code, found.certainty) == kind
    assert "without" in found.message


def test_acknowledged_as_a_duplicate_before_it_is_verified() -> None:
    """An id that is missing is an id that was seen before: nothing passes, nothing is worked in."""
    book, seen = Book(), set[str | None]()

    def handle(request: Request) -> ProbeAnswer:
        message_id = request.headers.get("svix-id")
        if message_id in seen:
            return reply(200, "seen")
        seen.add(message_id)
        return book(request)

    examined = examine(handle, observe=book.log, settle=book.settle)
    assert "ok-on-failure" in examined.codes
    assert "verifies-only-if-present" not in examined.codes
    blind = examine(handle)
    assert "proved" not in [one.certainty for one in blind.report.diagnosis]


@dataclass
class Forgetful(Book):
    """Looks for duplicates, and remembers the id, before anything is verified."""

    copy: str = "seen"
    status: int = 200

    def __call__(self, request: Request) -> ProbeAnswer:
        """Known ids are acknowledged unread."""
        message_id = request.headers.get("svix-id")
        if message_id in self.seen:
            return reply(self.status, self.copy)
        if message_id:
            self.seen.add(message_id)
        return App(accept=self._work_in)(request)

    def _work_in(self, request: Request) -> ProbeAnswer:
        self.rows.append((str(request.ref_id), str(request.status)))
        return reply(200, "done")


@pytest.mark.parametrize("final", [True, False])
def test_a_forgery_uses_up_the_id_of_a_genuine_delivery(final: bool) -> None:  # noqa: FBT001 - a table
    """Its answer shows it where it differs; the state shows it in any case."""
    assert examine(Forgetful()).outcomes("warn") >= {"forgery.used-up-id"}
    assert examine(Forgetful(status=409)).outcomes("fail") >= {"forgery.used-up-id"}
    assert "forgery.used-up-id" not in examine(Forgetful(copy="done")).flagged
    silent = Forgetful(copy="done")
    observed = examine(silent, observe=silent.log, settle=silent.settle, final=final)
    assert "forgery.used-up-id" in observed.outcomes("fail")
    assert observed.report.verdict == "failing"


@pytest.mark.parametrize("answers", [reply(200, "seen"), reply(409, "seen")])
def test_an_id_that_is_remembered_once_it_is_verified(answers: ProbeAnswer) -> None:
    """Whatever a copy is answered."""
    seen: set[str] = set()

    def accept(request: Request) -> ProbeAnswer:
        message_id = request.headers["svix-id"]
        if message_id in seen:
            return answers
        seen.add(message_id)
        return reply(200, f"user {'created' if len(seen) == 1 else 'updated'}")

    assert "forgery.used-up-id" not in examine(App(accept=accept), ref_id="user-1").flagged


@pytest.mark.parametrize(
    "show",
    [
        lambda message_id, ref, status, n: f"{message_id}|{ref}|{status}|{n}",
        lambda message_id, ref, status, n: f"7 | {message_id} | {ref} {status} | attempts: {n}",
        lambda _, ref, status, n: f"{ref}|{status}|2026-11-26T10:00:{n:02}.123Z",
        lambda _, ref, status, n: f"{ref}|{status}|2026-11-26 10:00:{n:02}+00",
        lambda _, ref, status, n: (
            f'{{"ref": "{ref}", "status": "{status}", "at": {1_800_000_000 + n}}}'
        ),
        lambda _, ref, status, n: f"{ref} {status} {1_800_000_000_000 + n}",
    ],
    ids=["attempts", "attempts, after a number", "time", "time of a database", "seconds", "ms"],
)
def test_a_note_of_a_duplicate_is_no_second_effect(
    show: Callable[[str, str, str, int], str],
) -> None:
    """Attempts counted in a delivery's own row, and the time of an update that changes nothing."""
    rows: dict[tuple[str, str], str] = {}
    asked = count(1)

    def accept(request: Request) -> ProbeAnswer:
        ref, message_id = str(request.ref_id), request.headers["svix-id"]
        is_own = message_id in show(message_id, "", "", 0)
        rows[message_id if is_own else "", ref] = show(
            message_id, ref, str(request.status), next(asked)
        )
        return reply(200, "ok")

    examined = examine(App(accept=accept), observe=lambda: "\n".join(rows.values()))
    assert examined["retry.duplicate-effect"].outcome == "inconclusive"
    assert not examined.outcomes("fail")


@pytest.mark.parametrize(
    "show",
    [lambda ref, n: f"{ref} {n}", lambda _, n: f'{{"last": "msg_a", "total": {n}}}'],
    ids=["of a user", "total"],
)
def test_a_number_that_grows_twice_is_a_second_effect(show: Callable[[str, int], str]) -> None:
    """A user's own count, and a total."""
    credits_: dict[str, int] = {}

    def accept(request: Request) -> ProbeAnswer:
        ref = str(request.ref_id)
        credits_[ref] = credits_.get(ref, 0) + 1
        return reply(200, "ok")

    def observe() -> str:
        return "\n".join(show(ref, n) for ref, n in credits_.items())

    examined = examine(App(accept=accept), observe=observe)
    assert examined["retry.duplicate-effect"].outcome == "fail"
