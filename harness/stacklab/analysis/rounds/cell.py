"""One stack under one scenario, over all its rounds: every metric by round, its estimate, and its standing."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from stacklab.analysis.metrics import METRICS, Measured, Metric, MetricFamily
from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.rounds.routes import FailureGroup, RouteResult, failure_groups, route_results
from stacklab.analysis.rounds.steps import StepResult, step_results
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.caveats import caveats, validity
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured.caveat import MET_ALIKE, Caveat, CaveatKind
from stacklab.model.measured.record import Failed
from stacklab.model.measured.verdict import Estimate, Validity
from stacklab.model.traffic.load import Open


class Standing(StrEnum):
    """The standing of a cell in one word: its validity, or the reason why it has no numbers."""

    VALID = "valid"
    SUSPECT = "suspect"
    VOID = "void"
    FAILED = "failed"
    """No round was measured to its end."""
    MISSING = "missing"
    """The session ended before the cell was run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundCount:
    """The requests of a round."""

    round: int
    requests: int
    """Requests whose intended start lies in the measured window."""
    errors: int
    """Those of them that failed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BackendUsage:
    """Usage of a backend by a cell, over all rounds; None for anything it does not count."""

    program: str
    queries_per_request: Estimate | None
    connections: Estimate | None
    """Opened in a run."""
    most_at_once: Estimate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CellResult:
    """A table of metric by round, and the estimates that follow. Without a completed round there are none."""

    stack: str
    scenario: str
    rounds: tuple[RoundCount, ...] = ()
    values: Mapping[str, Mapping[int, Measured]] = field(default_factory=dict)
    """By the key of a metric and the number of a round: the points behind the intervals."""
    validity: Validity
    caveats: tuple[Caveat, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict)
    """Requests that failed, by outcome, over all rounds; empty when none did."""
    offered_rps: float | None = None
    """The scheduled rate; None for a closed loop."""
    worker_shares: tuple[float, ...] = ()
    """Share of the responses that each worker process gave, largest first, in the first completed round."""
    distribution: tuple[tuple[float, float], ...] = ()
    """(quantile, latency in ms) of the round with the median P50, for the percentile plot."""
    timeline: tuple[tuple[float, float, float], ...] = ()
    """(seconds since the window began, median ms, P99 ms) in slices of that same round."""
    routes: tuple[RouteResult, ...] = ()
    """Of a scenario with several routes, each by itself."""
    failures: tuple[FailureGroup, ...] = ()
    """Requests that failed, grouped by what they have in common, the most frequent first."""
    steps: tuple[StepResult, ...] = ()
    """Of a load that changes within the window, each step by itself."""
    failed: tuple[Failed, ...] = ()
    backends: tuple[BackendUsage, ...] = ()
    relative: Mapping[str, Mapping[int, float]] = field(default_factory=dict)
    """Of stacks that took turns, by the key of a metric: values by round that are to be compared (``relative``)."""
    twin: bool = False
    """The same stack measured once more under another name, to see how far two identical stacks are apart."""
    estimates: Mapping[str, Estimate] = field(init=False)
    """By the key of a metric: only what is quoted."""

    def __post_init__(self) -> None:
        """Derive the estimates from the points, once."""
        found = {metric.key: self._estimate(metric) for metric in METRICS}
        object.__setattr__(self, "estimates", {key: value for key, value in found.items() if value is not None})

    @property
    def requests(self) -> int:
        """Requests whose intended start lies in the measured window, all rounds."""
        return sum(one.requests for one in self.rounds)

    @property
    def standing(self) -> Standing:
        """A cell with at least one completed round stands by its validity."""
        if self.rounds:
            return Standing(self.validity)
        return Standing.FAILED if self.failed else Standing.MISSING

    @property
    def difference_validity(self) -> Validity:
        """How far a difference from another stack of its session may be believed.

        Stacks that took turns met the same machine: what it did to both makes each number doubtful, and no difference.
        """
        return validity(tuple(one for one in self.caveats if not self.leaves_differences(one)))

    def leaves_differences(self, caveat: Caveat) -> bool:
        """Whether the caveat makes only its numbers doubtful."""
        return bool(self.relative) and caveat.kind in MET_ALIKE

    @property
    def counts(self) -> bool:
        """Whether its numbers may be compared: those of failed and void cells never are."""
        return bool(self.rounds) and self.validity is not Validity.VOID

    def of(self, metric: Metric) -> Estimate | None:
        """The metric over all rounds."""
        return self.estimates.get(metric.key)

    @property
    def is_saturated(self) -> bool:
        """Whether its throughput is a capacity, as far as is known."""
        return all(caveat.kind is not CaveatKind.NOT_SATURATED for caveat in self.caveats)

    def at_least(self, metric: Metric) -> bool:
        """Whether the metric is only a lower bound, in any round."""
        return any(one.at_least for one in self.values.get(metric.key, {}).values())

    def by_round(self, metric: Metric) -> Mapping[int, float]:
        """The values to compare: of stacks that took turns, relative ones. None where nothing is quoted."""
        if metric.key not in self.estimates:
            return {}
        relative = self.relative.get(metric.key, {})
        return {number: relative.get(number, one.value) for number, one in self.values[metric.key].items()}

    def ranks_by(self, metric: Metric) -> bool:
        """Whether the cell may be ranked by this metric."""
        return self.counts and metric.key in self.estimates

    def _estimate(self, metric: Metric) -> Estimate | None:
        """Over the rounds.

        A quantile is quoted only where every round has it: which rounds have enough requests is not left to chance. One
        that falls among losses is quoted as a lower bound where it is the latency, and else not at all.
        """
        points = self.values.get(metric.key, {})
        if metric.family is not None:
            if len(points) < len(self.rounds):
                return None
            if metric.family is not MetricFamily.LATENCY and self.at_least(metric):
                return None
        return estimate([one.value for one in points.values()])


def cell_result(evidence: Evidence) -> CellResult:
    """Judge the evidence on one stack under one scenario."""
    runs = evidence.summaries
    found = caveats(evidence) if runs or evidence.failed else ()
    typical = _typical(runs)
    by_route = {run.run.cell.round: run.routes for run in runs}
    return CellResult(
        stack=evidence.stack.name,
        scenario=evidence.scenario.name,
        rounds=tuple(
            RoundCount(round=run.run.cell.round, requests=run.intended, errors=sum(run.errors.values())) for run in runs
        ),
        values={metric.key: values for metric in METRICS if (values := _by_round(metric, runs))},
        validity=validity(found),
        caveats=found,
        errors=_added(run.errors for run in runs),
        offered_rps=_offered(evidence),
        worker_shares=runs[0].flow.worker_shares if runs else (),
        distribution=typical.distribution if typical else (),
        timeline=typical.timeline if typical else (),
        routes=route_results(by_route),
        failures=failure_groups(by_route, evidence.log_lines),
        steps=step_results(evidence.scenario.load, [run.steps for run in runs]),
        failed=evidence.failed,
        backends=tuple(_backends(runs)),
        twin=evidence.twin,
    )


def in_order(cells: Iterable[CellResult], by: Metric) -> tuple[CellResult, ...]:
    """Best first; then those that are not ranked: without that number, void, failed."""
    return tuple(sorted(cells, key=lambda cell: _place(cell, by)))


def measured(cells: Iterable[CellResult]) -> tuple[Metric, ...]:
    """The metrics for which at least one of the cells has a number."""
    known = {key for cell in cells for key in cell.estimates}
    return tuple(metric for metric in METRICS if metric.key in known)


def _place(cell: CellResult, by: Metric) -> tuple[int, float, str]:
    found = cell.of(by)
    if found is not None and cell.counts:
        return 0, -found.value if by.more_is_better else found.value, cell.stack
    unranked = 3 if not cell.rounds else 2 if cell.validity is Validity.VOID else 1
    return unranked, 0.0, cell.stack


def _by_round(metric: Metric, runs: Sequence[Summary]) -> Mapping[int, Measured]:
    return {run.run.cell.round: value for run in runs if (value := metric.of(run)) is not None}


def _backends(runs: Sequence[Summary]) -> Iterator[BackendUsage]:
    for program in dict.fromkeys(use.program for run in runs for use in run.run.backends):
        counts = [
            (run, use.seen, use.verifying)
            for run in runs
            for use in run.run.backends
            if use.program == program and use.seen is not None
        ]
        yield BackendUsage(
            program=program,
            queries_per_request=estimate(
                [(seen.queries - verifying) / run.sent_ever for run, seen, verifying in counts if run.sent_ever]
            ),
            connections=estimate([seen.connections for _, seen, _ in counts if seen.connections is not None]),
            most_at_once=estimate([seen.most_at_once for _, seen, _ in counts if seen.most_at_once is not None]),
        )


def _typical(runs: Sequence[Summary]) -> Summary | None:
    """The run with the median P50 (the lower one of two): one real run sooner than a mixture of all."""
    quoted = [(median.ms, number) for number, run in enumerate(runs) if (median := run.latency["p50"]) is not None]
    if not quoted:
        return runs[0] if runs else None
    _, number = sorted(quoted)[(len(quoted) - 1) // 2]
    return runs[number]


def _offered(evidence: Evidence) -> float | None:
    """The rate that the schedules called for; None for a closed loop, which has no schedule."""
    window_s = sum(run.window_s for run in evidence.summaries)
    if not isinstance(evidence.scenario.load, Open) or not window_s:
        return None
    return evidence.requests / window_s


def _added(counts: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return dict(total)
