"""The scripts in the real shells: lines are typed and completed, and what came of it is read."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.conftest import ROOT

from vovecli.cli.completion import SCRIPTS
from vovecli.cli.group import COMMANDS
from vovecli.core.captures import FORMATS
from vovecli.core.catalogue import EVENTS

if TYPE_CHECKING:
    from collections.abc import Sequence

KYB = {event for event in EVENTS if event.startswith("kyb.")}
# What is typed -> what the shell makes of its last word.
TABLE: dict[str, set[str]] = {
    "vove ": set(COMMANDS),
    "vove se": {"secret", "send"},
    "vove --vers": {"--version"},
    "vove --json --profile send ver": {"verify", "version"},
    "vove --color=always -q ver": {"verify", "version"},
    "vove --color al": {"always"},
    "vove send --color al": {"always"},
    "vove send --color=al": {"--color=always"},
    "vove send --to ": set(),
    "vove send --to req": set(),
    "vove send ": {*EVENTS, "user.aml.escalated"},
    "vove send kyc.pending kyb.": KYB,
    "vove events user.aml.esc": {"user.aml.escalated"},
    "vove send --to :8000/hook kyb.": KYB,
    "vove send --to http://localhost:3000/a=b kyb.": KYB,
    "vove send --reason send kyb.": KYB,
    "vove send -H 'a: b' kyb.case.com": {"kyb.case.completed"},
    "vove send --he": {"--header", "--header-case", "--header-prefix", "--help"},
    "vove send --secret a --secr": {"--secret", "--secret-file"},
    "vove send --to a --to": set(),
    "vove send --no-such-option kyc.pend": {"kyc.pending"},
    "vove send --pretty --comp": set(),
    "vove events kyc.pending kyb.": set(),
    "vove secret ": {"show", "new", "fingerprint"},
    "vove -q secret show --export fi": {"fish"},
    "vove verify --format ": set(FORMATS),
    "vove verify req": {"request.http"},
    "vove verify 'a capt": {"a capture.http"},
    "vove verify --at -10m request.http req": {"request.http"},
    "vove verify --body req": {"request.http"},
    "vove verify --body=req": {"--body=request.http"},
    "vove listen --save ": {"captures"},
    "vove listen --ready-file req": {"request.http"},
    "vove completion ": set(SCRIPTS),
}

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
BASH_KEYS = r"""
bind '"\C-xa": insert-completions'
show() { printf '%s\0' "$@" $'\n' >> ~/shown; }
"""
ZSH_KEYS = r"""
zstyle ':completion:*' completer _all_matches _complete
zstyle ':completion:*' insert true
bindkey '^Xa' complete-word
bindkey '^Xl' list-choices
show() { printf '%s\0' "$@" $'\n' >> ~/shown; }
"""
# How a script is installed -> where it goes, and the file that the shell reads at its start.
WAYS = {
    "bash": (".vove-completion.bash", f"set -u; . ~/.vove-completion.bash{BASH_KEYS}"),
    "bash with bash-completion": (
        ".local/share/bash-completion/completions/vove",
        f". {BASH_COMPLETION}{BASH_KEYS}",
    ),
    "zsh": (".zfunc/_vove", f"fpath+=(~/.zfunc); autoload -U compinit; compinit -u{ZSH_KEYS}"),
    "zsh that sources it": (
        "vove.zsh",
        f"autoload -U compinit; compinit -u; . ~/vove.zsh{ZSH_KEYS}",
    ),
    "fish": (".config/fish/completions/vove.fish", ""),
}
INTERACTIVE = {
    "bash": ["bash", "--noprofile", "--rcfile", "../.startup", "-i"],
    "zsh": ["zsh", "-d", "-i"],
}


def install(way: str, home: Path) -> str:
    """Make a home with the script of a shell, and some files; returns the name of the shell."""
    shell = way.partition(" ")[0]
    place, startup = WAYS[way]
    script = home / place
    script.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "completions" / SCRIPTS[shell], script)
    (home / ".startup").write_text(startup, "utf-8")
    (home / ".zshrc").symlink_to(".startup")
    (home / "work/captures").mkdir(parents=True)
    (home / "work/request.http").touch()
    (home / "work/a capture.http").touch()
    (home / "vove.toml").write_text(
        '[events."user.aml.escalated"]\n[events."kyc.pending".learned]\n'
    )
    (home / "bin").mkdir()
    (home / "bin/vove").write_text("#!/bin/sh\ntouch ~/vove-was-run\n", "utf-8")
    (home / "bin/vove").chmod(0o755)
    return shell


def require(way: str) -> None:
    """Skip what this machine does not have; on CI that is a failure."""
    shell = way.partition(" ")[0]
    if shutil.which(shell) and ("bash-completion" not in way or BASH_COMPLETION.exists()):
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{way} is not installed; see .ci/system-packages")
    pytest.skip(f"{way} is not installed")


def run(program: Sequence[str], home: Path, keys: str = "") -> str:
    """Run a program in the folder of captures."""
    path = f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        program,
        input=keys.encode(),
        stdout=subprocess.PIPE,
        check=True,
        cwd=home / "work",
        env={"PATH": path, "HOME": str(home), "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        timeout=30,
    )
    return done.stdout.decode()


def type_into(shell: str, keys: str, home: Path) -> str:
    """Type keys into an interactive shell, on a terminal of its own; returns what it prints."""
    terminal = [sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])"]
    return run([*terminal, *INTERACTIVE[shell]], home, f"{keys}exit\n")


def complete_by_typing(shell: str, home: Path) -> list[set[str]]:
    """Type each line, let the shell insert all completions, and make it show the words."""
    type_into(shell, "".join(f"{line}\x18a\x01show \x05\n" for line in TABLE), home)
    answers = (home / "shown").read_text("utf-8").split("\n\0")[:-1]
    return [
        last_words(line, answer.split("\0")) for line, answer in zip(TABLE, answers, strict=True)
    ]


def last_words(line: str, shown: Sequence[str]) -> set[str]:
    """What stands where the last word of a line was typed, that word itself left out."""
    typed = shlex.split(line + "|" + "'" * (line.count("'") % 2))
    return {word.rstrip("/") for word in shown[len(typed) - 1 :]} - {typed[-1].rstrip("|"), ""}


def complete_in_fish(home: Path) -> list[set[str]]:
    """Ask fish, which can say what it would offer."""
    code = r"for line in $argv; complete -C $line; printf '\0'; end"
    answers = run(["fish", "-c", code, *TABLE], home).split("\0")[:-1]
    return [
        {offer.partition("\t")[0].rstrip("/") for offer in answer.splitlines()}
        for answer in answers
    ]


@pytest.fixture(scope="module", params=WAYS)
def completed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """What one shell makes of every line of the table."""
    require(request.param)
    home = tmp_path_factory.mktemp("shell")
    shell = install(request.param, home)
    found = complete_in_fish(home) if shell == "fish" else complete_by_typing(shell, home)
    assert not (home / "vove-was-run").exists()
    return dict(zip(TABLE, found, strict=True))


@pytest.mark.parametrize("line", TABLE)
def test_completes(line: str, completed: dict[str, set[str]]) -> None:
    """Each line of the table in each shell, without running vove."""
    assert completed[line] == TABLE[line]


def test_fish_shows_the_help_of_what_it_offers(tmp_path: Path) -> None:
    """Of commands, options and events."""
    require("fish")
    install("fish", tmp_path)

    code = "complete -C 'vove '; complete -C 'vove send --j'; complete -C 'vove send kyc.s'"
    offered = run(["fish", "-c", code], tmp_path).splitlines()

    assert f"send\t{COMMANDS['send']}" in offered
    assert "--json\tPrint JSON lines and nothing else" in offered
    assert f"kyc.suspected\t{EVENTS['kyc.suspected'].meaning}" in offered


def test_zsh_shows_the_help_of_what_it_offers(tmp_path: Path) -> None:
    """Of commands, options and events."""
    require("zsh")
    install("zsh", tmp_path)

    lines = ("vove ", "vove send --j", "vove send kyc.s")
    listed = "".join(f"{line}\x18l\n" for line in lines)
    shown = type_into("zsh", f"zstyle -d; stty cols 120\n{listed}", tmp_path)

    assert COMMANDS["send"] in shown
    assert "Print JSON lines and nothing else" in shown
    assert EVENTS["kyc.suspected"].meaning in shown
