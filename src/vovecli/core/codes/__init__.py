"""The register of codes: every cause and finding with its texts, written once.

`CAUSES` holds what `verify` and `listen` name as the cause of a failure, `FINDINGS` the notes that
decide nothing. Reports, `--explain` and docs/reference/causes.md come from here; where a code is
found, only what is special about this case (the *words*) is said.

A code means one thing everywhere. What `check` calls a *handler's* mistake belongs here, too:
`handler_mistakes` has a `HandlerText` for each. Where the code is in `CAUSES` as well, it must be
the same mistake: of the signer there, of the handler here. Which rows of `core.mistakes` a handler
can make, and under which code, their `handler_code` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.bodies import BODY_CAUSES
from vovecli.core.codes.findings import EVENT_FINDINGS, OTHER_FINDINGS
from vovecli.core.codes.requests import CAPTURE_CAUSES, HEADER_CAUSES, SECRET_CAUSES
from vovecli.core.codes.signing import CONTENT_CAUSES, FORM_CAUSES, KEY_CAUSES, OTHER_CAUSES
from vovecli.core.outcomes.verdicts import Cause, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.codes.text import CauseText
    from vovecli.core.outcomes.verdicts import Certainty

CAUSES: Mapping[str, CauseText] = {
    **HEADER_CAUSES,
    **FORM_CAUSES,
    **KEY_CAUSES,
    **CONTENT_CAUSES,
    **BODY_CAUSES,
    **OTHER_CAUSES,
    **SECRET_CAUSES,
    **CAPTURE_CAUSES,
}
FINDINGS: Mapping[str, str] = {**EVENT_FINDINGS, **OTHER_FINDINGS}


def _text_of(code: str) -> CauseText:
    """The texts of a code, also of one that names a header: `missing-header:svix-id`."""
    return CAUSES[code.partition(":")[0]]


def cause_of(code: str, words: str = "", certainty: Certainty = "observed", fix: str = "") -> Cause:
    """A cause as it is reported.

    Args:
        code: A key of `CAUSES`, perhaps with `:` and a header's name.
        words: What is special about this case; may be empty.
        certainty: How it was found.
        fix: What to change in this case; empty: what the register says.
    """
    text = _text_of(code)
    return Cause(code, _message(code, words), fix or text.fix, certainty, text.snippet)


def finding_of(code: str, words: str = "") -> Finding:
    """A cause as a note beside another one."""
    return Finding(code, _message(code, words))


def _message(code: str, words: str) -> str:
    header = code.partition(":")[2] or "webhook"
    return _text_of(code).message(words).replace("{header}", header)
