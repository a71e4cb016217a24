"""A comparison as plain data: terminal, Markdown and JSON are renderings of it."""

from dataclasses import dataclass

from stacklab.model.verdict import Estimate, Verdict
from stacklab.report.comparison.changes import Change
from stacklab.report.session.columns import Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class MetricView:
    """One metric of one pair."""

    metric: str
    words: str
    unit: str
    more_is_better: bool
    a: Estimate | None
    b: Estimate | None
    ratio: float | None
    """B over A."""
    low: float | None
    high: float | None
    p: float
    verdict: Verdict | None
    """``faster`` is the better of the two, whatever the metric; None where nothing can be compared."""
    why: str = ""
    """Why there is no verdict, or why it is not a firmer one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairView:
    """Two cells of one scenario."""

    scenario: str
    load: str
    is_open: bool
    a: str
    """The name of the stack."""
    b: str
    standing_a: Standing
    standing_b: Standing
    doubts: tuple[str, ...]
    """What makes a cell suspect, void or failed, a sentence each, with its side."""
    metrics: tuple[MetricView, ...]
    """Empty where one of the cells has no numbers that count."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonView:
    """Everything that a page shows of a comparison."""

    a: str
    b: str
    session: str | None
    """The session that both are of; None where a and b are sessions."""
    different_machines: tuple[Change, ...]
    changes: tuple[Change, ...]
    left_out: tuple[str, ...]
    """What only one side has, a sentence each."""
    questions: int
    """How many comparisons the correction is for."""
    pairs: tuple[PairView, ...]
