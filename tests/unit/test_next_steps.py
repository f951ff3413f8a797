from __future__ import annotations

import pytest

from vovecli.core.next_steps import after_refusal

URL = "http://localhost:3000/hook"


@pytest.mark.parametrize(
    ("url", "status", "secret_given", "step"),
    [
        (URL, 500, False, "find out why: vove check :3000/hook"),
        (URL, 401, True, "find out why: vove check :3000/hook"),
        (
            URL,
            404,
            True,
            "no handler answers at this path; find the one that does: vove check :3000/hook",
        ),
        ("http://127.0.0.1:3000/", 500, True, "find out why: vove check 127.0.0.1:3000/"),
        (f"{URL}?a=1&b", 500, True, "find out why: vove check ':3000/hook?a=1&b'"),
        (URL, 200, False, ""),
        (URL, None, False, ""),
        ("https://example.com/hook", 500, True, ""),
    ],
)
def test_the_next_step(url: str, status: int | None, *, secret_given: bool, step: str) -> None:
    """A command that works when it is typed; none for hosts that may be somebody else's."""
    assert after_refusal(url, status, secret_given=secret_given) == step


def test_without_a_secret_a_401_is_no_riddle() -> None:
    """The likeliest first mistake comes before everything else."""
    step = after_refusal(URL, 401, secret_given=False)

    assert step.startswith("no secret was given")
    assert "VOVE_WEBHOOK_SECRET" in step
    assert step.endswith("vove check :3000/hook")
