"""What is said about every cause that `verify` and `listen` can name, by its stable code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.diagnosis.body_causes import BODY_CAUSES
from vovecli.core.diagnosis.request_causes import CAPTURE_CAUSES, HEADER_CAUSES, SECRET_CAUSES
from vovecli.core.diagnosis.signature_causes import (
    CONTENT_CAUSES,
    FORM_CAUSES,
    KEY_CAUSES,
    OTHER_CAUSES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vovecli.core.diagnosis.cause_text import CauseText

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
