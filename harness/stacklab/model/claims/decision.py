"""What decides a claim, fixed before anything is measured: thresholds and bands on what its arms give, as data.

Every kind ends in one of the verdicts of ``model.finding``. An interval is one of 95 % over the rounds.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from stacklab.model.claims.arm import Chosen
from stacklab.model.claims.formula import names_in

THROUGHPUT_BAND = (0.95, 1.05)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quantity:
    """A metric of one arm, or its ratio to that of another, in each round.

    Where several points of a grid are meant, their mean counts; of ratios, the geometric mean of the ratios at each.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    metric: str
    arm: str
    over: str | None = None
    """The arm that it is divided by."""
    at: Chosen = field(default_factory=dict)
    unit: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contrast:
    """The ratio of a metric between two arms lies where the claim says, between ``at_least`` and ``at_most``.

    reproduced: the whole interval does. reversed: the whole interval is beyond 1 on the other side, and beyond the
    band. equivalent: it is inside the band. not reproduced: it is beyond ``negligible``, seen from the claim. weaker
    than claimed: it is on the side of the claim, and short of the bound.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["contrast"] = "contrast"
    metric: str
    candidate: str
    baseline: str
    at: Chosen = field(default_factory=dict)
    """Of several points of a grid the geometric mean counts."""
    at_least: float | None = None
    at_most: float | None = None
    negligible: float | None = None
    """What is not worth claiming; by default the edge of the band on the side of the claim."""
    band: tuple[float, float] = THROUGHPUT_BAND
    """Ratios in it make no difference to anybody."""

    def __post_init__(self) -> None:
        """Refuse ratios that decide nothing."""
        _require_bounds(self.at_least, self.at_most)
        if not 0 < self.band[0] <= 1 <= self.band[1]:
            raise ValueError(f"band: {list(self.band)} does not include 1")
        if self.candidate == self.baseline:
            raise ValueError(f"baseline: {self.baseline!r} is also the candidate")


@dataclass(frozen=True, kw_only=True, slots=True)
class Within:
    """The mean of a metric of one arm lies between ``at_least`` and ``at_most``.

    reproduced: its whole interval does; not reproduced: its whole interval is outside.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["within"] = "within"
    metric: str
    arm: str
    at: Chosen = field(default_factory=dict)
    at_least: float | None = None
    at_most: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        """Refuse what holds of every number."""
        _require_bounds(self.at_least, self.at_most)


@dataclass(frozen=True, kw_only=True, slots=True)
class Law:
    """A metric follows a formula over the levels of a grid.

    ``slope``: regressed on the formula, round by round, its slope lies in this band. ``within`` and ``share``: at so
    large a share of the points the measured value is within so much of the formula.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["law"] = "law"
    metric: str
    arm: str
    formula: str
    """Over the names of the levels and of ``given``: ``n * d_ms / 1000``, ``min(2 / s, workers / (s + ms / 1000))``."""
    given: Mapping[str, Quantity] = field(default_factory=dict)
    """What the formula needs and other arms measure, at the same levels where they have them: the mean over rounds."""
    at: Chosen = field(default_factory=dict)
    slope: tuple[float, float] | None = None
    within: float | None = None
    share: float = 0.8
    unit: str = ""

    def __post_init__(self) -> None:
        """Refuse a law that nothing could break."""
        names_in(self.formula)
        if (self.slope is None) == (self.within is None):
            raise ValueError("slope: a law has either `slope` or `within`")
        if not 0 < self.share <= 1:
            raise ValueError(f"share: {self.share} is not a share between 0 and 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class ArithmeticSequence:
    """Numbers that go up or down by the same step: 99999, and so on."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    first: float
    step: float = 0.0
    count: int

    def numbers(self) -> tuple[float, ...]:
        """All of them."""
        return tuple(self.first + self.step * place for place in range(self.count))


@dataclass(frozen=True, kw_only=True, slots=True)
class Exact:
    """The values of a metric, in the order in which they were printed, are these in every round.

    reproduced: in all rounds; not reproduced: in none; inconclusive: in some.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["exact"] = "exact"
    metric: str
    arm: str
    expect: tuple[float, ...] | ArithmeticSequence
    at: Chosen = field(default_factory=dict)
    unit: str = ""

    @property
    def expected(self) -> tuple[float, ...]:
        """The values."""
        return self.expect.numbers() if isinstance(self.expect, ArithmeticSequence) else self.expect


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordering:
    """A metric is largest in the first arm and smallest in the last, and the intervals of neighbours do not overlap.

    reversed: it is the other way round between all neighbours; not reproduced: between some, or not at all.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["order"] = "order"
    metric: str
    largest_first: tuple[str, ...]
    at: Chosen = field(default_factory=dict)
    unit: str = ""

    def __post_init__(self) -> None:
        """Refuse what has no order."""
        if len(set(self.largest_first)) < max(2, len(self.largest_first)):
            raise ValueError("largest_first: an order needs two arms or more, each once")


@dataclass(frozen=True, kw_only=True, slots=True)
class Crossover:
    """A ratio passes 1 as a level grows: below it at the first level, above it at the last, or the other way round.

    With ``predicted``, in so large a ``share`` of the columns where it passes has to be within ``factor`` of that: the
    whole interval of where each round passes, over what the formula gives in that round.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["crossover"] = "crossover"
    metric: str
    candidate: str
    baseline: str
    along: str
    """The level that grows."""
    rises: bool = True
    """Whether the ratio of candidate to baseline is below 1 at first."""
    columns: str | None = None
    """Another level: the crossing is looked for at each of its values."""
    predicted: str | None = None
    """A formula for where it passes, over ``columns`` and ``given``."""
    given: Mapping[str, Quantity] = field(default_factory=dict)
    factor: float = 1.5
    share: float = 0.8
    at: Chosen = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a prediction that is no formula."""
        if self.predicted is not None:
            names_in(self.predicted)


@dataclass(frozen=True, kw_only=True, slots=True)
class Trend:
    """A metric of one arm rises, or falls, as a level grows, whatever the shape.

    The statistic of a round is Spearman's rank correlation of level and value, oriented as claimed. reproduced: the
    whole interval of its mean is at least ``at_least``. reversed: it is at most its opposite. not reproduced: the whole
    interval is below it.
    """

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["trend"] = "trend"
    metric: str
    arm: str
    along: str
    """The level that grows."""
    rises: bool = True
    at_least: float = 0.9
    at: Chosen = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what is no correlation."""
        if not 0 < self.at_least <= 1:
            raise ValueError(f"at_least: {self.at_least} is not a correlation between 0 and 1")


Simple: TypeAlias = Contrast | Within | Law | Exact | Ordering | Crossover | Trend


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimPart:
    """One of several things that a claim says."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    says: str
    """In words: it stands before the verdict on this part."""
    decision: Simple
    decides: bool = True
    """False: it has a verdict of its own and takes no part in that on the claim, as its explanation may not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AllOf:
    """Everything that a claim says has to hold."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    kind: Literal["all"] = "all"
    parts: tuple[ClaimPart, ...]

    def __post_init__(self) -> None:
        """Refuse a claim that nothing decides."""
        if not any(part.decides for part in self.parts):
            raise ValueError("parts: none of them decides")


Decision: TypeAlias = Simple | AllOf


def parts_of(decision: Decision) -> tuple[ClaimPart, ...]:
    """What a decision says, one thing at a time."""
    return decision.parts if isinstance(decision, AllOf) else (ClaimPart(says="", decision=decision),)


def simple(decision: Decision) -> Iterator[Simple]:
    """The decision itself, or those of its parts."""
    return (part.decision for part in parts_of(decision))


def deciding(decision: Decision) -> Iterator[Simple]:
    """Those that the verdict hangs on."""
    return (part.decision for part in parts_of(decision) if part.decides)


def arms_of(decision: Simple) -> tuple[str, ...]:
    """Every arm that it looks at."""
    match decision:
        case Contrast():
            return (decision.candidate, decision.baseline)
        case Ordering():
            return decision.largest_first
        case Crossover():
            return (decision.candidate, decision.baseline, *_measured_by(decision.given))
        case Law():
            return (decision.arm, *_measured_by(decision.given))
        case Within() | Exact() | Trend():
            return (decision.arm,)


def _measured_by(given: Mapping[str, Quantity]) -> Iterator[str]:
    for quantity in given.values():
        yield quantity.arm
        if quantity.over is not None:
            yield quantity.over


def _require_bounds(at_least: float | None, at_most: float | None) -> None:
    if at_least is None and at_most is None:
        raise ValueError("at_least: give it, or `at_most`, or both")
    if at_least is not None and at_most is not None and at_least > at_most:
        raise ValueError(f"at_least: {at_least} is above at_most, which is {at_most}")
