"""Ways to sign that handlers wrongly expect; what is accepted names the mistake.

The table goes from the most to the least specific: the first that is accepted is the diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vovecli.core.conformance import writers
from vovecli.core.conformance.deliveries import Delivery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from vovecli.core.payloads import Payload


@dataclass(frozen=True)
class Scheme:
    """One wrong way to sign.

    Attributes:
        code: The cause that its acceptance proves.
        delivery: Signed that way; its label says how.
    """

    code: str
    delivery: Delivery


_KEYS = {
    "own": "the decoded secret",
    "text": "the whole whsec_... text",
    "undecoded": "the text after whsec_",
}
_CONTENTS = {"body": b"{body}", "id.timestamp.body": b"{id}.{timestamp}.{body}"}
# Header names that people make up; one request carries them all.
_INVENTED = (
    "X-VoveID-Signature",
    "X-Vove-Signature",
    "Vove-Signature",
    "X-Webhook-Signature",
    "X-Svix-Signature",
    "X-Signature",
    "Signature",
)
_GITHUB = "X-Hub-Signature-256"


def _signed(key: str, form: str, content: str = "id.timestamp.body") -> Delivery:
    """A delivery whose signature has a form such as `v1,hex`, by one of the three keys."""
    prefix, encoding = form[: form.rfind(",") + 1], form[form.rfind(",") + 1 :]
    return Delivery(
        f"{form}(HMAC({content})) with {_KEYS[key]} as key",
        content=_CONTENTS[content],
        key=key,
        encoding=encoding,
        signature=prefix + "{mac}",
    )


def _invented(key: str, form: str, content: str = "body", value: str = "{mac}") -> Delivery:
    headers = dict.fromkeys(_INVENTED, value) | {_GITHUB: "sha256={mac}"}
    signed = _signed(key, form, content)
    label = f"{signed.label}, under a header name of one's own"
    return replace(signed, label=label, omit=("signature",), headers=headers)


def _each(code: str, deliveries: Iterable[Delivery]) -> list[Scheme]:
    return [Scheme(code, delivery) for delivery in deliveries]


def _contents(code: str, *contents: tuple[str, bytes]) -> list[Scheme]:
    deliveries = (Delivery(f"a signature over {label}", content=made) for label, made in contents)
    return _each(code, deliveries)


def _bodies(code: str, *bodies: tuple[str, Callable[[Payload], bytes]]) -> list[Scheme]:
    deliveries = (Delivery(f"a signature over {label}", signed_as=write) for label, write in bodies)
    return _each(code, deliveries)


def _keyed(code: str, *keys: tuple[str, str]) -> list[Scheme]:
    return _each(code, (Delivery(f"the key taken for {words}", key=key) for key, words in keys))


_SEPARATED = tuple(
    (f"id{sign}timestamp{sign}body", f"{{id}}{sign}{{timestamp}}{sign}{{body}}".encode())
    for sign in (":", "", "|", "\n", "-", ",", "_")
)
_LEFT_OF_A_BODY = (
    "[object Object]", "", "{}", "undefined", "null", "[]", "Array",
    "[object Promise]", "[object ArrayBuffer]", "[object ReadableStream]",
)  # fmt: skip
_UNSEEN = ("undefined", "None", "null", "")
_JSON = "application/json"

# A handler that verifies rightly may take these besides: tried behind an open gate, too.
LEGACY: Sequence[Scheme] = (
    Scheme("docs-kyb-node", _signed("text", "base64", "body")),
    Scheme("docs-kyb-python", _signed("text", "hex", "body")),
    Scheme("body-only-hmac", _signed("own", "v1,base64", "body")),
    Scheme("body-only-hmac", _signed("text", "v1,base64", "body")),
    Scheme("body-only-hmac", _signed("own", "base64", "body")),
    Scheme("body-only-hmac", _signed("own", "hex", "body")),
    Scheme("undecoded-secret", _signed("undecoded", "v1,base64")),
    Scheme("secret-prefix-in-key", _signed("text", "v1,base64")),
    Scheme("hex-instead-of-base64", _signed("own", "v1,hex")),
    Scheme("invented-header-name", _invented("text", "hex")),
    Scheme("invented-header-name", _invented("text", "base64")),
)
SCHEMES: Sequence[Scheme] = (
    *LEGACY,
    *_each(
        "body-only-hmac",
        (
            *(_signed("undecoded", form, "body") for form in ("v1,base64", "base64", "hex")),
            *(_signed(key, "v1,hex", "body") for key in ("own", "text")),
            *(
                replace(_signed(key, "hex", "body"), signature="sha256={mac}")
                for key in ("own", "text")
            ),
        ),
    ),
    *_keyed(
        "secret-prefix-in-key",
        ("prefix-decoded", "whsec_ and all, base64-decoded"),
        ("prefix-skipped", "whsec and all, base64-decoded"),
        ("prefix-stopped", "whsec, base64-decoded up to the underscore"),
        ("underscore-kept", "the underscore and all, base64-decoded"),
    ),
    *_keyed("secret-prefix-stripped", ("prefix-stripped", "what lstrip('whsec_') leaves")),
    *_each(
        "undecoded-secret", (_signed("undecoded", form) for form in ("base64", "v1,hex", "hex"))
    ),
    *_each("secret-prefix-in-key", (_signed("text", form) for form in ("base64", "v1,hex", "hex"))),
    *_each(
        "hex-instead-of-base64",
        (_signed("own", form) for form in ("hex", "v1,base64 of hex", "base64 of hex")),
    ),
    Scheme("signature-version-not-removed", _signed("own", "base64")),
    *_each(
        "invented-header-name",
        (
            *(_invented(*how) for how in (("own", "hex"), ("own", "base64"), ("undecoded", "hex"))),
            *(_invented("own", form, "id.timestamp.body") for form in ("base64", "hex")),
            *(_invented(key, "hex", value="sha256={mac}") for key in ("text", "own")),
            _invented("own", "base64", "id.timestamp.body", value="v1,{mac}"),
        ),
    ),
    *_contents("id-not-signed", ("timestamp.body, without the id", b"{timestamp}.{body}")),
    *_contents("timestamp-not-signed", ("id.body, without the timestamp", b"{id}.{body}")),
    *_contents(
        "content-separator",
        *_SEPARATED,
        ("timestamp.id.body: another order", b"{timestamp}.{id}.{body}"),
        ("id.timestampbody: one dot", b"{id}.{timestamp}{body}"),
    ),
    *_bodies("python-bytes-repr", ("b'...', what an f-string makes of bytes", writers.bytes_repr)),
    *_bodies(
        "body-parsed-before-verify",
        *(
            (f"{text or 'nothing'} in the place of the body", writers.literally(text))
            for text in _LEFT_OF_A_BODY
        ),
        ("the body's bytes as Go prints them", writers.go_bytes),
        ("the body's bytes as a template string prints them", writers.javascript_bytes),
        ("the parsed body as Python's str() prints it", writers.python_dict),
        ("the parsed body as Ruby's to_s prints it", writers.ruby_hash),
        ("the parsed body as Go prints it", writers.go_map),
    ),
    *_bodies(
        "body-reserialized",
        ("the body written again with sorted keys", writers.sorted_keys),
        ("json.dumps(body, sort_keys=True)", writers.sorted_python_spacing),
        ("the body written again with indentation", writers.pretty),
        ("the body's text put into a JSON string", writers.json_string),
        ("JSON.stringify of the body's Buffer", writers.node_buffer),
    ),
    *_contents(
        "reads-canonical-header-names",
        *(
            (f"{word or 'nothing'} as id and as timestamp", f"{word}.{word}.{{body}}".encode())
            for word in _UNSEEN
        ),
    ),
    *_keyed(
        "secret-unset",
        ("undefined", "the word undefined"),
        ("undefined-decoded", "the word undefined, base64-decoded"),
        ("None", "the word None"),
        ("null", "the word null"),
    ),
    *_keyed(
        "urlsafe-base64",
        ("urlsafe-dropped", "url-safe base64, which drops + and /"),
        ("urlsafe-stopped", "url-safe base64, which stops at + and /"),
    ),
    *_keyed(
        "unpadded-base64", ("whole-groups", "base64 without its last group, which lacks padding")
    ),
    *_each(
        "unpadded-base64", [Delivery("the signature without = at its end", encoding="unpadded")]
    ),
    *_each(
        "urlsafe-base64",
        (
            Delivery("the signature in the url-safe alphabet", encoding="urlsafe"),
            Delivery("the same without = at its end", encoding="urlsafe-unpadded"),
        ),
    ),
    *_each("timestamp-milliseconds", [Delivery("a timestamp in milliseconds", timestamp="{ms}")]),
    *_each("webhook-headers-only", [Delivery("webhook-* header names", prefix="webhook")]),
    *_each(
        "header-case",
        (
            Delivery("header names in lower case", spelling=str.lower),
            Delivery("header names in Title-Case", spelling=str.title),
            Delivery("header names in upper case", spelling=str.upper),
        ),
    ),
    *_each(
        "content-type-guard",
        (
            Delivery(f"Content-Type: {media_type}", content_type=media_type)
            for media_type in (f"{_JSON}; charset=utf-8", "text/plain", "application/octet-stream")
        ),
    ),
)

# A wrong clock, or a time zone taken for UTC: tried last, they are many.
_ZONES_MIN = (*range(60, 14 * 60 + 1, 60), 330, 345, 570)
CLOCKS: Sequence[Scheme] = tuple(
    Scheme(
        "clock-skew", Delivery(f"a timestamp {minutes} minutes {way}", age_s=sign * minutes * 60)
    )
    for minutes in (10, 20, 30, 40, 50, *_ZONES_MIN)
    for sign, way in ((1, "old"), (-1, "ahead"))
)
