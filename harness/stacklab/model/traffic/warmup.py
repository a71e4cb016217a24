"""When a warm-up is over: the bounds, the test between them, and what ended it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Final

from stacklab.units import Seconds

DRIFT: Final = 0.05
"""How far throughput or latency may drift, from the begin of a stretch to its end, relative to the median."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plateau:
    """The test that ends a warm-up between its bounds: the same for all stacks of a session.

    The second half of the warm-up so far is cut into windows; ``settling`` says what is asked of them.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    at_most_s: Seconds
    """After so long the measured window begins, plateau or not."""
    windows: int = 10
    confidence: float = 0.90
    """Of the interval around the drift, from the first window to the last."""
    drift: float = DRIFT
    """A certain drift beyond this is none of a plateau."""
    in_sight: float = 0.15
    """The interval must reach no further than this: a larger drift would have been seen."""
    growth: float = 1.125
    """It is asked at the lower bound, and again whenever the warm-up has grown by this factor."""


class WarmupEnd(StrEnum):
    """What ended a warm-up."""

    FIXED = "fixed"
    """Its time was up: there was no test."""
    PLATEAU = "plateau"
    DRIFTING = "drifting"
    """The upper bound, with a drift that was certain."""
    UNCLEAR = "unclear"
    """The upper bound, with too few responses or too much scatter to tell."""
