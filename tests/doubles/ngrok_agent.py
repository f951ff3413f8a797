#!/usr/bin/env python3
"""A double of the ngrok v3 agent: its commands, log and local API, and an edge that forwards.

Standard library only. What it imitates: https://ngrok.com/docs/agent (cli, api, config) and the
log of the agent 3.39. Its public URLs are real: an `edge` on loopback forwards what they get.

Environment:
    NGROK_DOUBLE_FAULTS   comma list of the faults below, `name` or `name=value`
    NGROK_DOUBLE_DIR      folder for a file per agent, `PID.json`: what it knows of itself; a file
                          `faults` there counts for agents that start later
    NGROK_DOUBLE_API      host:port of the API (default 127.0.0.1:4040 and on; port 0: any free)
    NGROK_DOUBLE_URL      the public URL the account gives (default: the edge's own address)
    NGROK_DOUBLE_VERSION  default 3.39.10

Faults before the session: `refused=CODE`, `silent`, `slow=SECONDS`, `no-network`, `x509`, `crl`,
`broken-config`, `port-taken`, `chatter` (bytes that are no text, unfinished quotes). On the API:
`endpoint=CODE` (`CODE*1`: the first time only), `reserved-only` (319 for any URL asked for),
`not-ready=COUNT`, `hang=SECONDS`, `garbage` (500, no JSON), `no-url`, `old` (3.20.0, without
/api/endpoints).
Later: `short-lived` (ends soon after the first endpoint), `misrouted` (the edge answers by
itself), `stubborn` (ignores SIGTERM), `unread` (goes on when nobody reads its log).

Control while it runs, on the API's address: POST /double/drop?for=SECONDS, /double/die.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qs, quote, unquote, urlsplit

FOLDER = os.environ.get("NGROK_DOUBLE_DIR", "")


def _faults() -> dict[str, str]:
    later = Path(FOLDER, "faults")
    text = os.environ.get("NGROK_DOUBLE_FAULTS", "")
    if FOLDER and later.exists():
        text = later.read_text(encoding="utf-8")
    return {part.partition("=")[0]: part.partition("=")[2] for part in text.split(",") if part}


FAULTS = _faults()
VERSION = "3.20.0" if "old" in FAULTS else os.environ.get("NGROK_DOUBLE_VERSION", "3.39.10")
UNREACHABLE = {
    "no-network": "dial tcp: lookup connect.ngrok-agent.com on 127.0.0.53:53: server misbehaving",
    "x509": "failed to send authentication request: tls: failed to verify certificate: x509: "
    "certificate signed by unknown authority",
    "crl": "failed to send authentication request: failed to fetch CRL. errors encountered: "
    "timed out fetching CRL",
}
# First lines of https://ngrok.com/docs/errors; `{token}` and `{url}` are what the real ones echo.
ERRORS = {
    "105": "The authtoken you specified does not look like a proper ngrok authtoken.\n"
    "Your authtoken: {token}\nInstructions to install your authtoken are on your dashboard",
    "107": "The authtoken you specified is properly formed, but it is invalid.\n"
    "Your authtoken: {token}\nThis usually happens when:\n    - You reset your authtoken",
    "108": "Your account is limited to 3 simultaneous ngrok agent sessions.\nRun multiple ...",
    "121": 'Your ngrok-agent version "3.39.10" is too old.',
    "319": "You must reserve a custom hostname for your account before it can be used.\n"
    "Failed to create an endpoint with the domain '{url}' for the account 'a'.",
    "334": "The endpoint '{url}' is already online. Either\n"
    "1. stop your existing endpoint first, or\n2. start both endpoints with `--pooling-enabled`",
    "4018": "Usage of ngrok requires a verified account and authtoken.\n\nSign up for an account: "
    "https://dashboard.ngrok.com/signup",
    "9009": "Running the agent with an http/s proxy is a Pay-as-you-go feature.",
}
HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
ENDPOINT_FIELDS = {"name", "url", "upstream", "metadata", "description", "inspect", "bindings"}
_printing = threading.Lock()


def log(level: str, message: str, **fields: object) -> None:
    """One logfmt line on stdout; without a reader the real agent dies of SIGPIPE at this point."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    pairs = "".join(f" {key}={quoted(str(value))}" for key, value in fields.items())
    try:
        with _printing:
            sys.stdout.write(f"t={now} lvl={level} msg={quoted(message)}{pairs}\n")
            sys.stdout.flush()
    except (BrokenPipeError, ValueError):
        if "unread" not in FAULTS:
            os._exit(141)


def quoted(value: str) -> str:
    """A logfmt value as the agent writes it: quoted where needed, escapes literal."""
    if value and not any(c in value for c in ' ="\n\r\t\\'):
        return value
    for char, escape in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        value = value.replace(char, escape)
    return f'"{value}"'


def error_text(code: str, **echoed: str) -> str:
    """The text of an ngrok error as the agent passes it on."""
    text = ERRORS.get(code, f"Something that error {code} says.")
    for name in ("token", "url"):
        text = text.replace(f"{{{name}}}", echoed.get(name, ""))
    return f"{text}\r\n\r\nERR_NGROK_{code}\r\n"


def terminate(error: str) -> NoReturn:
    """End as the agent does when it cannot go on: log, the same on stderr, status 1."""
    log("eror", "terminating with error", obj="app", err=error)
    log("crit", "command failed", err=error)
    sys.stderr.write("".join(f"ERROR:  {line}\n" for line in error.splitlines()))
    sys.stderr.flush()
    os._exit(1)


class Agent:
    """The state of one agent: its session, its endpoints, the addresses it serves on."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.online = False
        self.endpoints: dict[str, dict[str, Any]] = {}
        self.asked = ""
        self.refused = 0
        self.not_ready = int(FAULTS.get("not-ready", "0"))
        self.api_address = ""
        self.edge: ThreadingHTTPServer | None = None

    def note(self) -> None:
        """Tell tests who and where we are."""
        if not FOLDER:
            return
        facts = {
            "pid": os.getpid(),
            "argv": sys.argv,
            "token": self.token,
            "asked": self.asked,
            "secrets": [name for name in os.environ if name.startswith("VOVE_")],
            "api": f"http://{self.api_address}",
            "edge": self.edge_url(),
        }
        path = Path(FOLDER, f"{os.getpid()}.json")
        part = path.with_suffix(".part")
        part.write_text(json.dumps(facts), encoding="utf-8")
        part.replace(path)

    def edge_url(self) -> str:
        """Where the edge listens, which also is the default public URL."""
        return f"http://127.0.0.1:{self.edge.server_address[1]}" if self.edge else ""

    def session_up(self) -> None:
        """The session with ngrok is there."""
        self.online = True
        log("info", "client session established", obj="tunnels.session")
        log("info", "tunnel session started", obj="tunnels.session")

    def drop(self, seconds: float) -> None:
        """Lose the session, and get it back after a while."""
        self.online = False
        log("eror", "heartbeat timeout, terminating session", obj="tunnels.session")
        log("eror", "session closed, starting reconnect loop", obj="tunnels.session", err="closed")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            log("eror", "failed to reconnect session", err=UNREACHABLE["no-network"])
            time.sleep(min(0.2, max(0.0, end - time.monotonic())))
        self.session_up()

    def refusal(self, options: dict[str, Any]) -> str:
        """The code that ngrok's cloud refuses an endpoint with, if it does."""
        code, _, times = FAULTS.get("endpoint", "").partition("*")
        self.refused += bool(code)
        if times and self.refused > int(times):
            return ""
        return "319" if "reserved-only" in FAULTS and options.get("url") else code

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """Bring an endpoint up and give its description."""
        self.asked = str(options.get("url", ""))
        self.note()
        url = str(options.get("url") or os.environ.get("NGROK_DOUBLE_URL", ""))
        code = self.refusal(options)
        if code:
            raise RefusedError(error_text(code, url=url))
        # An edge address that is asked for by name (after a restart) is taken again.
        place = urlsplit(url)
        port = (place.port or 0) if place.hostname == "127.0.0.1" else 0
        if self.edge is None:
            self.edge = serve(("127.0.0.1", port), Edge)
        endpoint = {
            "name": options["name"],
            "uri": "/api/endpoints/" + quote(options["name"]),
            "url": url or self.edge_url(),
            "upstream": {"url": options["upstream"]["url"], "protocol": "http1"},
            "metadata": options.get("metadata", ""),
            "pooling_enabled": False,
        }
        self.endpoints[options["name"]] = endpoint
        if "short-lived" in FAULTS:
            threading.Timer(0.1, os._exit, [2]).start()
        log("info", "started tunnel", obj="tunnels", name=options["name"], url=endpoint["url"])
        self.note()
        return endpoint


class RefusedError(Exception):
    """ngrok's cloud does not give the endpoint."""


class Quiet(BaseHTTPRequestHandler):
    """What the API and the edge share."""

    protocol_version = "HTTP/1.1"
    # One packet per answer: with two, every other request waits for a delayed ACK.
    wbufsize = -1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing on stderr."""

    def body(self) -> bytes:
        """The request's body."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        """Send a whole response."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()


class Api(Quiet):
    """The agent's API: https://ngrok.com/docs/agent/api."""

    def route(self) -> None:
        """Answer one request."""
        place, body = urlsplit(self.path), self.body()
        segments = [unquote(part) for part in place.path.strip("/").split("/")]
        if segments[0] == "double":
            return self.control(segments[-1], float(parse_qs(place.query).get("for", ["0"])[0]))
        log("info", "start", pg=place.path, id=uuid.uuid4().hex[:16])
        if segments == ["api", "status"]:
            return self.json(200, {"status": "online" if AGENT.online else "reconnecting"})
        if segments[:2] != ["api", "endpoints"] or "old" in FAULTS:
            return self.fail(None, 404, "Not Found")
        if len(segments) == 2:
            return self.create(body) if self.command == "POST" else self.list()
        return self.one(segments[2])

    do_GET = do_POST = do_DELETE = route  # noqa: N815 - names the base looks for

    def json(self, status: int, value: object) -> None:
        """Answer with JSON."""
        self.answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())

    def fail(self, code: int | None, status: int, message: str, error: str = "") -> None:
        """Answer with an error as the agent does."""
        log("warn", message, pg=self.path, err=error)
        details = {"err": error} if error else {}
        number = {} if code is None else {"error_code": code}
        self.json(status, {**number, "status_code": status, "msg": message, "details": details})

    def list(self) -> None:
        """All endpoints."""
        self.json(200, {"endpoints": list(AGENT.endpoints.values()), "uri": "/api/endpoints"})

    def one(self, name: str) -> None:
        """One endpoint, shown or deleted."""
        if name not in AGENT.endpoints:
            return self.fail(100, 404, "tunnel not found")
        if self.command == "DELETE":
            del AGENT.endpoints[name]
            return self.answer(204, [], b"")
        return self.json(200, AGENT.endpoints[name])

    def create(self, body: bytes) -> None:
        """A new endpoint."""
        time.sleep(float(FAULTS.get("hang", "0")))
        options = json.loads(body)
        if "garbage" in FAULTS:
            return self.answer(500, [], b"<html>no JSON</html>")
        if AGENT.not_ready > 0:
            AGENT.not_ready -= 1
            return self.fail(104, 503, "ngrok is not yet ready to start tunnels")
        unknown = sorted(set(options) - ENDPOINT_FIELDS)
        if unknown or options["name"] in AGENT.endpoints:
            return self.fail(102, 400, "invalid endpoint configuration", f"field {unknown}")
        try:
            endpoint = AGENT.create(options)
        except RefusedError as error:
            why = f"failed to start tunnel: {error}"
            return self.fail(103, 502, "failed to start tunnel", why)
        hidden = {"url"} if "no-url" in FAULTS else set[str]()
        return self.json(201, {key: value for key, value in endpoint.items() if key not in hidden})

    def control(self, what: str, seconds: float) -> None:
        """What tests ask for at run time."""
        self.answer(204, [], b"")
        if what == "die":
            os._exit(2)
        threading.Thread(target=AGENT.drop, args=[seconds], daemon=True).start()


class Edge(Quiet):
    """ngrok's cloud and the way back: a request to a public URL goes to the endpoint's upstream."""

    def route(self) -> None:
        """Forward one request."""
        body, host = self.body(), self.headers.get("Host") or ""
        endpoint = next(
            (e for e in AGENT.endpoints.values() if urlsplit(e["url"]).netloc == host), None
        )
        if endpoint is None or not AGENT.online:
            return self.refuse(404, 3200, f"The endpoint {host} is offline.")
        if "misrouted" in FAULTS:
            return self.answer(200, [], b"another site")
        browser = self.headers.get("User-Agent", "").startswith("Mozilla/")
        if browser and "ngrok-skip-browser-warning" not in self.headers:
            return self.refuse(200, 6024, f"You are about to visit {host}.")
        return self.forward(urlsplit(endpoint["upstream"]["url"]).netloc, host, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = route  # noqa: N815 - as above

    def forward(self, upstream: str, host: str, body: bytes) -> None:
        """Pass the request on as it came, with the three headers that ngrok adds."""
        log("info", "join connections", obj="join", id=uuid.uuid4().hex[:12], l=upstream)
        connection = http.client.HTTPConnection(upstream, timeout=60)
        try:
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() not in HOP_BY_HOP:
                    connection.putheader(name, value)
            connection.putheader("X-Forwarded-For", self.client_address[0])
            connection.putheader("X-Forwarded-Host", host)
            connection.putheader("X-Forwarded-Proto", "https")
            connection.endheaders(body)
            reply = connection.getresponse()
            content = reply.read()
        except OSError:
            return self.refuse(502, 8012, f"The agent cannot reach the upstream {upstream}.")
        finally:
            connection.close()
        kept = [
            (name, value)
            for name, value in reply.getheaders()
            if name.lower() not in HOP_BY_HOP | {"content-length"}
        ]
        return self.answer(reply.status, kept, content)

    def refuse(self, status: int, code: int, text: str) -> None:
        """An answer of ngrok's own."""
        body = f"{text}\r\n\r\nERR_NGROK_{code}\r\n".encode()
        self.answer(status, [("Ngrok-Error-Code", f"ERR_NGROK_{code}")], body)


class Server(ThreadingHTTPServer):
    """A server that does not hold the process back."""

    daemon_threads = True
    request_queue_size = 256


def serve(address: tuple[str, int], handler: type[Quiet]) -> Server:
    """Serve in a thread."""
    server = Server(address, handler)
    threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    return server


def serve_api() -> str:
    """Bind the API where the agent would, and give its address."""
    fixed = os.environ.get("NGROK_DOUBLE_API")
    host, _, port = (fixed or "127.0.0.1:4040").rpartition(":")
    if "port-taken" in FAULTS:
        terminate(f"listen tcp {host}:{port}: bind: address already in use")
    for number in [int(port)] if fixed else range(4040, 4061):
        try:
            return f"{host}:{serve((host, number), Api).server_address[1]}"
        except OSError:
            continue
    terminate(f"listen tcp {host}:{port}: bind: address already in use")


def config_path(arguments: list[str]) -> Path:
    """The configuration file in force."""
    if "--config" in arguments:
        return Path(arguments[arguments.index("--config") + 1])
    return Path(os.environ.get("XDG_CONFIG_HOME", "~/.config"), "ngrok", "ngrok.yml").expanduser()


def find_token(text: str) -> str:
    """The authtoken: from the environment, else from the configuration's text."""
    _, _, stored = text.partition("authtoken:")
    return os.environ.get("NGROK_AUTHTOKEN") or stored.partition("\n")[0].strip()


def start(arguments: list[str]) -> None:
    """`ngrok start --none --log stdout`."""
    path = config_path(arguments)
    if "broken-config" in FAULTS:
        sys.stderr.write(f"ERROR:  Error reading configuration file '{path}': yaml: line 2\n")
        sys.exit(1)
    log("info", "open config file", path=path, err="nil")
    AGENT.token = find_token(path.read_text(encoding="utf-8") if path.exists() else "")
    AGENT.note()
    stop = signal.SIG_IGN if "stubborn" in FAULTS else goodbye
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    if "chatter" in FAULTS:
        sys.stdout.buffer.write(b'lvl=info msg="\xff\xfe unfinished\nlvl=odd err=\n=\n\n')
        sys.stderr.write(f"NOISE {AGENT.token}\n")
        sys.stderr.flush()
    if "silent" in FAULTS:
        signal.pause()
    AGENT.api_address = serve_api()
    AGENT.note()
    log("info", "starting web service", obj="web", addr=AGENT.api_address, allow_hosts="[]")
    time.sleep(float(FAULTS.get("slow", "0")))
    connect()
    while True:
        signal.pause()


def connect() -> None:
    """The session with ngrok: up, refused, or never."""
    code = FAULTS.get("refused") or ("" if AGENT.token else "4018")
    if code:
        error = "authentication failed: " + error_text(code, token=AGENT.token)
        log("eror", "failed to reconnect session", obj="tunnels.session", err=error)
        terminate(error)
    while reason := next((UNREACHABLE[name] for name in UNREACHABLE if name in FAULTS), ""):
        log("eror", "failed to reconnect session", obj="tunnels.session", err=reason)
        time.sleep(0.1)
    AGENT.session_up()


def goodbye(*_: object) -> None:
    """SIGTERM: the agent says so and ends with 0."""
    os.write(1, b'lvl=info msg="received stop request" obj=app\n')
    os._exit(0)


def main(arguments: list[str]) -> None:
    """The commands that are used of it."""
    match arguments:
        case ["version"] | ["--version"]:
            sys.stdout.write(f"ngrok version {VERSION}\n")
        case ["config", "check", *_]:
            sys.stdout.write(f"Valid configuration file at {config_path(arguments)}\n")
        case ["start", *_]:
            start(arguments)
        case _:
            sys.exit(f"ERROR:  unknown command {arguments}")


AGENT = Agent("")
if __name__ == "__main__":
    main(sys.argv[1:])
