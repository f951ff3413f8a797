# A VOVE ID webhook endpoint: Django and the svix package, a whole project in one file.
# Start it:  pip install -r requirements.txt && VOVE_WEBHOOK_SECRET=whsec_... python app.py
from __future__ import annotations

import json
import os

import django
from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import connection, transaction
from django.http import HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from svix.webhooks import Webhook, WebhookVerificationError

# snippet:start verify
# More than one secret, separated by spaces, while an old one is being replaced.
WEBHOOKS = [Webhook(secret) for secret in os.environ["VOVE_WEBHOOK_SECRET"].split()]
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


# snippet:end verify

settings.configure(
    ALLOWED_HOSTS=["*"],  # a tunnel has a name of its own
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DATABASE", "webhooks.db"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        }
    },
)
SCHEMA = """
    CREATE TABLE IF NOT EXISTS messages (id TEXT PRIMARY KEY);
    CREATE TABLE IF NOT EXISTS cases (ref_id TEXT PRIMARY KEY, status TEXT, stage INTEGER);
    CREATE TABLE IF NOT EXISTS jobs (ref_id TEXT, status TEXT);
"""
SET_STATUS = """
    INSERT INTO cases VALUES (%s, %s, %s)
    ON CONFLICT (ref_id) DO UPDATE SET status = excluded.status, stage = excluded.stage
    WHERE excluded.stage >= stage AND excluded.status <> status
"""
# Deliveries may arrive late: one of an earlier stage never takes a case back.
STAGES = {"IN_PROGRESS": 1, "IN_REVIEW": 2, "COMPLETED": 3, "REJECTED": 3}
STAGES |= {"in_progress": 1, "pending": 2, "successful": 3, "suspected": 3}


def store(message_id, payload):
    """Id and effect in one transaction: a crash keeps both or neither, a duplicate does nothing."""
    with transaction.atomic(), connection.cursor() as db:
        db.execute("INSERT OR IGNORE INTO messages VALUES (%s)", [message_id])
        if db.rowcount:
            apply(db, payload)


def apply(db, payload):
    """Statuses and fields that are new to us change nothing, and are no reason to refuse."""
    match payload:  # isprintable: JSON can hold text (a lone surrogate) that no database takes
        case {"refId": str(ref), "status": str(status)} if status in STAGES and ref.isprintable():
            db.execute(SET_STATUS, [ref, status, STAGES[status]])
            # Slow work (mail, other services) is only queued: the answer does not wait for it.
            if db.rowcount:
                db.execute("INSERT INTO jobs VALUES (%s, %s)", [ref, status])


@csrf_exempt  # the signature says who sent it
@require_POST
def receive(request):
    body = request.body
    if not is_genuine(body, request.headers):
        return HttpResponse(status=401)
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return HttpResponse(status=400)
    store(request.headers.get("svix-id") or request.headers["webhook-id"], payload)
    return HttpResponse(status=200)


urlpatterns = [path("webhooks/vove-kyb", receive), path("webhook-endpoint", receive)]

if __name__ == "__main__":
    django.setup()
    with connection.cursor() as db:
        db.cursor.executescript(SCHEMA)
    address = f"127.0.0.1:{os.environ.get('PORT', '3000')}"
    execute_from_command_line(["app.py", "runserver", "--noreload", address])
