"""From answers to the handler's mistake: what is accepted proves, patterns suggest."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from vovecli.core.catalogue import SAMPLE_PATHS, EventFamily
from vovecli.core.conformance.causes import diagnosis
from vovecli.core.conformance.checks import is_plain_redirect
from vovecli.core.conformance.deliveries import Delivery
from vovecli.core.conformance.facts import Gate
from vovecli.core.conformance.reading import (
    alike,
    fingerprint,
    speaks_of_media_type,
    speaks_of_missing_headers,
    speaks_of_parsed_body,
)
from vovecli.core.conformance.schemes import CLOCKS, LEGACY, SCHEMES, Scheme
from vovecli.core.conformance.walls import auth_wall, csrf_wall, other_place
from vovecli.core.endpoints import absolute_location

if TYPE_CHECKING:
    from vovecli.core.conformance.facts import Facts
    from vovecli.core.conformance.probes import Exchange
    from vovecli.core.outcomes.checks import Diagnosis

_OTHER: Mapping[EventFamily, EventFamily] = {"kyb": "kyc", "kyc": "kyb"}
_BASE64_MAC_CHARACTERS = 44

# Sends under a name, gives back what came.
Sender = Callable[[str, Sequence[Delivery]], Generator[Any, Any, "list[Exchange]"]]
Found = Generator[Any, Any, "list[Diagnosis]"]


def diagnose(
    facts: Facts, send: Sender, *, has_time: Callable[[], bool]
) -> Generator[Any, Any, tuple[Diagnosis, ...]]:
    """Name what is wrong with the handler, the most telling first; empty when nothing is.

    Args:
        facts: After all checks.
        send: Sends further deliveries.
        has_time: Whether there is time left for them.
    """
    if facts.gone_after:
        return tuple(_dead(facts))
    found = list(_forged(facts))
    gate = facts.gates[facts.main]
    if gate is Gate.OPEN:
        found += _odd(facts)
        if not facts.accepted("forgery.wrong-secret"):
            found += yield from _tried(facts, send, LEGACY, has_time)
    elif gate is Gate.CLOSED and not found:
        found += yield from _refused(facts, send, has_time)
    elif gate is Gate.CLOSED and found[0].code == "ok-on-failure":
        found += yield from _proved(facts, send, has_time)
    return tuple({one.code: one for one in reversed(found)}.values())[::-1]


def _dead(facts: Facts) -> Iterator[Diagnosis]:
    """The process is gone: all that can be said is what ended it."""
    if not facts.is_open:
        yield diagnosis(
            "crash-before-verification", "likely", "a genuine delivery ended the process"
        )
    yield diagnosis("process-died", "proved", f"nothing listens since: {facts.gone_after}")


def _forged(facts: Facts) -> Iterator[Diagnosis]:
    """What accepted forgeries prove; where any signature passes, the rest proves nothing more."""
    if facts.soft_failures:
        says = facts.forged[0].answer.describe()
        yield diagnosis("ok-on-failure", "proved", f"a forgery gets {says}")
    if facts.accepts_any_signature:
        yield diagnosis("no-verification", "proved", "a signature by a random key is accepted")
        return
    if facts.uses_published_secret:
        yield diagnosis("published-secret", "proved", "it is the one given to this run")
    if facts.accepted("forgery.unsigned", "forgery.missing-signature"):
        yield diagnosis("verifies-only-if-present", "proved", "an unsigned request is accepted")
    if facts.accepted("forgery.wrong-secret"):
        detail = "a signature in another form than `v1,` and base64 is not looked at"
        yield diagnosis("no-verification", "proved", detail)
        return
    for code, check in (
        ("prefix-compare", "forgery.truncated-signature"),
        ("secret-unset", "forgery.empty-key"),
        ("published-secret", "forgery.published-secret"),
        ("id-not-signed", "forgery.swapped-id"),
        ("timestamp-not-signed", "forgery.swapped-timestamp"),
    ):
        if accepted := [one for one in facts.all(check) if facts.accepts(one)]:
            yield diagnosis(code, "proved", f"accepted: {accepted[0].probe.label}")


def _odd(facts: Facts) -> Iterator[Diagnosis]:
    """What failures of a handler that accepts genuine deliveries prove."""
    if _is_kyc_sample(facts):
        yield diagnosis(
            "docs-kyc-node",
            "proved",
            "one signature is accepted, two never are, and a delivery of yesterday is",
        )
    yield from _reserialized(facts)
    if _refuses_all(facts, "delivery.charset"):
        answer = facts.all("delivery.charset")[0].answer
        yield diagnosis("content-type-guard", "proved", f"with a charset: {answer.describe()}")
    if _refuses_all(facts, "delivery.header-case"):
        yield diagnosis(
            "header-case", "proved", "names in lower case are refused, Title-Case is accepted"
        )
    if facts.is_clock_off and _is_window_shifted(facts):
        yield diagnosis("clock-skew", "likely", _clock(facts))
    other = _OTHER[facts.main]
    if facts.gates[other] is Gate.CLOSED:
        answer = facts.all(f"delivery.valid-{other}")[0].answer
        code = "crash-after-verification" if answer.is_crash else "refused-after-verification"
        yield diagnosis(code, "likely", f"{other.upper()} deliveries: {answer.describe()}")


def _is_window_shifted(facts: Facts) -> bool:
    """Whether the window of accepted times lies to one side: not the `Date` header alone is off."""
    return facts.accepted("forgery.stale-6min") != facts.accepted("forgery.future-6min")


def _is_kyc_sample(facts: Facts) -> bool:
    return (
        _refuses_all(facts, "retry.rotation")
        and facts.accepted("forgery.stale-24h")
        and facts.accepted("forgery.unknown-version")
    )


def _refuses_all(facts: Facts, name: str) -> bool:
    exchanges = facts.all(name)
    return bool(exchanges) and not any(facts.accepts(exchange) for exchange in exchanges)


def _reserialized(facts: Facts) -> Iterator[Diagnosis]:
    for check, how in (("js", "JSON.stringify"), ("python", "json.dumps")):
        if not facts.accepts_any_signature and facts.accepted(f"body.reserialized-{check}"):
            yield diagnosis("body-reserialized", "proved", f"it verifies what {how} writes")


def _refused(facts: Facts, send: Sender, has_time: Callable[[], bool]) -> Found:
    """Why genuine deliveries are refused."""
    if wall := (yield from _wall(facts, send)):
        return [wall]
    if plain := next(_plain(facts), None):
        return [plain]
    if found := (yield from _proved(facts, send, has_time)):
        return found
    return list(_patterns(facts))


def _wall(facts: Facts, send: Sender) -> Generator[Any, Any, Diagnosis | None]:
    genuine = facts.genuine
    assert genuine is not None
    if is_plain_redirect(genuine):
        place = absolute_location(facts.endpoint.url, genuine.answer.header("location"))
        return diagnosis("redirect", "proved", f"register {place}")
    if wall := csrf_wall(facts) or auth_wall(facts):
        return diagnosis(wall.code, wall.certainty, wall.got)
    if wall := other_place(facts):
        for one in (yield from send("other-places", _other_places(facts))):
            if facts.accepts(one):
                code = "wrong-path" if one.probe.method == "POST" else "method"
                detail = f"{one.probe.method} {one.probe.target} accepts the delivery"
                return diagnosis(code, "proved", detail)
        return diagnosis(wall.code, wall.certainty, wall.got)
    return None


def _other_places(facts: Facts) -> list[Delivery]:
    path, _, query = facts.endpoint.target.partition("?")
    slashed = path.rstrip("/") if path.endswith("/") and path != "/" else f"{path}/"
    paths = [slashed, *SAMPLE_PATHS.values(), "/webhooks/vove"]
    return [
        Delivery("PUT", method="PUT"),
        *(
            Delivery(f"to {other}", elsewhere=f"{other}?{query}" if query else other)
            for other in dict.fromkeys(paths)
            if other != path
        ),
    ]


def _proved(facts: Facts, send: Sender, has_time: Callable[[], bool]) -> Found:
    """What an accepted wrong scheme, spelling, clock or status proves."""
    if found := list(_reserialized(facts)):
        return found
    off = round(facts.clock_off_s or 0)
    shown = Scheme("clock-skew", Delivery("a timestamp by the endpoint's own Date", age_s=-off))
    for schemes in ([shown] if facts.is_clock_off else [], SCHEMES, CLOCKS):
        if found := (yield from _tried(facts, send, schemes, has_time)):
            return found
    return []


def _tried(
    facts: Facts, send: Sender, schemes: Sequence[Scheme], has_time: Callable[[], bool]
) -> Found:
    """Try schemes one after the other until one is accepted.

    An answer that is unlike a forgery's may come from a schema that knows the other family only.
    """
    refusals = {fingerprint(one) for one in facts.forged}
    for scheme in schemes:
        if not has_time():
            break
        if "signature" in scheme.delivery.omit and facts.accepted("forgery.missing-signature"):
            continue  # accepted for want of a signature, not for this one
        for family in (facts.main, _OTHER[facts.main]):
            sent = yield from send("schemes", [replace(scheme.delivery, family=family)])
            if any(facts.accepts(one) for one in sent):
                return [(yield from _named(scheme, sent[0], facts, send))]
            if not sent or fingerprint(sent[0]) in refusals or facts.is_open:
                break
    return []


def _named(
    scheme: Scheme, exchange: Exchange, facts: Facts, send: Sender
) -> Generator[Any, Any, Diagnosis]:
    detail = f"accepted: {exchange.probe.label}"
    for name, value in scheme.delivery.headers.items():
        alone = replace(scheme.delivery, headers={name: value})
        if any(facts.accepts(one) for one in (yield from send("schemes", [alone]))):
            return diagnosis(scheme.code, "proved", f"{detail}: {name}")
    if scheme.delivery.content_type == "text/plain" and not speaks_of_media_type(
        facts.genuine.answer  # type: ignore[union-attr]  # the gate is closed, so it was sent
    ):
        other = Delivery(content_type="application/octet-stream")
        if any(facts.accepts(one) for one in (yield from send("schemes", [other]))):
            detail = "any content type but JSON is accepted: the app's JSON parser takes the body"
            return diagnosis("body-parsed-before-verify", "proved", detail)
    return diagnosis(scheme.code, "proved", detail)


def _plain(facts: Facts) -> Iterator[Diagnosis]:
    """What the answers tell so plainly that nothing needs to be tried."""
    genuine = facts.genuine
    assert genuine is not None
    if known := [one for one in facts.all("vocabulary") if facts.accepts(one)]:
        yield diagnosis("status-vocabulary", "proved", f"accepted: {known[0].probe.label}")
    if speaks_of_parsed_body(genuine.answer):
        yield diagnosis("body-parsed-before-verify", "likely", genuine.answer.describe())
    if genuine.answer.is_crash and not any(one.answer.is_crash for one in facts.forged):
        yield diagnosis("crash-after-verification", "proved", genuine.answer.describe())
    if genuine.answer.error == "timeout":
        yield diagnosis("never-answers", "likely", genuine.answer.describe())


def _patterns(facts: Facts) -> list[Diagnosis]:
    """What the pattern of refusals suggests; two where they cannot be told apart from outside."""
    genuine = facts.genuine
    assert genuine is not None
    forged, unsigned = facts.forged, facts.all("unsigned", "forgery.unsigned")
    says = genuine.answer.describe()
    if all(one.answer.is_crash for one in (genuine, *forged)):
        return _crashes(facts, forged, unsigned)
    if speaks_of_media_type(genuine.answer):
        return [diagnosis("content-type-guard", "likely", says)]
    if facts.is_clock_off:
        return [diagnosis("clock-skew", "likely", _clock(facts))]
    if not alike([genuine, *forged]):
        return [diagnosis("refused-after-verification", "likely", says)]
    ours = ", ".join(secret.fingerprint for secret in facts.secrets)
    secret = diagnosis("wrong-secret", "likely", f"{says}; the secret given here is {ours}")
    if not alike([genuine, *unsigned]):
        return [secret]
    unseen = diagnosis("reads-canonical-header-names", "likely", says)
    return [unseen] if speaks_of_missing_headers(genuine.answer) else [secret, unseen]


def _crashes(
    facts: Facts, forged: Sequence[Exchange], unsigned: Sequence[Exchange]
) -> list[Diagnosis]:
    """Every signed request crashes it: all but those of the length that the KYB sample compares?"""
    sample = [
        one
        for one in facts.all("schemes")
        if len(one.probe.header("svix-signature")) == _BASE64_MAC_CHARACTERS
    ]
    if sample and not any(one.answer.is_crash for one in sample):
        detail = "only a header of 44 characters does not crash it"
        return [diagnosis("docs-kyb-node", "likely", detail)]
    says = forged[0].answer.describe()
    if all(one.answer.is_crash for one in unsigned):
        return [
            diagnosis("crash-before-verification", "likely", says),
            diagnosis("reads-canonical-header-names", "likely", says),
        ]
    return [diagnosis("crash-before-verification", "likely", says)]


def _clock(facts: Facts) -> str:
    off = round(facts.clock_off_s or 0)
    return f"its Date header is {abs(off)} s {'ahead' if off > 0 else 'behind'}"
