"""The classic mistake of each framework, planted in the handler that works there, is named.

And the fix says what to do in that framework.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from tests.e2e.broken import Checked, run_check
from tests.e2e.receivers import (
    OLD_SECRET,
    RunningReceiver,
    require_runtime,
    run_receiver,
)
from tests.e2e.setup_receivers import environment, prepare, steps

from vovecli.adapters.handlers import read_handler

if TYPE_CHECKING:
    from collections.abc import Iterator

OBSERVER = Path(__file__).with_name("observe_sqlite.py")
pytestmark = [pytest.mark.stacks, pytest.mark.timeout(300)]


class Planted(NamedTuple):
    """A mistake in a handler.

    Attributes:
        changes: Text of the handler and what stands there instead.
        code: What leads the diagnosis.
        advice: Of its fix.
        secret: What the handler's variable holds.
    """

    stack: str
    changes: dict[str, str]
    code: str
    advice: str = ""
    secret: str = OLD_SECRET


CLASSICS = {
    "nest without rawBody": Planted(
        "nestjs", {"rawBody: true, ": ""},
        "body-parsed-before-verify", "rawBody: true",
    ),
    "a DTO written again": Planted(
        "nestjs",
        {"request.rawBody ?? Buffer.alloc(0)": "Buffer.from(JSON.stringify(request.body))"},
        "body-reserialized", "rawBody: true",
    ),
    "next pages with its body parser": Planted(
        "nextjs-pages", {"export const config = { api: { bodyParser: false } };": ""},
        "body-parsed-before-verify", "bodyParser: false",
    ),
    "express.json() first": Planted(
        "express", {"const app = express();": "const app = express();\napp.use(express.json());"},
        "body-parsed-before-verify", "before any express.json()",
    ),
    "request.data first": Planted(
        "drf", {"    body = request.body": "    body = json.dumps(request.data).encode()"},
        "body-reserialized", "before request.data",
    ),
    "a pydantic model dumped again": Planted(
        "fastapi",
        {
            "app = FastAPI()": (
                "from pydantic import BaseModel, ConfigDict\n\n\nclass Delivery(BaseModel):\n"
                '    model_config = ConfigDict(extra="allow")\n    refId: str\n    status: str\n\n\n'
                "app = FastAPI()"
            ),
            "from __future__ import annotations": "",
            "receive(request: Request)": "receive(request: Request, delivery: Delivery)",
            "body = await request.body()": "body = delivery.model_dump_json().encode()",
        },
        "body-reserialized", "not a pydantic model",
    ),
    "a middleware that reads the stream": Planted(
        "koa",
        {
            "const app = new Koa();": (
                "const app = new Koa();\napp.use(async (ctx, next) => {\n"
                "  for await (const chunk of ctx.req) console.log(chunk.length);\n"
                "  return next();\n});"
            )
        },
        "crash-before-verification", "read ctx.req before any body parser",
    ),
    "json() and then the bytes": Planted(
        "hono",
        {"const body = Buffer.from(await c.req.arrayBuffer());": (
            "await c.req.raw.json();\n  const body = Buffer.from(await c.req.raw.arrayBuffer());"
        )},
        "crash-before-verification", "arrayBuffer() once",
    ),
    "getReader() twice": Planted(
        "hono",
        {"const body = Buffer.from(await c.req.arrayBuffer());": (
            "c.req.raw.body.getReader();\n"
            "  const body = Buffer.from((await c.req.raw.body.getReader().read()).value);"
        )},
        "crash-before-verification", "arrayBuffer() once",
    ),
    "a body that is still base64": Planted(
        "aws-lambda",
        {
            "event.isBase64Encoded ? 'base64' : 'utf8'": "'utf8'",
            "const isText = ": "const isText = false && ",
            "JSON.parse(body.toString())": "JSON.parse(Buffer.from(event.body, 'base64'))",
        },
        "body-base64-encoded",
    ),
    "quotes around the secret": Planted(
        "node", {}, "secret-prefix-in-key", "docker --env-file", f'"{OLD_SECRET}"',
    ),
    "an if that answers and goes on": Planted(
        "flask",
        {
            '        return "", 401\n': '        print("refused")\n',
            '    store(request.headers.get("svix-id") or request.headers["webhook-id"], payload)\n'
            '    return "", 200': (
                '    store(request.headers.get("svix-id") or str(body), payload)\n'
                '    return "", 200 if is_genuine(body, request.headers) else 401'
            ),
        },
        "effect-of-refused", "return the answer",
    ),
    "a catch that answers and goes on": Planted(
        "express",
        {
            "return response.sendStatus(401);": "response.sendStatus(401);",
            "store(request.get('svix-id') ??": "store(request.get('svix-id') ?? String(Math.random()) ??",
            "  return response.sendStatus(200);": (
                "  return response.headersSent ? undefined : response.sendStatus(200);"
            ),
        },
        "effect-of-refused", "return the answer",
    ),
}  # fmt: skip


@contextlib.contextmanager
def planted(mistake: Planted, place: Path) -> Iterator[RunningReceiver]:
    """Run a handler with a mistake, beside a copy of what it has installed."""
    require_runtime(mistake.stack)
    handler = read_handler(mistake.stack)
    source = handler.source
    for text, wrong in mistake.changes.items():
        assert text in source, text
        source = source.replace(text, wrong)
    folder, state = place / "app", place / "state"
    state.mkdir()
    subprocess.run(["cp", "-al", prepare(mistake.stack), folder], check=True)
    (folder / handler.file).unlink()
    (folder / handler.file).write_text(source, encoding="utf-8")
    if handler.start.startswith("npx next build"):
        subprocess.run(["rm", "-r", folder / ".next"], check=True)
        variables = environment(mistake.stack)
        subprocess.run(["npx", "next", "build"], cwd=folder, env=variables, check=True)
    line = f"cd {shlex.quote(str(folder))} && {steps(handler)[1]}"
    with run_receiver(mistake.stack, mistake.secret, state=state, line=line) as receiver:
        yield receiver


def check_planted(mistake: Planted, place: Path) -> Checked:
    """What `vove check` says of it, its effects included."""
    with planted(mistake, place) as receiver:
        observe = shlex.join([sys.executable, str(OBSERVER), str(receiver.database)])
        url = receiver.base_url + receiver.paths[0]
        return run_check(url, "--fail-on", "warn", "--observe", observe, secret=OLD_SECRET)


@pytest.mark.parametrize("name", CLASSICS)
def test_a_classic_mistake(name: str, tmp_path: Path) -> None:
    """Its cause leads; the framework's own fix is in the words."""
    mistake = CLASSICS[name]
    checked = check_planted(mistake, tmp_path)

    found = [(one["code"], one["fix"]) for one in checked.report["diagnosis"]]
    assert [mistake.code] == [code for code, _ in found[:1]], found
    assert mistake.advice in found[0][1]
