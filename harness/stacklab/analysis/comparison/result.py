"""A comparison as plain data: terminal, Markdown and JSON are renderings of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from stacklab.analysis.comparison.changes import Change
from stacklab.analysis.instructions.contrast import CountContrast
from stacklab.analysis.metrics import Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.differences import ALPHA, Difference
from stacklab.analysis.rounds.routes import RouteResult
from stacklab.model.measured.verdict import Estimate, Verdict
from stacklab.model.traffic.route import Route
from stacklab.model.traffic.scenario import Scenario

EFFECTS: Final = (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)
"""Relative differences that one asks about."""


class Why(StrEnum):
    """The reason why there is no verdict, or no firmer one."""

    FEW_REQUESTS = "not enough requests"
    UNAVAILABLE = "unavailable"
    LOWER_BOUND = "a lower bound: the quantile falls among lost requests"
    ZERO = "zero has no ratio"
    ONE_ROUND = "one round gives no interval"
    NO_COMMON_ROUND = "no round has both"
    SESSIONS_DIFFER = "sessions differ, and there is no reference"
    REFERENCE = "it is the reference"
    NO_REFERENCE = "the reference has no number here"
    MANY_QUESTIONS = "not significant among this number of comparisons"
    WITHIN_MARGIN = "by less than the margin"


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
    difference: Difference | None = None
    """B over A; without degrees of freedom where nothing is known of its certainty."""
    verdict: Verdict | None = None
    """``faster`` is the better of the two, whatever the metric; None where nothing can be compared."""
    why: Why | None = None
    floor: float | None = None
    """How far two identical stacks may be apart in the session: to be read beside the verdict, and no part of it."""
    alarm: bool = False
    """Whether the stack that was measured twice is told from itself here: then every verdict is suspect."""
    alpha: float = ALPHA
    """What Holm's correction leaves to the first of all questions: one that is this certain is certain in any case."""

    @property
    def ratio(self) -> float | None:
        """B over A."""
        return None if self.difference is None else self.difference.ratio

    @property
    def interval(self) -> tuple[float, float] | None:
        """Of 95 %, by itself."""
        return None if self.difference is None else self.difference.interval()

    @property
    def low(self) -> float | None:
        """The lower end of the interval."""
        return None if self.interval is None else self.interval[0]

    @property
    def high(self) -> float | None:
        """The upper end of the interval."""
        return None if self.interval is None else self.interval[1]

    @property
    def p(self) -> float:
        """How often two equal ones would differ so much or more by chance; 1.0 where that is not known."""
        return 1.0 if self.difference is None else self.difference.p

    @property
    def sees(self) -> float | None:
        """The relative difference that four of five such sessions tell apart, with as many questions."""
        return None if self.difference is None else self.difference.sees(self.alpha)

    @property
    def needs(self) -> tuple[float, int] | None:
        """The next smaller effect of ``EFFECTS``, and the rounds that see it; None where no number of rounds would."""
        sees = self.sees
        effect = next((effect for effect in EFFECTS if sees is not None and effect < sees), None)
        if self.difference is None or effect is None:
            return None
        rounds = self.difference.rounds_for(effect, self.alpha)
        return None if rounds is None else (effect, rounds)


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteComparison:
    """One route of both cells."""

    route: Route
    a: RouteResult
    b: RouteResult
    differences: Mapping[str, Difference]
    """B over A, by the key of a metric; only what both have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairComparison:
    """Two cells of one scenario."""

    scenario: Scenario
    names: tuple[str, str]
    """Names of the stacks of A and B."""
    cells: tuple[CellResult, CellResult]
    metrics: tuple[MetricComparison, ...]
    """Empty where one of the cells has no numbers that count."""
    routes: tuple[RouteComparison, ...] = ()
    """Of a scenario with several routes: those that both cells have."""

    @property
    def within_a_session(self) -> bool:
        """Whether two stacks of one session are compared, and not one stack in two sessions."""
        return self.names[0] != self.names[1]


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
    margin: float
    """The relative difference within which two are called the same."""
    reference: str | None = None
    """The stack of both sessions that every other one is compared through."""
    counts: tuple[CountComparison, ...] = ()
    own_app: str | None = None
    """The user's own app that both sessions measured: its code is not recorded, so it may be what changed."""
