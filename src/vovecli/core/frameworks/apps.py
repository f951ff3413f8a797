"""What an app is made with, by the command that starts it and the files beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.frameworks.marks import framework

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from vovecli.core.outcomes.checks import Framework

# file -> a dependency as it is written there -> the framework; what is special first
DEPENDENCIES: Mapping[str, Mapping[str, str]] = {
    "package.json": {
        r'"@nestjs/core"': "NestJS",
        r'"next"\s*:': "Next.js (app router)|Next.js (pages router)",
        r'"(?:nitropack|nitro|nuxt)"\s*:': "Nitro",
        r'"fastify"\s*:': "Fastify",
        r'"hono"\s*:': "Hono",
        r'"koa"\s*:': "Koa",
        r'"express"\s*:': "Express",
        r"\{": "Node",
    },
    "requirements.txt|pyproject.toml|Pipfile": {
        r"(?i)\bdjangorestframework\b": "Django REST framework",
        r"(?i)\bdjango\b": "Django",
        r"(?i)\bfastapi\b": "FastAPI",
        r"(?i)\blitestar\b": "Litestar",
        r"(?i)\bstarlette\b": "Starlette",
        r"(?i)\baiohttp\b": "aiohttp",
        r"(?i)\btornado\b": "Tornado",
        r"(?i)\bflask\b": "Flask",
    },
    "manage.py": {"django": "Django"},
    "go.mod": {r"^module ": "Go"},
    "composer.json": {r"\{": "PHP"},
    "Gemfile": {
        r"""gem ['"]rails['"]""": "Rails",
        r"""gem ['"]sinatra['"]""": "Sinatra",
        r"""gem ['"]rack['"]""": "Rack",
    },
    "pom.xml|build.gradle|build.gradle.kts": {r"spring-boot": "Spring"},
}
FILES_OF_STACKS = tuple(name for names in DEPENDENCIES for name in names.split("|"))
# program -> the frameworks that it runs, or that are written for it
_PROGRAMS: Mapping[str, str] = {
    "flask": "Flask",
    "fastapi": "FastAPI",
    "litestar": "Litestar",
    "next": "Next.js (app router)|Next.js (pages router)",
    "nest": "NestJS",
    "rails": "Rails",
    "go": "Go",
    "php": "PHP",
    "dotnet": "ASP.NET",
    "rackup": "Rack|Sinatra",
}
# program -> the files that may say what it runs; others beside it belong to something else
_FAMILIES: Mapping[str, Sequence[str]] = {
    "node npm npx yarn pnpm bun tsx ts-node nodemon": ["package.json"],
    "python python3 uv poetry pipenv uvicorn gunicorn hypercorn daphne": [
        "manage.py",
        "requirements.txt",
        "pyproject.toml",
        "Pipfile",
    ],
    "ruby bundle puma": ["Gemfile"],
    "java mvn mvnw gradle gradlew": ["pom.xml", "build.gradle", "build.gradle.kts"],
}


def framework_of_app(argv: Sequence[str], files: Mapping[str, str]) -> Framework | None:
    """The framework that a command starts; None where neither it nor the files say.

    Args:
        argv: The program and its arguments.
        files: Those of `FILES_OF_STACKS` that are beside it, by name.
    """
    program = argv[0].replace("\\", "/").rpartition("/")[2]
    if names := _PROGRAMS.get(program):
        return framework(names.split("|"), f"it is started by {program}")
    for programs, known in _FAMILIES.items():
        if program in programs.split(" "):
            return _of_files({name: files[name] for name in known if name in files})
    return None if files.keys() & {"package.json"} else _of_files(files)


def _of_files(files: Mapping[str, str]) -> Framework | None:
    for names, dependencies in DEPENDENCIES.items():
        for name in names.split("|"):
            for pattern, found in dependencies.items():
                if name in files and re.search(pattern, files[name], re.MULTILINE):
                    return framework(found.split("|"), name)
    return None
