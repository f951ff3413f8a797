# Start it: locust --host http://localhost:3000 --users 50 --headless --run-time 1m --html report.html
from __future__ import annotations

from vovecli.locust import WebhookUser


class Provider(WebhookUser):
    path = "/webhooks/vove-kyb"
    events = {"kyb.case.in_progress": 5, "kyb.case.completed": 1}
    flows = {"kyb-approved": 1}
    duplicated = 0.1
    forged = 0.05
