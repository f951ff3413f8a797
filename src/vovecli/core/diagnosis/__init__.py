"""Why no signature matches: the mistakes of `core.mistakes`, tried until a MAC proves one.

`readings` says which MACs the header may mean, `search` goes through keys, contents and bodies,
`looks` says what a body suggests where nothing is proved, `explanation` puts it into words.
Loaded only when a signature has failed.
"""

from __future__ import annotations

from vovecli.core.diagnosis.explanation import (
    Explanation,
    diagnose,
    signed_body,
    signed_otherwise,
)

__all__ = ["Explanation", "diagnose", "signed_body", "signed_otherwise"]
