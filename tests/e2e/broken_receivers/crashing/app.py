"""Verifies rightly, then crashes on a genuine delivery: PORT=... python app.py."""
# ruff: noqa: ANN001, ANN201, D101, D102, D103, I002 - other people's code

import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = base64.b64decode(os.environ["VOVE_WEBHOOK_SECRET"].removeprefix("whsec_"))


def remember(delivery):
    return delivery["user"]["id"]  # BUG


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        message_id, moment = self.headers.get("svix-id"), self.headers.get("svix-timestamp")
        mac = hmac.new(KEY, f"{message_id}.{moment}.".encode() + body, hashlib.sha256)
        wanted = "v1," + base64.b64encode(mac.digest()).decode()
        is_fresh = (moment or "").isdigit() and abs(time.time() - int(moment)) < 300
        if not is_fresh or wanted not in (self.headers.get("svix-signature") or "").split():
            self.send_error(401)
            return
        remember(json.loads(body))  # as a thread's traceback, and the connection closes


ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
