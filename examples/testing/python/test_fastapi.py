from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from vovecli.testing import FORGERIES

PATH = "/webhooks/vove-kyb"


@pytest.fixture(scope="module")
def app(receiver):
    return receiver("fastapi").app


@pytest.fixture
def client(app):
    return TestClient(app)


def test_completed(client, vove):
    delivery = vove.delivery("kyb.case.completed")
    assert client.post(PATH, **delivery.for_client(client)).status_code == 200


@pytest.mark.parametrize("forgery", FORGERIES)
def test_forgeries_are_refused(client, vove, forgery):
    delivery = vove.delivery("kyb.case.completed", faults=[forgery])
    assert client.post(PATH, **delivery.for_client(client)).status_code == 401


def test_conformance(app, vove):
    vove.check(app).raise_for_failures()
