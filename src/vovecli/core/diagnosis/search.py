"""The search for the one change that makes a MAC match: single faults first, then pairs."""

from __future__ import annotations

from hmac import compare_digest
from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.diagnosis.bodies import MAX_REWRITTEN_BYTES, body_variants, twice_varied
from vovecli.core.diagnosis.claims import read_claims
from vovecli.core.diagnosis.contents import (
    Shape,
    doubly_wrong_shapes,
    millisecond_shapes,
    right_shape,
    wrong_shapes,
)
from vovecli.core.diagnosis.faults import Budget, Fault
from vovecli.core.diagnosis.json_styles import (
    COMMON_STYLES,
    MAX_THOROUGH_BYTES,
    WITH_NEWLINE,
    rarely_restyled,
)
from vovecli.core.diagnosis.signers import (
    SAMPLE_KEYS,
    Signer,
    right_signers,
    wrong_hash_signers,
    wrong_key_signers,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from vovecli.core.diagnosis.bodies import Variant
    from vovecli.core.diagnosis.claims import Claim
    from vovecli.core.secrets import SigningSecret

MAX_BYTES_HASHED = 64 << 20
MAX_MACS = 20_000
MAX_SECRETS = 8
# Faults that meet others often enough to be paired with every body; the rest is too many.
PAIRED_KEYS = frozenset({"secret-prefix-in-key", "secret-decoded-as-text", "another-secret"})
PAIRED_CONTENTS = frozenset({
    "body-only-hmac", "content-without-id", "content-without-timestamp", "content-order",
    "content-timestamp-ms",
})  # fmt: skip
PAIRED_DETAILS = (
    "id and timestamp were",
    "nothing instead",
    "colons instead",
    "newlines instead",
    "bars instead",
)
UNPAIRED_CONTENTS = frozenset({"content-timestamp-offset", "content-timestamp-format"})

Attempt = tuple[tuple[Fault, ...], Signer, bytes]


class Evidence(NamedTuple):
    """What is known about a request whose signature did not match.

    Attributes:
        declared_length: Content-Length, where there is a usable one.
    """

    message_id: str
    timestamp: str
    signature: str
    body: bytes
    declared_length: int | None
    secrets: Sequence[SigningSecret]
    others: Sequence[SigningSecret]


class Outcome(NamedTuple):
    """How a search ended.

    Attributes:
        proof: The faults that, taken back, make a MAC match; None where none does.
        macs: How many combinations were computed.
        untried: What had to be left out because of its size, in words.
    """

    proof: tuple[Fault, ...] | None
    macs: int
    untried: tuple[str, ...]


def search(evidence: Evidence, *, only_forms_and_keys: bool = False) -> Outcome:
    """Try the hypotheses stage by stage until a MAC matches or the work allowed is done."""
    budget = Budget(bytes_left=MAX_BYTES_HASHED, macs_left=MAX_MACS)
    claims = _Claims(read_claims(evidence.signature))
    space = _Space(evidence, claims.sizes)
    untried = []
    if len(evidence.body) > MAX_REWRITTEN_BYTES:
        untried.append("other ways to write the JSON")
    elif len(evidence.body) > MAX_THOROUGH_BYTES:
        untried.append("rare ways to write the JSON")
    for name, stage in space.stages()[: 1 if only_forms_and_keys else None]:
        for faults, signer, content in stage():
            if not budget.spend(len(content)):
                untried.append(name)
                break
            if claim := claims.find(signer.digest(content)):
                return Outcome((*faults, *claim.faults), budget.spent, ())
    return Outcome(None, budget.spent, tuple(dict.fromkeys(untried)))


class _Claims:
    """The claims of a header, laid out for thousands of comparisons."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self._by_size: dict[int, list[Claim]] = {}
        self._parts: list[Claim] = []
        for claim in claims:
            if claim.is_whole:
                self._by_size.setdefault(len(claim.value), []).append(claim)
            else:
                self._parts.append(claim)
        self.sizes = set(self._by_size)

    def find(self, mac: bytes) -> Claim | None:
        for claim in self._by_size.get(len(mac), ()):
            if compare_digest(claim.value, mac):
                return claim
        for claim in self._parts:
            if claim.is_part_of(mac):
                return claim
        return None


class _Space:
    """All combinations of one evidence, in stages; what several stages need is built once."""

    def __init__(self, evidence: Evidence, sizes: set[int]) -> None:
        self._evidence = evidence
        self._body = evidence.body
        self._id, self._timestamp = evidence.message_id, evidence.timestamp
        self._secrets = evidence.secrets[:MAX_SECRETS]
        self._shape = right_shape(self._id, self._timestamp)
        self._content = self._shape.content(self._body)
        self._right = right_signers(self._secrets)
        self._sizes = sizes
        self._wrong_keys: list[Signer] = []
        self._shapes: list[Shape] = []
        self._variants: list[Variant] = []

    def stages(self) -> list[tuple[str, Callable[[], Iterator[Attempt]]]]:
        """Each stage with what it is called when it could not be finished."""
        pairs = "two faults at once"
        return [
            ("single faults", self._forms_and_keys),
            ("single faults", self._common_contents),
            ("single faults", self._bodies),
            ("single faults", self._other_contents),
            ("other hashes", self._hashes),
            ("milliseconds", self._milliseconds),
            ("rare ways to write the JSON", self._rare_styles),
            (pairs, self._keys_and_contents),
            (pairs, self._sample_key_and_bodies),
            (pairs, self._keys_and_bodies),
            (pairs, self._contents_and_bodies),
            (pairs, self._doubly_wrong_contents),
            (pairs, self._two_faults_of_the_body),
            (pairs, self._hashes_and_contents),
        ]

    def _forms_and_keys(self) -> Iterator[Attempt]:
        for signer in self._right:
            yield (), signer, self._content
        for signer in wrong_key_signers(self._secrets, self._evidence.others):
            self._wrong_keys.append(signer)
            yield signer.faults, signer, self._content
        for signer in self._sample_keys():
            yield (Fault("body-only-hmac"), *signer.faults), signer, self._body

    def _common_contents(self) -> Iterator[Attempt]:
        self._shapes = list(wrong_shapes(self._id, self._timestamp))
        return self._with_shapes([shape for shape in self._shapes if _is_paired(shape)])

    def _other_contents(self) -> Iterator[Attempt]:
        return self._with_shapes([shape for shape in self._shapes if not _is_paired(shape)])

    def _bodies(self) -> Iterator[Attempt]:
        for variant in body_variants(self._body, self._evidence.declared_length):
            self._variants.append(variant)
            content = self._shape.content(variant[1])
            for signer in self._right:
                yield variant[0], signer, content

    def _hashes(self) -> Iterator[Attempt]:
        for signer in wrong_hash_signers(self._secrets, self._sizes):
            yield signer.faults, signer, self._content

    def _keys_and_contents(self) -> Iterator[Attempt]:
        signers = self._paired_keys()
        for shape in self._shapes:
            if shape.faults[0].code not in UNPAIRED_CONTENTS:
                content = shape.content(self._body)
                for signer in signers:
                    yield (*shape.faults, *signer.faults), signer, content

    def _sample_key_and_bodies(self) -> Iterator[Attempt]:
        """The KYB samples' key and content over another body: integrators' own test requests."""
        for signer in self._sample_keys():
            for faults, body in self._paired_variants():
                yield (Fault("body-only-hmac"), *signer.faults, *faults), signer, body

    def _keys_and_bodies(self) -> Iterator[Attempt]:
        signers = self._paired_keys()
        for faults, body in self._paired_variants():
            content = self._shape.content(body)
            for signer in signers:
                yield (*signer.faults, *faults), signer, content

    def _contents_and_bodies(self) -> Iterator[Attempt]:
        shapes = [shape for shape in self._shapes if shape.has_body and _is_paired(shape)]
        for faults, body in self._paired_variants():
            for shape in shapes:
                content = shape.content(body)
                for signer in self._right:
                    yield (*shape.faults, *faults), signer, content

    def _doubly_wrong_contents(self) -> Iterator[Attempt]:
        for shape in doubly_wrong_shapes(self._id, self._timestamp):
            content = shape.content(self._body)
            for signer in (*self._right, *self._sample_keys()):
                yield (*shape.faults, *signer.faults), signer, content

    def _two_faults_of_the_body(self) -> Iterator[Attempt]:
        for faults, body in twice_varied(self._body, self._paired_variants()):
            content = self._shape.content(body)
            for signer in self._right:
                yield faults, signer, content

    def _hashes_and_contents(self) -> Iterator[Attempt]:
        signers = list(wrong_hash_signers(self._secrets, self._sizes))
        for shape in self._shapes if signers else ():
            if _is_paired(shape):
                content = shape.content(self._body)
                for signer in signers:
                    yield (*shape.faults, *signer.faults), signer, content

    def _milliseconds(self) -> Iterator[Attempt]:
        return self._with_shapes(millisecond_shapes(self._id, self._timestamp))

    def _rare_styles(self) -> Iterator[Attempt]:
        for fault, body in rarely_restyled(self._body):
            content = self._shape.content(body)
            for signer in self._right:
                yield (fault,), signer, content

    def _with_shapes(self, shapes: Iterable[Shape]) -> Iterator[Attempt]:
        for shape in shapes:
            content = shape.content(self._body)
            for signer in self._right:
                yield shape.faults, signer, content

    def _paired_keys(self) -> list[Signer]:
        """The wrong keys but the rarest."""
        return [
            signer
            for signer in self._wrong_keys
            if signer.faults[0].code in PAIRED_KEYS or signer.faults[0].detail in SAMPLE_KEYS
        ]

    def _paired_variants(self) -> list[Variant]:
        """The bodies but those in rarer styles."""
        return [variant for variant in self._variants if _is_common(variant)]

    def _sample_keys(self) -> list[Signer]:
        """The secret's text with and without its prefix."""
        return [signer for signer in self._wrong_keys if signer.faults[0].detail in SAMPLE_KEYS]


def _is_paired(shape: Shape) -> bool:
    code, detail = shape.faults[0]
    return code in PAIRED_CONTENTS or detail.startswith(PAIRED_DETAILS)


def _is_common(variant: Variant) -> bool:
    code, detail = variant[0][0]
    if code != "body-reserialized":
        return True
    return detail.startswith(COMMON_STYLES) and not detail.endswith(WITH_NEWLINE)
