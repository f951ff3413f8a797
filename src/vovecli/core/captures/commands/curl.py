"""The options of curl and wget that decide what is sent (curl's and wget's manual pages)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from vovecli.core.captures.commands.sent_request import SentRequest, options
from vovecli.core.captures.commands.shell_words import Word
from vovecli.core.outcomes.verdicts import Finding

if TYPE_CHECKING:
    from vovecli.core.captures.commands.sent_request import ReadInput

_SHORT = {
    "X": "request", "H": "header", "d": "data", "F": "form", "T": "upload-file", "G": "get",
    "I": "head", "A": "user-agent", "e": "referer", "b": "cookie", ":": "next", "": "next",
}  # fmt: skip
_SHORT_WITH_VALUE = frozenset("AbcCdDeEFHKmoPQrtTuUwxXyYz")
# Options whose next word is their value and says nothing about the message itself.
_LONG_WITH_VALUE = frozenset({
    "abstract-unix-socket", "alt-svc", "aws-sigv4", "cacert", "capath", "cert", "cert-type",
    "ciphers", "config", "connect-timeout", "connect-to", "continue-at", "cookie", "cookie-jar",
    "create-file-mode", "crlfile", "curves", "data", "data-ascii", "data-binary", "data-raw",
    "data-urlencode", "delegation", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr",
    "dns-servers", "doh-url", "dump-header", "engine", "etag-compare", "etag-save",
    "expect100-timeout", "form", "form-string", "header", "hostpubmd5", "hostpubsha256", "hsts",
    "interface", "json", "keepalive-time", "key", "key-type", "krb", "libcurl", "limit-rate",
    "local-port", "login-options", "max-filesize", "max-redirs", "max-time", "netrc-file",
    "noproxy", "oauth2-bearer", "output", "output-dir", "parallel-max", "pass", "pinnedpubkey",
    "preproxy", "proto", "proto-default", "proto-redir", "proxy", "proxy-cacert",
    "proxy-capath", "proxy-cert", "proxy-ciphers", "proxy-header", "proxy-key", "proxy-pass",
    "proxy-user", "proxy1.0", "pubkey", "quote", "random-file", "range", "rate", "referer",
    "request", "request-target", "resolve", "retry", "retry-delay", "retry-max-time",
    "service-name", "socks4", "socks4a", "socks5", "socks5-hostname", "speed-limit",
    "speed-time", "stderr", "time-cond", "tls-max", "tls13-ciphers", "trace", "trace-ascii",
    "trace-config", "unix-socket", "upload-file", "url", "url-query", "user", "user-agent",
    "write-out",
})  # fmt: skip
_WGET_WITH_VALUE = frozenset(
    {"header", "method", "post-data", "body-data", "post-file", "body-file", "user-agent",
     "referer", "output-document", "output-file", "timeout", "tries", "user", "password"}
)  # fmt: skip
_WGET_SHORT_WITH_VALUE = frozenset("oOTtUePwQ")
_OF_WGET = {
    "method": "request", "post-data": "data-raw", "body-data": "data-raw",
    "post-file": "data-binary", "body-file": "data-binary",
}  # fmt: skip
_STRIPPED = str.maketrans("", "", "\r\n\0")


def read_arguments(arguments: list[Word], read_input: ReadInput) -> list[SentRequest]:
    """The requests of one curl command, which are several where `--next` stands between them.

    Raises:
        VoveError: What reading a file raises.
    """
    sent = SentRequest()
    requests = [sent]
    bodiless = False
    for name, value in options(arguments, _LONG_WITH_VALUE, _SHORT_WITH_VALUE):
        name = _SHORT.get(name, name)  # noqa: PLW2901 - one option, by either name
        if name == "next":
            sent, bodiless = SentRequest(), False
            requests.append(sent)
        elif name in ("get", "head"):
            sent.method, bodiless = sent.method or name.upper(), True
        elif value is not None:
            _apply(sent, name, value, read_input)
        if bodiless:
            sent.body = None
    return requests


def read_wget_arguments(arguments: list[Word], read_input: ReadInput) -> list[SentRequest]:
    """The request of one wget command.

    Raises:
        VoveError: What reading a file raises.
    """
    sent = SentRequest()
    for name, value in options(arguments, _WGET_WITH_VALUE, _WGET_SHORT_WITH_VALUE):
        if value is not None:
            named = Word(f"@{value.text}") if name.endswith("-file") else value
            _apply(sent, _OF_WGET.get(name, name), named, read_input)
    return [sent]


def _apply(sent: SentRequest, name: str, value: Word, read_input: ReadInput) -> None:
    text = value.text
    if name == "request":
        sent.method = text
    elif name == "url":
        sent.url = sent.url or text
    elif name == "header":
        lines = read_input(text[1:]).text.splitlines() if text.startswith("@") else []
        sent.headers += [Word(line) for line in lines] or [value]
    elif name in ("user-agent", "referer", "cookie"):
        sent.headers.append(Word(f"{name.title()}: {text}", value.unresolved))
    elif name == "upload-file":
        sent.method, sent.body = sent.method or "PUT", [read_input(text)]
    elif name in ("form", "form-string"):
        sent.body = []
        sent.facts = (
            Finding("body-missing", "curl makes up the boundaries of a form as it sends it"),
        )
    elif name == "json" or name.startswith("data"):
        _add_data(sent, name, value, read_input)


def _add_data(sent: SentRequest, name: str, value: Word, read_input: ReadInput) -> None:
    if name == "data-urlencode":
        value = _urlencoded(value, read_input)
    elif value.text.startswith("@") and name != "data-raw":
        value = read_input(value.text[1:])
        if name in (
            "data",
            "data-ascii",
        ):  # "carriage returns, newlines and null bytes are stripped"
            value = Word(value.text.translate(_STRIPPED), value.unresolved)
    if name == "json":
        sent.headers += [Word("Content-Type: application/json"), Word("Accept: application/json")]
    sent.add_to_body(value, "" if name == "json" else "&")


def _urlencoded(value: Word, read_input: ReadInput) -> Word:
    """`content`, `=content`, `name=content`, `@file` or `name@file`, the content encoded."""
    name, separator, content = value.text.partition("=")
    if not separator:
        name, separator, content = value.text.partition("@")
        if separator:
            value = read_input(content)
            content = value.text
        else:
            name, content = "", value.text
    raw = content.encode("utf-8", "surrogateescape")
    encoded = quote_plus(raw)
    return Word(f"{name}={encoded}" if name else encoded, value.unresolved)
