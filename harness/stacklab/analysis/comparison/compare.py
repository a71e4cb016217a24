"""Two sessions, or two stacks of one: what changed, and every metric of every pair with a verdict.

Rule 1: within a session rounds are paired; between sessions they are not, and the page says so.
Rule 2: an interval is one of 95 % by itself. "Better" and "worse" are only said where they hold after Holm's correction
    over all questions of the page; what does not is "cannot say".
Rule 3: a cell that is void, failed or missing is shown with its reason, and gets no verdict.
Rule 4: A is the baseline: every ratio is B over A.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from stacklab.analysis.comparison.changes import machine_changes, scenario_changes, session_changes, stack_changes
from stacklab.analysis.comparison.result import (
    ComparisonResult,
    CountComparison,
    MetricComparison,
    OneSided,
    PairComparison,
    Side,
    Why,
)
from stacklab.analysis.instructions.contrast import contrast, corrected
from stacklab.analysis.instructions.result import CountResult
from stacklab.analysis.metrics import CHUNKS, COMPARED, ERRORS, INSTRUCTIONS, Metric
from stacklab.analysis.results import SessionResult, StackResult
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.contests import Floors
from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.rounds.paired import ALPHA, compare
from stacklab.analysis.rounds.ranks import holm
from stacklab.analysis.rounds.unpaired import compare_unpaired
from stacklab.model.plan import TWIN_SUFFIX
from stacklab.model.traffic.scenario import Scenario
from stacklab.model.verdict import Comparison, Verdict


def compare_stacks(result: SessionResult, a: str, b: str) -> ComparisonResult:
    """Two stacks of one session, paired by round. A stack that was measured twice has its other name, too."""
    one, other = (_stack(result, name) for name in (a, b))
    cells_a, cells_b = (_cells(result, name) for name in (a, b))
    questions, pairs = _judged(
        _pair(
            scenario,
            (a, b),
            (cells_a[scenario.name], cells_b[scenario.name]),
            result.noise_floors.get(scenario.name, {}),
            paired=True,
        )
        for scenario in result.scenarios
        if scenario.name in cells_a.keys() & cells_b.keys()
    )
    return ComparisonResult(
        a=a,
        b=b,
        session=result.session.name,
        different_machines=(),
        changes=tuple(stack_changes(one, other)),
        left_out=tuple(_left_out("scenario", cells_a, cells_b)),
        questions=questions,
        pairs=pairs,
        counts=_counts(
            (scenario.name, (a, b), _count(result, a, scenario.name), _count(result, b, scenario.name))
            for scenario in result.scenarios
        ),
    )


def compare_sessions(a: SessionResult, b: SessionResult) -> ComparisonResult:
    """The stacks and scenarios that two sessions share, unpaired."""
    stacks = [one for one in a.stacks if one.stack.name in {other.stack.name for other in b.stacks}]
    scenarios = {scenario.name: scenario for scenario in b.scenarios}
    shared = [scenario for scenario in a.scenarios if scenario.name in scenarios]
    names_a, names_b = ([one.stack.name for one in result.stacks] for result in (a, b))
    floors = _higher(a.noise_floors, b.noise_floors)
    cells = [
        (scenario, name, _cells(a, name).get(scenario.name), _cells(b, name).get(scenario.name))
        for scenario in shared
        for name in (one.stack.name for one in stacks)
    ]
    questions, pairs = _judged(
        _pair(scenario, (name, name), (cell_a, cell_b), floors.get(scenario.name, {}), paired=False)
        for scenario, name, cell_a, cell_b in cells
        if cell_a is not None and cell_b is not None
    )
    return ComparisonResult(
        a=a.session.name,
        b=b.session.name,
        session=None,
        different_machines=machine_changes(a.host, b.host),
        changes=(
            *session_changes(a, b),
            *(change for one in stacks for change in stack_changes(one, _stack(b, one.stack.name))),
            *(
                change
                for scenario in shared
                for change in scenario_changes((scenario, a.contract), (scenarios[scenario.name], b.contract))
            ),
        ),
        left_out=(
            *_left_out("stack", names_a, names_b),
            *_left_out("scenario", [one.name for one in a.scenarios], list(scenarios)),
        ),
        questions=questions,
        pairs=pairs,
        counts=_counts(
            (scenario.name, (name, name), _count(a, name, scenario.name), _count(b, name, scenario.name))
            for scenario in shared
            for name in (one.stack.name for one in stacks)
        ),
    )


def _count(result: SessionResult, stack: str, scenario: str) -> CountResult | None:
    return next((one for one in result.counts if (one.stack, one.scenario) == (stack, scenario)), None)


def _counts(
    pairs: Iterable[tuple[str, tuple[str, str], CountResult | None, CountResult | None]],
) -> tuple[CountComparison, ...]:
    """What was counted on both sides, with corrected verdicts."""
    both = [(scenario, names, a, b) for scenario, names, a, b in pairs if a is not None and b is not None]
    found = corrected([contrast(a, b) for _, _, a, b in both])
    return tuple(
        CountComparison(scenario=scenario, names=names, contrast=one)
        for (scenario, names, _, _), one in zip(both, found, strict=True)
    )


def _stack(result: SessionResult, name: str) -> StackResult:
    return next(one for one in result.stacks if one.stack.name == name.removesuffix(TWIN_SUFFIX))


def _cells(result: SessionResult, name: str) -> Mapping[str, CellResult]:
    """By scenario, in the order of the session."""
    own = name.removesuffix(TWIN_SUFFIX)
    return {cell.scenario: cell for cell in (result.cells if own == name else result.twins) if cell.stack == own}


def _left_out(kind: str, a: Iterable[str], b: Iterable[str]) -> Iterator[OneSided]:
    a, b = list(a), list(b)
    yield from (OneSided(side=Side.A, kind=kind, name=name) for name in a if name not in b)
    yield from (OneSided(side=Side.B, kind=kind, name=name) for name in b if name not in a)


def _higher(a: Floors, b: Floors) -> Floors:
    """The higher noise floor of the two sessions, for each metric."""
    found: dict[str, dict[str, float]] = {}
    for floors_of in (a, b):
        for scenario, floor_of in floors_of.items():
            for metric, floor in floor_of.items():
                known = found.setdefault(scenario, {})
                known[metric] = max(floor, known.get(metric, 0.0))
    return found


def _pair(
    scenario: Scenario,
    names: tuple[str, str],
    cells: tuple[CellResult, CellResult],
    floors: Mapping[str, float],
    *,
    paired: bool,
) -> PairComparison:
    return PairComparison(
        scenario=scenario,
        names=names,
        cells=cells,
        metrics=tuple(_metric(metric, cells, floors.get(metric.key), paired=paired) for metric in _metrics(cells))
        if all(cell.counts for cell in cells)
        else (),
    )


def _metrics(cells: tuple[CellResult, CellResult]) -> tuple[Metric, ...]:
    """What cells of one scenario have: nothing of chunks where responses come in one, nor of instructions uncounted."""
    optional = {
        group: any(metric.key in cell.values for cell in cells for metric in group)
        for group in (CHUNKS, (INSTRUCTIONS,))
    }
    missing = {metric for group, is_there in optional.items() if not is_there for metric in group}
    return tuple(metric for metric in COMPARED if metric not in missing)


def _metric(
    metric: Metric, cells: tuple[CellResult, CellResult], floor: float | None, *, paired: bool
) -> MetricComparison:
    values = tuple(cell.by_round(metric) for cell in cells)
    blank = MetricComparison(
        metric=metric, a=estimate(list(values[0].values())), b=estimate(list(values[1].values())), floor=floor
    )
    if not all(values):
        return replace(blank, why=Why.UNAVAILABLE if metric.family is None else Why.FEW_REQUESTS)
    if any(cell.at_least(metric) for cell in cells):
        return replace(blank, why=Why.LOWER_BOUND)
    if metric is ERRORS:
        if not any(values[0].values()) and not any(values[1].values()):
            return replace(blank, verdict=Verdict.TIE)
        values = tuple(_with_half_an_error(cell) for cell in cells)
    if not all(any(one.values()) for one in values):
        return replace(blank, why=Why.ZERO)
    found = _compared(metric, values[1], values[0], floor, paired=paired)
    return replace(
        blank,
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        p=found.p,
        verdict=found.verdict,
        why=_why(found, floor),
    )


def _with_half_an_error(cell: CellResult) -> Mapping[int, float]:
    """Half an error is added to each round, so that none at all has a logarithm (Haldane 1956, Anscombe 1956)."""
    return {one.round: (one.errors + 0.5) / (one.requests + 1) for one in cell.rounds if one.requests}


def _why(found: Comparison, floor: float | None) -> Why | None:
    """The reason for a verdict that the interval does not explain."""
    if found.low is None or found.high is None:
        return Why.ONE_ROUND if found.n else Why.NO_COMMON_ROUND
    if found.verdict is Verdict.TIE and floor is not None and not found.low <= 1 <= found.high:
        return Why.BELOW_FLOOR
    return None


def _compared(
    metric: Metric, candidate: Mapping[int, float], baseline: Mapping[int, float], floor: float | None, *, paired: bool
) -> Comparison:
    if paired:
        return compare(candidate, baseline, more_is_better=metric.more_is_better, floor=floor)
    return compare_unpaired(
        list(candidate.values()), list(baseline.values()), more_is_better=metric.more_is_better, floor=floor
    )


def _judged(pairs: Iterable[PairComparison]) -> tuple[int, tuple[PairComparison, ...]]:
    """For how many questions the verdicts are corrected, and the pairs with corrected verdicts."""
    pairs = tuple(pairs)
    asked = [one for pair in pairs for one in pair.metrics if one.low is not None]
    certain = iter(holm([one.p for one in asked], ALPHA))
    return len(asked), tuple(replace(pair, metrics=tuple(_corrected(pair.metrics, certain))) for pair in pairs)


def _corrected(metrics: Sequence[MetricComparison], certain: Iterator[bool]) -> Iterator[MetricComparison]:
    for one in metrics:
        if one.low is not None and not next(certain) and one.verdict in {Verdict.FASTER, Verdict.SLOWER}:
            yield replace(one, verdict=Verdict.CANNOT_SAY, why=Why.MANY_QUESTIONS)
        else:
            yield one
