"""Names that are not known: what was typed, what may be typed, what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vovecli.core.errors import Category, VoveError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def unknown_name(
    kind: str, name: str, known: Iterable[str], *, see: str, meant: Sequence[str] = ()
) -> VoveError:
    """The error for a name that is not on a list, which a command prints.

    Args:
        kind: What it names, for the message; its code is `unknown-KIND`.
        name: What was typed.
        known: The names on the list.
        see: The command that prints the list.
        meant: Names that mean the same, said before those that look alike.
    """
    near = [*meant, *(each for each in nearest(name, known) if each not in meant)][:3]
    return VoveError(
        f"unknown-{kind}",
        f"unknown {kind} {name!r}",
        hint=f"did you mean {' or '.join(near)}?" if near else f"see the list: {see}",
        category=Category.USAGE,
    )


def refused_word(kind: str, word: str, known: Sequence[str], *, code: str = "usage") -> VoveError:
    """The error for a word that is not one of a few, all of which it names."""
    near = nearest(word, known)
    return VoveError(
        code,
        f"{word!r} is not a {kind}; choose from {', '.join(known)}",
        hint=f"did you mean {' or '.join(near)}?" if near else "",
        category=Category.USAGE,
    )


def nearest(name: str, known: Iterable[str], *, cutoff: float = 0.5) -> list[str]:
    """Up to three names: those that have it as a part, then those that are spelt alike.

    Args:
        name: What was typed.
        known: What may be typed.
        cutoff: How alike from 0 to 1.
    """
    import difflib  # only where something is wrong

    by_folded = {each.casefold(): each for each in known}
    folded = name.casefold()
    found = [each for each in by_folded if folded and folded in each.split(".")]
    found += difflib.get_close_matches(folded, by_folded, n=3, cutoff=cutoff)
    return [by_folded[each] for each in dict.fromkeys(found)][:3]
