"""What `listen` sees and answers: broken and judged requests, forwards, the summary."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the sender.

    Attributes:
        headers: Without `Content-Length`, `Date` and `Connection`: those are the server's.
    """

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class BrokenRequest:
    """Bytes that were no usable HTTP request, already refused.

    Attributes:
        status: What was answered.
        code: Kebab-case name of the reason, as in the causes of `verify` where one fits.
        method: None when the request line could not be read; so may `target` be empty.
        at: Unix seconds.
        peer: Address of the sender.
    """

    status: int
    code: str
    message: str
    method: str | None
    target: str
    at: int
    peer: str
