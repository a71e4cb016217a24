"""Options that fill a record: each is declared once, as a field of the record that the command gets."""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from functools import wraps
from typing import Any, Final, TypeVar, cast

import click

from stacklab.cli.options.redaction import Kept, RecordedOption, withheld

Command = TypeVar("Command", bound=Callable[..., Any])

_DECLARED: Final = "option"
"""Where a field has what declares its option."""


def declared(name: str, *, kept: Kept = withheld, default: Any = None, **how: Any) -> Any:
    """A field that the option ``name`` fills; ``how`` is what ``click.option`` takes.

    A default that is a function is called for each command.
    """
    if how.get("multiple"):
        default = ()
    metadata = {_DECLARED: (name, {"kept": kept, "default": default, **how})}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


def options_of(
    record: type, parameter: str, *, planned: bool = False, only: Mapping[str, str] | None = None
) -> Callable[[Command], Command]:
    """Give a command the options of ``record``, and the record that they fill as ``parameter``.

    ``planned`` options decide on the plan of a session. ``only`` names the fields to take, with a help of their own
    where one is given; the others keep their defaults.
    """
    chosen = {
        one.name: one.metadata[_DECLARED]
        for one in fields(record)
        if _DECLARED in one.metadata and (only is None or one.name in only)
    }

    def with_options(command: Command) -> Command:
        @wraps(command)
        def filled(**options: Any) -> Any:
            made = record(**{name: options.pop(name) for name in chosen})
            return command(**{parameter: made}, **options)

        for name, (option, how) in reversed(chosen.items()):
            text = {"help": (only or {}).get(name) or how["help"]}
            click.option(option, name, cls=RecordedOption, planned=planned, **(how | text))(filled)
        return cast("Command", filled)

    return with_options


def option_of(record: type, name: str) -> str:
    """What the option that fills this field is called."""
    found: str = next(one for one in fields(record) if one.name == name).metadata[_DECLARED][0]
    return found
