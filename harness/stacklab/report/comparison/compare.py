"""From two views, or two stacks of one, to a comparison: what changed, and every metric of every pair with a verdict.

Rule 1: within a session rounds are paired; between sessions they are not, and the page says so.
Rule 2: an interval is one of 95 % by itself. "Better" and "worse" are only said where they hold after Holm's correction
    over all questions of the page; what does not is "cannot say".
Rule 3: a cell that is void, failed or missing is shown with its reason, and gets no verdict.
Rule 4: A is the baseline: every ratio is B over A.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.rounds.paired import ALPHA, compare
from stacklab.analysis.rounds.ranks import holm
from stacklab.analysis.rounds.unpaired import compare_unpaired
from stacklab.model.plan import TWIN_SUFFIX
from stacklab.model.verdict import Comparison, Validity, Verdict
from stacklab.report.comparison.changes import machine_changes, scenario_changes, session_changes, stack_changes
from stacklab.report.comparison.metrics import (
    ERRORS,
    Metric,
    by_round,
    comparable,
    floors,
    metrics_of,
    with_half_an_error,
)
from stacklab.report.comparison.view import ComparisonView, MetricView, PairView
from stacklab.report.kit.numbers import percent
from stacklab.report.session.columns import standing
from stacklab.report.session.view import CellView, Floors, ScenarioView, StackView, View


def compare_stacks(view: View, a: str, b: str) -> ComparisonView:
    """Two stacks of one session, paired by round. A stack that was measured twice has its other name, too."""
    one, other = (_stack(view, name) for name in (a, b))
    cells_a, cells_b = (_cells(view, name) for name in (a, b))
    noise = floors(view)
    questions, pairs = _judged(
        _pair(
            scenario,
            (cells_a[scenario.name], cells_b[scenario.name]),
            (a, b),
            noise.get(scenario.name, {}),
            paired=True,
        )
        for scenario in view.scenarios
        if scenario.name in cells_a.keys() & cells_b.keys()
    )
    return ComparisonView(
        a=a,
        b=b,
        session=view.session.name,
        different_machines=(),
        changes=tuple(stack_changes(one, other)),
        left_out=tuple(_left_out("scenario", cells_a, cells_b)),
        questions=questions,
        pairs=pairs,
    )


def compare_sessions(a: View, b: View) -> ComparisonView:
    """The stacks and scenarios that two sessions share, unpaired."""
    stacks = [one for one in a.stacks if one.stack.name in {other.stack.name for other in b.stacks}]
    scenarios = {scenario.name: scenario for scenario in b.scenarios}
    shared = [scenario for scenario in a.scenarios if scenario.name in scenarios]
    names_a, names_b = ([one.stack.name for one in view.stacks] for view in (a, b))
    noise = _higher(floors(a), floors(b))
    cells = [
        (scenario, name, _cells(a, name).get(scenario.name), _cells(b, name).get(scenario.name))
        for scenario in shared
        for name in (one.stack.name for one in stacks)
    ]
    questions, pairs = _judged(
        _pair(scenario, (cell_a, cell_b), (name, name), noise.get(scenario.name, {}), paired=False)
        for scenario, name, cell_a, cell_b in cells
        if cell_a is not None and cell_b is not None
    )
    return ComparisonView(
        a=a.session.name,
        b=b.session.name,
        session=None,
        different_machines=machine_changes(a.host, b.host),
        changes=(
            *session_changes(a, b),
            *(change for one in stacks for change in stack_changes(one, _stack(b, one.stack.name))),
            *(change for scenario in shared for change in scenario_changes(scenario, scenarios[scenario.name])),
        ),
        left_out=(
            *_left_out("stack", names_a, names_b),
            *_left_out("scenario", [one.name for one in a.scenarios], list(scenarios)),
        ),
        questions=questions,
        pairs=pairs,
    )


def _stack(view: View, name: str) -> StackView:
    return next(one for one in view.stacks if one.stack.name == name.removesuffix(TWIN_SUFFIX))


def _cells(view: View, name: str) -> Mapping[str, CellView]:
    """By scenario, in the order of the session."""
    own = name.removesuffix(TWIN_SUFFIX)
    return {cell.scenario: cell for cell in (view.cells if own == name else view.twins) if cell.stack == own}


def _left_out(kind: str, a: Iterable[str], b: Iterable[str]) -> Iterator[str]:
    a, b = list(a), list(b)
    yield from (f"Only A has the {kind} {name}." for name in a if name not in b)
    yield from (f"Only B has the {kind} {name}." for name in b if name not in a)


def _higher(a: Floors, b: Floors) -> Floors:
    """Of two sessions, the higher floor of each metric."""
    found: dict[str, dict[str, float]] = {}
    for floors_of in (a, b):
        for scenario, floor_of in floors_of.items():
            for metric, floor in floor_of.items():
                known = found.setdefault(scenario, {})
                known[metric] = max(floor, known.get(metric, 0.0))
    return found


def _pair(
    scenario: ScenarioView,
    cells: tuple[CellView, CellView],
    names: tuple[str, str],
    noise: Mapping[str, float],
    *,
    paired: bool,
) -> PairView:
    return PairView(
        scenario=scenario.name,
        load=scenario.load,
        is_open=scenario.is_open,
        a=names[0],
        b=names[1],
        standing_a=standing(cells[0]),
        standing_b=standing(cells[1]),
        doubts=tuple(f"{side}: {doubt}" for side, cell in zip("AB", cells, strict=True) for doubt in _doubts(cell)),
        metrics=tuple(_metric(metric, cells, noise, paired=paired) for metric in metrics_of(cells))
        if all(map(comparable, cells))
        else (),
    )


def _doubts(cell: CellView) -> Iterator[str]:
    """The worst first; of rounds that failed the same way, one."""
    if not cell.rounds and not cell.failed:
        yield "missing: the session ended before it was run."
    for failed in {(one.stage, one.reason): one for one in cell.failed}.values():
        yield f"round {failed.round} failed ({failed.stage}): {failed.reason.rstrip('.')}."
    for makes in (Validity.VOID, Validity.SUSPECT):
        yield from (f"{makes}: {caveat.text}" for caveat in cell.caveats if caveat.makes is makes)


def _metric(
    metric: Metric, cells: tuple[CellView, CellView], noise: Mapping[str, float], *, paired: bool
) -> MetricView:
    values = tuple(by_round(cell, metric) for cell in cells)
    blank = MetricView(
        metric=metric.key,
        words=metric.words,
        unit=metric.unit,
        more_is_better=metric.more_is_better,
        a=estimate(list(values[0].values())),
        b=estimate(list(values[1].values())),
        ratio=None,
        low=None,
        high=None,
        p=1.0,
        verdict=None,
    )
    if not all(values):
        return replace(blank, why="not enough requests" if metric.unit == "ms" else "unavailable")
    if any(metric.key in cell.latency_at_least for cell in cells):
        return replace(blank, why="a lower bound: it falls among lost requests")
    if metric.key == ERRORS:
        if not any(values[0].values()) and not any(values[1].values()):
            return replace(blank, verdict=Verdict.TIE)
        values = tuple(with_half_an_error(cell) for cell in cells)
    if not all(any(one.values()) for one in values):
        return replace(blank, why="zero is in no ratio")
    found = _compared(metric, values[1], values[0], noise.get(metric.key), paired=paired)
    return replace(
        blank,
        ratio=found.ratio,
        low=found.low,
        high=found.high,
        p=found.p,
        verdict=found.verdict,
        why=_why(found, noise.get(metric.key)),
    )


def _why(found: Comparison, floor: float | None) -> str:
    """What a reader of the interval could not guess."""
    if found.low is None or found.high is None:
        return "one round has no interval" if found.n else "no round has both"
    if found.verdict is Verdict.TIE and floor is not None and not found.low <= 1 <= found.high:
        return f"the noise floor is {percent(floor)}"
    return ""


def _compared(
    metric: Metric, candidate: Mapping[int, float], baseline: Mapping[int, float], floor: float | None, *, paired: bool
) -> Comparison:
    if paired:
        return compare(candidate, baseline, more_is_better=metric.more_is_better, floor=floor)
    return compare_unpaired(
        list(candidate.values()), list(baseline.values()), more_is_better=metric.more_is_better, floor=floor
    )


def _judged(pairs: Iterable[PairView]) -> tuple[int, tuple[PairView, ...]]:
    """For how many questions the verdicts are corrected, and the pairs with corrected verdicts."""
    pairs = tuple(pairs)
    asked = [one for pair in pairs for one in pair.metrics if one.low is not None]
    certain = iter(holm([one.p for one in asked], ALPHA))
    return len(asked), tuple(replace(pair, metrics=tuple(_corrected(pair.metrics, certain))) for pair in pairs)


def _corrected(metrics: Sequence[MetricView], certain: Iterator[bool]) -> Iterator[MetricView]:
    for one in metrics:
        if one.low is not None and not next(certain) and one.verdict in {Verdict.FASTER, Verdict.SLOWER}:
            yield replace(one, verdict=Verdict.CANNOT_SAY, why="not certain among so many questions")
        else:
            yield one
