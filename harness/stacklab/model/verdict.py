"""Numbers as stacklab states them: with an interval, an n, and the reasons to doubt."""

from dataclasses import dataclass
from enum import StrEnum


class Validity(StrEnum):
    """How far a cell can be believed."""

    VALID = "valid"
    SUSPECT = "suspect"
    VOID = "void"


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A value with its 95 % interval across rounds. One round has a value and no interval."""

    value: float
    low: float | None
    high: float | None
    n: int
    """Rounds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Caveat:
    """A typed reason to doubt a cell."""

    kind: str
    """A stable word, ``errors`` for example."""
    text: str
    """A sentence with the numbers in it."""
    makes: Validity
    """What the cell becomes because of it: SUSPECT or VOID; VALID where it is only to be known."""
