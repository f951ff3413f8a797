"""The ways in which a delivery can be broken on purpose, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from vovecli.core.codes import CAUSES
from vovecli.core.mistakes import SAMPLES, Scheme
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.encodings import ENCODINGS
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.outcomes.records import DUPLICATE

if TYPE_CHECKING:
    from collections.abc import Mapping

TRUNCATED_CHARACTERS = 8
RIGHT = Scheme()


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One way of breaking a delivery.

    Attributes:
        broken: What is wrong with the request.
        accepted: What it means when the endpoint accepts it all the same; empty where it should.
        amount: What may follow `=`, and its default.
        scheme: How it is signed, where that is what is wrong.
    """

    name: str
    broken: str
    accepted: str
    amount: Literal["duration", "count"] | None = None
    default: float = 0
    scheme: Scheme = RIGHT

    @property
    def handler(self) -> str:
        """What a right handler does with it."""
        if self.name == DUPLICATE:
            return "acknowledges every copy with 2xx and acts only on the first"
        return "refuses it with any status but 2xx, usually 401, and does nothing else"


_SAME = "the endpoint makes the same mistake, and may refuse genuine deliveries because of it"

FAULTS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind(
            "bad-signature",
            "the signature is random bytes",
            "the endpoint does not verify signatures: anybody can forge a delivery",
        ),
        FaultKind(
            "wrong-secret",
            "it is signed with a random secret",
            "the endpoint does not verify signatures, or not with its own secret",
        ),
        FaultKind(
            "missing-id",
            "the id header is left out",
            "the endpoint does not verify the id: a delivery can be replayed under any id",
        ),
        FaultKind(
            "missing-timestamp",
            "the timestamp header is left out",
            "the endpoint does not verify the timestamp: an old delivery can be replayed",
        ),
        FaultKind(
            "missing-signature",
            "the signature header is left out",
            "the endpoint verifies only requests that have a signature: a forger leaves it out",
        ),
        FaultKind(
            "unsigned",
            "all three webhook headers are left out",
            "the endpoint accepts unsigned requests: anybody can forge a delivery",
        ),
        FaultKind(
            "tampered-body",
            "the status was changed after signing",
            "the endpoint does not verify the body it acts on",
        ),
        FaultKind(
            "stale",
            "it is signed correctly, but {amount} ago",
            "the endpoint does not check the timestamp: a delivery can be replayed forever",
            "duration",
            10 * 60,
        ),
        FaultKind(
            "future",
            "it is signed correctly, but dated {amount} ahead",
            "the endpoint does not check for timestamps ahead of its clock",
            "duration",
            10 * 60,
        ),
        FaultKind(
            "unknown-version",
            "the signature is of version v0",
            "the endpoint ignores the version of a signature",
            scheme=Scheme(encoding=ENCODINGS["version-0"]),
        ),
        FaultKind(
            "bare-signature",
            "the signature lacks its v1, prefix",
            "the endpoint accepts signatures without a version: harmless today, but not Svix's "
            "format",
            scheme=Scheme(encoding=ENCODINGS["bare-base64"]),
        ),
        FaultKind(
            "truncated-signature",
            f"only the first {TRUNCATED_CHARACTERS} characters of the signature are sent",
            "the endpoint compares only as many characters as were sent: a forger sends almost "
            "none",
            scheme=Scheme(encoding=ENCODINGS["cut-to-8"]),
        ),
        FaultKind(
            "swapped-id",
            "the id is not the one that was signed",
            "the endpoint does not verify the id: a forger can bypass deduplication by id",
        ),
        FaultKind(
            "reserialized-body",
            "the compact JSON was signed, and the same JSON is sent indented",
            "the endpoint verifies JSON that it wrote itself, not the bytes that arrived: genuine "
            "deliveries fail as soon as the two differ",
        ),
        FaultKind(
            DUPLICATE,
            "the same request is sent {amount} times",
            "",
            "count",
            2,
        ),
        *(
            FaultKind(
                code,
                f"it is signed with a mistake: {CAUSES[code].symptom}",
                accepted,
                scheme=scheme,
            )
            for code, scheme, accepted in (
                ("docs-kyb-node", SAMPLES["docs-kyb-node"], _SAME),
                ("docs-kyb-python", SAMPLES["docs-kyb-python"], _SAME),
                ("undecoded-secret", Scheme(KEYS["whole-text"]), _SAME),
                ("secret-prefix-in-key", Scheme(KEYS["prefix-decoded"]), _SAME),
                (
                    "secret-unset",
                    Scheme(KEYS["empty"]),
                    "the endpoint runs without its secret: anybody can forge a delivery",
                ),
                ("body-only-hmac", Scheme(content=CONTENTS["body"]), _SAME),
                ("content-without-id", Scheme(content=CONTENTS["without-id"]), _SAME),
                ("content-without-timestamp", Scheme(content=CONTENTS["without-timestamp"]), _SAME),
                ("content-order", Scheme(content=CONTENTS["order-tib"]), _SAME),
                (
                    "content-separator",
                    Scheme(content=CONTENTS["colons instead of dots"]),
                    _SAME,
                ),
                ("hex-instead-of-base64", Scheme(encoding=ENCODINGS["hex"]), _SAME),
            )
        ),
    )
}
