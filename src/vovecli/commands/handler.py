"""`vove handler`: finds tested handlers by the name of their stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.adapters.handlers import read_handler
from vovecli.core.handlers import FILES
from vovecli.core.names import unknown_name

if TYPE_CHECKING:
    from vovecli.core.handlers import Handler


def handlers() -> list[Handler]:
    """All of them, stacks of one language together."""
    return [read_handler(name) for name in FILES]


def find_handler(stack: str) -> Handler:
    """The handler of a stack.

    Raises:
        VoveError: `unknown-stack`.
    """
    name = stack.lower()
    if name in FILES:
        return read_handler(name)
    meant = [one.name for one in handlers() if name and name in f"{one.name} {one.title}".lower()]
    raise unknown_name("stack", name, FILES, see="vove handler", meant=meant)
