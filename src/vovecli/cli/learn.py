"""`vove learn`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from vovecli.cli.group import command_app, session
from vovecli.cli.options import Panel, SecretOptions
from vovecli.cli.pages import Ending
from vovecli.core.errors import VoveError

if TYPE_CHECKING:
    from vovecli.cli.session import Session
    from vovecli.commands.learn import LearnedEvents
    from vovecli.commands.verify import Judge


def learn(
    ctx: typer.Context,
    *,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE...", help="Captures; - is stdin; a folder means all files in it"
        ),
    ] = None,
    history: Annotated[
        bool, typer.Option("--history", help="Learn from what vove listen has received")
    ] = False,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="Write it into the project's vove.toml", rich_help_panel=Panel.OUTPUT
        ),
    ] = False,
    secrets: SecretOptions,
) -> None:
    """Learn what genuine events look like, to notice when they change.

    Only verified deliveries count, and only shapes are kept: no refId, no name,
    and no values except words that many deliveries share. `vove verify` and
    `vove listen` then report what differs.

    Examples:
      vove learn captures/
      vove learn --history --write
      vove verify new/ --strict-events
    """
    from vovecli.commands.learn import learn_from, received, settings_file, write_learned
    from vovecli.commands.verify import verify_sources
    from vovecli.core.learning import as_toml

    run = session(ctx)
    if bool(sources) == history:
        raise typer.BadParameter("give either FILE... (- is stdin) or --history")
    judge = _judge(run, secrets)
    found = learn_from(received(judge) if history else verify_sources(sources or [], judge), judge)
    text = as_toml(found.lessons)
    if run.json:
        from vovecli.core.envelope import lesson_json

        for lesson in found.lessons:
            run.emit(lesson_json(lesson))
    elif not write:
        sys.stdout.write(text)
    if write:
        path = settings_file(run.settings.events()[1])
        write_learned(path, text)
        run.terminal.notice(f"written into {path}")
    _say(run, found)


def _judge(run: Session, given: SecretOptions) -> Judge:
    """Judges by the secrets in force, whatever the age; the development secret proves nothing."""
    from vovecli.adapters.clock import now
    from vovecli.commands.verify import Judge, Patience
    from vovecli.core.catalogue import Catalogue
    from vovecli.core.secrets import DEVELOPMENT

    secrets = run.secrets(given)
    if secrets[0].origin == DEVELOPMENT:
        raise VoveError(
            "no-secret-given",
            "the development secret verifies only what vove itself has sent",
            hint="give the endpoint's own: VOVE_WEBHOOK_SECRET or --secret-file PATH",
        )
    own = (event for event in run.catalogue.events.values() if event.provenance == "own")
    unlearned = Catalogue(event._replace(learned=None) for event in own)
    return Judge(secrets, now(), Patience(searches=0), catalogue=unlearned)


def _say(run: Session, found: LearnedEvents) -> None:
    """What it rests on, and what was left out."""
    from vovecli.ui.text import count

    notice = run.terminal.notice
    notice(f"learned {count(len(found.lessons), 'event')} from {found.verified} deliveries")
    if found.refused:
        notice(f"{found.refused} requests were left out: the secret does not verify them")
    for name, number in found.left_out.items():
        why = "fewer than three refIds" if name else "nothing in them decides which event they are"
        notice(f"{name or 'other deliveries'}: {number} left out, {why}")


ENDING = Ending(
    settings=("secret", "secret_file"),
    exits={
        0: "what was learned was printed or, with --write, written",
        2: "the command line is wrong",
        3: "a capture, the secret or the settings cannot be used",
    },
    page="guides/own-events.md",
)
app = command_app(learn)
