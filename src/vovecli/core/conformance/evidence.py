"""Requests and answers of a run as a report shows them: as text, bounded, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.outcomes.checks import CheckExchange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.conformance.probes import ProbeAnswer, ProbeExchange
    from vovecli.core.conformance.state import RunState
    from vovecli.core.messages import Headers

_EXCHANGES = 6  # of one check
_BODY_CHARACTERS = 1500


def evidence(ids: Iterable[str], state: RunState) -> Mapping[str, Sequence[CheckExchange]]:
    """What each check sent and was answered; the first of many."""
    return {
        id_: tuple(_shown(one, state) for one in state.all(id_)[:_EXCHANGES])
        for id_ in ids
        if state.was_sent(id_)
    }


def _shown(exchange: ProbeExchange, state: RunState) -> CheckExchange:
    probe, answer = exchange.probe, exchange.answer
    start = f"{probe.method} {probe.target} HTTP/1.1"
    return CheckExchange(
        label=probe.label,
        request=state.mask(_message(start, probe.headers, probe.body)),
        answer=state.mask(_answer(answer)),
        printed=answer.printed,
    )


def _answer(answer: ProbeAnswer) -> str:
    if answer.status is None:
        return answer.message or answer.error
    start = f"HTTP/1.1 {answer.status}, after {answer.latency_ms:.0f} ms"
    return _message(start, answer.headers, answer.body)


def _message(start: str, headers: Headers, body: bytes) -> str:
    lines = [start, *(f"{name}: {value}" for name, value in headers)]
    text = body.decode("utf-8", "replace")
    rest = f"\n... {len(text) - _BODY_CHARACTERS} more" if len(text) > _BODY_CHARACTERS else ""
    return "\n".join([*lines, "", text[:_BODY_CHARACTERS] + rest])
