"""Looks: how each stack is drawn, the same on every chart of a page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from stacklab.report.kit.svg import SERIES

_LINES = ("-", "--", "-.", ":")
_MARKERS = "osD^vPX*"


@dataclass(frozen=True, slots=True)
class Look:
    """The look of a stack on every chart of a page. Line and marker change with the colour, which is never alone."""

    index: int

    @property
    def color(self) -> str:
        """One of eight colours; the ninth stack reuses the first with another line."""
        return SERIES[self.index % len(SERIES)]

    @property
    def line(self) -> str:
        """Changes from stack to stack, and differs where a colour comes again."""
        return _LINES[(self.index + self.index // len(SERIES)) % len(_LINES)]

    @property
    def marker(self) -> str:
        """Changes from stack to stack."""
        return _MARKERS[self.index % len(_MARKERS)]


Looks: TypeAlias = Mapping[str, Look]
"""By the names of the stacks."""


def looks_of(stacks: Iterable[str]) -> Looks:
    """Give each stack its look, by its position in the session."""
    return {stack: Look(index) for index, stack in enumerate(stacks)}
