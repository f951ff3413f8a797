"""A receiver with one planted mistake: python python.py MISTAKE. Listens on a free port, prints it."""
# ruff: noqa: ANN001, ANN002, ANN003, ANN201, ARG001, ARG005, BLE001, D101, D102, D103, I002, PLR0913, T201 - other people's code

import base64
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["VOVE_WEBHOOK_SECRET"]
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
SEEN = set()


def digest(key, content):
    return hmac.new(key, content, hashlib.sha256)


def b64(mac):
    return base64.b64encode(mac.digest()).decode()


def is_fresh(timestamp):
    return timestamp.isdigit() and abs(time.time() - int(timestamp)) <= 300


def verify(
    headers, body, *, key=KEY, content=None, encode=b64, fresh=is_fresh, matches=None, prefix="svix"
):
    message_id, timestamp, header = (
        headers.get(f"{prefix}-{part}") for part in ("id", "timestamp", "signature")
    )
    if not (message_id and timestamp and header and fresh(timestamp)):
        return False
    signed = (
        content(message_id, timestamp, body)
        if content
        else f"{message_id}.{timestamp}.".encode() + body
    )
    mac = encode(digest(key, signed))
    if matches:
        return matches(header, mac)
    return any(
        hmac.compare_digest(entry.encode(), f"v1,{mac}".encode()) for entry in header.split(" ")
    )


def checking(**change):
    return lambda headers, body: (200 if verify(headers, body, **change) else 401, "")


def rewritten(write):
    return checking(
        content=lambda i, t, body: f"{i}.{t}.{write(json.loads(body or b'{}'))}".encode()
    )


def fail_open(headers, body):
    """Swallows what is no verification error."""
    try:
        for entry in (headers["svix-signature"] or "").split(" "):
            base64.b64decode(entry.split(",")[1], validate=True)
    except Exception:
        return 200, ""
    return checking()(headers, body)


def keyed_by_status(headers, body):
    if not verify(headers, body):
        return 401, ""
    return 200, {"success": "ok", "failed": "no"}[json.loads(body)["status"]]


def verify_none(headers, body):
    if not verify(headers, body):
        return 400, "bad signature"
    event = None
    return 200, event["status"]


def debug_page(headers, body):
    if verify(headers, body):
        return 200, ""
    return (
        500,
        "<h1>Traceback</h1><pre>Traceback (most recent call last):\n  File &quot;/srv/app.py&quot;</pre>",
    )


def csrf(headers, body):
    if "x-csrftoken" in headers:
        return checking()(headers, body)
    return (
        403,
        "<h1>Forbidden <span>(403)</span></h1><p>CSRF verification failed. Request aborted.</p>",
    )


def drf(headers, body):
    return (
        401,
        '{"detail":"Authentication credentials were not provided."}',
        {"WWW-Authenticate": "Token"},
    )


def drops_connection(headers, body):
    return (200, "") if verify(headers, body) else None


def utc_as_local(timestamp):
    return timestamp.isdigit() and abs(time.time() - 5.5 * 3600 - int(timestamp)) <= 300


MISTAKES = {
    "none": checking(),
    "drops-forgeries": drops_connection,
    "json-dumps": rewritten(json.dumps),
    "json-dumps-sorted": rewritten(
        lambda event: json.dumps(event, sort_keys=True, separators=(",", ":"))
    ),
    "json-dumps-compact": rewritten(lambda event: json.dumps(event, separators=(",", ":"))),
    "str-dict": rewritten(str),
    "f-string-bytes": checking(content=lambda i, t, body: f"{i}.{t}.{body}".encode()),
    "unpadded": checking(encode=lambda mac: b64(mac).rstrip("=")),
    "printed-secret": checking(key=base64.b64decode("5WbX5kEWLlfzsGNjH64Ide8lOOqUB6e8FH==")),
    "another-secret": checking(key=b"0123456789abcdef01234567"),
    "half-hour-zone": checking(fresh=utc_as_local),
    "whole-header": checking(matches=lambda header, mac: header == f"v1,{mac}"),
    "fail-open-on-garbage": fail_open,
    "status-key-error": keyed_by_status,
    "verify-returns-none": verify_none,
    "debug-page": debug_page,
    "csrf": csrf,
    "rest-framework-auth": drf,
    "no-slash": lambda headers, body: (301, "", {"Location": "/webhooks/vove/"}),
    "login": lambda headers, body: (302, "", {"Location": "/accounts/login/?next=/webhooks/vove"}),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            found = MISTAKES[sys.argv[1]](self.headers, body)
        except Exception as error:
            self.log_error("%r", error)
            found = 500, "Internal Server Error"
        if found is None:
            self.close_connection = True
            return
        status, words, *more = found
        self.send_response(status)
        for name, value in (more[0] if more else {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(words.encode())))
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
