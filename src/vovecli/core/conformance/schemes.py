"""Ways to sign that handlers wrongly expect; what is accepted names the mistake.

The table goes from the most to the least specific: the first that is accepted is the diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vovecli.core.conformance import writers
from vovecli.core.conformance.deliveries import Delivery

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Scheme:
    """One wrong way to sign.

    Attributes:
        code: The cause that its acceptance proves.
        delivery: Signed that way; its label says how.
        legacy: Whether a handler that verifies rightly may accept it besides, by mistake: tried
            behind an open gate, too.
    """

    code: str
    delivery: Delivery
    legacy: bool = False


_TEXT = "the whole whsec_... text"
_KEY_WORDS = {
    "own": "the decoded secret",
    "text": _TEXT,
    "undecoded": "the text after whsec_",
}
_INVENTED = {
    "X-VoveID-Signature": "{mac}",
    "X-Vove-Signature": "{mac}",
    "Vove-Signature": "{mac}",
    "X-Svix-Signature": "{mac}",
    "Signature": "{mac}",
    "X-Webhook-Signature": "{mac}",
    "X-Signature": "{mac}",
    "X-Hub-Signature-256": "sha256={mac}",
}


def _body_only(key: str, encoding: str, signature: str) -> Delivery:
    return Delivery(
        f"{signature.format(mac=encoding)}(HMAC(body)) with {_KEY_WORDS[key]} as key",
        content=b"{body}", key=key, encoding=encoding, signature=signature,
    )  # fmt: skip


def _invented(key: str, encoding: str, content: bytes = b"{body}") -> Delivery:
    signed = "body" if content == b"{body}" else "id.timestamp.body"
    return Delivery(
        f"{encoding}(HMAC({signed})) with {_KEY_WORDS[key]} as key, under invented header names",
        content=content, key=key, encoding=encoding, omit=("signature",), headers=_INVENTED,
    )  # fmt: skip


def _right_content(
    code: str, key: str, encoding: str, signature: str, legacy: bool = False
) -> Scheme:  # noqa: FBT001, FBT002 - a table
    label = (
        f"{signature.format(mac=encoding)}(HMAC(id.timestamp.body)) with {_KEY_WORDS[key]} as key"
    )
    return Scheme(code, Delivery(label, key=key, encoding=encoding, signature=signature), legacy)


def _content(code: str, label: str, content: bytes) -> Scheme:
    return Scheme(code, Delivery(f"a signature over {label}", content=content))


def _body_as(code: str, label: str, written: object) -> Scheme:
    return Scheme(code, Delivery(f"a signature over {label}", signed_as=written))  # type: ignore[arg-type]  # a writer


_STANDARD = b"{id}.{timestamp}.{body}"

SCHEMES: Sequence[Scheme] = (
    Scheme("docs-kyb-node", _body_only("text", "base64", "{mac}"), legacy=True),
    Scheme("docs-kyb-python", _body_only("text", "hex", "{mac}"), legacy=True),
    Scheme("body-only-hmac", _body_only("own", "base64", "v1,{mac}"), legacy=True),
    Scheme("body-only-hmac", _body_only("text", "base64", "v1,{mac}"), legacy=True),
    Scheme("body-only-hmac", _body_only("own", "base64", "{mac}"), legacy=True),
    Scheme("body-only-hmac", _body_only("own", "hex", "{mac}"), legacy=True),
    Scheme("body-only-hmac", _body_only("undecoded", "base64", "v1,{mac}")),
    Scheme("body-only-hmac", _body_only("undecoded", "base64", "{mac}")),
    Scheme("body-only-hmac", _body_only("undecoded", "hex", "{mac}")),
    Scheme("body-only-hmac", _body_only("own", "hex", "v1,{mac}")),
    Scheme("body-only-hmac", _body_only("text", "hex", "v1,{mac}")),
    Scheme("body-only-hmac", _body_only("text", "hex", "sha256={mac}")),
    Scheme("body-only-hmac", _body_only("own", "hex", "sha256={mac}")),
    _right_content("undecoded-secret", "undecoded", "base64", "v1,{mac}", legacy=True),
    _right_content("secret-prefix-in-key", "text", "base64", "v1,{mac}", legacy=True),
    *(
        Scheme("secret-prefix-in-key", Delivery(f"the key base64-decoded {how}", key=key))
        for key, how in (
            ("prefix-decoded", "together with whsec_"),
            ("prefix-skipped", "together with whsec"),
        )
    ),
    _right_content("undecoded-secret", "undecoded", "base64", "{mac}"),
    _right_content("undecoded-secret", "undecoded", "hex", "v1,{mac}"),
    _right_content("undecoded-secret", "undecoded", "hex", "{mac}"),
    _right_content("secret-prefix-in-key", "text", "base64", "{mac}"),
    _right_content("secret-prefix-in-key", "text", "hex", "v1,{mac}"),
    _right_content("secret-prefix-in-key", "text", "hex", "{mac}"),
    _right_content("hex-instead-of-base64", "own", "hex", "v1,{mac}", legacy=True),
    _right_content("hex-instead-of-base64", "own", "hex", "{mac}"),
    _right_content("hex-instead-of-base64", "own", "base64 of hex", "v1,{mac}"),
    _right_content("hex-instead-of-base64", "own", "base64 of hex", "{mac}"),
    _right_content("signature-version-not-removed", "own", "base64", "{mac}"),
    Scheme("invented-header-name", _invented("text", "hex"), legacy=True),
    Scheme("invented-header-name", _invented("text", "base64"), legacy=True),
    Scheme("invented-header-name", _invented("own", "hex")),
    Scheme("invented-header-name", _invented("own", "base64")),
    Scheme("invented-header-name", _invented("undecoded", "hex")),
    Scheme("invented-header-name", _invented("own", "base64", _STANDARD)),
    Scheme("invented-header-name", _invented("own", "hex", _STANDARD)),
    *(
        Scheme(
            "invented-header-name",
            replace(_invented(key, "hex"), headers=dict.fromkeys(_INVENTED, "sha256={mac}")),
        )
        for key in ("text", "own")
    ),
    Scheme(
        "invented-header-name",
        Delivery("a right signature under invented header names", omit=("signature",),
                 headers=dict.fromkeys(_INVENTED, "v1,{mac}")),
    ),
    _content("id-not-signed", "timestamp.body, without the id", b"{timestamp}.{body}"),
    _content("timestamp-not-signed", "id.body, without the timestamp", b"{id}.{body}"),
    *(
        _content("content-separator", f"id{sign}timestamp{sign}body", f"{{id}}{sign}{{timestamp}}{sign}{{body}}".encode())
        for sign in (":", "", "|", "\n", "-", ",", "_")
    ),
    _content("content-separator", "timestamp.id.body: the wrong order", b"{timestamp}.{id}.{body}"),
    _content("content-separator", "id.timestampbody: no second dot", b"{id}.{timestamp}{body}"),
    _body_as("python-bytes-repr", "the body as b'...', what an f-string makes of bytes", writers.bytes_repr),
    *(
        _body_as("body-parsed-before-verify", f"{words or 'nothing'} in the place of the body", writers.literally(words))
        for words in (
            "[object Object]", "", "{}", "undefined", "null", "[]", "Array",
            "[object Promise]", "[object ArrayBuffer]", "[object ReadableStream]",
        )
    ),
    _body_as("body-parsed-before-verify", "the body's bytes as Go prints them", writers.go_bytes),
    _body_as("body-parsed-before-verify", "the body's bytes as a template string prints them", writers.javascript_bytes),
    _body_as("body-parsed-before-verify", "Python's str() of the parsed body", writers.python_dict),
    _body_as("body-parsed-before-verify", "Ruby's to_s of the parsed body", writers.ruby_hash),
    _body_as("body-parsed-before-verify", "Go's print of the parsed body", writers.go_map),
    _body_as("body-reserialized", "the body written again with sorted keys", writers.sorted_keys),
    _body_as("body-reserialized", "json.dumps(body, sort_keys=True)", writers.sorted_python_spacing),
    _body_as("body-reserialized", "the body written again with indentation", writers.pretty),
    _body_as("body-reserialized", "the body's text put into a JSON string", writers.json_string),
    _body_as("body-reserialized", "JSON.stringify of the body's Buffer", writers.node_buffer),
    *(
        _content("reads-canonical-header-names", f"{word or 'nothing'} in the place of id and timestamp",
                 f"{word}.{word}.{{body}}".encode())
        for word in ("undefined", "None", "null", "")
    ),
    *(
        Scheme("secret-unset", Delivery(f"signed with {words} as key", key=key))
        for key, words in (
            ("undefined", "the word undefined"),
            ("undefined-decoded", "the word undefined, base64-decoded,"),
            ("None", "the word None"),
            ("null", "the word null"),
        )
    ),
    *(
        Scheme(code, Delivery(f"the key decoded as {words}", key=key))
        for code, key, words in (
            ("urlsafe-base64", "urlsafe-dropped", "url-safe base64, which drops + and /"),
            ("urlsafe-base64", "urlsafe-stopped", "url-safe base64, which stops at + and /"),
            ("unpadded-base64", "whole-groups", "base64 without the last group, for it lacks padding"),
        )
    ),
    Scheme("unpadded-base64", Delivery("the signature without = at its end", encoding="unpadded")),
    Scheme("urlsafe-base64", Delivery("the signature in the url-safe alphabet", encoding="urlsafe")),
    Scheme("urlsafe-base64", Delivery("the same without = at its end", encoding="urlsafe-unpadded")),
    Scheme("timestamp-milliseconds", Delivery("a timestamp in milliseconds", timestamp="{ms}")),
    Scheme("webhook-headers-only", Delivery("webhook-* header names", prefix="webhook")),
    Scheme("header-case", Delivery("header names in lower case", spelling=str.lower)),
    Scheme("header-case", Delivery("header names in upper case", spelling=str.upper)),
    Scheme("content-type-guard", Delivery("Content-Type: application/json; charset=utf-8",
                                          content_type="application/json; charset=utf-8")),
    Scheme("content-type-guard", Delivery("Content-Type: text/plain", content_type="text/plain")),
    Scheme("content-type-guard", Delivery("Content-Type: application/octet-stream",
                                          content_type="application/octet-stream")),
)  # fmt: skip

# A wrong clock, or a time zone taken for UTC: tried last, they are many.
CLOCKS: Sequence[Scheme] = tuple(
    Scheme("clock-skew", Delivery(f"a timestamp {abs(shift) // 60} minutes {way}", age_s=shift))
    for minutes in (10, 20, 30, 40, 50, *range(60, 14 * 60 + 1, 60), 330, 345, 570)
    for shift, way in ((minutes * 60, "old"), (-minutes * 60, "ahead"))
)
LEGACY: Sequence[Scheme] = tuple(scheme for scheme in SCHEMES if scheme.legacy)
