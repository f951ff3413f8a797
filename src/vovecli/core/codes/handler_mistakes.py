"""The handler's mistakes by code: what each means and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.codes.handler_answers import ANSWER_MISTAKES
from vovecli.core.codes.handler_signing import SIGNING_MISTAKES
from vovecli.core.outcomes.checks import Diagnosis, Proof

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.codes.text import HandlerText

HANDLER_MISTAKES: Mapping[str, HandlerText] = {**SIGNING_MISTAKES, **ANSWER_MISTAKES}


def diagnosis(code: str, certainty: Proof, detail: str = "") -> Diagnosis:
    """A mistake as it is reported.

    Args:
        code: A key of `HANDLER_MISTAKES`.
        certainty: How it was found.
        detail: What was seen in this run; ends without a period.
    """
    mistake = HANDLER_MISTAKES[code]
    message = f"{mistake.message}. Seen here: {detail}" if detail else mistake.message
    return Diagnosis(code=code, message=message, fix=mistake.fix, certainty=certainty)
