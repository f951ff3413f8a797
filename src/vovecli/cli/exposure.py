"""The options by which `listen` is reached from the internet, and what is made of them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from vovecli.cli.options import Panel
from vovecli.core.endpoints import parse_endpoint

if TYPE_CHECKING:
    from pathlib import Path

    from vovecli.cli.session import Session
    from vovecli.commands.listen import Expose


class ExposureOptions(NamedTuple):
    """The way to the internet."""

    tunnel: Annotated[
        bool,
        typer.Option(
            "--tunnel",
            help="Open a public HTTPS URL through ngrok (needs an ngrok account)",
            rich_help_panel=Panel.TUNNEL,
        ),
    ] = False
    domain: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Domain of your ngrok account", rich_help_panel=Panel.TUNNEL
        ),
    ] = None
    ngrok_path: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="The ngrok agent to run", rich_help_panel=Panel.TUNNEL),
    ] = None
    yes: Annotated[
        bool,
        typer.Option(
            "--yes",
            help="Download the ngrok agent without asking if there is none",
            rich_help_panel=Panel.TUNNEL,
        ),
    ] = False
    public_url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="URL of a tunnel that you run yourself",
            rich_help_panel=Panel.TUNNEL,
        ),
    ] = None


def exposure(run: Session, options: ExposureOptions) -> Expose | None:
    """How the listener gets to the internet; None when it shall not.

    Raises:
        VoveError: When there is no ngrok agent that will do.
    """
    if not options.tunnel and (options.domain or options.ngrok_path or options.yes):
        raise typer.BadParameter("--domain, --ngrok-path and --yes need --tunnel")
    if options.public_url and options.tunnel:
        raise typer.BadParameter("--tunnel and --public-url cannot be combined")
    if options.public_url:
        return _by_own_tunnel(options.public_url)
    return _by_ngrok(run, options) if options.tunnel else None


def _by_own_tunnel(public_url: str) -> Expose:
    from vovecli.adapters.randomness import random_source
    from vovecli.adapters.tunnel.public_url import OwnTunnel
    from vovecli.commands.exposure import Exposure

    if "://" not in public_url:
        raise typer.BadParameter(f"{public_url!r} in --public-url is not an http(s) URL")
    parse_endpoint(public_url)
    return partial(
        Exposure,
        lambda _: OwnTunnel(public_url),
        nonce=random_source()(16).hex(),
        probe_s=2.0,
        strict=False,
    )


def _by_ngrok(run: Session, given: ExposureOptions) -> Expose:
    from vovecli.adapters.randomness import random_source
    from vovecli.adapters.tunnel.download import ensure_agent
    from vovecli.adapters.tunnel.ngrok import NgrokOptions, NgrokTunnel
    from vovecli.adapters.tunnel.public_url import last_url_path
    from vovecli.commands.exposure import Exposure
    from vovecli.ui.tunnel import download_bar

    def setting(name: str) -> str:
        return str(run.settings.get(f"tunnel.{name}").value or "")

    domain = given.domain or setting("domain")  # first: it may not be trusted
    with download_bar(run.terminal) as progress:
        agent = ensure_agent(
            given.ngrok_path or setting("ngrok_path"),
            os.environ,
            partial(_agree, run, given.yes),
            progress,
        )
    options = NgrokOptions(
        agent_path=agent,
        authtoken=setting("authtoken"),
        domain=domain,
    )
    return partial(
        Exposure,
        lambda tell: NgrokTunnel(options, tell),
        nonce=random_source()(16).hex(),
        last_url=last_url_path(),
    )


def _agree(run: Session, yes: bool, url: str, path: Path) -> bool:
    """Whether the agent may be downloaded: `--yes`, or the user at a terminal."""
    if yes:
        run.terminal.notice(f"downloading the ngrok agent from {url} to {path}")
        return True
    question = f"There is no ngrok agent here. Download it from {url} to {path}?"
    return run.can_ask and run.agrees(question)
