"""Which framework answers, guessed from what frameworks say by themselves, to show its snippet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from vovecli.core.conformance.causes import MISTAKES
from vovecli.core.conformance.snippets import SNIPPETS
from vovecli.core.outcomes.checks import Snippet

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from vovecli.core.conformance.probes import Answer
    from vovecli.core.outcomes.checks import Diagnosis

# Marks of frameworks, the more telling before the more general: header to look at ("" is the body).
_MARKS = (
    ("nextjs", "x-powered-by", r"Next\.js"),
    ("express", "x-powered-by", r"Express"),
    ("php", "x-powered-by", r"PHP"),
    ("flask", "server", r"Werkzeug"),
    ("fastapi", "server", r"uvicorn|hypercorn"),
    ("django", "server", r"WSGIServer"),
    ("python", "server", r"Python"),
    ("ruby", "server", r"WEBrick|Puma|thin"),
    ("ruby", "x-cascade", r"pass"),
    ("express", "", r"<pre>Cannot (?:POST|GET|PUT) /"),
    ("fastify", "", r'"message":"Route [A-Z]+:'),
    ("fastapi", "", r'^\{"detail":'),
    ("django", "x-frame-options", r"DENY"),
    ("go", "", r"^404 page not found\n$"),
    ("node", "keep-alive", r"timeout=5"),
)
# Whose sample it is, where the answers say nothing.
_DEFAULTS = {"docs-kyb-python": "flask", "python-bytes-repr": "python"}


def guess_framework(answers: Iterable[Answer]) -> str | None:
    """The key of a snippet, or None where no answer bears a mark."""
    answers = list(answers)
    for framework, header, pattern in _MARKS:
        for answer in answers:
            if re.search(pattern, answer.header(header) if header else answer.text[:2000]):
                return framework
    return None


def choose_snippet(diagnosis: Sequence[Diagnosis], answers: Iterable[Answer]) -> Snippet | None:
    """A corrected handler for the leading mistake, where code helps more than words."""
    if not diagnosis or not MISTAKES[diagnosis[0].code].snippet:
        return None
    guess = guess_framework(answers)
    framework = guess or _DEFAULTS.get(diagnosis[0].code, "express")
    name, language, code = SNIPPETS[framework]
    return Snippet(name, language, code, guessed=guess is not None)
