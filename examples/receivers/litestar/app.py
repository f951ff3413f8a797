# A VOVE ID webhook endpoint: Litestar and the svix package.
# Save as:  app.py
# Install:  python3 -m venv .venv && .venv/bin/pip install litestar==2.25.0 uvicorn==0.54.0 svix==2.9.1
# Start:    .venv/bin/python app.py
# Workers:  .venv/bin/uvicorn --workers 2 --port ${PORT:-3000} app:app
# Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
#           (3000), DATABASE (webhooks.db).
from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing

import uvicorn
from litestar import Litestar, Request, Response, post
from litestar.concurrency import sync_to_thread
from svix.webhooks import Webhook, WebhookVerificationError

# More than one secret, separated by spaces, while an old one is being replaced.
WEBHOOKS = [Webhook(secret) for secret in os.environ.get("VOVE_WEBHOOK_SECRET", "").split()]
if not WEBHOOKS:
    raise SystemExit("VOVE_WEBHOOK_SECRET is not set")


def is_genuine(body, headers):
    """Whether VOVE ID signed this body, its exact bytes, in the last five minutes."""
    for webhook in WEBHOOKS:
        try:
            webhook.verify(body, headers)  # what it returns means nothing: it raises or it does not
        except (WebhookVerificationError, ValueError):  # ValueError: a malformed signature
            continue
        return True
    return False


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


@post(["/webhooks/vove-kyb", "/webhook-endpoint"])
async def receive(request: Request) -> Response:
    body = await request.body()  # not `data`: the signature covers the exact bytes
    if not is_genuine(body, request.headers):
        return Response(None, status_code=401)
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return Response(None, status_code=400)
    message_id = request.headers.get("svix-id") or request.headers["webhook-id"]
    await sync_to_thread(store, message_id, payload)
    return Response(None, status_code=200)


app = Litestar([receive])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "3000")))
