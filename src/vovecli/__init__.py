"""Simulate, receive, verify and check VOVE ID webhooks.

The public API is small and loaded only when it is used::

    import vovecli

    verdict = vovecli.verify(headers=request.headers, body=request.get_data(), secret="whsec_...")
    if not verdict:
        print(verdict.why)

Tests of handlers have their own: `vovecli.testing`.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it; importing that would double the time of --version
if TYPE_CHECKING:
    from vovecli.api import (
        Verdict,
        VoveError,
        WebhookVerificationError,
        sample,
        sign,
        verify,
        verify_or_raise,
    )

__version__ = "0.1.0"
__all__ = [
    "Verdict",
    "VoveError",
    "WebhookVerificationError",
    "__version__",
    "sample",
    "sign",
    "verify",
    "verify_or_raise",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from vovecli import api

    return getattr(api, name)
