"""Ways to sign, and ways to send, that handlers wrongly expect; what is accepted is the mistake.

What is signed comes from the one table of mistakes (`core.mistakes`). Where a handler takes any
signature of a list, many ride in one header and what is accepted is halved until one is left;
where it compares the whole header, each goes by itself.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING

from vovecli.core.mistakes import SAMPLES, Scheme
from vovecli.core.mistakes.bodies import BODIES
from vovecli.core.mistakes.contents import CONTENTS
from vovecli.core.mistakes.encodings import ENCODINGS, WrongEncoding
from vovecli.core.mistakes.hashes import DIGESTS
from vovecli.core.mistakes.keys import KEYS
from vovecli.core.mistakes.mistake import Mistake, Rank
from vovecli.core.payloads import encode
from vovecli.core.probes.variants import ABSENT, Variant
from vovecli.core.published_secrets import PUBLISHED_SECRETS
from vovecli.core.suite.body import BEYOND_ASCII
from vovecli.core.suite.delivery import CASES
from vovecli.core.suite.signatures import EACH_ALTERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from vovecli.core.mistakes.bodies import Derive, WrongBody
    from vovecli.core.mistakes.contents import WrongContent


@dataclass(frozen=True)
class Trial:
    """A delivery that only a handler with some mistake accepts.

    Attributes:
        code: The cause that its acceptance proves.
        delivery: Its label says what is wrong with it; of several schemes, each is one mistake.
    """

    code: str
    delivery: Variant

    def halves(self) -> tuple[Trial, Trial]:
        """Two trials with half of the schemes each."""
        schemes = self.delivery.schemes
        middle = len(schemes) // 2
        return bundle(schemes[:middle]), bundle(schemes[middle:])


def bundle(schemes: Sequence[Scheme]) -> Trial:
    """One trial for schemes that ride in one header; of one scheme alone: that mistake's."""
    first = schemes[0]
    label = in_words(first) if len(schemes) == 1 else f"{len(schemes)} wrong signatures"
    return Trial(named(first).handler_code, Variant(label, schemes=schemes))


def named(scheme: Scheme) -> Scheme:
    """The provider's sample, where a scheme is what one signs."""
    for sample in SAMPLES.values():
        if scheme == sample._replace(sample=""):
            return sample
    return scheme


def in_words(scheme: Scheme) -> str:
    """What is signed and how, in a few words."""
    said = [
        mistake.words or mistake.code.replace("-", " ")
        for mistake in scheme._replace(sample="").mistakes
    ]
    return "; ".join(said)


_SAMPLE = encode({"refId": "user-1", "status": "IN_PROGRESS", "previousStatus": "NOT_STARTED"})
_MAX_HEADER_BYTES = 5000  # servers refuse headers above 8 kB
_ENTRY_BYTES, _LONG_ENTRY_BYTES = 70, 132
# What a forgery check is about, and what only a whole header can be compared with.
_NOT_BUNDLED = ("version-0", "cut-to-40", "cut-to-8")
_LISTED = [
    row
    for name, row in ENCODINGS.items()
    if row.probe and name not in _NOT_BUNDLED and row.write(b"").startswith("v1,")
]


def _hex_after(label: str) -> WrongEncoding:
    mistake = Mistake("signature-version-missing", f"the label before it was {label}")
    return WrongEncoding(
        (Mistake("hex-instead-of-base64"), mistake), lambda mac: f"{label}{mac.hex()}"
    )


_FORMS = {  # Stripe's
    **ENCODINGS,
    "stripe-hex": _hex_after("v1="),
    "stripe-base64": WrongEncoding(
        (Mistake("signature-version-missing", "the label before it was v1="),),
        lambda mac: f"v1={base64.b64encode(mac).decode()}",
    ),
    "sha1-hex": _hex_after("sha1="),  # GitHub's first form
    "sha512-hex": _hex_after("sha512="),
}
_MAIN_KEYS = [KEYS[name] for name in ("right", "whole-text", "bare-text")]
_MAIN_CONTENTS = [
    CONTENTS[name]
    for name in ("body", "right", "without-id", "without-timestamp", "nothing instead of dots")
]
_CONTENTS_OF_ONE = [row for row in CONTENTS.values() if row.probe]
_COMMON_KEYS = [row for row in KEYS.values() if row.probe and row.rank <= Rank.COMMON]
_COMMON_CONTENTS = [row for row in _CONTENTS_OF_ONE if row.rank <= Rank.COMMON]


def _each(row: WrongBody, body: bytes = _SAMPLE) -> list[WrongBody]:
    """A row for each thing that a body may have become, by those that a payload becomes."""
    count = sum(1 for _ in row.derive(body))
    return [row._replace(derive=partial(_nth, row.derive, place)) for place in range(count)]


def _nth(derive: Derive, place: int, body: bytes) -> Iterator[tuple[str, bytes]]:
    return islice(derive(body), place, place + 1)


_BODIES = [each for row in BODIES.values() if row.probe for each in _each(row)]


def _distinct(schemes: Iterable[Scheme]) -> list[Scheme]:
    """Each once, the least wrong first; none that is right, nor a published secret's alone."""
    wrong = dict.fromkeys(scheme for scheme in schemes if scheme.mistakes)
    return sorted(wrong, key=lambda scheme: len(scheme.mistakes))


_SINGLE = [
    *(Scheme(key=row) for row in KEYS.values() if row.probe),
    *(Scheme(content=row) for row in _CONTENTS_OF_ONE),
    *(Scheme(body=row) for row in _BODIES),
]
_PAIRS = [
    *(Scheme(key, content) for key, content in product(_COMMON_KEYS, _COMMON_CONTENTS)),
    *(Scheme(key, body=body) for key, body in product(_COMMON_KEYS, _BODIES)),
]
_PRODUCT = [
    Scheme(key, content, encoding=encoding)
    for key, content, encoding in product(_COMMON_KEYS, _COMMON_CONTENTS, _LISTED)
]


def _bundled(schemes: Sequence[Scheme], entry_bytes: int = _ENTRY_BYTES) -> list[Trial]:
    size = _MAX_HEADER_BYTES // entry_bytes
    return [bundle(schemes[begin : begin + size]) for begin in range(0, len(schemes), size)]


def _alone(*schemes: Scheme) -> list[Trial]:
    return [bundle([scheme]) for scheme in schemes]


# Header names that people make up; one request carries them all.
INVENTED = (
    "X-VoveID-Signature", "X-Vove-Signature", "Vove-Signature", "X-Webhook-Signature",
    "Webhook-Signature", "X-Svix-Signature", "X-Signature", "Signature", "X-Hub-Signature-256",
    "X-Hub-Signature",
)  # fmt: skip


def _invented(scheme: Scheme) -> Trial:
    label = f"{in_words(scheme)}; under an invented header name"
    delivery = Variant(
        label,
        schemes=(scheme,),
        omit=("signature",),
        headers=dict.fromkeys(INVENTED, "{signed}"),
    )
    return Trial("invented-header-name", delivery)


def _sent(code: str, *deliveries: Variant) -> list[Trial]:
    return [Trial(code, delivery) for delivery in deliveries]


def _by_itself(*forms: str, contents: Sequence[WrongContent] = _MAIN_CONTENTS) -> list[Scheme]:
    """What is compared with a whole header: each content with each main key in these forms."""
    made = (
        Scheme(key, content, encoding=_FORMS[form])
        for content, key, form in product(contents, _MAIN_KEYS, forms)
    )
    return [scheme for scheme in made if scheme.mistakes]


_BODY, _RIGHT, _WITHOUT_ID = (CONTENTS[name] for name in ("body", "right", "without-id"))
_WHOLE = [
    *_by_itself("bare-base64", "bare-hex", contents=_MAIN_CONTENTS[1:]),  # LEGACY has the body
    *_by_itself("right", "hex", "stripe-hex", "stripe-base64"),
    *_by_itself("labelled-hex", contents=[_BODY, _WITHOUT_ID]),
    *_by_itself("bare-base64-of-hex", contents=[_RIGHT]),
]
_UNDER_OTHER_NAMES = [
    *_by_itself("bare-hex", "bare-base64"),
    *_by_itself("labelled-hex", "labelled-base64", contents=[_BODY]),
    *_by_itself("stripe-hex", contents=[_WITHOUT_ID]),
    *_by_itself("right", contents=[_RIGHT]),
]
_HASHED = [
    Scheme(key, content, encoding=ENCODINGS[form], hashed=hashed)
    for hashed, key, content, form in product(
        DIGESTS.values(), _MAIN_KEYS, _MAIN_CONTENTS, ("right", "hex")
    )
]
_HASHED_BY_ITSELF = [
    Scheme(KEYS[key], content, encoding=_FORMS[form], hashed=DIGESTS[name])
    for name, key in product(("sha512", "sha1"), ("right", "whole-text"))
    for content, form in ((_BODY, "bare-hex"), (_BODY, f"{name}-hex"), (_RIGHT, "bare-hex"))
]
_JSON = "application/json"
# A handler that verifies rightly may take these besides: tried behind an open gate, too. How the
# signature is written is left out: who decodes before comparing takes more than one spelling.
LEGACY: Sequence[Trial] = (
    *_alone(*SAMPLES.values()),
    *_alone(
        *(
            one
            for one in _by_itself("bare-base64", "bare-hex", contents=[_BODY])
            if one.key is not KEYS["whole-text"]
        )
    ),
    *_bundled(_distinct([*_SINGLE, *_PAIRS])),
    *map(_invented, _by_itself("bare-hex", "bare-base64", contents=[_BODY])[2:4]),
)
TRIALS: Sequence[Trial] = (
    *LEGACY,
    # Before what lies further ahead: where that is all that is wanted, this is accepted.
    *_sent("tolerance-too-narrow", Variant("a timestamp 2 s ahead", age_s=-2)),
    *_sent("timestamp-milliseconds", Variant("a timestamp in milliseconds", timestamp="{ms}")),
    *_sent("webhook-headers-only", Variant("webhook-* header names", prefix="webhook")),
    *_sent(
        "header-case",
        *CASES,
        Variant("header names in upper case", spelling=str.upper),
    ),
    *_sent(
        "content-type-guard",
        *(
            Variant(f"Content-Type: {media_type}", content_type=media_type)
            for media_type in (f"{_JSON}; charset=utf-8", "text/plain", "application/octet-stream")
        ),
    ),
    *_bundled(_distinct([*(Scheme(encoding=row) for row in _LISTED), *_PRODUCT])),
    *_alone(*_WHOLE),
    *_alone(*(Scheme(KEYS[published.name]) for published in PUBLISHED_SECRETS)),
    *map(_invented, _UNDER_OTHER_NAMES),
    *_bundled(_HASHED, _LONG_ENTRY_BYTES),
    *_alone(*_HASHED_BY_ITSELF),
    *map(_invented, (scheme for scheme in _HASHED_BY_ITSELF if scheme.content is _BODY)),
    *_sent("signature-characters", Variant("a signature without + and /", is_plain=True)),
)

# Where a schema answers first, it may be that which refuses the other fields.
MINIMAL = Trial(
    "body-reserialized",
    Variant(
        "a body of refId and status alone", changes={"previousStatus": ABSENT, "userId": ABSENT}
    ),
)

# Where a header with several signatures is refused, wrong ones cannot ride together.
RESEMBLING = _sent("loose-comparison", *EACH_ALTERED)

# What only characters beyond ASCII show, where they are all that is refused.
_BODY_BEYOND_ASCII = encode(dict(BEYOND_ASCII.changes))
RECODINGS: Sequence[Trial] = tuple(
    Trial("charset-converted", replace(BEYOND_ASCII, label=words, schemes=(Scheme(body=row),)))
    for row in _each(BODIES["recoded"], _BODY_BEYOND_ASCII)
    for words, _ in row.derive(_BODY_BEYOND_ASCII)
)

# A wrong clock, or a time zone taken for UTC: tried last, they are many.
_ZONES_MIN = (*range(60, 14 * 60 + 1, 60), 330, 345, 570)
CLOCKS: Sequence[Trial] = tuple(
    Trial("clock-skew", Variant(f"a timestamp {minutes} minutes {way}", age_s=sign * minutes * 60))
    for minutes in (10, 20, 30, 40, 50, *_ZONES_MIN)
    for sign, way in ((1, "old"), (-1, "ahead"))
)


def alone(trial: Trial, name: str) -> Variant:
    """A trial under one of its header names only."""
    return replace(trial.delivery, headers={name: trial.delivery.headers[name]})
