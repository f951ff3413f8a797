"""The frame of the pages that are written to files: no scripts, nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from vovecli.ui.text import printable_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

# Contrast of text to ground is 4.5:1 or more in both schemes; meaning never hangs on colour alone.
BASE_STYLE = """
:root { color-scheme: light dark;
  --ground: #ffffff; --text: #1a1a1a; --soft: #595959; --line: #d0d0d0; --panel: #f5f5f5;
  --good: #116329; --bad: #b3151b; --warn: #7a4a00; --accent: #0b5cad; }
@media (prefers-color-scheme: dark) { :root {
  --ground: #16181c; --text: #e8e8e8; --soft: #a8a8a8; --line: #3c4046; --panel: #21242a;
  --good: #6cc983; --bad: #ff8a84; --warn: #e5b567; --accent: #7db8f0; } }
body { margin: 0 auto; max-width: 60rem; padding: 1.5rem 1rem 4rem;
  background: var(--ground); color: var(--text); font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: 1rem; margin: 0; }
p { margin: .4rem 0; }
.soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; color: var(--soft); }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
summary { cursor: pointer; padding: .3rem 0; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
"""


def html_page(title: str, body: str, *, style: str) -> str:
    """A whole page.

    Args:
        title: Plain text.
        body: Markup; text in it has gone through `text`.
        style: CSS.
    """
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{text(title)}</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def report_page(title: str, parts: Iterable[str], *, style: str) -> str:
    """A page in the base style and a style of its own; of the parts, empty ones are left out."""
    body = "\n".join(("<main>", *filter(None, parts), "</main>"))
    return html_page(title, body, style=BASE_STYLE + style)


def text(plain: str) -> str:
    """Untrusted text as markup that shows it."""
    return escape(printable_lines(plain))


def sentence(plain: str) -> str:
    """The same, with a capital letter and a full stop."""
    return text(f"{plain[:1].upper()}{plain[1:]}.")
