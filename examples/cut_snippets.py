"""Cut what `vove check` shows out of the receivers: python examples/cut_snippets.py

What stands between `snippet:start verify` and `snippet:end verify` in a receiver is written into
src/vovecli/core/conformance/snippets.py, for the wheel holds no examples.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULE = ROOT / "src/vovecli/core/conformance/snippets.py"
RECEIVERS = {
    "express": ("Express", "javascript", "app.js"),
    "fastify": ("Fastify", "javascript", "app.js"),
    "nextjs": ("Next.js", "javascript", "route.js"),
    "node": ("Node", "javascript", "server.js"),
    "flask": ("Flask", "python", "app.py"),
    "fastapi": ("FastAPI", "python", "app.py"),
    "django": ("Django", "python", "app.py"),
    "python": ("Python", "python", "app.py"),
    "go": ("Go", "go", "main.go"),
    "php": ("PHP", "php", "index.php"),
    "ruby": ("Sinatra", "ruby", "app.rb"),
}
HEAD = '''"""Corrected handlers by framework, cut out of the tested receivers of examples/receivers.

Written by examples/cut_snippets.py: change the receivers.
"""
# ruff: noqa: E501 - other people's style

from __future__ import annotations

# framework -> (its name, the language, the part of the handler that verifies)
SNIPPETS = {
'''
MARKED = re.compile(r"[^\n]*snippet:start verify\n(.*?)\n[^\n]*snippet:end verify", re.DOTALL)


def module() -> str:
    """The module's text."""
    rows = []
    for folder, (name, language, file) in RECEIVERS.items():
        source = (ROOT / "examples/receivers" / folder / file).read_text(encoding="utf-8")
        marked = MARKED.search(source)
        if not marked:
            raise SystemExit(f"{folder}/{file} has no snippet")
        code = marked[1].strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
        head = f'    "{folder}": (\n        "{name}",\n        "{language}",\n'
        rows.append(f'{head}        """\\\n{code}\n""",\n    ),\n')
    return HEAD + "".join(rows) + "}\n"


if __name__ == "__main__":
    MODULE.write_text(module(), encoding="utf-8")
