"""Endpoints: where a delivery goes, in full or in the short forms people type."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from vovecli.core.catalogue import EventFamily, sample_path
from vovecli.core.errors import Category, VoveError
from vovecli.core.masking import PREFIX, hide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from vovecli.core.messages import Headers

_LOOPBACK_ADDRESSES = ("127.0.0.1", "::1")
SAMPLE_PORT = 3000  # the port of the provider's handler samples
_CREDENTIALS = re.compile(r"(?<![^/])[^/?#]+@")
_SHORTEST_PASSWORD = 6  # that is masked: what is shorter occurs in other words
_SHORT_PORT = re.compile(r":?([0-9]{1,5})(/.*)?", re.ASCII | re.DOTALL)


class Endpoint(NamedTuple):
    """A parsed endpoint URL.

    Attributes:
        url: The whole URL, as it is shown and reported.
        host: Without brackets around an IPv6 address.
        target: Path and query, what is on the request line.
        authorization: Value of the `Authorization` header for credentials that the URL held, as
            Svix sends them; empty: it held none. Shown nowhere.
    """

    url: str
    scheme: str
    host: str
    port: int
    target: str
    authorization: str = ""

    def __repr__(self) -> str:
        return f"<Endpoint {self.url}>"

    @property
    def headers(self) -> Headers:
        """What goes with every request there."""
        return [("Authorization", self.authorization)] if self.authorization else []

    @property
    def credentials(self) -> Sequence[str]:
        """What must be shown nowhere: the token, and the password unless any word may hold it."""
        if not self.authorization:
            return ()
        import base64  # only where there are credentials

        token = self.authorization.rpartition(" ")[2]
        password = base64.b64decode(token).decode().partition(":")[2]
        return (token, password) if len(password) >= _SHORTEST_PASSWORD else (token,)

    @property
    def is_loopback(self) -> bool:
        """Whether the host is this machine by its name or address alone."""
        return is_loopback(self.host)

    @property
    def local_addresses(self) -> Sequence[str]:
        """The addresses of `localhost` and the names below it; empty for all other hosts.

        RFC 6761, 6.3: never asked of a name server. Both families: what the hosts file lacks, an
        app may listen on.
        """
        return _LOOPBACK_ADDRESSES if is_localhost(self.host) else ()

    @property
    def host_header(self) -> str:
        """The value of the `Host` header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _default_port(self.scheme) else f"{host}:{self.port}"


def is_localhost(host: str) -> bool:
    """Whether a host is `localhost` or a name below it."""
    return host.lower().removesuffix(".").rpartition(".")[2] == "localhost"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name or address alone: nothing is resolved."""
    if is_localhost(host):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def parse_endpoint(text: str, *, family: EventFamily = "kyb") -> Endpoint:
    """Parse a URL or a short form: `3000`, `:3000/path`, `localhost:3000/path`.

    Args:
        text: What was typed; without a path the provider's sample path of the family is used.
        family: Event family whose sample path completes a short form.

    Raises:
        VoveError: `bad-endpoint`.
    """
    if PREFIX in text:
        raise _bad(text, "there is a signing secret in it")
    url = _complete(text.strip(), sample_path(family))
    try:
        parts = urlsplit(url)
        port = _default_port(parts.scheme) if parts.port is None else parts.port
    except ValueError as error:
        raise _bad(text, str(error)) from None
    if parts.scheme not in ("http", "https"):
        raise _bad(text, f"the scheme {parts.scheme!r} is neither http nor https")
    if " " in url or not url.isprintable():
        raise _bad(text, "it holds a space, or a character that cannot be seen")
    if not parts.hostname:
        raise _bad(text, "there is no host in it")
    if port == 0:
        raise _bad(text, "port 0 is not a port")
    _, has_credentials, place = parts.netloc.rpartition("@")
    endpoint = Endpoint(
        url=parts._replace(netloc=place, fragment="").geturl(),
        scheme=parts.scheme,
        host=parts.hostname,
        port=port,
        target=(parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
        authorization=_basic(parts) if has_credentials else "",
    )
    hide(*endpoint.credentials, shortest=_SHORTEST_PASSWORD)
    return endpoint


def short_url(url: str) -> str:
    """An endpoint's URL in the short form that is typed: `:3000/path` on this machine."""
    plain = url.removeprefix("http://")
    short = plain.removeprefix("localhost")
    return short if short.startswith(":") else plain


def absolute_location(url: str, location: str) -> str:
    """Where a redirect points to, as a whole URL where it is one at all."""
    try:
        return urljoin(url, location)
    except ValueError:
        return location


def sample_endpoint(family: EventFamily) -> Endpoint:
    """The endpoint of the provider's handler sample for a family."""
    return parse_endpoint(str(SAMPLE_PORT), family=family)


def _complete(text: str, default_path: str) -> str:
    if match := _SHORT_PORT.fullmatch(text):
        return f"http://localhost:{match[1]}{match[2] or default_path}"
    if "://" not in text:
        host, slash, path = text.partition("/")
        return f"http://{host}{slash + path if slash else default_path}"
    return text


def _basic(parts: SplitResult) -> str:
    """Credentials as RFC 7617 sends them."""
    import base64

    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"Basic {token}"


def _default_port(scheme: str) -> int:
    return 443 if scheme == "https" else 80


def _bad(text: str, why: str) -> VoveError:
    return VoveError(
        "bad-endpoint",
        f"{_CREDENTIALS.sub('***@', text)!r} is not an endpoint: {why}",
        hint="write http://localhost:3000/path, localhost:3000/path, :3000/path or 3000",
        category=Category.USAGE,
    )
