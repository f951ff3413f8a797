"""Runs as conversations: addresses, gates, doubts, effects, time, walls that are none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from tests.unit.conformance.handlers import (
    NOW,
    SECRET,
    App,
    Request,
    Verifier,
    examine,
    reply,
    verified,
)

from vovecli.core.endpoints import parse_endpoint
from vovecli.core.probes.exchanges import ProbeAnswer
from vovecli.core.suite import BY_ID, choose
from vovecli.core.suite.check import Evidence, summary
from vovecli.core.suite.state import BUDGET_S, NeverSentError, RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.conformance.handlers import Handler

REFUSED = ProbeAnswer(error="refused", message="nothing listens")
SILENT = ProbeAnswer(error="timeout", message="connected, but no answer within 20 s")


def _slow(handler: Handler, latency_ms: float) -> Handler:
    return lambda request: replace(handler(request), latency_ms=latency_ms)


# ---------------------------------------------------------------- reaching it


def test_no_address_at_all() -> None:
    """A name that does not resolve: unreachable, everything else inconclusive."""
    examined = examine(App(), addresses=())

    assert examined.report.verdict == "unreachable"
    assert examined["delivery.reachable"].outcome == "fail"
    assert set(BY_ID) - {"delivery.reachable"} == examined.outcomes("inconclusive")


def test_the_first_address_that_answers_is_used() -> None:
    """Both are tried, the report tells what each said, and later probes go to the one."""
    answers = iter([REFUSED])

    examined = examine(
        lambda request: next(answers, None) or App()(request), addresses=("::1", "127.0.0.1")
    )

    assert examined.report.verdict == "conformant"
    assert examined[
        "delivery.reachable"
    ].got == 'nothing listens; 127.0.0.1: 200 {"ok": true}'.replace("nothing", "::1: nothing")
    assert {"127.0.0.1"} == {probe.address for probe in examined.probes[2:]}


def test_what_several_addresses_say_alike_is_said_once() -> None:
    """A dead port of localhost is dead at both loopback addresses."""
    dead = iter(
        ProbeAnswer(error="refused", message=f"nothing listens on localhost:1 (tried {address})")
        for address in ("127.0.0.1", "::1")
    )

    examined = examine(lambda _: next(dead), addresses=("127.0.0.1", "::1"))

    assert examined["delivery.reachable"].got == (
        "127.0.0.1 and ::1: nothing listens on localhost:1"
    )


def test_nothing_answers() -> None:
    """Connections that are taken but never answered are told as such."""
    examined = examine(lambda _: SILENT)

    assert examined.report.verdict == "unreachable"
    assert "no answer within 20 s" in examined["delivery.reachable"].got


def test_only_genuine_deliveries_hang() -> None:
    """It is reachable, and what hangs is named."""
    app = App(accept=lambda _: SILENT)
    examined = examine(app)

    assert examined["delivery.reachable"].outcome == "pass"
    assert ["never-answers"] == examined.codes
    assert {"delivery.valid-kyc", "delivery.valid-kyb"} == examined.flagged


def test_a_bad_certificate_is_one_finding() -> None:
    """The rest is examined all the same, without looking at the certificate."""

    def handle(request: Request) -> ProbeAnswer:
        return App()(request)

    trusted = {"asked": False}

    def first_refuses(request: Request) -> ProbeAnswer:
        if not trusted["asked"]:
            trusted["asked"] = True
            return ProbeAnswer(error="tls", message="certificate has expired")
        return handle(request)

    examined = examine(first_refuses, url="https://shop.example/webhooks/vove")

    assert examined["tls.certificate"].outcome == "fail"
    assert examined["tls.certificate"].got == "certificate has expired"
    assert examined["retry.rotation"].outcome == "pass"
    assert all(probe.unverified for probe in examined.probes[1:])


def test_http_beyond_this_machine() -> None:
    """tls.https fails, the rest of tls is skipped."""
    examined = examine(App(), url="http://shop.example/webhooks/vove")

    assert examined["tls.https"].outcome == "fail"
    assert examined["tls.certificate"].outcome == "skipped"
    assert examined["tls.http-redirect"].outcome == "skipped"


# ---------------------------------------------------------------- time


def test_a_slow_handler_is_warned_about() -> None:
    """Five seconds are a warning, fifteen an error."""
    six = examine(_slow(App(), 6000))
    sixteen = examine(_slow(App(), 16_000))

    assert (six["delivery.fast"].outcome, six["delivery.fast"].severity) == ("warn", "warning")
    assert (sixteen["delivery.fast"].outcome, sixteen["delivery.fast"].severity) == (
        "fail",
        "error",
    )
    assert six["delivery.fast"].got == "median of 3: 6.0 s"


def test_a_slow_run_is_cut_short() -> None:
    """The most telling first; what was left out is said, and listed."""
    examined = examine(_slow(App(), 6000), elapsed_s=lambda requests: requests * 2.0)

    left_out = {check.id for check in examined.report.checks if "left out" in check.why}
    assert left_out
    assert left_out <= examined.outcomes("skipped")
    assert f"{BUDGET_S:.0f} s are over" in examined["body.large"].why
    assert examined["forgery.wrong-secret"].outcome == "pass"
    assert "body.large" in left_out
    assert len(examined.probes) < 40


def test_a_diagnosis_stops_when_time_is_over() -> None:
    """Without time for schemes, the pattern must do."""
    slow = examine(
        App(Verifier(key=SECRET.encoded.encode())), elapsed_s=lambda requests: requests * 1.0
    )

    assert slow.codes[0] in ("wrong-secret", "undecoded-secret")
    assert len(slow.probes) < 80


# ---------------------------------------------------------------- doubts


def test_a_failure_that_cannot_be_repeated_is_none() -> None:
    """Other traffic that moves the state once is not held against the handler."""
    handler, observe = _book()
    readings = {"n": 0}

    def observe_with_traffic() -> str:
        readings["n"] += 1
        other = "somebody else's case" if readings["n"] > 6 else ""  # after the duplicate
        return observe() + other

    examined = examine(
        handler, observe=observe_with_traffic, chosen=frozenset({"retry.duplicate-effect"})
    )

    assert examined["retry.duplicate-effect"].outcome == "pass"
    assert readings["n"] > 10


def _book(
    *, before_verifying: bool = False, every_time: bool = False, late_wins: bool = False
) -> tuple[Handler, Callable[[], str]]:
    """A handler that keeps a state, and its observer."""
    states: dict[str, str] = {}
    seen: set[str] = set()
    count = {"n": 0}

    def work(request: Request) -> None:
        message_id = request.headers.get("svix-id", "")
        if message_id in seen and not every_time:
            return
        seen.add(message_id)
        count["n"] += every_time
        if request.ref_id and (late_wins or states.get(request.ref_id) != "COMPLETED"):
            states[request.ref_id] = request.status

    def handle(request: Request) -> ProbeAnswer:
        is_genuine = verified(request)
        if is_genuine or before_verifying:
            work(request)
        return reply(200 if is_genuine else 401)

    return (
        handle,
        lambda: f"{count['n']}\n" + "\n".join(f"{ref} {status}" for ref, status in states.items()),
    )


@pytest.mark.parametrize(
    ("mistakes", "flagged"),
    [
        ({}, set()),
        ({"every_time": True}, {"retry.duplicate-effect"}),
        ({"late_wins": True}, {"retry.out-of-order"}),
        ({"before_verifying": True}, {"forgery.effect", "forgery.used-up-id"}),
    ],
)
def test_effects(mistakes: dict[str, bool], flagged: set[str]) -> None:
    """The state tells what no answer does, and the culprit is named."""
    handler, observe = _book(**mistakes)
    examined = examine(handler, observe=observe)

    assert flagged == examined.flagged
    if "forgery.effect" in flagged:
        assert "the state changed after: signed with a random key" in examined["forgery.effect"].got
        assert ["effect-of-refused"] == examined.codes
    if "retry.duplicate-effect" in flagged:
        assert "the identical delivery again" in examined["retry.duplicate-effect"].got
    if "retry.out-of-order" in flagged:
        assert "overwrote the final status" in examined["retry.out-of-order"].got


def test_an_observer_that_shows_nothing() -> None:
    """Where a genuine delivery leaves no trace, a second effect cannot be judged."""
    examined = examine(App(), observe=lambda: "always the same")

    assert examined["retry.duplicate-effect"].outcome == "skipped"
    assert "leaves no trace" in examined["retry.duplicate-effect"].why
    assert examined["retry.out-of-order"].outcome == "pass"
    assert not examined.report.observed


def test_an_observer_that_shows_no_status() -> None:
    """Then a late event cannot be seen to overwrite one."""
    refs: list[str] = []

    def accept(request: Request) -> ProbeAnswer:
        refs.append(str(request.ref_id))
        return reply(200)

    examined = examine(App(accept=accept), observe=lambda: "\n".join(sorted(set(refs))))

    assert examined.report.observed
    assert "does not show the status" in examined["retry.out-of-order"].got


def test_a_noisy_observer() -> None:
    """Output that changes by itself cannot be judged: skipped, never guessed."""
    ticks = iter(range(10**6))
    examined = examine(App(), observe=lambda: f"clock {next(ticks)}")

    assert {"retry.duplicate-effect", "forgery.effect"} <= examined.outcomes("skipped")
    assert "changes on its own" in examined["forgery.effect"].why
    assert set() == examined.flagged


def test_an_observer_that_becomes_noisy() -> None:
    """The same, once it has begun."""
    ticks = iter(range(10**6))
    quiet = {"left": 2}

    def observe() -> str:
        if quiet["left"]:
            quiet["left"] -= 1
            return "quiet"
        return f"clock {next(ticks)}"

    examined = examine(App(), observe=observe)

    assert {"retry.duplicate-effect", "forgery.effect"} <= examined.outcomes("skipped")
    assert examined["retry.out-of-order"].outcome == "pass"
    assert set() == examined.flagged


def test_states_that_only_move() -> None:
    """A state whose lines were repeated is told as such."""
    from vovecli.core.suite.traces import Change

    assert Change("a\nb", "b\na").describe() == "lines were repeated or moved"
    assert Change("a", "a\n  c").describe() == "now: c"
    assert Change("a\nb", "a").describe() == "gone: b"


# ---------------------------------------------------------------- rate limits and odd answers


def test_a_rate_limit_in_the_middle() -> None:
    """Checks that it answered are inconclusive, neither passed nor failed."""
    calls = {"n": 0}

    def handle(request: Request) -> ProbeAnswer:
        calls["n"] += 1
        return reply(429) if calls["n"] > 12 else App()(request)

    examined = examine(handle)

    assert set() == examined.flagged
    assert [] == examined.codes
    assert examined["forgery.missing-id"].outcome == "inconclusive"
    assert "429" in examined["forgery.missing-id"].why
    assert examined.report.verdict == "inconclusive"
    assert "forgery.missing-id" in examined.report.unjudged


def test_a_limit_for_genuine_deliveries_only() -> None:
    """Forgeries are refused by the handler, genuine ones by the limit: not judged."""
    examined = examine(App(accept=lambda _: reply(429)))

    assert examined.report.verdict == "inconclusive"
    assert examined["delivery.valid-kyb"].outcome == "inconclusive"


def test_refusals_by_redirect_are_told() -> None:
    """They refuse, but the sender does not follow them."""
    examined = examine(App(refuse=lambda _: reply(302, Location="/")))

    assert examined["forgery.unsigned"].outcome == "pass"
    assert "redirect" in examined["forgery.unsigned"].why


def test_a_shifted_window_is_a_wrong_clock() -> None:
    """Two minutes by the Date header, and the window of accepted times lies to one side."""
    date = "Fri, 15 Jan 2027 08:02:00 GMT"
    app = App(
        Verifier(clock_off_s=120),
        accept=lambda _: reply(200, Date=date),
        refuse=lambda _: reply(401, Date=date),
    )
    examined = examine(app)

    assert NOW == 1_800_000_000
    assert ["clock-skew"] == examined.codes
    assert {"forgery.future-6min"} == examined.flagged
    assert "120 s ahead" in examined["forgery.future-6min"].why
    assert examined.report.diagnosis[0].certainty == "likely"


def test_a_clock_that_its_date_header_shows() -> None:
    """The shift that the header names is tried before all others."""
    date = "Fri, 15 Jan 2027 09:33:20 GMT"
    app = App(Verifier(clock_off_s=5600), refuse=lambda _: reply(401, Date=date))
    examined = examine(app)

    assert ["clock-skew"] == examined.codes
    assert examined.report.diagnosis[0].certainty == "proved"


def test_a_clock_that_is_off_with_another_secret() -> None:
    """What the header shows is all that can be said."""
    app = App(
        Verifier(key=b"x" * 24), refuse=lambda _: reply(401, Date="Fri, 15 Jan 2027 09:00:00 GMT")
    )

    assert ["clock-skew"] == examine(app).codes


def test_the_media_type_is_what_it_speaks_of() -> None:
    """Where no other content type helps, its own words are all there is."""
    app = App(before=lambda request: None if request.method == "GET" else reply(415))

    examined = examine(app)

    assert examined.codes[0] == "content-type-guard"
    assert examined.report.diagnosis[0].certainty == "likely"


def test_the_users_own_secret_is_published() -> None:
    """It is an error, whatever the handler does."""
    from tests.unit.conformance import handlers

    from vovecli.core.published_secrets import PUBLISHED_SECRETS
    from vovecli.core.secrets import parse_secret

    published = parse_secret(PUBLISHED_SECRETS[2].text)
    app = App(Verifier(key=published.key))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(handlers, "SECRET", published)
        examined = examine(app)

    assert {"forgery.published-secret"} == examined.flagged
    assert "anybody" in examined["forgery.published-secret"].why
    assert ["published-secret"] == examined.codes


def test_the_other_familys_crash_is_told() -> None:
    """Where both are demanded, what the refused one answers is named, though not proved."""
    app = App(
        accept=lambda request: reply(500) if b"previousStatus" in request.body else reply(200)
    )
    examined = examine(app, families=("kyb", "kyc"))

    assert ["crash-after-verification"] == examined.codes
    assert examined.report.diagnosis[0].certainty == "likely"
    assert "KYB deliveries: 500" in examined.report.diagnosis[0].message


def test_a_limit_on_one_check_accuses_nobody() -> None:
    """A 429 for the charset says nothing about content types."""
    app = App(
        before=lambda request: reply(429) if "charset" in request.headers["content-type"] else None
    )
    examined = examine(app)

    assert examined["delivery.charset"].outcome == "inconclusive"
    assert [] == examined.codes


def test_a_test_user_whom_nobody_knows() -> None:
    """With --ref-id a 404 is a failure, and no wrong path, for forgeries are answered otherwise."""
    examined = examine(App(accept=lambda _: reply(404, "no such user")), ref_id="user-1")

    assert ["refused-after-verification"] == examined.codes
    assert examined.report.verdict == "failing"


def test_nothing_came_of_nothing() -> None:
    """A check whose deliveries were all left out has nothing to say."""
    assert summary(Evidence()) == ""


# ---------------------------------------------------------------- a choice of checks


@pytest.mark.parametrize(
    "chosen",
    [
        choose(["delivery"]), choose(["body"]), choose(["retry"]), choose(["forgery"]), choose(["interop"]),
        choose(skip=["forgery"]), choose(skip=["forgery.wrong-secret"]), choose(["retry.rotation"]),
        choose(["body.reserialized-js"]), choose(["delivery.header-case"]), choose(skip=["delivery"]),
    ],
)  # fmt: skip
def test_a_choice_of_checks_never_makes_a_handler_conformant(chosen: frozenset[str]) -> None:
    """Nothing is verified here: what was not chosen is sent all the same where a diagnosis needs it."""
    examined = examine(lambda _: reply(200, "ok"), chosen=chosen)

    assert examined.report.verdict != "conformant"
    assert examined.report.partial
    assert examined.codes == ["no-verification"]
    assert {check.id for check in examined.report.checks} == chosen


@pytest.mark.parametrize("id_", sorted(BY_ID))
def test_every_check_alone(id_: str) -> None:
    """A right handler passes each by itself, and what it asks about was sent."""
    examined = examine(App(), chosen=choose([id_]))

    assert set() == examined.flagged
    assert examined.codes == []
    assert examined.report.verdict == "inconclusive"
    assert examined.report.partial


def test_what_was_never_sent_is_no_refusal() -> None:
    """To ask about it is a mistake of ours, and raises."""
    state = RunState(parse_endpoint("3000"), (SECRET,))

    with pytest.raises(NeverSentError, match=r"forgery\.unsigned"):
        state.accepted("forgery.unsigned")


# ---------------------------------------------------------------- green only when judged


def _limited(app: Handler, *, after: int, status: int = 429) -> Handler:
    calls = {"n": 0}

    def handle(request: Request) -> ProbeAnswer:
        calls["n"] += 1
        return reply(status) if calls["n"] > after else app(request)

    return handle


@pytest.mark.parametrize("after", [3, 8, 12, 20, 27])
@pytest.mark.parametrize("status", [429, 503])
def test_a_limit_hides_nothing(after: int, status: int) -> None:
    """What a limiter answered is never taken for a refusal."""
    lax = App(lambda request: verified(request) or "svix-id" not in request.headers)

    assert examine(_limited(lax, after=after, status=status)).report.verdict != "conformant"


@pytest.mark.parametrize("status", [429, 503])
def test_a_verdict_fits_under_a_limit_of_28_requests(status: int) -> None:
    """Gate, forgeries and controls come first; what came too late is said to be unjudged."""
    examined = examine(_limited(App(), after=28, status=status))

    assert examined.report.verdict == "conformant"
    assert examined["retry.rotation"].outcome == "inconclusive"
    assert set() == examined.flagged


@pytest.mark.thorough
@pytest.mark.parametrize("requests", range(20, 80, 2))
def test_a_check_that_the_end_of_time_cuts_short_is_no_pass(requests: int) -> None:
    """Wherever it falls: it is left out like those that were never sent, and nothing is accused."""
    examined = examine(App(), elapsed_s=lambda sent: 0.0 if sent < requests else 10_000.0)

    assert examined.flagged == set()
    assert len(examined.outcomes("skipped", "inconclusive")) > len(
        examine(App()).outcomes("skipped", "inconclusive")
    )


def test_a_ban_hides_nothing() -> None:
    """After the first forgery everything is refused: no pass since the last genuine delivery counts."""
    banned = {"is": False}

    def handle(request: Request) -> ProbeAnswer:
        if request.method == "POST" and "svix-id" in request.headers and not verified(request):
            banned["is"] = True
        if banned["is"]:
            return reply(403, "banned")
        return reply(200)

    examined = examine(handle)

    assert examined.report.verdict == "inconclusive"
    assert "a ban" in examined["forgery.unsigned"].why
    assert set() == examined.flagged


def test_a_ban_after_many_forgeries_leaves_what_was_judged_before() -> None:
    """The groups before it had their genuine delivery."""
    forged = {"n": 0}

    def handle(request: Request) -> ProbeAnswer:
        if not verified(request):
            forged["n"] += 1
            return reply(401)
        return reply(403, "banned") if forged["n"] > 26 else reply(200)

    examined = examine(handle)

    assert examined["forgery.wrong-secret"].outcome == "pass"
    assert examined["forgery.malformed"].outcome == "inconclusive"
    assert examined.report.verdict == "conformant"


def test_a_strict_state_machine_with_a_test_user() -> None:
    """It answers a status that repeats 409: unlike a forgery, and each time the same."""
    seen: set[str] = set()

    def accept(request: Request) -> ProbeAnswer:
        if request.ref_id != "user-1":
            return reply(200)
        if request.status in seen:
            return reply(409, "the status did not change")
        seen.add(request.status)
        return reply(200)

    examined = examine(App(accept=accept), ref_id="user-1")

    assert examined["forgery.wrong-secret"].outcome == "pass"
    assert examined.report.unjudged == ""


def test_silence_is_no_refusal() -> None:
    """Forgeries that hang are not judged."""
    examined = examine(App(refuse=lambda _: SILENT))

    assert examined["forgery.wrong-secret"].outcome == "inconclusive"
    assert examined.report.verdict == "inconclusive"


# ---------------------------------------------------------------- what is said, and where


def test_without_a_secret_of_ones_own() -> None:
    """The development secret explains a refusal of everything; what is proved goes before it."""
    refusing = examine(App(Verifier(key=b"x" * 24)), is_secret_given=False)
    undecoded = examine(App(Verifier(key=SECRET.encoded.encode())), is_secret_given=False)

    assert refusing.codes == ["no-secret-given"]
    assert undecoded.codes == ["undecoded-secret"]
    assert examine(App(), is_secret_given=False).codes == []


def test_one_mistake_is_told_once() -> None:
    """What fails for the diagnosed reason stands under it, without a reason of its own."""
    examined = examine(App(lambda _: True))
    (diagnosis,) = examined.report.diagnosis

    assert "forgery.swapped-id" in diagnosis.explains
    assert "the id is not signed" not in examined["forgery.swapped-id"].why
    assert examined["forgery.swapped-id"].outcome == "fail"
    assert "delivery.valid-kyb" not in diagnosis.explains


def _restarting(answer: ProbeAnswer, *, when: Callable[[Request], bool]) -> Handler:
    return lambda request: answer if when(request) else App()(request)


def test_a_forgery_that_ends_a_supervised_process() -> None:
    """Closed, nothing listened for a while, and the same again: anybody can stop the app."""
    deadly = ProbeAnswer(error="closed", message="closed", down_ms=500)
    examined = examine(_restarting(deadly, when=lambda request: not verified(request)))

    assert examined.codes[0] == "process-died"
    assert examined.report.diagnosis[0].certainty == "proved"
    assert "nothing listened for 0.5 s" in examined.report.diagnosis[0].message
    assert examined["forgery.wrong-secret"].outcome == "fail"
    assert examined.report.verdict == "failing"
    assert len(examined.probes) < 40


def test_a_server_that_restarts_by_itself() -> None:
    """A file watcher: the probe was repeated and answered; said once, held against nobody."""
    calls = {"n": 0}

    def handle(request: Request) -> ProbeAnswer:
        calls["n"] += 1
        found = App()(request)
        return replace(found, down_ms=300) if calls["n"] in (5, 40) else found

    examined = examine(handle)

    assert examined.report.restarts == 2
    assert set() == examined.flagged
    assert examined.report.verdict == "conformant"


def test_deliveries_that_hang_while_a_get_is_answered() -> None:
    """Nothing more is sent: whatever is signed, nothing comes."""
    examined = examine(lambda request: SILENT if request.method == "POST" else reply(405))

    assert examined.codes == ["never-answers"]
    assert examined.report.verdict == "failing"
    assert len(examined.probes) < 25


@pytest.mark.parametrize("error", ["closed", "protocol", "timeout"])
def test_nothing_is_said_of_the_code_without_one_answer(error: str) -> None:
    """Connections that only end are no handler."""
    examined = examine(lambda _: ProbeAnswer(error=error, message="the connection ended"))

    assert examined.report.verdict == "unreachable"
    assert examined.codes == []


def test_another_protocol() -> None:
    """The port speaks TLS, says the driver."""
    said = ProbeAnswer(error="scheme", message="the URL begins with http://, port 3000 speaks TLS")
    examined = examine(lambda _: said)

    assert examined.codes == ["wrong-scheme"]
    assert examined.report.verdict == "unreachable"
    assert examine(
        lambda _: reply(400, "Client sent an HTTP request to an HTTPS server.")
    ).codes == ["wrong-scheme"]


def test_a_route_that_closes_every_connection() -> None:
    """Another path is answered, so the app is up, and the handler crashes."""

    def handle(request: Request) -> ProbeAnswer:
        is_here = request.path == App().path
        return ProbeAnswer(error="closed", message="closed") if is_here else reply(404)

    examined = examine(handle)

    assert examined.codes[0] == "crash-before-verification"
    assert examined.report.diagnosis[0].certainty == "likely"
    assert examined.report.verdict == "failing"
