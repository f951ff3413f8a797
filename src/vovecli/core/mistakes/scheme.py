"""One way to sign: a row of each table."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vovecli.core.mistakes.contents import CONTENTS, WrongContent
from vovecli.core.mistakes.encodings import ENCODINGS, WrongEncoding
from vovecli.core.mistakes.keys import KEYS, WrongKey
from vovecli.core.mistakes.mistake import Mistake
from vovecli.core.signing import hmac_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.mistakes.bodies import WrongBody
    from vovecli.core.mistakes.hashes import WrongDigest
    from vovecli.core.secrets import SigningSecret


class Scheme(NamedTuple):
    """One way to sign; by default the right one.

    Attributes:
        body: What is hashed instead of the body; None: the body itself.
        sample: The code of the provider's sample that signs so; else empty.
        hashed: What is computed instead of HMAC-SHA256; None: that.
    """

    key: WrongKey = KEYS["right"]
    content: WrongContent = CONTENTS["right"]
    body: WrongBody | None = None
    encoding: WrongEncoding = ENCODINGS["right"]
    sample: str = ""
    hashed: WrongDigest | None = None

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Everything that is wrong with it, the content first; empty for the right one."""
        return (
            *((Mistake(self.sample),) if self.sample else ()),
            *self.content.mistakes,
            *self.key.mistakes,
            *((Mistake(self.body.code),) if self.body else ()),
            *(self.hashed.mistakes if self.hashed else ()),
            *self.encoding.mistakes,
        )

    @property
    def handler_code(self) -> str:
        """The code of a handler that accepts it: that of the first mistake there is."""
        if self.sample:
            return self.sample
        rows = (self.content, self.key, self.encoding)
        codes = [row.handler_code or row.mistakes[0].code for row in rows if row.mistakes]
        if self.hashed:
            codes.append(self.hashed.mistakes[0].code)
        if self.body:
            codes.append(self.body.handler_code or self.body.code)
        return codes[0] if codes else ""

    def mac(
        self, secret: SigningSecret, message_id: str, timestamp: str, body: bytes
    ) -> bytes | None:
        """The MAC that goes with a body that is sent.

        Returns:
            32 bytes of HMAC-SHA256, as many of another hash; None where a mistake cannot be made
            with these values, or makes no difference.
        """
        key = self.key.key(secret)
        frame = self.content.frame(message_id, timestamp)
        signed = body if self.body is None else self.body.signed(body)
        if key is None or frame is None or signed is None:
            return None
        digest = self.hashed.digest if self.hashed else hmac_sha256
        return digest(key, frame.content(signed))

    def header(
        self, secret: SigningSecret, message_id: str, timestamp: str, body: bytes
    ) -> str | None:
        """The text of the signature header, or None as `mac` has it."""
        mac = self.mac(secret, message_id, timestamp, body)
        return None if mac is None else self.encoding.write(mac)


SAMPLES: Mapping[str, Scheme] = {
    scheme.sample: scheme
    for scheme in (
        Scheme(
            KEYS["whole-text"],
            CONTENTS["body"],
            encoding=ENCODINGS["bare-base64"],
            sample="docs-kyb-node",
        ),
        Scheme(
            KEYS["whole-text"],
            CONTENTS["body"],
            encoding=ENCODINGS["bare-hex"],
            sample="docs-kyb-python",
        ),
        Scheme(content=CONTENTS["docs-kyc-body"], sample="docs-kyc-node"),
    )
}
