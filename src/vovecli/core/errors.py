"""The one error that leaves a command: what happened, of which kind, what to type next."""

from __future__ import annotations

from enum import Enum

from vovecli.core.masking import mask_secrets


class Category(Enum):
    """Kinds of failure; the command line maps each to one exit code."""

    USAGE = "usage"
    INPUT = "input"
    UNREACHABLE = "unreachable"
    TUNNEL = "tunnel"


class VoveError(Exception):
    """The job could not be done. A negative verdict is not an error but an outcome.

    Attributes:
        code: Stable kebab-case name that scripts may test.
        message: What happened and why, one sentence without a final period.
        hint: What to type or change next; may be empty.
        category: Kind of failure.
        source: The file, URL or setting it is about; may be empty.
        index: Which request of the source it is about, from 0; None where that is not one.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        category: Category = Category.INPUT,
        source: str = "",
    ) -> None:
        # A secret typed in the wrong place comes back in words such as "cannot read whsec_...".
        self.message = mask_secrets(message)
        super().__init__(self.message)
        self.code = code
        self.hint = mask_secrets(hint)
        self.category = category
        self.source = mask_secrets(source)
        self.index: int | None = None
