"""Genuine, forged, repeated and odd deliveries for tests of a webhook handler, in process.

Works in any test runner; pytest finds the fixture `vove` by itself::

    def test_completed(client, vove):
        delivery = vove.delivery("kyb.case.completed")
        response = client.post("/webhooks/vove-kyb", **delivery.for_client(client))
        assert response.status_code == 200

Names are loaded when they are used: importing this package costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as typing has it
if TYPE_CHECKING:
    from vovecli.testing.checking import Conformance, NotConformantError, check
    from vovecli.testing.deliveries import FORGERIES, SignedDelivery, delivery, flow
    from vovecli.testing.kit import Vove
    from vovecli.testing.listener import DeliveryListener, ReceivedDelivery, listener

_HOMES = {
    "FORGERIES": "deliveries",
    "Conformance": "checking",
    "DeliveryListener": "listener",
    "NotConformantError": "checking",
    "ReceivedDelivery": "listener",
    "SignedDelivery": "deliveries",
    "Vove": "kit",
    "check": "checking",
    "delivery": "deliveries",
    "flow": "deliveries",
    "listener": "listener",
}
__all__ = [
    "FORGERIES",
    "Conformance",
    "DeliveryListener",
    "NotConformantError",
    "ReceivedDelivery",
    "SignedDelivery",
    "Vove",
    "check",
    "delivery",
    "flow",
    "listener",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
