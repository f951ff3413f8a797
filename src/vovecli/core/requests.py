"""A request as it was captured: what the wire carried, as exactly as the capture could keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.headers import header_values

if TYPE_CHECKING:
    from vovecli.core.captures.printed import Printed
    from vovecli.core.messages import Headers
    from vovecli.core.outcomes.verdicts import Finding


class CapturedRequest(NamedTuple):
    """One HTTP request out of a capture.

    Attributes:
        method: Upper case; None when the capture does not show it.
        target: Path, absolute URL or whatever stood there; may be empty.
        headers: In order, names spelt as captured, values as UTF-8 text with odd bytes
            surrogate-escaped, so `signing.header_bytes` gives back the wire's bytes.
        body: The exact bytes that were sent, as far as the capture holds them.
        received_at: Unix seconds of receipt when the capture knows it.
        format: Name of the capture format.
        facts: Codes of the cause list that the capture itself shows (`truncated-body`,
            `content-length-mismatch`, `body-missing`, `body-parsed`): the cause if no MAC matches.
        reading: `exact` where the format says what the body is, `printed` where only the signature
            can: then `body` is a first guess.
        printed: The text around the headers, where one was kept to look for the body in.
        answered: Status of the response, where the capture holds it.
    """

    method: str | None
    target: str
    headers: Headers
    body: bytes
    received_at: int | None = None
    format: str = "http"
    facts: tuple[Finding, ...] = ()
    reading: Literal["exact", "printed"] = "exact"
    printed: Printed | None = None
    answered: int | None = None

    def values(self, name: str) -> list[str]:
        """All values of a header, its name in any case."""
        return header_values(self.headers, name)
