"""The order in which options were given, which click forgets: ``--body`` belongs to the ``--path`` before it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import click

_ORDER: Final = f"{__name__}.order"
"""Where a click context has the names of its parameters, each as often as it was given."""


class InOrder(click.Command):
    """A command that remembers in which order its options were given."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note the order, and parse as ever."""
        _, _, given = self.make_parser(ctx).parse_args(list(args))
        ctx.meta[_ORDER] = tuple(parameter.name for parameter in given)
        return super().parse_args(ctx, args)


def given_order(context: click.Context) -> tuple[str, ...]:
    """The names of the parameters of the command line, each as often as it was given; nothing of other commands."""
    order: tuple[str, ...] = context.meta.get(_ORDER, ())
    return order


def merged(values: Mapping[str, Iterable[Any]], order: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """The values with their names, in this order; those that it does not mention come last, name by name."""
    left = {name: list(its) for name, its in values.items()}
    for name in order:
        if left.get(name):
            yield name, left[name].pop(0)
    for name, its in left.items():
        yield from ((name, value) for value in its)
