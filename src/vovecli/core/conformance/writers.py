"""Ways to write a payload down: as the provider does, and as receivers wrongly do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from vovecli.core.payloads import Payload, encode

if TYPE_CHECKING:
    from collections.abc import Callable


_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def compact(payload: Payload) -> bytes:
    """As the provider sends it, and as JSON.stringify writes it."""
    return encode(payload)


def pretty(payload: Payload) -> bytes:
    """Indented by two spaces."""
    return encode(payload, pretty=True)


def python_spacing(payload: Payload) -> bytes:
    """As Python's json.dumps writes it by default: a space after each comma and colon."""
    return json.dumps(payload).encode()


def escaped(payload: Payload) -> bytes:
    r"""Non-ASCII as \uXXXX and slashes as \/, as PHP writes them by default."""
    return json.dumps(payload, separators=(",", ":")).replace("/", "\\/").encode()


def escaped_in_capitals(payload: Payload) -> bytes:
    r"""Non-ASCII as \uXXXX in capital digits, slashes as they are, as .NET writes them."""
    text = json.dumps(payload, separators=(",", ":"))
    return _ESCAPE.sub(lambda match: "\\u" + match[1].upper(), text).encode()


def surrounded(payload: Payload) -> bytes:
    """With a space before it and a line end after it."""
    return b" " + encode(payload) + b"\n"


def sorted_keys(payload: Payload) -> bytes:
    """Compact, keys in alphabetical order: Go's and Elixir's maps, sort_keys=True."""
    return encode(dict(sorted(payload.items())))


def sorted_python_spacing(payload: Payload) -> bytes:
    """json.dumps(payload, sort_keys=True)."""
    return json.dumps(payload, sort_keys=True).encode()


def bytes_repr(payload: Payload) -> bytes:
    """What an f-string makes of Python bytes: b'...'."""
    return repr(compact(payload)).encode()


def json_string(payload: Payload) -> bytes:
    """What JSON.stringify and json.dumps make of a body that is still text."""
    return json.dumps(compact(payload).decode()).encode()


def node_buffer(payload: Payload) -> bytes:
    """What JSON.stringify makes of a Buffer."""
    return encode({"type": "Buffer", "data": list(compact(payload))})


def python_dict(payload: Payload) -> bytes:
    """What str() makes of a parsed body in Python."""
    return str(payload).encode()


def ruby_hash(payload: Payload) -> bytes:
    """What to_s makes of a parsed body in Ruby up to 3.3."""
    pairs = (f"{json.dumps(key)}=>{json.dumps(value)}" for key, value in payload.items())
    return ("{" + ", ".join(pairs) + "}").encode()


def go_bytes(payload: Payload) -> bytes:
    """What fmt makes of a byte slice in Go."""
    return b"[" + " ".join(str(byte) for byte in compact(payload)).encode() + b"]"


def javascript_bytes(payload: Payload) -> bytes:
    """What a template string makes of a Uint8Array."""
    return ",".join(str(byte) for byte in compact(payload)).encode()


def go_map(payload: Payload) -> bytes:
    """What fmt makes of a parsed body in Go."""
    return ("map[" + " ".join(f"{key}:{payload[key]}" for key in sorted(payload)) + "]").encode()


def literally(text: str) -> Callable[[Payload], bytes]:
    """The same text for any payload: what is left of a body that was parsed or eaten."""
    return lambda _: text.encode()
