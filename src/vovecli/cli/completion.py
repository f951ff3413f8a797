"""`vove completion`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice

SCRIPTS = {"bash": "vove.bash", "zsh": "_vove", "fish": "vove.fish", "powershell": "vove.ps1"}
_PACKAGE = Path(__file__).parents[1]


def completion(
    ctx: typer.Context,
    *,
    shell: Annotated[
        str,
        typer.Argument(
            metavar="|".join(SCRIPTS), help="Your shell", parser=choice("shell", SCRIPTS)
        ),
    ],
) -> None:
    """Print the completion script of a shell.

    Examples, each to be run once; the next shell that starts completes vove:
      bash with the bash-completion package:
        mkdir -p ~/.local/share/bash-completion/completions
        vove completion bash > ~/.local/share/bash-completion/completions/vove
      bash without it, macOS included:
        vove completion bash > ~/.vove-completion.bash
        echo '. ~/.vove-completion.bash' >> ~/.bashrc
      zsh:
        mkdir -p ~/.zfunc && vove completion zsh > ~/.zfunc/_vove
        echo 'fpath+=(~/.zfunc); autoload -Uz compinit && compinit' >> ~/.zshrc
      fish:
        mkdir -p ~/.config/fish/completions
        vove completion fish > ~/.config/fish/completions/vove.fish
      PowerShell 7:
        New-Item -ItemType Directory -Force (Split-Path $PROFILE)
        vove completion powershell > "$(Split-Path $PROFILE)/vove.ps1"
        Add-Content $PROFILE '. "$PSScriptRoot/vove.ps1"'
    """
    from vovecli.adapters.files import read_bytes

    run = session(ctx)
    script = read_bytes(str(_folder() / SCRIPTS[shell]))
    if run.json:
        run.emit({"schema": "vove.completion/1", "shell": shell, "script": script.decode()})
    else:
        sys.stdout.buffer.write(script)
        sys.stdout.buffer.flush()


def _folder() -> Path:
    """Where the scripts are: beside the package in a wheel, at the top of a source checkout."""
    installed = _PACKAGE / "completions"
    return installed if installed.is_dir() else _PACKAGE.parents[1] / "completions"


ENDING = Ending(
    exits={
        0: "the script was printed",
        2: "the command line is wrong",
        3: "the script cannot be found",
    },
    page="guides/completion.md",
)
app = command_app(completion)
