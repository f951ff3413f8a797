"""What goes over the wire in a run and what comes back, as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from html import unescape
from typing import TYPE_CHECKING

from vovecli.core.headers import header_value
from vovecli.core.outcomes.answers import is_acknowledged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vovecli.core.catalogue import EventFamily
    from vovecli.core.messages import Headers

_TRANSIENT = (429, 502, 503, 504)
_EXCERPT_CHARACTERS, _READ_CHARACTERS = 140, 16_000
_IS_MARKUP = re.compile(
    r"<(?:!doctype|html|head|body|title|h\d|p|b|br|pre|div|center)\b", re.IGNORECASE
)
_MARKUP = re.compile(r"<(script|style|head)\b.*?</\1>|<[^>]*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Probe:
    """One request, ready to be sent on a connection of its own.

    Attributes:
        label: What is special about it, in words.
        target: Path and query.
        family: What its payload is about.
        ref_id: The refId in its body, for answers that merely repeat it.
        together: Sent at the same moment as the probe before it.
        held_bytes: So many bytes at the end of the body follow in a segment of their own.
        hold_s: So many seconds later.
        address: IP address to connect to; empty: whatever the host's name gives.
        unverified: For https: whatever the certificate.
        plain_http: To the http port of the host of an https endpoint.
    """

    label: str
    method: str
    target: str
    headers: Headers
    body: bytes
    family: EventFamily = "kyb"
    ref_id: str = ""
    together: bool = False
    held_bytes: int = 0
    hold_s: float = 0.0
    address: str = ""
    unverified: bool = False
    plain_http: bool = False

    def header(self, name: str) -> str:
        """A header's value, or nothing; its name in any case."""
        return header_value(self.headers, name) or ""


def at_once(probes: Iterable[Probe]) -> Iterator[list[Probe]]:
    """Groups of probes that are sent at the same moment."""
    group: list[Probe] = []
    for probe in probes:
        if group and not probe.together:
            yield group
            group = []
        group.append(probe)
    if group:
        yield group


@dataclass(frozen=True)
class ProbeAnswer:
    """What came back for one probe.

    Attributes:
        status: None when no HTTP answer came.
        error: Why none came: `refused`, `timeout`, `closed`, `protocol`, `dns`, `tls`; `scheme`
            where the port speaks something else than the URL says.
        message: The same in words.
        gone: Nothing listens any more; `refused` then means since before this probe.
        is_early: It came before the whole request was sent.
        down_ms: How long nothing listened before the server was back and the probe was repeated.
        printed: Lines that the app printed meanwhile, masked; empty unless this run started it.
    """

    status: int | None = None
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    latency_ms: float = 0.0
    error: str = ""
    message: str = ""
    gone: bool = False
    is_early: bool = False
    down_ms: float = 0.0
    printed: tuple[str, ...] = ()

    @property
    def is_2xx(self) -> bool:
        """Whether the sender takes it for success."""
        return is_acknowledged(self.status)

    @property
    def is_redirect(self) -> bool:
        """Whether it names another place to go to."""
        return self.status in (301, 302, 303, 307, 308)

    @property
    def is_crash(self) -> bool:
        """A server error, or a connection that ended without an answer."""
        return self.error in ("closed", "protocol") or (self.status or 0) >= 500  # noqa: PLR2004

    @property
    def is_limited(self) -> bool:
        """Whether a rate limit answered."""
        return self.status == 429  # noqa: PLR2004 - HTTP's own

    @property
    def is_transient(self) -> bool:
        """Whether a limiter or a gateway answered, which says nothing about what was sent."""
        return self.status in _TRANSIENT

    @property
    def is_deadly(self) -> bool:
        """Whether the probe ended the process, and again after that was back."""
        return self.status is None and self.down_ms > 0

    @property
    def is_silent(self) -> bool:
        """Whether no answer came in time: neither accepted nor refused."""
        return self.error == "timeout"

    @cached_property
    def text(self) -> str:
        """The body as text, whatever it is."""
        return self.body.decode("utf-8", "replace")

    @cached_property
    def words(self) -> str:
        """What a person sees of the body: one line, markup taken away."""
        text = self.text[:_READ_CHARACTERS]
        if _IS_MARKUP.search(text):
            text = unescape(_MARKUP.sub(" ", text))
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())

    def header(self, name: str) -> str:
        """A header's value, or nothing; its name in any case."""
        return header_value(self.headers, name) or ""

    def describe(self) -> str:
        """Status and the beginning of the body in one line, or why nothing came."""
        if self.status is None:
            return self.message or self.error
        place = f" to {self.header('location')}" if self.is_redirect else ""
        words = self.words
        if len(words) > _EXCERPT_CHARACTERS:
            words = words[:_EXCERPT_CHARACTERS] + "..."
        return f"{self.status}{place}" + (f" {words}" if words else "")


@dataclass(frozen=True)
class ProbeExchange:
    """A probe and its answer."""

    probe: Probe
    answer: ProbeAnswer

    def describe(self) -> str:
        """What was special about the probe, and its answer, in one line."""
        return f"{self.probe.label}: {self.answer.describe()}"


@dataclass(frozen=True)
class Observation:
    """What the observer command printed.

    Attributes:
        text: The app's state.
        is_stable: Whether it stopped changing; False also where the command failed.
    """

    text: str
    is_stable: bool = True
