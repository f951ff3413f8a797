"""Header names as frameworks spell them, back to what stood on the wire."""

from __future__ import annotations

from vovecli.core.webhook_headers import HEADER_NAMES

_WITHOUT_PREFIX = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})


def wire_name(name: str) -> str:
    """`HTTP_SVIX_ID` (CGI, WSGI, Rack, PHP) and `svix_id` (nginx, Ruby) as `Svix-Id` and `svix-id`.

    RFC 3875 4.1.18 defines the CGI form; any other name stays as it was captured.
    """
    if "_" not in name:
        return name
    upper = name.upper()
    if upper.startswith("HTTP_"):
        spelt = name[5:].replace("_", "-")
        return spelt.title() if name.isupper() else spelt
    if upper in _WITHOUT_PREFIX:
        return name.replace("_", "-").title()
    dashed = name.replace("_", "-")
    return dashed if dashed.lower() in HEADER_NAMES else name
