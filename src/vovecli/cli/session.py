"""What every command shares: the global options, and what is made from them when needed."""

from __future__ import annotations

import os
import sys
from functools import cached_property
from typing import TYPE_CHECKING

from vovecli.ui.terminal import ColorChoice, Terminal
from vovecli.ui.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.adapters.settings import Settings
    from vovecli.cli.options import SecretOptions
    from vovecli.core.catalogue import Catalogue
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.secrets import SigningSecret


class Session:
    """One run of the command line."""

    def __init__(self) -> None:
        self.json = False
        self.color: ColorChoice = "auto"
        self.quiet = False
        self.verbose = 0
        self.profile: str | None = None
        self._announced: set[str] = set()
        self.command = "vove"  # as far as the command line has been read

    @cached_property
    def terminal(self) -> Terminal:
        """The streams; first used after the global options are known."""
        return Terminal(
            out=sys.stdout,
            err=sys.stderr,
            environ=os.environ,
            color="never" if self.json else self.color,
            quiet=self.quiet,
        )

    @cached_property
    def settings(self) -> Settings:
        """The settings of this process under the chosen profile."""
        from vovecli.adapters.settings import from_process

        return from_process(self.profile)

    def secrets(
        self, given: SecretOptions, *, announce: bool = True, store: bool = True
    ) -> list[SigningSecret]:
        """The signing secrets in force, with what there is to say of them and the settings."""
        from vovecli.adapters.randomness import random_source
        from vovecli.adapters.secret_store import load_secrets
        from vovecli.core.secrets import DEVELOPMENT

        secrets = load_secrets(
            self.settings,
            random_source(),
            texts=given.secret or (),
            paths=given.secret_file or (),
            store=store,
        )
        from vovecli.core.published_secrets import weakness

        for warning in filter(None, map(weakness, secrets)):
            self.terminal.notice(f"warning: {warning}")
        for text in self.settings.misspelt_variables():
            self.terminal.notice(text)
        if announce and secrets[0].origin == DEVELOPMENT:
            self.terminal.notice(
                f"using the development secret {secrets[0].fingerprint} (no secret was given)"
            )
        return secrets

    def other_secrets(self, in_force: Sequence[SigningSecret]) -> Sequence[SigningSecret]:
        """Configured secrets that are not in force: one of them may explain a failure."""
        from vovecli.adapters.secret_store import OtherSecrets

        return OtherSecrets(self.settings, in_force)

    @cached_property
    def catalogue(self) -> Catalogue:
        """Every event type: the built-in ones, and those of the project's settings."""
        from vovecli.core.catalogue import BUILT_IN

        own, origin = self.settings.events()
        if not own:
            return BUILT_IN
        from vovecli.core.own_events import own_catalogue  # only where there are some

        return own_catalogue(own, origin)

    def catalogue_of(self, events: Iterable[str | None]) -> Catalogue:
        """A catalogue that holds these events; the settings are read only if they are needed."""
        from vovecli.core.catalogue import BUILT_IN

        known = all(event is None or event in BUILT_IN.events for event in events)
        return BUILT_IN if known else self.catalogue

    def say_provenance(self, events: Iterable[str | None]) -> None:
        """Say once of each event whose name rests on a report that it does."""
        from vovecli.core.catalogue import EVENTS, PROVENANCES

        for name in dict.fromkeys(events):
            event = EVENTS.get(name or "")
            if event and event.provenance == "reported":
                self.terminal.notice(
                    f"{name} is reported, not documented: {PROVENANCES['reported']}"
                )

    def endpoint(self, to: str | None, *, event: str | None) -> Endpoint:
        """Where deliveries of an event go.

        `--to`, the environment or a profile, the event's own, the settings' files, the provider's
        sample: the first that says so. Says where it is set, unless it was typed.
        """
        from vovecli.core.endpoints import parse_endpoint, sample_endpoint

        known = self.catalogue_of([event]).events.get(event or "")
        family = known.family if known else (event or "kyb").partition(".")[0]
        if to is not None:
            return parse_endpoint(to, family=family)
        setting = self.settings.get("endpoint")
        text, origin = setting.value, setting.origin
        if known and known.endpoint and not setting.outranks_events:
            self.settings.check_event_endpoint(known.endpoint)
            text, origin = known.endpoint, known.source
        if text is None:
            return sample_endpoint(family)
        endpoint = parse_endpoint(str(text), family=family)
        if endpoint.url not in self._announced:
            self._announced.add(endpoint.url)
            self.terminal.notice(f"endpoint {endpoint.url} from {printable(origin)}")
        return endpoint

    @property
    def can_ask(self) -> bool:
        """Whether there is somebody at the terminal to ask."""
        return not self.json and sys.stdin.isatty() and sys.stderr.isatty()

    def agrees(self, question: str) -> bool:
        """Ask at the terminal.

        Raises:
            KeyboardInterrupt: Ctrl-C, or the end of the input.
        """
        import typer

        try:
            return typer.confirm(question, err=True)
        except typer.Abort:
            raise KeyboardInterrupt from None

    def emit(self, found: Mapping[str, object]) -> None:
        """Write one JSON line."""
        from vovecli.ui.json_lines import write_json

        write_json(found)

    def write_report(self, place: str, text: str) -> None:
        """Write a report without loaded secrets to a file that was asked for, and say so.

        Raises:
            VoveError: `unwritable`.
        """
        from vovecli.adapters.files import write_text
        from vovecli.core.masking import mask_loaded

        write_text(place, mask_loaded(text))
        self.terminal.notice(f"written: {place}")

    def emit_version(self) -> None:
        """Print the version, in either form."""
        from vovecli import __version__

        if self.json:
            self.emit({"schema": "vove.version/1", "version": __version__})
        else:
            sys.stdout.write(f"vove {__version__}\n")
