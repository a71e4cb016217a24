"""How a command speaks: quietly, in detail, without colours. Imports nothing that draws: all commands have it."""

from typing import Final, Literal, TypeAlias

import click

Manner: TypeAlias = Literal["quiet", "verbose", "no_color"]

_MANNER: Final = f"{__name__}.manner"
"""Where a click context has these options, by name."""


def manner_options(command: click.Command, *, talks: bool) -> None:
    """Give a command --no-color, and one that ``talks`` along the way --quiet and --verbose."""
    said = [
        (["-q", "--quiet"], "Print only the result, and errors."),
        (["-v", "--verbose"], "Print a line for each run, with what it took."),
    ]
    options = [click.Option(names, is_flag=True, help=words) for names, words in said if talks]
    options.append(click.Option(["--no-color"], is_flag=True, help="Print without colours, as with NO_COLOR=1."))
    for option in options:
        option.expose_value = False
        option.callback = _note
    command.params.extend(options)


def is_said(name: Manner) -> bool:
    """Whether the command that runs was given this option."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(f"{_MANNER}.{name}"))


def _note(context: click.Context, parameter: click.Parameter, value: bool) -> bool:
    context.meta[f"{_MANNER}.{parameter.name}"] = value
    return value
