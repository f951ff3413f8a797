"""What came back from an endpoint, or why nothing did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from vovecli.core.headers import header_value

if TYPE_CHECKING:
    from vovecli.core.messages import Headers

NoAnswerKind = Literal["refused", "timeout", "closed", "protocol", "dns", "tls"]


class Answer(NamedTuple):
    """One HTTP answer.

    Attributes:
        headers: In order, names spelt as they came, odd bytes in values surrogate-escaped.
        body: As sent, not decoded; cut at a limit.
        latency_ms: From the first step towards a connection to the last byte of the answer.
        body_truncated: Whether the body went on after the limit.
    """

    status: int
    reason: str
    headers: Headers
    body: bytes
    latency_ms: float
    body_truncated: bool

    def cut(self, limit: int) -> Answer:
        """The same with at most so many bytes of the body."""
        if len(self.body) <= limit:
            return self
        return self._replace(body=self.body[:limit], body_truncated=True)

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case."""
        return header_value(self.headers, name)


def is_acknowledged(status: int | None) -> bool:
    """Whether a status acknowledges a delivery: 2xx alone, as the provider's pages say."""
    return status is not None and 200 <= status < 300  # noqa: PLR2004 - the HTTP class of success


class NoAnswer(Exception):  # noqa: N818 - not an error of ours: an outcome that is raised
    """No answer came back.

    Attributes:
        kind: Where it failed: no connection (`dns`, `refused`, `tls`), no answer in time
            (`timeout`), connection lost (`closed`), no HTTP or a head that cannot be (`protocol`).
        message: One sentence for people, without a final period.
    """

    def __init__(self, kind: NoAnswerKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
