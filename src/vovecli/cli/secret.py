"""`vove secret`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.options import SecretOptions
from vovecli.cli.pages import Ending
from vovecli.cli.values import choice
from vovecli.core.formats import shell_quote
from vovecli.ui.text import printable

if TYPE_CHECKING:
    from vovecli.core.secrets import SigningSecret

EXPORTS = {
    "sh": "export VOVE_WEBHOOK_SECRET={quoted}",
    "fish": "set -gx VOVE_WEBHOOK_SECRET {quoted}",
    "powershell": "$env:VOVE_WEBHOOK_SECRET = {quoted}",
    "env": "VOVE_WEBHOOK_SECRET={text}",
}


def secret(ctx: typer.Context) -> None:
    """Show, make or fingerprint the signing secret.

    Examples:
      vove secret                                   # which secret is in force
      eval "$(vove secret show --export sh)"        # give it to the app you develop
      vove secret new > .secret && vove listen --secret-file .secret
    """
    if ctx.invoked_subcommand is None:
        _print_fingerprints(ctx, SecretOptions())


def fingerprint(ctx: typer.Context, *, secrets: SecretOptions) -> None:
    """Print the fingerprint and the origin of the secrets in force.

    Examples:
      vove secret fingerprint
      vove secret fingerprint --secret-file .secret
    """
    _print_fingerprints(ctx, secrets)


def show(
    ctx: typer.Context,
    *,
    secrets: SecretOptions,
    export: Annotated[
        str | None,
        typer.Option(
            metavar="|".join(EXPORTS),
            help="Print a line that sets VOVE_WEBHOOK_SECRET",
            parser=choice("shell", EXPORTS),
        ),
    ] = None,
) -> None:
    """Print the signing secret itself.

    Examples:
      vove secret show
      vove secret show --export fish | source
    """
    run = session(ctx)
    found = run.secrets(secrets)
    text = " ".join(each.text for each in found)
    if run.json:
        run.emit({"schema": "vove.secret/1", "secret": text} | _described(found[0]))
    elif export:
        sys.stdout.write(EXPORTS[export].format(text=text, quoted=shell_quote(text)) + "\n")
    else:
        sys.stdout.write(f"{text}\n")


def new(ctx: typer.Context) -> None:
    """Print a fresh well-formed secret; nothing is stored.

    Examples:
      vove secret new
      vove secret new > .secret
    """
    from vovecli.adapters.randomness import random_source
    from vovecli.core.secrets import new_secret

    run = session(ctx)
    made = new_secret(random_source(), origin="new")
    if run.json:
        run.emit({"schema": "vove.secret/1", "secret": made.text} | _described(made))
    else:
        sys.stdout.write(f"{made.text}\n")


def _print_fingerprints(ctx: typer.Context, given: SecretOptions) -> None:
    run = session(ctx)
    for each in run.secrets(given):
        if run.json:
            run.emit({"schema": "vove.secret/1"} | _described(each))
        else:
            sys.stdout.write(f"{each.fingerprint}  {printable(each.origin)}\n")


def _described(secret: SigningSecret) -> dict[str, object]:
    return {"fingerprint": secret.fingerprint, "origin": secret.origin}


ENDING = Ending(
    settings=("secret", "secret_file"),
    exits={
        0: "done",
        2: "the command line is wrong",
        3: "the secret, the settings or a file cannot be used",
    },
    page="guides/rotation.md",
)
app = command_app(secret, show, new, fingerprint)
