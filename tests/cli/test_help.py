"""Help pages and the commands that print them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

from vovecli import __version__
from vovecli.cli.group import COMMANDS, load_command

if TYPE_CHECKING:
    from tests.conftest import RunVove


@pytest.mark.parametrize("arguments", [("send", "-h"), ("send", "--help"), ("help", "send")])
def test_three_ways_to_the_same_page(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """People type what they are used to."""
    result = run_vove(*arguments)

    assert result.exit_code == 0
    assert result.stdout == run_vove("send", "--help").stdout
    assert result.stdout.startswith("Usage: vove send")


def test_help_of_a_command_below_another(run_vove: RunVove) -> None:
    """The path is typed as it is run."""
    assert run_vove("help", "secret", "show").stdout == run_vove("secret", "show", "-h").stdout


def test_help_without_a_command_is_the_list(run_vove: RunVove) -> None:
    """As is `vove` alone."""
    assert run_vove("help").stdout == run_vove().stdout == run_vove("-h").stdout


def test_help_of_an_unknown_command_names_the_nearest(run_vove: RunVove) -> None:
    """It is a usage error like any other."""
    result = run_vove("help", "sned")

    assert result.exit_code == 2
    assert "send" in result.stderr


def test_help_of_a_command_below_one_that_has_none(run_vove: RunVove) -> None:
    """The same."""
    result = run_vove("help", "send", "now")

    assert (result.exit_code, "vove send has none" in result.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [("--json",), ("help", "--json")])
def test_the_list_of_commands_as_json(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """`--json` alone is JSON, too."""
    lines = run_vove(*arguments).lines

    assert [line["name"] for line in lines] == list(COMMANDS)
    assert {line["help"] for line in lines} == {None}


def test_one_page_as_json(run_vove: RunVove) -> None:
    """The whole text of it."""
    line = run_vove("help", "secret", "new", "--json").json

    assert line["name"] == "secret new"
    assert line["help"] == run_vove("secret", "new", "-h").stdout.rstrip("\n")


@pytest.mark.parametrize("arguments", [("version",), ("--version",), ("-V",)])
def test_the_version(arguments: tuple[str, ...], run_vove: RunVove) -> None:
    """However it is asked for."""
    assert run_vove(*arguments).stdout == f"vove {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_pages_fit_eighty_columns(
    name: str, run_vove: RunVove, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Examples included; and nothing of typer's own notation for ranges."""
    monkeypatch.setenv("COLUMNS", "80")
    page = run_vove("help", name).stdout

    assert [line for line in page.splitlines() if len(line) > 80] == []
    assert "x>=" not in page
    assert "<=x" not in page


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "send",
            ["Payload:", "Signing:", "Delivery:", "Load:", "localhost:3000/webhooks/vove-kyb"],
        ),
        ("listen", ["Answers:", "Forwarding:", "Public URL:"]),
    ],
)
def test_the_big_pages_have_sections_and_an_end(
    name: str, words: list[str], run_vove: RunVove
) -> None:
    """Then the environment, the exit codes and where to read on."""
    page = run_vove(name, "--help").stdout

    assert [word for word in words if word not in page] == []
    assert "VOVE_WEBHOOK_SECRET" in page
    assert "Exit codes:" in page
    assert "docs/guides/" in page


def test_an_option_without_its_value_names_the_command(run_vove: RunVove) -> None:
    """The hint leads to the help of that command."""
    assert "see: vove send --help" in run_vove("send", "--timeout").stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_page_ends_with_exit_codes_and_a_page(name: str, run_vove: RunVove) -> None:
    """The parts of a group, too; the page exists."""
    parts = [[], *([part] for part in getattr(load_command(name), "commands", ()))]
    for part in parts:
        text = run_vove(name, *part, "--help").stdout
        exits = text.partition("\nExit codes:\n")[2]

        assert re.search(r"^  0 ", exits, re.MULTILINE), text
        assert re.search(r"^  2 ", exits, re.MULTILINE), text
        (page,) = re.findall(r"^Read more: (docs/\S+\.md)$", text, re.MULTILINE)
        assert (ROOT / page).exists()
