"""Deliveries as programs, logs, exports and chats print them: one function a form."""

from __future__ import annotations

import base64
import html
import json
import pprint
import quopri
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    from collections.abc import Callable

    Printer = Callable[[dict[str, str], str], str]

_CONTROLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f", "\v": "\\v"}


def escaped(text: str, quote: str, *, hexadecimal: str = "\\x{:02X}") -> str:
    """A string literal as `util.inspect`, `%q` and `inspect` write it."""
    out = []
    for char in text:
        if char in ("\\", quote):
            out.append("\\" + char)
        elif char in _CONTROLS:
            out.append(_CONTROLS[char])
        elif ord(char) < 32 or ord(char) == 127:
            out.append(hexadecimal.format(ord(char)))
        else:
            out.append(char)
    return quote + "".join(out) + quote


def dumped(octets: bytes, row: str, groups: int) -> str:
    """Rows of 16 bytes: an offset, the digits in groups, and what of it is printable."""
    rows = []
    for at in range(0, len(octets), 16):
        piece = octets[at : at + 16]
        digits = " ".join(piece[n : n + groups].hex() for n in range(0, len(piece), groups))
        text = "".join(chr(octet) if 32 <= octet < 127 else "." for octet in piece)
        rows.append(row.format(at, digits, text))
    return "\n".join(rows) + "\n"


def node(text: str) -> str:
    """`util.inspect` takes the first quote that does not stand in the text."""
    quote = next((mark for mark in "'\"`" if mark not in text), "'")
    return escaped(text, quote)


def node_headers(headers: dict[str, str], indent: str = "  ") -> str:
    """A headers object of Node."""
    return "{\n" + ",\n".join(f"{indent}{node(k)}: {node(v)}" for k, v in headers.items()) + "\n}"


def php(text: str) -> str:
    """`var_export`."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def sh(text: str) -> str:
    """A word of a shell in single quotes."""
    return "'" + text.replace("'", "'\\''") + "'"


def var_dump(text: str) -> str:
    """The length in bytes, and the text as it is."""
    return f'string({len(text.encode())}) "{text}"'


def serialized(text: str) -> str:
    """`serialize` of PHP."""
    return f's:{len(text.encode())}:"{text}";'


def message(headers: dict[str, str], body: str) -> bytes:
    """The whole message, as it came over the wire."""
    return f"POST /w HTTP/1.1\r\n{lines(headers)}\r\n{body}".encode()


def lines(headers: dict[str, str]) -> str:
    """Header lines."""
    return "".join(f"{name.title()}: {value}\n" for name, value in headers.items())


def cgi(headers: dict[str, str]) -> dict[str, str]:
    """As `$_SERVER`, WSGI and Rack name them."""
    names = {name: name.upper().replace("-", "_") for name in headers}
    return {
        ("" if names[name].startswith("CONTENT_") else "HTTP_") + names[name]: value
        for name, value in headers.items()
    }


def prefixed(prefix: str, text: str) -> str:
    """With something before every line."""
    return "".join(f"{prefix}{line}\n" for line in text.split("\n"))


def wrapped(text: str, columns: int = 80) -> str:
    """As a terminal of so many columns shows it, and a copy of it holds it."""
    shown, used = "", 0
    for character in text:
        width = 1 + (east_asian_width(character) in "WF")
        if used + width > columns and character != "\n":
            shown, used = shown + "\n", 0
        shown, used = shown + character, 0 if character == "\n" else used + width
    return shown


def in_parts(line: str) -> list[str]:
    """As containers' logs split what is long."""
    return [line[at : at + 150] for at in range(0, len(line), 150)] or [""]


def go(headers: dict[str, str]) -> str:
    """`%v` of a header."""
    return "map[" + " ".join(f"{k.title()}:[{v}]" for k, v in sorted(headers.items())) + "]"


def jsons(headers: dict[str, str], body: str) -> str:
    """A log line with both."""
    return json.dumps({"headers": headers, "body": body})


def b64(body: str) -> str:
    """The body in base64."""
    return base64.b64encode(body.encode()).decode()


def typed(headers: dict[str, str]) -> str:
    """The three headers as people type them."""
    return "".join(f"{k}: {v}\n" for k, v in headers.items() if k.startswith(("svix", "webhook")))


PRINTERS: dict[str, Printer] = {
    "node one object": lambda h, b: f"{{\n  headers: {node_headers(h, '    ')},\n  body: {node(b)}\n}}\n",
    "node two arguments": lambda h, b: f"Headers {node_headers(h)}\nBody {b}\n",
    "node one line": lambda h, b: f"{node_headers(h)} {b}\n",
    "node two lines": lambda h, b: f"{node_headers(h)}\n{b}\n",
    "node rawHeaders": lambda h, b: "[\n"
    + ",\n".join(f"  {node(k)}, {node(v)}" for k, v in h.items())
    + f"\n]\n{b}\n",
    "node colours": lambda h, b: f"{{\n  headers: {node_headers(h)},\n  body: \x1b[32m{node(b)}\x1b[39m\n}}\n",
    "node json of both": lambda h, b: f"{json.dumps(h)}\n{b}\n",
    "node json pretty": lambda h, b: f"{json.dumps(h, indent=2)}\n{b}\n",
    "node fetch": lambda h, b: f"fetch('http://x', {json.dumps({'headers': h, 'body': b}, indent=2)});\n",
    "python two lines": lambda h, b: f"{h}\n{b}\n",
    "python bytes": lambda h, b: f"{h}\n{b.encode()!r}\n",
    "python one dict": lambda h, b: f"{ {'headers': h, 'body': b.encode()} }\n",
    "python pprint": lambda h, b: f"{pprint.pformat(h)}\n{pprint.pformat(b.encode())}\n",
    "python loguru": lambda h, b: f"2025-09-25 21:04:43.1 | INFO | main:hook:12 - {h} {b.encode()!r}\n",
    "python aiohttp": lambda h, b: "<CIMultiDictProxy("
    + ", ".join(f"{k!r}: {v!r}" for k, v in h.items())
    + f")>\n{b.encode()!r}\n",
    "python tuples": lambda h, b: f"{list(h.items())}\n{b.encode()!r}\n",
    "python byte tuples": lambda h, b: f"{[(k.encode(), v.encode()) for k, v in h.items()]} {b!r}\n",
    "python lambda event": lambda h, b: f"{ {'version': '2.0', 'headers': h, 'requestContext': {}, 'body': b} }\n",
    "python flask": lambda h, b: f"{lines(h)}\n\n{b.encode()!r}\n",
    "python wsgi": lambda h, b: f"{cgi(h)}\nraw body: {b}\n",
    "http.client": lambda h, b: f"send: {('POST / HTTP/1.1' + chr(10) + lines(h)).encode()!r}\nsend: {b.encode()!r}\n",
    "go println": lambda h, b: f"{go(h)}\n{b}\n",
    "go bytes": lambda h, b: f"{go(h)}\n[{' '.join(map(str, b.encode()))}]\n",
    "go sharp": lambda h, b: "http.Header{"
    + ", ".join(f'"{k.title()}":[]string{{"{v}"}}' for k, v in h.items())
    + f"}}\n[]byte{{{', '.join(map(hex, b.encode()))}}}\n",
    "go slog": lambda h, b: f"time=2025 level=INFO msg=hook headers={escaped(go(h), chr(34))} body={escaped(b, chr(34))}\n",
    "go json bytes": lambda h, b: json.dumps(
        {"level": "INFO", "headers": {k.title(): [v] for k, v in h.items()}, "body": b64(b)}
    )
    + "\n",
    "go dump bytes": lambda h, b: f"[{' '.join(map(str, message(h, b)))}]\n",
    "go dump": lambda h, b: escaped(f"POST /w HTTP/1.1\r\n{lines(h)}\r\n{b}", '"') + "\n",
    "php print_r": lambda h, b: "Array\n(\n"
    + "".join(f"    [{k}] => {v}\n" for k, v in h.items())
    + f")\n{b}\n",
    "php print_r lists": lambda h, b: "Array\n(\n"
    + "".join(f"    [{k}] => Array\n        (\n            [0] => {v}\n        )\n\n" for k, v in h.items())
    + f")\n{b}\n",
    "php var_dump": lambda h, b: "array(7) {\n"
    + "".join(f'  ["{k}"]=>\n  {var_dump(v)}\n' for k, v in cgi(h).items())
    + f'  ["argv"]=>\n  array(0) {{\n  }}\n}}\n{var_dump(b)}\n',
    "php var_export": lambda h, b: "array (\n"
    + "".join(f"  {php(k)} => \n  array (\n    0 => {php(v)},\n  ),\n" for k, v in h.items())
    + f")\n{php(b)}\n",
    "php laravel": lambda h, b: "[2025-09-25 21:04:43] local.INFO: hook "
    + json.dumps({"headers": {k: [v] for k, v in h.items()}, "body": b}).replace("/", "\\/")
    + "  \n",
    "php serialize": lambda h, b: f"a:2:{{s:7:{chr(34)}headers{chr(34)};a:{len(h)}:{{"
    + "".join(serialized(text) for pair in h.items() for text in pair)
    + f"}}{serialized('body')}{serialized(b)}}}",
    "php serialize lists": lambda h, b: "".join(
        f"{serialized(k)}a:1:{{i:0;{serialized(v)}}}" for k, v in h.items()
    )
    + serialized(b),
    "php dd": lambda h, b: "array:7 [\n"
    + "".join(f'  "{k}" => array:1 [\n    0 => "{v}"\n  ]\n' for k, v in h.items())
    + f']\n"{b}" // app.php:3\n',
    "ruby": lambda h, b: "{"
    + ", ".join(f'"{k}"=>"{v}"' for k, v in cgi(h).items())
    + f"}}\n{escaped(b, chr(34)).replace('#', chr(92) + '#')}\n",
    "java lists": lambda h, b: "{" + ", ".join(f"{k}=[{v}]" for k, v in h.items()) + f"}}\nBody : {b}\n",
    "java map": lambda h, b: "{" + ", ".join(f"{k}={v}" for k, v in h.items()) + f"}}\n{b}\n",
    "spring": lambda h, b: "[" + ", ".join(f'{k}:"{v}"' for k, v in h.items()) + f"]\n{b}\n",
    "mitmdump": lambda h, b: "127.0.0.1:1: POST http://x/w\n"
    + prefixed("    ", f"{lines(h)}\n{b}")
    + " << 200 OK 2b\n    Content-Length: 2\n\n    OK\n",
    "compose": lambda h, b: prefixed("app-1  | ", f"{node_headers(h)}\n{b}"),
    "compose around logging": lambda h, b: prefixed(
        "app-1  | ", f"2025-09-25 21:04:43,1 - app - Headers: {h}\n2025-09-25 21:04:43,2 - app - Body: {b}"
    ),
    "journald": lambda h, b: prefixed("Sep 25 21:04:43 web1 app[812]: ", f"{pprint.pformat(h)}\n{b}"),
    "github actions": lambda h, b: prefixed("2025-09-25T21:04:43.1234567Z ", f"{lines(h)}\n{b}"),
    "indented": lambda h, b: prefixed("    ", f"POST /w HTTP/1.1\n{lines(h)}\n{b}"),
    "quoted mail": lambda h, b: prefixed(">> ", f"{lines(h)}\n{b}"),
    "kubectl cri": lambda h, b: f"2025-09-25T21:04:43.1Z stdout F {jsons(h, b)}\n",
    "heroku": lambda h, b: f"2025-09-25T21:04:43.1+00:00 app[web.1]: {jsons(h, b)}\n",
    "azure": lambda h, b: f"[2025-09-25T21:04:43.123Z] {jsons(h, b)}\n",
    "nest": lambda h, b: f"[Nest] 1  - 09/25/2025, 9:04:43 PM     LOG [Hook] {jsons(h, b)}\n",
    "cloudwatch": lambda h, b: f"START RequestId: f3 Version: $LATEST\n2025\tf3\tINFO\tEVENT {jsons(h, b)}\nEND RequestId: f3\n",
    "logback": lambda h, b: f"2025 INFO 1 --- [x] c.H : Headers: {json.dumps(h)}\n2025 INFO 1 --- [x] c.H : Body: {b}\n",
    "wrangler": lambda h, b: f"POST https://x - Ok\n  (log) {json.dumps(h)}\n  (log) {b}\n",
    "cri in parts": lambda h, b: "".join(
        f"2025-09-25T21:04:43.1234567{number:02d}Z stdout {'PF'[part == parts[-1]]} {part}\n"
        for line in f"headers {json.dumps(h)}\nbody {b}".split("\n")
        for parts in [in_parts(line)]
        for number, part in enumerate(parts)
    ),
    "docker in parts": lambda h, b: "".join(
        json.dumps({"log": part, "stream": "stdout"}) + "\n" for part in in_parts(f"{jsons(h, b)}\n")
    ),
    "docker json-file": lambda h, b: "".join(
        json.dumps({"log": line + "\n", "stream": "stdout"}) + "\n"
        for line in f"{node_headers(h)}\n{node(b)}".split("\n")
    ),
    "wrangler json": lambda h, b: json.dumps(
        {"logs": [{"message": [line], "level": "log"} for line in f"{node_headers(h)}\n{node(b)}".split("\n")]}
    ),
    "gcp textPayload": lambda h, b: json.dumps({"textPayload": jsons(h, b), "insertId": "x"}),
    "vercel": lambda h, b: json.dumps([{"message": f"{h}\n{b.encode()!r}", "level": "info"}]),
    "thunder client": lambda h, b: json.dumps(
        {"headers": [{"name": k, "value": v} for k, v in h.items()], "body": {"type": "json", "raw": b}}
    ),
    "hoppscotch": lambda h, b: json.dumps(
        {
            "headers": [{"key": k, "value": v, "active": True} for k, v in h.items()],
            "body": {"contentType": "application/json", "body": b},
        }
    ),
    "power automate": lambda h, b: json.dumps({"headers": h, "body": {"$content": b64(b)}}),
    "wiremock": lambda h, b: json.dumps({"request": {"headers": h, "bodyAsBase64": b64(b)}}),
    "n8n": lambda h, b: json.dumps([{"headers": h, "body": {}, "binary": {"data": {"data": b64(b)}}}]),
    "ecs": lambda h, b: json.dumps({"http": {"request": {"headers": h, "body": {"content": b}}}}),
    "buffer": lambda h, b: json.dumps({"headers": h, "body": {"type": "Buffer", "data": [*b.encode()]}}),
    "tshark": lambda h, b: json.dumps(
        {"http": {"http.request.line": [f"{k}: {v}\r\n" for k, v in h.items()],
                  "http.file_data": b.encode().hex(":")}}
    ),
    "insomnia": lambda h, b: "headers:\n"
    + "".join(f"  - name: {k}\n    value: {v}\n" for k, v in h.items())
    + f"body:\n  text: {json.dumps(b)}\n",
    "insomnia block": lambda h, b: "headers:\n"
    + "".join(f"  - name: {k}\n    value: {v}\n" for k, v in h.items())
    + f"body:\n  text: |-\n{prefixed('    ', b)}",
    "vcr base64": lambda h, b: "body:\n  base64_string: |\n"
    + prefixed("    ", base64.encodebytes(b.encode()).decode().rstrip())
    + "headers:\n"
    + "".join(f"  {k.title()}:\n  - {v}\n" for k, v in h.items()),
    "burp": lambda h, b: "<items><item><request base64='true'><![CDATA["
    + base64.b64encode(message(h, b)).decode()
    + "]]></request></item></items>",
    "charles": lambda h, b: "<headers><first-line>POST /w HTTP/1.1</first-line>"
    + "".join(f"<header><name>{k}</name><value>{v}</value></header>" for k, v in h.items())
    + f"</headers><body decoded='true'>{html.escape(b)}</body>",
    "vcr": lambda h, b: "body:\n  string: '"
    + b.replace("'", "''")
    + "'\nheaders:\n"
    + "".join(f"  {k.title()}:\n  - {v}\n" for k, v in h.items()),
    "bruno": lambda h, b: "headers {\n"
    + "".join(f"  {k}: {v}\n" for k, v in h.items())
    + "}\n\nbody:json {\n"
    + prefixed("  ", b)
    + "}\n",
    "csv": lambda h, b: f'1,"{json.dumps(h).replace(chr(34), chr(34) * 2)}","{b.replace(chr(34), chr(34) * 2)}"\n',
    "sse": lambda h, b: f"id: 1\nevent: message\ndata: {json.dumps({**h, 'body': b})}\n\n",
    "markdown": lambda h, b: f"Headers:\n```json\n{json.dumps(h, indent=2)}\n```\nBody:\n```json\n{b}\n```\n",
    "typed": lambda h, b: f"{typed(h)}body: {b}\n",
    "typed on one line": lambda h, b: f"{typed(h).replace(chr(10), ' ')}body: {b}\n",
    "smart quotes": lambda h, b: f"{typed(h)}\n{b.replace(chr(34), chr(0x201D))}\n",
    "powershell": lambda h, b: "-Headers @{\n"
    + "".join(f'"{k}"="{v}"\n' for k, v in h.items())
    + f'}} `\n-Body "{b.replace("`", "``").replace(chr(34), "`" + chr(34))}"\n',
    "hexdump": lambda h, b: dumped(message(h, b), "{:08x}  {:<48} |{}|", 1),
    "xxd": lambda h, b: dumped(message(h, b), "{:08x}: {:<39}  {}", 2),
    "tcpdump": lambda h, b: (
        "09:20:05.1 IP 10.0.0.1.5555 > 10.0.0.2.3000: Flags [P.], HTTP: POST /hook HTTP/1.1\n"
        + dumped(b"E\0\1\xbf" * 10 + message(h, b), "\t0x{:04x}:  {:<39}  {}", 2)
    ),
    "netty": lambda h, b: dumped(message(h, b), "|{:08x}| {:<47} |{:<16}|", 1),
    "od": lambda h, b: f"{lines(h)}\n" + dumped(b.encode(), "{:08x} {}", 1),
    "wireshark": lambda h, b: "".join(
        f"{at:08X}  {message(h, b)[at : at + 8].hex(' ')}  {message(h, b)[at + 8 : at + 16].hex(' '):<23}   x\n"
        for at in range(0, len(message(h, b)), 16)
    ),
    "rust hexadecimal": lambda h, b: f"{lines(h)}\n[{b.encode().hex(',').replace(',', ', ')}]\n",
    "wireshark escaped": lambda h, b: '"' + "".join(f"\\x{octet:02x}" for octet in message(h, b)) + '"',
    "byte constants": lambda h, b: f"{lines(h)}\n{{ {', '.join(f'0x{octet:02X}' for octet in b.encode())} }}\n",
    "base64 in lines": lambda h, b: "data: !!binary |\n" + prefixed("  ", base64.encodebytes(message(h, b)).decode()),
    "curl -v": lambda h, b: prefixed("> ", f"POST /w HTTP/1.1\n{lines(h)}") + f"{b}\n* upload sent\n",
    "curl in prose": lambda h, b: "I run\n```\ncurl "
    + " ".join(f"-H {sh(f'{k}: {v}')}" for k, v in h.items())
    + f" -d {sh(b)}\n```\nand get 401\n",
    "json logger's repr": lambda h, b: json.dumps({"headers": h, "raw": repr(b.encode())}),
    "sentry variables": lambda h, b: json.dumps(
        {"vars": {"headers": {k: repr(v) for k, v in h.items()}, "body": repr(b)}}
    ),
    "mail": lambda h, b: "Subject: hook\nContent-Transfer-Encoding: quoted-printable\n\n"
    + quopri.encodestring(f"{lines(h)}\n{b}\n".encode()).decode(),
    "table": lambda h, b: (
        "\t".join([*h, "body"]) + "\n" + "\t".join([*h.values(), json.dumps(b)]) + "\n"
    ),
}  # fmt: skip
