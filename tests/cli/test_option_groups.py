"""Options that go together."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from vovecli.cli.option_groups import ungrouped

Text = Annotated[str | None, "an option"]


class Inner(NamedTuple):
    """Two options."""

    one: Text = None
    two: Text = "2"


class Outer(NamedTuple):
    """A group that holds another, and an option that must be given."""

    first: Text
    inner: Inner = Inner()
    last: int = 0


def command(name: str, *, plain: bool = False, group: Outer) -> tuple[str, bool, Outer]:
    """What typer is not to see."""
    return name, plain, group


def test_each_option_is_a_parameter_and_the_command_gets_the_group() -> None:
    """In their order, with their own types and defaults."""
    parameters, call = ungrouped(command)

    names = [each.name for each in parameters]
    assert names == ["name", "plain", "first", "one", "two", "last"]
    assert parameters[3].annotation == Text
    assert [each.default for each in parameters[2:]] == [parameters[0].empty, None, "2", 0]
    made = call("x", plain=True, first="f", one="1", two="2", last=3)
    assert made == ("x", True, Outer("f", Inner("1", "2"), 3))
