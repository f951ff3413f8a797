"""TLS as a client: the system's authorities, one more, or none at all."""

from __future__ import annotations

import ssl

from vovecli.core.errors import VoveError


def client_context(*, verify: bool | str = True) -> ssl.SSLContext:
    """What to trust.

    Args:
        verify: False takes any certificate, a path adds the authorities of that PEM file.

    Raises:
        VoveError: `bad-ca-file`.
    """
    context = ssl.create_default_context()
    if isinstance(verify, str):
        _trust(context, verify)
    elif not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _trust(context: ssl.SSLContext, path: str) -> None:
    try:
        context.load_verify_locations(path)
    except OSError as error:  # ssl.SSLError is one
        raise VoveError(
            "bad-ca-file",
            f"cannot use {path} as an authority: {error.strerror or error}",
            hint="give a PEM file that holds the certificate of the authority",
            source=path,
        ) from None
