"""What a handler is made with, by the marks that frameworks leave in answers of their own."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from vovecli.core.codes.raw_bodies import OF_RAW_BODIES, RAW_BODIES
from vovecli.core.outcomes.checks import Framework

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from vovecli.core.outcomes.checks import Diagnosis
    from vovecli.core.probes.exchanges import ProbeAnswer

_READ_CHARACTERS = 2000

# framework, as people write it -> the stack of its tested handler; "" where there is none yet
STACKS: Mapping[str, str] = {
    "Express": "express",
    "NestJS": "nestjs",
    "Next.js (app router)": "nextjs",
    "Next.js (pages router)": "nextjs-pages",
    "Fastify": "fastify",
    "Hono": "hono",
    "Koa": "koa",
    "Nitro": "nitro",
    "Node": "node",
    "Flask": "flask",
    "FastAPI": "fastapi",
    "Starlette": "",
    "Litestar": "litestar",
    "Django": "django",
    "Django REST framework": "drf",
    "aiohttp": "aiohttp",
    "Python": "python",
    "Go": "go",
    "PHP": "php",
    "Sinatra": "sinatra",
    "Rack": "rack",
    "AWS Lambda": "aws-lambda",
    "Cloudflare Workers": "cloudflare-worker",
    "Rails": "",
    "Tornado": "",
    "Spring": "",
    "ASP.NET": "",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that frameworks write into answers.

    Attributes:
        names: The frameworks that write it, the likeliest first.
        patterns: All found in one answer: its header lines, names in lower case, and its body.
        seen: The mark in words.
        certain: Whether nothing else that is common writes it.
    """

    names: tuple[str, ...]
    patterns: tuple[re.Pattern[str], ...]
    seen: str
    certain: bool = True

    def is_in(self, text: str) -> bool:
        """Whether an answer bears it."""
        return all(pattern.search(text) for pattern in self.patterns)


def _mark(names: str, *patterns: str, seen: str, certain: bool = True) -> Mark:
    compiled = (re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)
    return Mark(tuple(names.split("|")), tuple(compiled), seen, certain)


def _shape(name: str, pattern: str) -> Mark:
    """An error body in a framework's form: anybody can write the like, so it is a guess."""
    return _mark(name, pattern, seen="the shape of its error body", certain=False)


# Frameworks whose answers close idle connections after the five seconds that are Node's default.
_ON_NODE = (
    "Node", "Express", "Koa", "Hono", "Fastify", "NestJS", "Nitro", "Next.js (app router)",
    "Next.js (pages router)",
)  # fmt: skip
# What is special before what is general.
_MARKS = (
    *(
        _mark(names, pattern, seen="a stack trace")
        for names, pattern in (
            ("NestJS", r"node_modules/@nestjs/core/"),
            ("Fastify", r"node_modules/fastify/"),
            ("Koa", r"node_modules/koa/"),
            ("Express", r"node_modules/(?:express|router)/lib/"),
            ("Django REST framework", r"site-packages/rest_framework/"),
            ("Django", r"site-packages/django/core/handlers/"),
            ("FastAPI", r"site-packages/fastapi/"),
            ("Starlette", r"site-packages/starlette/"),
            ("Flask", r"site-packages/flask/app\.py"),
            ("Rails", r"/gems/actionpack-"),
            ("Sinatra", r"/gems/sinatra-"),
            ("Go", r"^goroutine \d+ \["),
            ("PHP", r"\.php(?:\(\d+\)|:\d+)$|^PHP Fatal error:"),
        )
    ),
    _shape(
        "NestJS",
        r'^\{"message":"(?!Route )[^"]*",(?:"error":"[^"]*",)?"statusCode":\d+\}'
        r'|^\{"statusCode":500,"message":"Internal server error"\}'
    ),
    _mark("Express", r"<pre>Cannot (?:POST|GET|PUT) /", seen="its page for an unknown path"),
    _mark("Fastify", r'"message":"Route [A-Z]+:', seen="its answer to an unknown path"),
    _mark("Fastify", r'"code":"FST_ERR_', seen="its error code"),
    _mark("Next.js (app router)", r"^vary: .*\brsc\b", seen="vary: rsc"),
    _mark(
        "Next.js (pages router)",
        r"^x-powered-by: Next\.js",
        r"<meta charSet=.utf-8. data-next-head",
        seen="its page for an unknown path",
    ),
    _mark(
        "Next.js (app router)|Next.js (pages router)",
        r"^x-powered-by: Next\.js",
        seen="x-powered-by: Next.js",
    ),
    _shape("Nitro", r'^\{\s*"error": ?true,\s*"url":'),
    _mark("aiohttp", r"^server: .*\baiohttp/", seen="its Server header"),
    _mark("Tornado", r"^server: TornadoServer", seen="its Server header"),
    _mark(
        "Django REST framework",
        r"^allow: (?:OPTIONS, POST|POST, OPTIONS)$",
        r"^vary: Accept\b(?!-)",
        seen="Allow: OPTIONS, POST and Vary: Accept",
    ),
    _shape("Litestar", r'^\{"status_code":\d+,"detail":'),
    _shape(
        "FastAPI",
        r'^\{"detail":(?:"Not Found"|"Method Not Allowed"|\[\{"type":)'
    ),
    _mark(
        "Django",
        r"^cross-origin-opener-policy: same-origin",
        r"^referrer-policy: same-origin",
        r"^x-frame-options: DENY",
        seen="the headers of its SecurityMiddleware",
    ),
    _mark(
        "Django",
        r"<p>The requested resource was not found on this server\.</p>"
        r"|You're seeing this error because you have <code>DEBUG = True",
        seen="its page for an unknown path",
    ),
    _mark("Flask", r"^server: Werkzeug", seen="Server: Werkzeug"),
    _mark(
        "Flask",
        r"<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was not found",
        seen="Werkzeug's page for an unknown path",
    ),
    _shape("Spring", r'^\{"timestamp":"?[^,]+,"status":\d+,"error":"'),
    _mark("ASP.NET", r"^server: Kestrel|^x-powered-by: ASP\.NET", seen="its headers"),
    _mark("Rails", r"^x-request-id: ", r"^x-runtime: [\d.]+$", seen="x-runtime", certain=False),
    _mark("Sinatra", r"Sinatra doesn.t know this ditty", seen="its page for an unknown path"),
    _mark("Go", r"^404 page not found\n?\Z", seen="its answer to an unknown path"),
    _mark("PHP", r"^x-powered-by: PHP", seen="x-powered-by: PHP"),
    _mark("Express|NestJS", r"^x-powered-by: Express", seen="x-powered-by: Express"),
    _mark(
        "FastAPI|Starlette|Litestar|Django|Django REST framework",
        r"^server: (?:uvicorn|hypercorn)",
        seen="its Server header",
    ),
    _mark("Flask|Django|Django REST framework", r"^server: gunicorn", seen="Server: gunicorn"),
    _mark(
        "Django|Python|Django REST framework", r"^server: WSGIServer/", seen="Server: WSGIServer"
    ),
    _mark("Python", r"^server: (?:Base|Simple)HTTP/\S+ Python/", seen="its Server header"),
    _mark(
        "Sinatra|Rack|Rails", r"^server: (?:WEBrick|thin|puma)|^x-cascade: pass", seen="its headers"
    ),
    _mark("AWS Lambda", r"^apigw-requestid:|^x-amzn-requestid:", seen="its headers", certain=False),
    _mark("Hono", r"\n\n404 Not Found\Z", seen="its answer to an unknown path", certain=False),
    _mark(
        "Koa|Node",
        r"^keep-alive: timeout=5$",
        r"\n\n(?:Not Found|Unauthorized)\Z",
        seen="its answers in plain text",
        certain=False,
    ),
    _mark(
        "|".join(_ON_NODE),
        r"^keep-alive: timeout=5$",
        seen="Keep-Alive: timeout=5",
        certain=False,
    ),
)  # fmt: skip


def recognise(answers: Iterable[ProbeAnswer], of_app: Framework | None = None) -> Framework | None:
    """The framework behind an endpoint, or None where nothing shows it.

    Args:
        answers: All that came back, those of unknown paths and wrong methods included.
        of_app: What the command that started the app, and the files beside it, say.
    """
    texts = {_text(answer) for answer in answers}
    marks = [mark for mark in _MARKS if any(map(mark.is_in, texts))]
    if not marks:
        return of_app
    first = min(marks, key=lambda mark: (len(mark.names), not mark.certain))
    names = first.names
    for mark in marks:  # a mark of several frameworks leaves fewer of those of another
        names = tuple(name for name in names if name in mark.names) or names
    is_guess = len(names) > 1 or not any(mark.certain for mark in marks if names[0] in mark.names)
    if of_app and is_guess:
        return of_app
    return framework(names, first.seen, is_guess=is_guess)


def framework(names: Sequence[str], seen: str, *, is_guess: bool | None = None) -> Framework:
    """A framework, or several that look alike, with the handlers for them."""
    stacks = tuple(stack for name in names if (stack := STACKS[name]))
    guess = len(names) > 1 if is_guess is None else is_guess
    return Framework(tuple(names), seen, stacks[:2], is_guess=guess)


def advised(diagnosis: Diagnosis, framework: Framework | None) -> Diagnosis:
    """A mistake whose fix also says what to do in the framework, or in the two likeliest ones."""
    if framework is None or diagnosis.code not in OF_RAW_BODIES:
        return diagnosis
    names = [name for name in framework.names if name in RAW_BODIES][:2]
    advice = "; ".join(f"in {name}: {RAW_BODIES[name]}" for name in names)
    return replace(diagnosis, fix=f"{diagnosis.fix}; {advice}") if advice else diagnosis


def _text(answer: ProbeAnswer) -> str:
    head = "\n".join(f"{name.lower()}: {value}" for name, value in answer.headers)
    printed = "\n".join(answer.printed)[:_READ_CHARACTERS]
    # The body is last: what an app answers to an unknown path is known by its end.
    return f"{head[:_READ_CHARACTERS]}\n{printed}\n\n{answer.text[:_READ_CHARACTERS]}"
