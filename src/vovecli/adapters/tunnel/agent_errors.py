"""Why ngrok gave no tunnel: its error codes and log messages -> what to say to the user.

Codes and their texts: https://ngrok.com/docs/errors.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from vovecli.adapters.tunnel.agent_output import AUTHTOKEN_URL, first_line
from vovecli.core.errors import Category, VoveError

_NUMBER = re.compile(r"ERR_NGROK_(\d{1,6})")
_MAX_QUOTE = 300


class _Failure(NamedTuple):
    """A row of the table; `{said}` in the message is the first line of the agent's own words."""

    code: str
    message: str
    hint: str


_SET_TOKEN = (
    f"copy it from {AUTHTOKEN_URL}, then: export NGROK_AUTHTOKEN=... "
    "(or: ngrok config add-authtoken ...)"
)
_NO_TOKEN = _Failure("tunnel-no-authtoken", "ngrok needs an authtoken, and none is set", _SET_TOKEN)
_BAD_TOKEN = _Failure(
    "tunnel-bad-authtoken",
    "ngrok refuses the authtoken: {said}",
    f"{_SET_TOKEN}; an API key is not an authtoken",
)
_LIMIT = _Failure(
    "tunnel-limit",
    "your ngrok account has reached a limit: {said}",
    "stop other agents (https://dashboard.ngrok.com/agents) or see your limits: "
    "https://dashboard.ngrok.com/usage",
)
_OLD = _Failure(
    "tunnel-agent-too-old", "ngrok no longer accepts this agent: {said}", "run: ngrok update"
)
_DOMAIN = _Failure(
    "tunnel-domain",
    "ngrok does not give you that domain: {said}",
    "see the domains of your account: https://dashboard.ngrok.com/domains; or leave out --domain",
)
_IN_USE = _Failure(
    "tunnel-url-in-use",
    "the public URL is already online somewhere else: {said}",
    "stop the other agent (https://dashboard.ngrok.com/endpoints), or choose another --domain",
)
_ACCOUNT = _Failure(
    "tunnel-refused", "ngrok refuses this connection: {said}", "see https://dashboard.ngrok.com"
)
_PROXY = _Failure(
    "tunnel-proxy",
    "ngrok runs behind an HTTP proxy on paid plans only",
    "unset http_proxy and https_proxy, and look for proxy_url in ngrok.yml",
)

_BY_NUMBER = {
    4018: _NO_TOKEN,
    **dict.fromkeys((105, 106, 107, 300), _BAD_TOKEN),
    **dict.fromkeys((108, 324, 714, 725, 726, 727, 728, 734), _LIMIT),
    **dict.fromkeys((120, 121), _OLD),
    **dict.fromkeys((313, 319, 320, 15013), _DOMAIN),
    **dict.fromkeys((123, 9040), _ACCOUNT),
    334: _IN_USE,
    9009: _PROXY,
}

# In this order: a message about the CRL also says `dial tcp`, one about TLS also `failed to send`.
_BY_WORDS = (
    (
        r"\bCRL\b|certificate revocation",
        _Failure(
            "tunnel-crl",
            "the ngrok agent cannot fetch its certificate revocation list: {said}",
            "common on WSL and IPv6-only networks: allow http://crl.ngrok-agent.com, "
            "or put `crl_noverify: true` in ngrok.yml",
        ),
    ),
    (
        r"x509:|certificate signed by unknown|failed to verify certificate",
        _Failure(
            "tunnel-tls-intercepted",
            "something between here and ngrok replaces its TLS certificate: {said}",
            "a company proxy or an antivirus does that: use another network, or put "
            "`connect_cas: host` in ngrok.yml",
        ),
    ),
    (
        r"address already in use|listen tcp|bind:",
        _Failure(
            "tunnel-port",
            "the ngrok agent cannot open its local port: {said}",
            "stop the other ngrok, or remove web_addr from ngrok.yml",
        ),
    ),
    (
        r"no such host|server misbehaving|no records|dial tcp|timeout|unreachable|refused|reset",
        _Failure(
            "tunnel-no-network",
            "the ngrok agent cannot reach ngrok: {said}",
            "check the network, DNS and firewall; for more: ngrok diagnose",
        ),
    ),
    (
        r"ya?ml|config(?:uration)? file|log_level|log_format|web_addr",
        _Failure(
            "tunnel-config-broken",
            "ngrok's configuration file cannot be used: {said}",
            "run: ngrok config check (and: ngrok config edit)",
        ),
    ),
)
_BY_CODE_HINT = "see https://ngrok.com/docs/errors/err_ngrok_{number}"

# Starting the agent again does not help.
_LASTING = {row.code for row in (_NO_TOKEN, _BAD_TOKEN, _OLD, _DOMAIN, _ACCOUNT, _PROXY)} | {
    "tunnel-agent-missing",
    "tunnel-not-executable",
    "tunnel-config-broken",
}


def agent_failure(said: str) -> VoveError:
    """The error for what the agent said (log, API body, stderr), the authtoken already redacted."""
    match = _NUMBER.search(said)
    number = int(match[1]) if match else 0
    row = _BY_NUMBER.get(number)
    if not number:
        found = (row for words, row in _BY_WORDS if re.search(words, said, re.IGNORECASE))
        row = next(found, None)
    if row is None:
        hint = _BY_CODE_HINT.format(number=number) if number else "run `ngrok diagnose`"
        row = _Failure("tunnel-agent-failed", "the ngrok agent failed: {said}", hint)
    quote = first_line(said)[:_MAX_QUOTE] or "it gave no reason"
    if number:
        quote = f"{quote.removesuffix(' Either').rstrip('.')} (ERR_NGROK_{number})"
    return tunnel_error(row.code, row.message.replace("{said}", quote), row.hint)


def tunnel_error(code: str, message: str, hint: str) -> VoveError:
    """A `VoveError` of the tunnel's category."""
    return VoveError(code, message, hint=hint, category=Category.TUNNEL)


def is_lasting(error: VoveError) -> bool:
    """Whether trying again the same way cannot help."""
    return error.code in _LASTING


def is_hopeless(error_line: str) -> bool:
    """Whether an agent that logs this while connecting will never come up."""
    return "x509:" in error_line
