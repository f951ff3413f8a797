"""Which certificates a client takes."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from vovecli.adapters.tls import client_context
from vovecli.core.errors import VoveError


def test_certificates_are_verified_unless_told_otherwise() -> None:
    """By name and authority; `insecure` takes any."""
    assert client_context().verify_mode is ssl.CERT_REQUIRED
    assert client_context().check_hostname
    assert client_context(verify=False).verify_mode is ssl.CERT_NONE


@pytest.mark.parametrize("content", [None, b"no certificate"], ids=["missing", "no PEM"])
def test_an_authority_that_cannot_be_used(content: bytes | None) -> None:
    """The file is named, with what it should be."""
    if content is not None:
        Path("ca.pem").write_bytes(content)

    with pytest.raises(VoveError, match=r"cannot use ca\.pem") as caught:
        client_context(verify="ca.pem")

    assert caught.value.code == "bad-ca-file"
