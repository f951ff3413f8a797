"""`vove check --run`: the app that is started for the run, and its secret."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vovecli.cli.options import Panel
from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from vovecli.adapters.app_process import AppProcess
    from vovecli.cli.session import Session
    from vovecli.core.app_commands import AppCommand
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.outcomes.checks import Framework
    from vovecli.core.secrets import SigningSecret

SECRET_VARIABLE = "VOVE_WEBHOOK_SECRET"  # noqa: S105 - a variable's name


class AppOptions(NamedTuple):
    """The app to start."""

    command: Annotated[
        str | None,
        typer.Option(
            "--run",
            metavar="COMMAND",
            help="Start your app with a fresh secret, check it, and end it; runs without a shell",
            rich_help_panel=Panel.APP,
        ),
    ] = None
    secret_env: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Variable from which that app reads its secret, instead of VOVE_WEBHOOK_SECRET; "
            "repeatable",
            rich_help_panel=Panel.APP,
        ),
    ] = None
    rehearse: Annotated[
        bool,
        typer.Option(
            "--rehearse",
            help="Also restart that app, once without its secret and once after a delivery",
            rich_help_panel=Panel.APP,
        ),
    ] = False


def app_command(options: AppOptions, endpoint: Endpoint) -> AppCommand | None:
    """What `--run` says to start, if anything.

    Raises:
        VoveError: `bad-run`; `run-elsewhere` for an endpoint on another machine.
    """
    if options.command is None:
        if options.secret_env or options.rehearse:
            raise typer.BadParameter("--secret-env and --rehearse need --run: the app it starts")
        return None
    if not endpoint.is_loopback:
        raise VoveError(
            "run-elsewhere",
            f"--run starts an app on this machine, and {endpoint.host} is another machine",
            hint="give the URL at which the app listens here, such as http://localhost:3000/path",
            category=Category.USAGE,
        )
    from vovecli.core.app_commands import parse_app_command

    return parse_app_command(options.command)


def framework_of(command: AppCommand | None) -> Framework | None:
    """What the app is made with, as far as its command and the files here say."""
    if command is None:
        return None
    from vovecli.adapters.app_files import texts_here
    from vovecli.core.frameworks.apps import FILES_OF_STACKS, framework_of_app

    return framework_of_app(command.argv, texts_here(FILES_OF_STACKS))


def settings_file_of(names: Sequence[str] | None) -> str:
    """A file here from which an app may read its secret by itself; empty where there is none."""
    from vovecli.adapters.app_files import ENV_FILES, texts_here

    wanted = [re.escape(name) for name in names or [SECRET_VARIABLE]]
    line = re.compile(rf"^\s*(?:export\s+)?(?:{'|'.join(wanted)})\s*=", re.MULTILINE)
    return next((name for name, text in texts_here(ENV_FILES).items() if line.search(text)), "")


def fresh_secret() -> SigningSecret:
    """A secret that nobody has seen, for one run."""
    from vovecli.adapters.randomness import random_source
    from vovecli.core.secrets import new_secret

    secret = new_secret(random_source(), origin="made for this run")
    secret.hide()
    return secret


@contextmanager
def running_app(
    run: Session,
    command: AppCommand | None,
    endpoint: Endpoint,
    secret: SigningSecret,
    *,
    names: Sequence[str] | None,
    wait_s: float,
) -> Iterator[AppProcess | None]:
    """The app while it runs, once it answers; nothing of it is left afterwards.

    Raises:
        VoveError: `port-in-use`, `app-not-started`, `app-ended`, `app-silent`.
    """
    if command is None:
        yield None
        return
    from vovecli.adapters.app_process import AppProcess
    from vovecli.commands.starting import START_S, await_app, check_port_is_free
    from vovecli.core.leaks import Leaks
    from vovecli.core.masking import mask_secrets

    leaks = Leaks([secret], endpoint.credentials)
    variables = dict.fromkeys(names or [SECRET_VARIABLE], secret.text)
    app = AppProcess(command, lambda line: leaks.mask(mask_secrets(line)), variables)
    check_port_is_free(endpoint)
    try:
        app.start()
        run.terminal.notice(
            f"started {app.command} (pid {app.pid}) with secret {secret.fingerprint} in "
            f"{', '.join(variables)}"
        )
        await_app(app, endpoint, wait_s or START_S)
        yield app
    finally:
        app.end()
