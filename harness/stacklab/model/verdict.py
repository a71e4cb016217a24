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
    TIE = "tie"
    """Whatever difference there is, it is too small to matter or to be seen here."""
    CANNOT_SAY = "cannot say"
    """The interval holds both no difference and one that matters: more rounds may tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Candidate against baseline on one metric, paired by round."""

    ratio: float | None
    """Candidate over baseline; None where no round has both."""
    low: float | None
    """The interval of the ratio; None below two rounds."""
    high: float | None
    n: int
    """Rounds that have both."""
    p: float
    """How often two equal stacks would differ so much or more by chance; 1.0 where that is not known."""
    verdict: Verdict
    sees: float | None
    """The relative difference that four of five such sessions would tell from none, and never less than the floor."""
