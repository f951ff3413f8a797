"""Parts of signing secrets in texts of others: seen from eight characters on, never repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from vovecli.core.secrets import SigningSecret

# Eight characters of base64 are 48 bits, sixteen of hex 64: neither occurs by chance.
_TELLING, _TELLING_HEX = 8, 16
_FEWEST_KINDS = 4  # of characters: `AAAAAAAA` and `00000000` say nothing
_HIDDEN = "[secret]"


class Leaks:
    """Looks for parts of secrets.

    Args:
        secrets: Seen by any eight characters of their text, or sixteen of their key in hex.
        others: Texts that are seen only as a whole, such as a password.
    """

    def __init__(self, secrets: Iterable[SigningSecret], others: Iterable[str] = ()) -> None:
        secrets = tuple(secrets)
        self._parts = {part for secret in secrets for part in _parts(secret)}
        whole = (secret.text for secret in secrets)
        self._others = tuple(filter(None, (*whole, *others)))

    def shown_in(self, text: str) -> bool:
        """Whether a text holds a part of a secret."""
        return any(part in text for part in self._parts)

    def mask(self, text: str) -> str:
        """The text without any of it."""
        for other in self._others:
            text = text.replace(other, _HIDDEN)
        found = sorted(
            (place, place + len(part)) for part in self._parts for place in _places(part, text)
        )
        shown, end = "", 0
        for begin, finish in found:
            if begin >= end:
                shown += text[end:begin] + _HIDDEN
            end = max(end, finish)
        return shown + text[end:]


def _parts(secret: SigningSecret) -> Iterator[str]:
    encoded = secret.encoded.rstrip("=")
    url_safe = encoded.replace("+", "-").replace("/", "_")
    written = secret.key.hex()
    for form, length in (
        (encoded, _TELLING),
        (url_safe, _TELLING),
        (written, _TELLING_HEX),
        (written.upper(), _TELLING_HEX),
    ):
        for place in range(len(form) - length + 1):
            part = form[place : place + length]
            if len(set(part)) >= _FEWEST_KINDS:
                yield part


def _places(part: str, text: str) -> Iterator[int]:
    place = text.find(part)
    while place >= 0:
        yield place
        place = text.find(part, place + 1)
