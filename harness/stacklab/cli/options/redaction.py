"""What of a command line may be kept in a session, which people mail: each option says so itself.

An option that says nothing is withheld. The command is put together from what click has parsed, so nothing that is
not an option's or an argument's is ever in it.
"""

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias

import click
from click.core import ParameterSource

from stacklab.catalog.requirements import public
from stacklab.cli.options.order import given_order, merged
from stacklab.model.secrets import Withheld

Kept: TypeAlias = Callable[[str], str]
"""From a value as it was written to what may be kept of it."""

WITHHELD: Final = "<withheld>"

SAID: Final = frozenset({ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT})
"""Where values come from that somebody has given."""

_WORDS: Final = f"{__name__}.words"
"""Where a click context has the values as they were written, by parameter."""


def withheld(word: str) -> str:  # noqa: ARG001 (it is a policy like the others)
    """Nothing: the default."""
    return WITHHELD


def as_given(word: str) -> str:
    """All of it: numbers, and choices from a list."""
    return word


def without_folder(word: str) -> str:
    """``/home/me/env/bin/python`` as ``python``, and no credentials of a URL; anything else as it is."""
    if re.match(r"[\w+]+:/", word):
        return public(word)
    is_path = Path(word).is_absolute() or word.startswith(("./", "../", "~"))
    return Path(word).name if is_path else word


def request_target(word: str) -> str:
    """A path and its query, without the values of parameters that are named like secrets."""
    return Withheld().target(word)


def body(word: str) -> str:
    """Of ``@/home/me/order.json`` the name of the file; of a body itself nothing."""
    return f"@{without_folder(word[1:])}" if word.startswith("@") else WITHHELD


def header(word: str) -> str:
    """``NAME: VALUE``; of a header that is named like a secret only the name, and of ``@FILE`` that of the file."""
    if word.startswith("@"):
        return body(word)
    name, sign, value = word.partition(":")
    return f"{name}{sign} {Withheld().headers({name: value.strip()})[name]}"


def variable(word: str) -> str:
    """Of ``NAME=VALUE`` the name."""
    return f"{word.partition('=')[0]}={WITHHELD}"


def requirement(word: str) -> str:
    """Requirements, with the names of folders and URLs without credentials."""
    return "".join(map(without_folder, re.split(r"([\s,]+|@(?=[\w+]+:/))", word)))


class _Recorded(click.Parameter):
    """A parameter that remembers what was written for it, and knows what of that may be kept."""

    def __init__(
        self, *args: Any, kept: Kept = withheld, planned: bool = False, drawn: bool = False, **how: Any
    ) -> None:
        super().__init__(*args, **how)
        self.kept = kept
        self.planned = planned
        """Whether it decides on the plan, so that a session that has one cannot be given it."""
        self.drawn = drawn
        """Whether its default is another one each time, so that it is kept even where it was not given."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Note the value before it is converted."""
        ctx.meta.setdefault(_WORDS, {})[self.name] = value
        return super().type_cast_value(ctx, value)

    def kept_words(self, context: click.Context) -> Iterator[str]:
        """What may be kept of each of its values."""
        value = context.meta[_WORDS][self.name]
        for word in value if isinstance(value, list | tuple) else (value,):
            yield self.kept(str(word))


class RecordedOption(_Recorded, click.Option):
    """An option that knows what of it may be kept in a session."""

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """From its variable: one value a line, because it may hold blanks; a flag is given by 1, yes or true."""
        value = self.resolve_envvar_value(ctx)
        if value is None:
            return None
        if self.is_flag:
            return self.flag_value if click.BOOL.convert(value, self, ctx) else None
        return value.splitlines() if self.multiple else value


class RecordedArgument(_Recorded, click.Argument):
    """An argument that knows what of it may be kept in a session."""


def recorded_command(context: click.Context) -> str:
    """The command line as a session keeps it: it asks for the same order and arrivals again."""
    options: list[str] = []
    arguments: list[str] = []
    known = {parameter.name: parameter for parameter in context.command.params}
    recorded = [name for name in context.params if _is_recorded(known[name], context)]
    words = {name: list(_words(known[name], context)) for name in recorded}
    for name, word in merged(words, given_order(context)):
        (options if isinstance(known[name], click.Option) else arguments).extend(word)
    return shlex.join([*context.command_path.split(), *options, *arguments])


def _is_recorded(parameter: click.Parameter, context: click.Context) -> bool:
    """Whether it was given, in an environment variable too, or drawn."""
    is_said = context.get_parameter_source(parameter.name or "") in SAID
    return is_said or (isinstance(parameter, _Recorded) and parameter.drawn)


def is_given(parameter: click.Parameter, context: click.Context) -> bool:
    """Whether the command line has this parameter."""
    return context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE


def is_planned(parameter: click.Parameter) -> bool:
    """Whether this parameter decides on the plan of a session."""
    return isinstance(parameter, _Recorded) and parameter.planned


def _words(parameter: click.Parameter, context: click.Context) -> Iterator[tuple[str, ...]]:
    """What is kept of each time that it was given."""
    kept = parameter.kept_words(context) if isinstance(parameter, _Recorded) else iter([WITHHELD])
    if not isinstance(parameter, click.Option):
        yield tuple(kept)
        return
    name = max(parameter.opts, key=len)
    if parameter.is_flag:
        if context.params[parameter.name or ""] != parameter.get_default(context):
            yield (name,)
        return
    for word in kept:
        yield (name, word)
