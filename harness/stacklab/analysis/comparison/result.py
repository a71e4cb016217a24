"""A comparison as plain data: terminal, Markdown and JSON are renderings of it."""

from dataclasses import dataclass
from enum import StrEnum

from stacklab.analysis.comparison.changes import Change
from stacklab.analysis.instructions.contrast import CountContrast
from stacklab.analysis.metrics import Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.verdict import Estimate, Verdict


class Why(StrEnum):
    """The reason why there is no verdict, or no firmer one."""

    FEW_REQUESTS = "not enough requests"
    UNAVAILABLE = "unavailable"
    LOWER_BOUND = "a lower bound: the quantile falls among lost requests"
    ZERO = "zero has no ratio"
    ONE_ROUND = "one round gives no interval"
    NO_COMMON_ROUND = "no round has both"
    BELOW_FLOOR = "below the noise floor"
    MANY_QUESTIONS = "not significant among this number of comparisons"


class Side(StrEnum):
    """Which of the two."""

    A = "A"
    B = "B"


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricComparison:
    """One metric of one pair."""

    metric: Metric
    a: Estimate | None
    b: Estimate | None
    ratio: float | None = None
    """B over A."""
    low: float | None = None
    high: float | None = None
    p: float = 1.0
    verdict: Verdict | None = None
    """``faster`` is the better of the two, whatever the metric; None where nothing can be compared."""
    why: Why | None = None
    floor: float | None = None
    """The noise floor that the difference was held against."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairComparison:
    """Two cells of one scenario."""

    scenario: Scenario
    names: tuple[str, str]
    """Names of the stacks of A and B."""
    cells: tuple[CellResult, CellResult]
    metrics: tuple[MetricComparison, ...]
    """Empty where one of the cells has no numbers that count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountComparison:
    """The counted instructions of two stacks, or of one in two sessions, under one scenario."""

    scenario: str
    names: tuple[str, str]
    """Of the stacks of A and of B."""
    contrast: CountContrast


@dataclass(frozen=True, kw_only=True, slots=True)
class OneSided:
    """A stack or scenario that only one side has."""

    side: Side
    kind: str
    """``stack`` or ``scenario``."""
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonResult:
    """Everything that a page shows of a comparison."""

    a: str
    b: str
    session: str | None
    """The session that both are of; None where a and b are sessions."""
    different_machines: tuple[Change, ...]
    changes: tuple[Change, ...]
    left_out: tuple[OneSided, ...]
    questions: int
    """The number of comparisons in the correction."""
    pairs: tuple[PairComparison, ...]
    counts: tuple[CountComparison, ...] = ()
