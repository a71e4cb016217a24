"""One stack under one scenario over many sessions: a value with its interval from each, and where the level changed.

Rule 1: only sessions of one machine and one load are joined; another machine, or another load, begins another series.
Rule 2: a change is a permanent one. Binary segmentation proposes the place (ruptures, least squares of logarithms), and
        a permutation test of the best place decides: in how many random orders of the same values the best place
        explains as much. Both parts are then searched, each at half of the level, which is shared among all series.
Rule 3: ``MIN_SESSIONS`` on both sides: one odd session is no change of level, and the newest proves nothing yet.

Sessions differ by more than their own intervals say, since the machine drifts between them. The test looks at how the
values of sessions scatter, not at their intervals; relative to a reference stack of the same session, most of the drift
cancels.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final

import numpy as np
import ruptures  # type: ignore[import-untyped] # ruptures has no types
from numpy.typing import NDArray
from scipy import stats

from stacklab.analysis.comparison.changes import machine_changes
from stacklab.analysis.metrics import CPU, Better, Metric, load_kind, ranked_by
from stacklab.analysis.results import SessionResult
from stacklab.analysis.rounds.cell import CellResult, Standing
from stacklab.model.measured.imported import ImportedPoint
from stacklab.model.measured.record import Host
from stacklab.model.measured.verdict import Estimate
from stacklab.model.traffic.load import Load

ALPHA: Final = 0.05
"""Probability that any series of a history shows a change where there is none."""

MIN_SESSIONS: Final = 3
"""On each side of a change."""

ORDERS: Final = 9_999
"""Random orders of a permutation test; with one more, the smallest p is 0.0001."""

SEED: Final = 20_261_130
"""The same sessions give the same history."""

IMPORTED: Final = "imported"
"""Stands for the scenario of numbers that another program measured."""

COUNTS: Final = frozenset({Standing.VALID, Standing.SUSPECT})


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionValue:
    """The value of one session."""

    session: str
    started_at: str
    value: float
    """In the metric's unit, or as a multiple of the reference."""
    low: float | None
    high: float | None
    standing: Standing


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A change of level."""

    index: int
    """Of the first point at the new level."""
    before: float
    """Geometric mean of the points between the change before and this one."""
    after: float
    p: float
    """Of the permutation test, not corrected."""

    @property
    def ratio(self) -> float:
        """After to before."""
        return self.after / self.before


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """The points of one stack, scenario and metric on one machine, in the order of time."""

    scenario: str
    stack: str
    metric: Metric
    machine: int | None
    """Number of the machine in ``History.machines``; None for imported numbers, whose machine is not known."""
    points: tuple[SessionValue, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class History:
    """Every series of a folder of sessions."""

    machines: tuple[Host, ...]
    series: tuple[Series, ...]
    reference: str | None
    """The stack that every value is a multiple of; None where values stand for themselves."""


def history(
    results: Iterable[SessionResult],
    *,
    metrics: Sequence[Metric] = (),
    reference: str | None = None,
    imported: Iterable[ImportedPoint] = (),
) -> History:
    """Join sessions, and look for changes of level.

    Without ``metrics``, those that a scenario ranks by and CPU per request are followed. Relative to a ``reference``,
    sessions that did not measure it have no point.
    """
    machines: list[Host] = []
    found: dict[tuple[str, str, Metric, int, Load], list[SessionValue]] = {}
    for result in sorted(results, key=lambda one: one.session.started_at):
        machine = _machine(result.host, machines)
        loads = {scenario.name: scenario.load for scenario in result.scenarios}
        for scenario, stack, metric, point in _points(result, metrics, reference):
            found.setdefault((scenario, stack, metric, machine, loads[scenario]), []).append(point)
    series = [
        Series(scenario=scenario, stack=stack, metric=metric, machine=machine, points=tuple(points))
        for (scenario, stack, metric, machine, _), points in found.items()
    ]
    series += _imported(imported)
    long = sum(len(one.points) >= 2 * MIN_SESSIONS for one in series)
    alpha = ALPHA / max(long, 1)
    return History(
        machines=tuple(machines),
        series=tuple(replace(one, steps=_steps_of(one, alpha)) for one in series),
        reference=reference,
    )


def _steps_of(one: Series, alpha: float) -> tuple[Step, ...]:
    """The changes of level of a series; what is zero at times, as errors are, has no level."""
    values = [point.value for point in one.points]
    return steps(values, alpha=alpha) if min(values) > 0 else ()


def _imported(points: Iterable[ImportedPoint]) -> list[Series]:
    """A series for each benchmark and measure of other programs: nobody checked them, so they are suspect."""
    found: dict[tuple[str, Metric], list[SessionValue]] = {}
    metrics: dict[tuple[str, str, bool], Metric] = {}
    for one in sorted(points, key=lambda one: one.at):
        kind = (one.measure, one.unit, one.more_is_better)
        metric = metrics.setdefault(kind, _foreign(*kind))
        value = SessionValue(
            session=one.label or one.at,
            started_at=one.at,
            value=one.value,
            low=one.low,
            high=one.high,
            standing=Standing.SUSPECT,
        )
        found.setdefault((one.benchmark, metric), []).append(value)
    return [
        Series(scenario=IMPORTED, stack=benchmark, metric=metric, machine=None, points=tuple(values))
        for (benchmark, metric), values in found.items()
    ]


def _foreign(measure: str, unit: str, more_is_better: bool) -> Metric:
    return Metric(
        key=measure,
        title=measure,
        unit=unit,
        meaning="A number of another program.",
        phrase=measure,
        of=lambda _: None,
        better=Better.MORE if more_is_better else Better.LESS,
    )


def steps(values: Sequence[float], *, alpha: float = ALPHA) -> tuple[Step, ...]:
    """Where the level of positive values changed, in their order; empty where a value is zero or less."""
    if len(values) < 2 * MIN_SESSIONS or min(values) <= 0:
        return ()
    logs = np.log(np.array(values))
    places = sorted(_places(logs, 0, alpha))
    borders = [0, *(place for place, _ in places), len(values)]
    levels = [math.exp(float(logs[begin:end].mean())) for begin, end in pairwise(borders)]
    return tuple(
        Step(index=place, before=levels[number], after=levels[number + 1], p=p)
        for number, (place, p) in enumerate(places)
    )


def _places(logs: NDArray[np.float64], offset: int, alpha: float) -> Iterator[tuple[int, float]]:
    """The places of all changes, each with its p."""
    if len(logs) < 2 * MIN_SESSIONS or not np.ptp(logs):
        return
    (place, _) = ruptures.Binseg(model="l2", min_size=MIN_SESSIONS, jump=1).fit(logs).predict(n_bkps=1)
    p = float(
        stats.permutation_test(
            (logs,),
            _explained,
            permutation_type="pairings",
            vectorized=True,
            n_resamples=ORDERS,
            alternative="greater",
            rng=np.random.default_rng(SEED),
        ).pvalue
    )
    if p > alpha:
        return
    yield offset + place, p
    yield from _places(logs[:place], offset, alpha / 2)
    yield from _places(logs[place:], offset + place, alpha / 2)


def _explained(values: NDArray[Any], axis: int = -1) -> NDArray[Any]:
    """The sum of squares that the best place explains: what binary segmentation maximises, for many orders at once."""
    values = np.moveaxis(values, axis, -1)
    n = values.shape[-1]
    left = np.arange(MIN_SESSIONS, n - MIN_SESSIONS + 1)
    sums = np.cumsum(values - values.mean(axis=-1, keepdims=True), axis=-1)[..., left - 1]
    explained: NDArray[Any] = (sums**2 * n / (left * (n - left))).max(axis=-1)
    return explained


def _machine(host: Host, machines: list[Host]) -> int:
    for number, known in enumerate(machines):
        if not machine_changes(known, host):
            return number
    machines.append(host)
    return len(machines) - 1


def _points(
    result: SessionResult, metrics: Sequence[Metric], reference: str | None
) -> Iterator[tuple[str, str, Metric, SessionValue]]:
    cells = {(cell.scenario, cell.stack): cell for cell in result.cells if cell.standing in COUNTS}
    ranked = {scenario.name: ranked_by(load_kind(scenario.load)) for scenario in result.scenarios}
    for (scenario, stack), cell in cells.items():
        base = None if reference is None else cells.get((scenario, reference))
        if reference is not None and (base is None or stack == reference):
            continue
        for metric in dict.fromkeys(metrics or (*ranked[scenario], CPU)):
            estimate = _relative(cell, base, metric)
            if estimate is not None:
                yield scenario, stack, metric, _point(result, cell, estimate)


def _point(result: SessionResult, cell: CellResult, estimate: Estimate) -> SessionValue:
    return SessionValue(
        session=result.session.name,
        started_at=result.session.started_at,
        value=estimate.value,
        low=estimate.low,
        high=estimate.high,
        standing=cell.standing,
    )


def _relative(cell: CellResult, base: CellResult | None, metric: Metric) -> Estimate | None:
    """The value of the cell, or its ratio to the base; the interval of a ratio by adding the squares of both logs."""
    own = cell.of(metric)
    if own is None or base is None:
        return own
    other = base.of(metric)
    if other is None or min(own.value, other.value) <= 0:
        return None
    ratio, n = own.value / other.value, min(own.n, other.n)
    halves = [_half_log(one) for one in (own, other)]
    if None in halves:
        return Estimate(value=ratio, low=None, high=None, n=n)
    factor = math.exp(math.hypot(*(half for half in halves if half is not None)))
    return Estimate(value=ratio, low=ratio / factor, high=ratio * factor, n=n)


def _half_log(estimate: Estimate) -> float | None:
    """Half of the interval, as a logarithm."""
    return None if estimate.high is None else math.log(max(estimate.high, estimate.value) / estimate.value)
