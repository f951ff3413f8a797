"""What signers, senders and handlers get wrong, written once.

Four tables, one an axis of a signature; each has a row `right` (bodies: the body itself):

- `keys.KEYS`: the key that is taken, out of a secret;
- `contents.CONTENTS`: what is put around the body, out of id and timestamp header;
- `bodies.BODIES`: what is hashed instead of the body that is there;
- `encodings.ENCODINGS`: how the MAC is written into the header.

Each row says which mistake it is (`code` of `core.codes` and a few words), how it is derived, how
rare it is (`Rank`) and whether a handler can make it (`probe`). `verify` takes every row as a
hypothesis; `check` sends those with `probe`; `send --fault` forges with them. What a row's mistake
is called when a *handler* makes it stands in `handler_code`; empty: the same code.

To sign a probe with any combination::

    scheme = Scheme(
        key=KEYS["whole-text"], content=CONTENTS["body"], encoding=ENCODINGS["bare-hex"]
    )
    scheme.header(secret, message_id, timestamp, body)  # None: it is the right one all the same
    scheme.mac(secret, message_id, timestamp, body)  # the bytes, to be written otherwise
    scheme.mistakes  # what its acceptance proves
    scheme.handler_code  # and what `check` calls that

`body` is always the one that is sent. To go through a whole table::

    [Scheme(key=row) for row in KEYS.values() if row.probe and row.mistakes]

`SAMPLES` names the combinations that are one mistake: the samples of the provider's pages.
A row made on the spot serves as well as one of a table, for example a random key::

    Scheme(key=WrongKey((Mistake("another-secret"),), lambda _: random_bytes))
"""

from __future__ import annotations

from vovecli.core.mistakes.scheme import SAMPLES, Scheme

__all__ = ["SAMPLES", "Scheme"]
