"""Numbers as stacklab states them: with an interval, an n, and a verdict."""

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
class Rank:
    """Between which places a stack certainly stands, the best being 1; ``first`` is ``last`` where that is certain."""

    stack: str
    first: int
    """One more than are certainly better."""
    last: int
    """How many are not certainly worse, itself among them."""


class Verdict(StrEnum):
    """What a comparison says of the candidate."""

    FASTER = "faster"
    SLOWER = "slower"
    SAME = "same"
    """Whatever difference there is lies within the margin of the plan: that takes evidence, as a difference does."""
    UNRESOLVED = "unresolved"
    """Neither is certain: more rounds may tell."""
