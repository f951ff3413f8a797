"""The framework of a handler, by the marks that it leaves in answers."""

from __future__ import annotations

import pytest

from vovecli.core.codes.handler_mistakes import diagnosis
from vovecli.core.codes.raw_bodies import RAW_BODIES
from vovecli.core.frameworks.apps import framework_of_app
from vovecli.core.frameworks.marks import STACKS, advised, recognise
from vovecli.core.handlers import FILES
from vovecli.core.probes.exchanges import ProbeAnswer

DRF = "Django REST framework"
NODE = ("Keep-Alive", "timeout=5")
EXPRESS = ProbeAnswer(401, [("X-Powered-By", "Express")])
NEST = b'{"message":"Cannot POST /x","error":"Not Found","statusCode":404}'
DJANGO_PAGE = b"<h1>Not Found</h1><p>The requested resource was not found on this server.</p>"
DJANGO = [
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
]

KNOWN = {
    "NestJS": ProbeAnswer(404, body=NEST),
    "Express": ProbeAnswer(404, body=b"<pre>Cannot POST /x</pre>"),
    "Fastify": ProbeAnswer(404, body=b'{"message":"Route POST:/x not found","statusCode":404}'),
    "Next.js (app router)": ProbeAnswer(405, [("vary", "rsc, next-router-state-tree")]),
    "Next.js (pages router)": ProbeAnswer(
        404,
        [("X-Powered-By", "Next.js")],
        b'<!DOCTYPE html><html><head><meta charSet="utf-8" data-next-head=""/>',
    ),
    "Nitro": ProbeAnswer(404, body=b'{\n  "error": true,\n  "url": "http://localhost/x",\n'),
    "aiohttp": ProbeAnswer(401, [("Server", "Python/3.11 aiohttp/3.14.5")]),
    "Django REST framework": ProbeAnswer(
        403, [("Allow", "OPTIONS, POST"), ("Vary", "Accept, Cookie")]
    ),
    "Litestar": ProbeAnswer(404, body=b'{"status_code":404,"detail":"Not Found"}'),
    "FastAPI": ProbeAnswer(404, body=b'{"detail":"Not Found"}'),
    "Django": ProbeAnswer(401, DJANGO),
    "Flask": ProbeAnswer(401, [("Server", "Werkzeug/3.1 Python/3.11")]),
    "Spring": ProbeAnswer(
        404, body=b'{"timestamp":"2026-01-01T00:00:00Z","status":404,"error":"Not Found"}'
    ),
    "Go": ProbeAnswer(404, body=b"404 page not found\n"),
    "PHP": ProbeAnswer(401, [("X-Powered-By", "PHP/8.2.29")]),
    "Python": ProbeAnswer(401, [("Server", "BaseHTTP/0.6 Python/3.11")]),
}
# Anybody can write JSON of this shape: a guess, unless a header says the same.
SHAPES = {"NestJS", "Nitro", "Litestar", "FastAPI", "Spring"}
GUESSED = {
    ("Express", "NestJS"): EXPRESS,
    ("Flask", "Django", DRF): ProbeAnswer(401, [("Server", "gunicorn")]),
    ("FastAPI", "Starlette", "Litestar", "Django", DRF): ProbeAnswer(401, [("server", "uvicorn")]),
    ("Django", "Python", DRF): ProbeAnswer(401, [("Server", "WSGIServer/0.2 CPython/3.11")]),
    ("Next.js (app router)", "Next.js (pages router)"): ProbeAnswer(
        404, [("X-Powered-By", "Next.js"), NODE]
    ),
    ("Koa", "Node"): ProbeAnswer(404, [NODE], b"Not Found"),
    ("Hono",): ProbeAnswer(404, [NODE], b"404 Not Found"),
    ("Rails",): ProbeAnswer(401, [("X-Request-Id", "a"), ("X-Runtime", "0.012")]),
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_one_framework_alone_says(name: str) -> None:
    """Its own error body or header makes it known."""
    found = recognise([ProbeAnswer(200), KNOWN[name]])

    assert found
    assert (found.names, found.is_guess) == ((name,), name in SHAPES)
    assert found.stacks == ((STACKS[name],) if STACKS[name] else ())


@pytest.mark.parametrize("names", GUESSED)
def test_what_several_frameworks_say(names: tuple[str, ...]) -> None:
    """It is a guess, and at most two handlers are named."""
    found = recognise([GUESSED[names]])

    assert found
    assert (found.names, found.is_guess) == (names, True)
    assert len(found.stacks) <= 2


def test_marks_together_say_more() -> None:
    """The page for an unknown path decides between the frameworks behind one header."""
    nest = recognise([EXPRESS, ProbeAnswer(404, [("X-Powered-By", "Express"), NODE], NEST)])
    rest = recognise([ProbeAnswer(404, body=DJANGO_PAGE), KNOWN[DRF]])
    django = recognise([ProbeAnswer(401, [("Server", "gunicorn"), *DJANGO])])

    assert nest
    assert (nest.names, nest.is_guess) == (("NestJS",), False)
    assert rest
    assert rest.names == (DRF,)
    assert django
    assert (django.names, django.is_guess) == (("Django",), False)


TRACES = {
    "NestJS": "at /app/node_modules/@nestjs/core/router.js:9\nat /app/node_modules/express/lib/x.js",
    "Express": "at next (/app/node_modules/express/lib/router/route.js:149:13)",
    "FastAPI": 'File "/v/site-packages/starlette/x.py"\nFile "/v/site-packages/fastapi/r.py"',
    "Starlette": 'File "/v/site-packages/starlette/routing.py", line 74',
    DRF: 'File "/v/site-packages/django/core/handlers/b.py"\n"/v/site-packages/rest_framework/v.py"',
    "Django": 'File "/v/site-packages/django/core/handlers/base.py", line 197',
    "Flask": 'File "/v/site-packages/flask/app.py", line 917',
    "Go": "http: panic serving\ngoroutine 6 [running]:",
    "PHP": "PHP Fatal error:  Uncaught Exception",
    "Rails": "/gems/actionpack-7.1/lib/x.rb:1",
}


@pytest.mark.parametrize("name", TRACES)
def test_a_stack_trace_says_it(name: str) -> None:
    """Whether the handler answers it or the app prints it."""
    for answer in (
        ProbeAnswer(500, body=TRACES[name].encode()),
        ProbeAnswer(500, printed=tuple(TRACES[name].split("\n"))),
    ):
        found = recognise([answer])

        assert found
        assert (found.names, found.seen, found.is_guess) == ((name,), "a stack trace", False)


APPS = {
    "npm start": ({"package.json": '{"dependencies": {"express": "5"}}'}, "Express"),
    "node app.js": (
        {
            "package.json": '{"dependencies": {"@nestjs/core": "5", "express": "5"}}',
            "go.mod": "module x",
        },
        "NestJS",
    ),
    "pnpm dev": ({"package.json": "{}"}, "Node"),
    "python app.py": (
        {"package.json": '{"express": "5"}', "requirements.txt": "svix\nFlask==3"},
        "Flask",
    ),
    "/v/bin/gunicorn app:app": ({"pyproject.toml": '["django>=5", "djangorestframework"]'}, DRF),
    "python manage.py runserver": ({"manage.py": "import django"}, "Django"),
    "go run .": ({}, "Go"),
    "./server": ({"go.mod": "module example.org/x"}, "Go"),
    "php -S localhost:3000": ({"package.json": '{"express": "5"}'}, "PHP"),
    "bundle exec puma": ({"Gemfile": "gem 'sinatra'"}, "Sinatra"),
    "flask run": ({}, "Flask"),
    "java -jar app.jar": ({"pom.xml": "<a>spring-boot-starter</a>"}, "Spring"),
    "python x.py": ({"package.json": '{"express": "5"}'}, ""),
    "make dev": ({"package.json": '{"express": "5"}', "go.mod": "module x"}, ""),
    "node y.js": ({}, ""),
}


@pytest.mark.parametrize("command", APPS)
def test_the_command_and_the_files_beside_it_say_it(command: str) -> None:
    """Only those of its own language: a folder may hold a front end, too."""
    files, name = APPS[command]
    found = framework_of_app(command.split(" "), files)

    assert (found.names[0] if found else "") == name
    assert not found or found.is_guess == (len(found.names) > 1)


def test_what_an_answer_shows_comes_before_what_the_command_says() -> None:
    """Unless the answer leaves it open."""
    flask = framework_of_app(["flask", "run"], {})

    assert recognise([ProbeAnswer(401)], flask) == flask
    assert recognise([ProbeAnswer(401, [("Server", "gunicorn")])], flask) == flask
    assert recognise([KNOWN["Go"]], flask) != flask


def test_node_alone_is_a_guess_among_what_runs_on_it() -> None:
    """And does not decide between frameworks that all run on it."""
    node = recognise([ProbeAnswer(401, [NODE])])
    express = recognise([ProbeAnswer(401, [("X-Powered-By", "Express"), NODE])])

    assert node
    assert (node.names[:2], node.is_guess) == (("Node", "Express"), True)
    assert express
    assert (express.names, express.is_guess) == (("Express", "NestJS"), True)


def test_nothing_is_guessed_from_nothing() -> None:
    """An answer without a mark names no framework."""
    assert recognise([ProbeAnswer(401), ProbeAnswer(404, body=b"Not Found")]) is None


def test_every_stack_that_is_offered_exists() -> None:
    """And every handler is offered to somebody."""
    assert set(FILES) == {stack for stack in STACKS.values() if stack}


def test_the_fix_for_a_body_is_the_framework_s_own() -> None:
    """Of the two likeliest where it is a guess; a fix that has nothing to do with it stays."""
    parsed, clock = (
        diagnosis(code, "likely") for code in ("body-parsed-before-verify", "clock-skew")
    )
    nest, express = recognise([KNOWN["NestJS"]]), recognise([EXPRESS])
    tornado = recognise([ProbeAnswer(401, [("Server", "TornadoServer/6.5")])])

    assert advised(parsed, nest).fix == f"{parsed.fix}; in NestJS: {RAW_BODIES['NestJS']}"
    assert "; in Express: " in advised(parsed, express).fix
    assert "; in NestJS: " in advised(parsed, express).fix
    assert [parsed] * 2 == [advised(parsed, framework) for framework in (None, tornado)]
    assert advised(clock, nest) == clock


def test_advice_is_for_frameworks_that_are_recognised() -> None:
    """By the same names."""
    assert set(STACKS) >= set(RAW_BODIES)
