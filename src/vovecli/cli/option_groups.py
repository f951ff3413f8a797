"""Options that go together: a command has one parameter for all fields of a named tuple.

    class SecretOptions(NamedTuple):
        secret: Annotated[list[str] | None, typer.Option(...)] = None
        secret_file: Annotated[...] = None

    def sign(ctx: typer.Context, *, secrets: SecretOptions) -> None: ...

typer sees `--secret` and `--secret-file`, the command a `SecretOptions`. Groups may hold groups.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def parameters_of(group: type[Any]) -> Iterator[inspect.Parameter]:
    """A parameter for each option of a group."""
    for name, hint in get_type_hints(group, include_extras=True).items():
        if _is_group(hint):
            yield from parameters_of(hint)
        else:
            default = group._field_defaults.get(name, inspect.Parameter.empty)
            yield inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hint
            )


def ungrouped(function: Callable[..., Any]) -> tuple[list[inspect.Parameter], Callable[..., Any]]:
    """The parameters that typer is to see, and the function that takes them."""
    hints = get_type_hints(function, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if _is_group(hint)}
    parameters: list[inspect.Parameter] = []
    for each in inspect.signature(function).parameters.values():
        if each.name in groups:
            parameters += parameters_of(groups[each.name])
        else:
            parameters.append(each.replace(annotation=hints[each.name]))

    def call(*args: Any, **values: Any) -> Any:  # noqa: ANN401 - whatever the command takes
        made = {name: _gathered(group, values) for name, group in groups.items()}
        return function(*args, **values, **made)

    return parameters, call


def _gathered(group: type[Any], values: dict[str, Any]) -> Any:  # noqa: ANN401 - one of the group
    """A group made of its values, which are taken out of all."""
    return group(
        *(
            _gathered(hint, values) if _is_group(hint) else values.pop(name)
            for name, hint in get_type_hints(group).items()
        )
    )


def _is_group(hint: object) -> bool:
    return hasattr(hint, "_fields")
