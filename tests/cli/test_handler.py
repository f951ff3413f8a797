"""`vove handler`: the handlers as they stand, a list of them, JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vovecli.adapters.handlers import read_handler
from vovecli.core.handlers import FILES

if TYPE_CHECKING:
    from tests.conftest import RunVove


def test_the_list(run_vove: RunVove) -> None:
    """A line for each, with the name to type first."""
    lines = run_vove("handler").stdout.splitlines()

    assert list(FILES) == [line.split()[0] for line in lines]


@pytest.mark.parametrize("stack", FILES)
def test_a_handler_is_printed_whole(stack: str, run_vove: RunVove) -> None:
    """Nothing but the file on standard output; what to do with it on standard error."""
    result = run_vove("handler", stack.upper())
    handler = read_handler(stack)

    assert result.stdout == handler.source
    assert f"save as  {FILES[stack]}" in result.stderr
    assert f"start    {handler.start}" in result.stderr
    assert f"Save as:  {FILES[stack]}\n" in handler.source


def test_quiet(run_vove: RunVove) -> None:
    """Nothing on standard error."""
    assert run_vove("handler", "flask", "--quiet").stderr == ""


def test_json(run_vove: RunVove) -> None:
    """One line for each, with the lines that install and start it."""
    assert list(FILES) == [line["name"] for line in run_vove("handler", "--json").lines]
    flask = run_vove("handler", "flask", "--json").json
    assert flask["install"].startswith("python3 -m venv .venv && ")
    assert flask["file"] == "app.py"


def test_an_unknown_stack(run_vove: RunVove) -> None:
    """The nearest one is named."""
    result = run_vove("handler", "flaks")

    assert result.exit_code == 2
    assert "did you mean flask" in result.stderr


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("lambda", "did you mean aws-lambda"),
        ("Next", "did you mean nextjs or nextjs-pages"),
        ("nuxt", "did you mean nitro"),
        ("cobol", "vove handler"),
    ],
)
def test_a_word_of_a_stack_leads_to_it(word: str, hint: str, run_vove: RunVove) -> None:
    """By its name or by what it is made with; else to the list."""
    result = run_vove("handler", word)

    assert result.exit_code == 2
    assert hint in result.stderr
