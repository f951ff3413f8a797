"""Why no signature matches: named hypotheses, tried one by one until a MAC proves one of them.

Three axes: how the MAC is written (`claims`), under which key and hash (`signers`), over which
content (`contents` around `bodies`). `search` goes through single faults, then capped pairs.
Loaded only when a signature has failed.
"""

from __future__ import annotations

from vovecli.core.diagnosis.explanation import Diagnosis, diagnose

__all__ = ["Diagnosis", "diagnose"]
