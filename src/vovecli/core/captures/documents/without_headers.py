"""JSON that holds no headers: why, where the tool that wrote it is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.captures.json_text import member

if TYPE_CHECKING:
    from vovecli.core.captures.json_text import JsonValue


def why(document: JsonValue) -> str:
    """What a document without headers is, and where its headers are to be had."""
    first = document[0] if isinstance(document, list) and document else document
    first = member(first, "data") or first
    first = first[0] if isinstance(first, list) and first else first
    keys = set(first) if isinstance(first, dict) else set()
    if keys & {"msgId", "endpointId"} or str(member(first, "id") or "").startswith("atmpt_"):
        return (
            "it is a Svix message attempt, and that export has no headers; open the attempt in the "
            "dashboard (Webhooks -> endpoint -> message attempt) and add the three headers it shows"
        )
    if member(first, "headers") == {}:
        return (
            "its `headers` are empty: JSON.stringify of a Headers object gives {}; "
            "print Object.fromEntries(request.headers)"
        )
    return "it is JSON, and no object in it has headers"
