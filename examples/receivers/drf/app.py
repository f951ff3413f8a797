# A VOVE ID webhook endpoint: Django REST framework and the svix package, a whole project in one file.
# Save as:  app.py
# Install:  python3 -m venv .venv && .venv/bin/pip install django==5.2.19 djangorestframework==3.18.3 svix==2.9.1
# Start:    .venv/bin/python app.py
# Workers:  .venv/bin/pip install gunicorn==27.0.1 && .venv/bin/gunicorn -w 2 -b 127.0.0.1:${PORT:-3000} app:application
# Settings: VOVE_WEBHOOK_SECRET (one signing secret, or several while one replaces another), PORT
#           (3000), DATABASE (webhooks.db).
from __future__ import annotations

import json
import os

from django.conf import settings
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.db import connection, transaction
from django.urls import path
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


settings.configure(
    ALLOWED_HOSTS=["*"],  # a tunnel has a name of its own
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["rest_framework"],
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ.get("DATABASE", "webhooks.db"),
            "OPTIONS": {"transaction_mode": "IMMEDIATE"},
        }
    },
)
from rest_framework.decorators import (  # noqa: E402 - it reads the settings
    api_view,
    authentication_classes,
    permission_classes,
)
from rest_framework.permissions import AllowAny  # noqa: E402
from rest_framework.response import Response  # noqa: E402

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


@api_view(["POST"])
@authentication_classes([])  # the signature says who sent it
@permission_classes([AllowAny])
def receive(request):
    body = request.body  # before request.data: what a parser has read is gone
    if not is_genuine(body, request.headers):
        return Response(status=401)
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return Response(status=400)
    store(request.headers.get("svix-id") or request.headers["webhook-id"], payload)
    return Response(status=200)


urlpatterns = [path("webhooks/vove-kyb", receive), path("webhook-endpoint", receive)]

application = get_wsgi_application()
with connection.cursor() as db:
    db.cursor.executescript(SCHEMA)

if __name__ == "__main__":
    address = f"127.0.0.1:{os.environ.get('PORT', '3000')}"
    execute_from_command_line(["app.py", "runserver", "--noreload", address])
