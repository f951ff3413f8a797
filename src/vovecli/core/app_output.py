"""What an app prints: the lines of it that say what went wrong, in any language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST_SHOWN = 4
# `app.py", line 12`, `app.js:12:5`, `app.php(12)`, `app.php on line 12`: a place in a source file.
_PLACE = re.compile(
    r"[\w.-]\.(?:[cm]?[jt]sx?|py|go|php|rb|ru|java|kt|cs|rs|exs?)"
    r"(?:\"?, line |:|\(| on line )\d+"
)
# Frameworks, standard libraries and runtimes: not what the user wrote.
_FOREIGN = re.compile(
    r"node_modules[/\\]|\bnode:|site-packages[/\\]|dist-packages[/\\]|<frozen |/vendor/"
    r"|/gems/|/lib/ruby/|/rubygems/|/lib/python\d|[/\\]Lib[/\\]|/usr/(?:local/)?(?:lib|share)/"
    r"|/go/(?:src|pkg)/|/golang|/src/(?:net|runtime|internal|os|sync)/|<internal:"
)
_ERROR = re.compile(
    r"^(?!\s+(?:at|from|File)\b).*?(?:\b[A-Z]?[\w.:\\]*(?:Error|Exception)\b|\bpanic\b|\b[Ff]atal\b)"
)
_PYTHON = "Traceback (most recent call last)"


def telling_lines(lines: Sequence[str]) -> tuple[str, ...]:
    """The error and the place in the app's own source that raised it; else the last lines.

    Args:
        lines: In the order in which they were printed.
    """
    errors = [place for place, line in enumerate(lines) if _ERROR.search(line)]
    own = [place for place, line in enumerate(lines) if _is_own(line)]
    errors = [place for place in errors if not lines[place][:1].isspace()] or errors
    if not errors and not own:
        return tuple(line for line in lines if line.strip())[-MOST_SHOWN:]
    # Python prints the innermost frame last, and the error after it; everybody else first.
    innermost_last = any(_PYTHON in line for line in lines)
    chosen = {(errors[-1] if innermost_last else errors[0])} if errors else set()
    if own:
        place = own[-1] if innermost_last else own[0]
        chosen.add(place)
        if innermost_last and place + 1 < len(lines) and lines[place + 1].startswith("    "):
            chosen.add(place + 1)  # the line of source
        elif lines[place].startswith("\t") and place and not _PLACE.search(lines[place - 1]):
            chosen.add(place - 1)  # Go names the function in the line before
    return tuple(lines[place] for place in sorted(chosen))


def speaks_of_error(lines: Sequence[str]) -> bool:
    """Whether there is an error or a place in the app's own source among them."""
    return any(_ERROR.search(line) or _is_own(line) for line in lines)


def _is_own(line: str) -> bool:
    """Whether it names a place in the app's own source."""
    return bool(_PLACE.search(line)) and not _FOREIGN.search(line)
