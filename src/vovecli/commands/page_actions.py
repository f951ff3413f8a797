"""What the inspector's page may do: send, send again, copy, remove; under the terminal's rules."""

from __future__ import annotations

import base64
import binascii
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, cast, get_args

from vovecli.adapters import clock
from vovecli.adapters.history import History, history_path
from vovecli.adapters.inspector import Download
from vovecli.adapters.sender import Sender
from vovecli.adapters.threads import off_loop
from vovecli.commands import history
from vovecli.commands.compose import Composition
from vovecli.commands.replay import (
    as_captured,
    check_whole,
    from_record,
    request_as,
    signed_again,
)
from vovecli.commands.send import Conduct, compose_all, deliver
from vovecli.core.envelope import Json, delivery_json
from vovecli.core.errors import Category, VoveError
from vovecli.core.formats import shell_quote
from vovecli.core.messages import KSUID_RANDOM_BYTES, new_message_id
from vovecli.core.outcomes.deliveries import Delivery
from vovecli.core.outcomes.records import RequestForm
from vovecli.core.retries import PROVIDER_TIMEOUT_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vovecli.adapters.inspector import Question
    from vovecli.commands.inspection import Inspection, Means
    from vovecli.commands.replay import Replayable
    from vovecli.core.endpoints import Endpoint
    from vovecli.core.faults import Fault
    from vovecli.core.outcomes.deliveries import SignedRequest

_TEXT = "text/plain; charset=utf-8"


class PageActions:
    """Answers what the page wants done; each public method is one route."""

    def __init__(self, means: Means, inspection: Inspection) -> None:
        self._means = means
        self._inspection = inspection
        self._history = History(history_path())

    async def replay(self, question: Question) -> Json:
        """Send a record again: signed anew, as it was, or edited."""
        return await off_loop(self._replay, question)

    async def send(self, question: Question) -> Json:
        """Send an event or a flow of the catalogue."""
        return await off_loop(self._send, question)

    async def copy(self, question: Question) -> Download:
        """A record as curl command, raw HTTP message, HAR file, `vove` command, or its bytes."""
        return await off_loop(self._copy, question)

    async def delete(self, question: Question) -> Json:
        """Remove one record."""
        removed = await off_loop(self._history.delete, question.number("record"))
        return {"schema": "vove.cleared/1", "removed": int(removed)}

    async def clear(self, _: Question) -> Json:
        """Remove all records."""
        return {"schema": "vove.cleared/1", "removed": await off_loop(self._history.clear)}

    def _replay(self, question: Question) -> Json:
        record = self._history.get(question.number("record"))
        check_whole(record)
        found, headers = from_record(record), question.headers("headers")
        if question.flag("verbatim"):
            signed = as_captured(found, headers=headers)
        else:
            signed = self._signed_again(found, _body(question), headers)
        to = question.text("to", "") or record.endpoint
        endpoint = self._endpoint(to, signed.event, faults=())
        conduct = Conduct(verbatim=question.flag("verbatim"))
        return self._delivered([(signed, endpoint)], conduct)

    def _signed_again(
        self, found: Replayable, body: bytes | None, headers: list[tuple[str, str]]
    ) -> SignedRequest:
        """As the provider's resend; with another body it is another message, so its id is fresh."""
        now, message_id = clock.now(), None
        if body is not None and body != found.request.body:
            message_id = new_message_id(now, self._means.random_bytes(KSUID_RANDOM_BYTES))
            found = replace(found, request=found.request._replace(body=body))
        return signed_again(
            found, self._means.secrets, now=now, headers=headers, message_id=message_id
        )

    def _send(self, question: Question) -> Json:
        from vovecli.core.faults import parse_faults

        means = self._means
        names = self._events(question)
        wanted = Composition(
            ref_id=question.text("ref_id", "") or None,
            previous_status=question.text("previous_status", "") or None,
            reason=question.text("reason", "") or None,
            set_=question.texts("set"),
            set_new=question.texts("set_new"),
            unset=question.texts("unset"),
            headers=question.headers("headers"),
            case="lower",
            catalogue=means.catalogue,
        )
        faults = parse_faults(question.texts("faults"))
        requests = compose_all(
            names, wanted, means.secrets, now=clock.now, random_bytes=means.random_bytes,
            faults=faults,
        )  # fmt: skip
        to = question.text("to", "") or None
        outgoing = ((signed, self._endpoint(to, signed.event, faults)) for signed in requests)
        return self._delivered(outgoing, Conduct(faults))

    def _events(self, question: Question) -> Sequence[str]:
        from vovecli.core.flows import find_flow

        catalogue = self._means.catalogue
        if "flow" in question:
            flow = find_flow(question.text("flow"), self._means.settings.flows(), catalogue)
            return flow.events
        return [catalogue.find(question.text("event")).type]

    def _copy(self, question: Question) -> Download:
        record = self._inspection.shown(self._history.get(question.number("record")))
        form = question.text("form")
        endpoint = self._means.endpoint(record.endpoint or self._means.to, record.event)
        if form == "vove":
            command = f"vove replay {record.number} --to {shell_quote(endpoint.url)}\n"
            return Download(command.encode(), _TEXT)
        if form == "body":
            return Download(record.body)
        if form == "answer":
            return Download(record.answer.body if record.answer else b"")
        if form not in get_args(RequestForm):
            raise VoveError(
                "bad-question", f"{form!r} is not a form of a request", category=Category.USAGE
            )
        return Download(request_as(record, endpoint, cast("RequestForm", form)), _TEXT)

    def _endpoint(self, to: str | None, event: str | None, faults: Sequence[Fault]) -> Endpoint:
        """Where an action goes: to this machine, to `--to`, or wherever the user allowed.

        A page can be made to click by more than its user, so it is held tighter than `send`.

        Raises:
            VoveError: `host-not-confirmed`.
        """
        means = self._means
        endpoint = means.endpoint(to or means.to, event)
        named = means.endpoint(means.to, event) if means.to else None
        is_named = named is not None and (named.scheme, named.host, named.port) == (
            endpoint.scheme, endpoint.host, endpoint.port,
        )  # fmt: skip
        if endpoint.is_loopback or means.own_host or (is_named and not faults):
            return endpoint
        needed = "--i-own-this-host" if is_named else f"--to {shell_quote(endpoint.url)}"
        raise VoveError(
            "host-not-confirmed",
            f"{endpoint.host} is not this machine, and vove inspect was not started so that it "
            "may be " + ("sent forgeries" if is_named else "sent to"),
            hint=f"start it again with: vove inspect {needed}",
            category=Category.USAGE,
        )

    def _delivered(
        self, outgoing: Iterable[tuple[SignedRequest, Endpoint]], conduct: Conduct
    ) -> Json:
        """`vove.sent/1`: deliver one after the other and record each."""
        found, unrecorded = [], ""
        for signed, endpoint in outgoing:
            with closing(Sender(endpoint, timeout_s=PROVIDER_TIMEOUT_S)) as sender:
                events = deliver(signed, endpoint, sender, conduct, now=clock.now)
                delivery = [event for event in events if isinstance(event, Delivery)][-1]
            found.append(delivery)
            unrecorded = unrecorded or self._record(delivery)
        return {
            "schema": "vove.sent/1",
            "deliveries": [self._shown(delivery_json(delivery)) for delivery in found],
            "notes": [list(delivery.notes) for delivery in found],
            "hints": [delivery.hint for delivery in found],
            "unrecorded": unrecorded or None,
        }

    def _shown(self, delivery: Json) -> Json:
        """A delivery as the page may have it."""
        pseudonyms = self._means.pseudonyms
        if not pseudonyms:
            return delivery
        named = {name: delivery[name] for name in ("ref_id", "response")}
        return delivery | {
            name: value and pseudonyms.text(str(value)) for name, value in named.items()
        }

    def _record(self, delivery: Delivery) -> str:
        """Store a delivery; why that failed, for it is worth more than its record."""
        try:
            writer = history.open_writer(self._means.settings)
            if writer is None:
                return "the settings turn the history off"
            with writer:
                writer.append(history.record_delivery(delivery))
        except VoveError as error:
            return error.message
        return ""


def _body(question: Question) -> bytes | None:
    """The body that was edited; None where it is as it was."""
    if "body_base64" in question:
        try:
            return base64.b64decode(question.text("body_base64"), validate=True)
        except binascii.Error:
            raise VoveError(
                "bad-question", "body_base64 is not base64", category=Category.USAGE
            ) from None
    return question.text("body").encode("utf-8", "replace") if "body" in question else None
