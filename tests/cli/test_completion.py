from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

from vovecli.cli.completion import SCRIPTS

if TYPE_CHECKING:
    from tests.conftest import RunVove


@pytest.mark.parametrize("shell", SCRIPTS)
def test_prints_the_script_of_a_shell(shell: str, run_vove: RunVove) -> None:
    """Byte for byte, so that it may be redirected into a file."""
    script = (ROOT / "completions" / SCRIPTS[shell]).read_bytes()

    assert run_vove("completion", shell).stdout_bytes == script
    assert run_vove("completion", shell, "--json").json["script"].encode() == script


def test_unknown_shells_are_usage_errors(run_vove: RunVove) -> None:
    """With the nearest names; without any, with where the list is."""
    near = run_vove("completion", "zhs")
    far = run_vove("completion", "cmd")

    assert (near.exit_code, far.exit_code) == (2, 2)
    assert "zsh" in near.stderr
    assert "vove completion --help" in far.stderr
    assert run_vove("completion").exit_code == 2


def test_the_help_says_how_to_install_it(run_vove: RunVove) -> None:
    """For each shell."""
    text = run_vove("completion", "--help").stdout

    assert all(f"vove completion {shell} >" in text for shell in SCRIPTS)
