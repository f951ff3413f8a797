# A VOVE ID webhook endpoint: Python's standard library, the signature verified by hand.
# Save as:  app.py
# Start:    python3 app.py
# Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
#           (3000), DATABASE (webhooks.db).
from __future__ import annotations

import base64
import hmac
import json
import os
import re
import sqlite3
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TOLERANCE_S = 5 * 60


def key_of(secret):
    encoded = secret.removeprefix("whsec_").rstrip("=")
    return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)


# More than one secret, separated by spaces, while an old one is being replaced.
KEYS = [key_of(secret) for secret in os.environ.get("VOVE_WEBHOOK_SECRET", "").split()]
if not KEYS or not all(KEYS):
    raise SystemExit("VOVE_WEBHOOK_SECRET is not set")


def verify(headers, body):
    """The id of a genuine message, else None; `body` is the exact bytes that arrived."""
    family = "svix" if "svix-id" in headers else "webhook"
    parts = ("id", "timestamp", "signature")
    message_id, timestamp, signatures = (headers.get(f"{family}-{part}", "") for part in parts)
    if not message_id or not re.fullmatch(r"[0-9]{1,11}", timestamp, re.ASCII):
        return None
    if abs(int(time.time()) - int(timestamp)) > TOLERANCE_S:
        return None
    content = f"{message_id}.{timestamp}.".encode() + body
    for key in KEYS:
        expected = b"v1," + base64.b64encode(hmac.digest(key, content, "sha256"))
        # While VOVE ID replaces the secret there are several signatures; one match is enough.
        for signature in signatures.split(" "):
            if hmac.compare_digest(signature.encode(), expected):
                return message_id
    return None


DATABASE = os.environ.get("DATABASE", "webhooks.db")
SCHEMA = """
    CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER);
    CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT);
"""
SET_STATUS = """
    INSERT INTO cases VALUES (?, ?, ?)
    ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
    WHERE excluded.stage >= stage AND excluded.status <> status
"""
with closing(sqlite3.connect(DATABASE)) as db:
    db.executescript(SCHEMA)

# Deliveries may arrive late: one of an earlier stage never takes a case back.
STAGES = {"IN_PROGRESS": 1, "IN_REVIEW": 2, "COMPLETED": 3, "REJECTED": 3}
STAGES |= {"in_progress": 1, "pending": 2, "successful": 3, "suspected": 3}


def store(message_id, payload):
    """Id and effect in one transaction: a crash keeps both or neither, a duplicate does nothing."""
    with closing(sqlite3.connect(DATABASE, isolation_level="IMMEDIATE")) as db, db:
        if db.execute("INSERT OR IGNORE INTO messages VALUES (?)", [message_id]).rowcount:
            apply(db, payload)


def apply(db, payload):
    """Statuses and fields that are new to us change nothing, and are no reason to refuse."""
    match payload:  # isprintable: JSON can hold text (a lone surrogate) that no database takes
        case {"refId": str(ref), "status": str(status)} if status in STAGES and ref.isprintable():
            # Slow work (mail, other services) is only queued: the answer does not wait for it.
            if db.execute(SET_STATUS, [ref, status, STAGES[status]]).rowcount:
                db.execute("INSERT INTO jobs VALUES (?, ?)", [ref, status])


class Handler(BaseHTTPRequestHandler):
    timeout = 15  # seconds in which a client must send its request

    def do_POST(self):
        self.answer(self.receive())

    def do_GET(self):
        self.answer(405)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def receive(self):
        if self.path.partition("?")[0] not in ("/webhooks/vove-kyb", "/webhook-endpoint"):
            return 404
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch("[0-9]{1,6}", length):
            return 413
        body = self.rfile.read(int(length))
        message_id = verify(self.headers, body)
        if message_id is None:
            return 401
        try:
            payload = json.loads(body)
        except (ValueError, RecursionError):
            return 400
        try:
            store(message_id, payload)
        except sqlite3.Error:
            return 500  # VOVE ID tries again
        return 200


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}")
    server.serve_forever()
