"""`vove listen` while the wall clock jumps by an hour, as it does when a machine wakes up."""

from __future__ import annotations

import http.client
import socket
import time
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import time_machine
from tests.cli.test_listen import COMPLETED, KEY, START, ask, listening, post, received
from tests.loopback import LoopbackServer, answer

from vovecli.core.messages import Message, new_message_id
from vovecli.core.signing import signed_headers

if TYPE_CHECKING:
    from tests.conftest import RunVove

HOUR_S = 3600


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S], ids=["forth", "back"])
def test_tolerance_is_of_the_wall_clock_and_limits_are_not(run_vove: RunVove, jump_s: int) -> None:
    """What was signed before is too old or too new now; a slow request has its time all the same."""

    def visit(port: int) -> None:
        before = Message(new_message_id(START, b"\1" * 16), int(time.time()), COMPLETED)
        with closing(socket.create_connection(("localhost", port), timeout=5)) as slow:
            slow.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n")
            assert post(port, number=2)[0] == 200
            with time_machine.travel(time.time() + jump_s, tick=True):
                assert (
                    ask(port, "POST", "/", dict(signed_headers([KEY], before)), COMPLETED)[0] == 401
                )
                assert post(port, number=3)[0] == 200
                time.sleep(0.6)  # two rounds of whoever ends connections
                slow.sendall(b"\r\n")
                answered = http.client.HTTPResponse(slow)
                answered.begin()
            assert answered.status == 405
        assert post(port, number=4)[0] == 200

    result = listening(run_vove, visit, "--json", until="SIGINT")

    causes = [line["cause"] and line["cause"]["code"] for line in result.lines if "cause" in line]
    late = "stale-timestamp" if jump_s > 0 else "future-timestamp"
    assert [cause for cause in causes if cause] == [late, "method-not-allowed"]
    assert result.lines[-1]["elapsed_s"] < HOUR_S / 2
    assert len(received()) >= 4


@pytest.mark.parametrize("jump_s", [HOUR_S, -HOUR_S], ids=["forth", "back"])
def test_rates_are_not_of_the_wall_clock(run_vove: RunVove, jump_s: int) -> None:
    """A stranger who has used up what is allowed gets no more of it by a jump, and no less."""
    seen: Counter[int] = Counter()

    def visit(port: int) -> None:
        while ask(port, "POST")[0] != 429:
            assert time.monotonic() < end
        with time_machine.travel(time.time() + jump_s, tick=True):
            seen.update(ask(port, "POST")[0] for _ in range(40))
            time.sleep(0.3)
            seen.update([ask(port, "POST")[0]])

    end = time.monotonic() + 30
    with LoopbackServer(answer("404 No")).running() as public:
        listening(run_vove, visit, "--public-url", public.url, until="SIGINT")

    assert seen[429] > 10
    assert seen[401] > 0
