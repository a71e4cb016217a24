"""Two sessions, or two stacks of one: what changed, and every metric of every pair with a verdict.

Rule 1: two stacks of a session are compared by the rule of its ranks: the same contests, the same scatter, the same
    test (``analysis.rounds.differences``). The questions of this page are a family of their own.
Rule 2: two sessions differ by more than their rounds do: the machine, what else ran on it, where memory lay. No
    interval over rounds holds that. So a stack is compared through a reference, a stack that both sessions measured and
    that did not change: how much further is it from the reference in B than in A. Without one there are ratios and no
    verdicts. What a session does to one stack and not to the reference stays in the difference.
Rule 3: an interval is one of 95 % by itself, and belongs to the same test as the verdict. "Better" and "worse" are only
    said where they hold after Holm's correction over all questions of the page.
Rule 4: a cell that is void, failed or missing is shown with its reason, and gets no verdict.
Rule 5: A is the baseline: every ratio is B over A.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from statistics import fmean
from typing import TypeAlias

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
from stacklab.analysis.comparison.routes import with_routes
from stacklab.analysis.instructions.contrast import contrast, corrected
from stacklab.analysis.instructions.result import CountResult
from stacklab.analysis.metrics import CHUNKS, COMPARED, ERRORS, INSTRUCTIONS, Metric
from stacklab.analysis.results import SessionResult, StackResult
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.contests import Floors, contest
from stacklab.analysis.rounds.differences import ALPHA, Difference, holm, judge
from stacklab.analysis.rounds.ranks import alarming
from stacklab.analysis.rounds.scatter import Contest, difference
from stacklab.errors import UsageError
from stacklab.model.measured.verdict import Verdict
from stacklab.model.plan import TWIN_SUFFIX
from stacklab.model.traffic.scenario import Scenario


def compare_stacks(result: SessionResult, a: str, b: str) -> ComparisonResult:
    """Two stacks of one session, paired by round. A stack that was measured twice has its other name, too."""
    one, other = (_stack(result, name) for name in (a, b))
    cells_a, cells_b = (_cells(result, name) for name in (a, b))
    found = [
        _pair(
            scenario,
            (a, b),
            (cells_a[scenario.name], cells_b[scenario.name]),
            result.noise_floors.get(scenario.name, {}),
            _within(result, b, a),
        )
        for scenario in result.scenarios
        if scenario.name in cells_a.keys() & cells_b.keys()
    ]
    alarms = _alarms(result, result.scenarios) if a.removesuffix(TWIN_SUFFIX) != b.removesuffix(TWIN_SUFFIX) else ()
    margin = result.session.margin
    questions, pairs = _judged(found, margin=margin, alarms=frozenset(alarms))
    return ComparisonResult(
        a=a,
        b=b,
        session=result.session.name,
        different_machines=(),
        changes=tuple(stack_changes(one, other)),
        left_out=tuple(_left_out("scenario", cells_a, cells_b)),
        questions=questions,
        pairs=with_routes(pairs, paired=True),
        margin=margin,
        counts=_counts(
            (scenario.name, (a, b), _count(result, a, scenario.name), _count(result, b, scenario.name))
            for scenario in result.scenarios
        ),
    )


def compare_sessions(a: SessionResult, b: SessionResult, *, reference: str | None = None) -> ComparisonResult:
    """The stacks and scenarios that two sessions share, through the reference, which is one of these stacks.

    Raises:
        UsageError: the reference was not measured in both, or is not the same stack in both.
    """
    if reference is not None:
        _require_same(a, b, reference)
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
    found = [
        _pair(scenario, (name, name), (cell_a, cell_b), floors.get(scenario.name, {}), _between(a, b, name, reference))
        for scenario, name, cell_a, cell_b in cells
        if cell_a is not None and cell_b is not None
    ]
    margin, alarms = min(a.session.margin, b.session.margin), _alarms(a, shared) | _alarms(b, shared)
    questions, pairs = _judged(found, margin=margin, alarms=alarms)
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
        pairs=with_routes(pairs, paired=False),
        margin=margin,
        own_app=_own_app(a, b),
        reference=reference,
        counts=_counts(
            (scenario.name, (name, name), _count(a, name, scenario.name), _count(b, name, scenario.name))
            for scenario in shared
            for name in (one.stack.name for one in stacks)
        ),
    )


def _own_app(a: SessionResult, b: SessionResult) -> str | None:
    """The own app of both; None where either measured stacks of the catalogue, or they measured two apps."""
    apps = [None if one.session.app is None else one.session.app.app for one in (a, b)]
    return apps[0] if apps[0] == apps[1] else None


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


def _require_same(a: SessionResult, b: SessionResult, reference: str) -> None:
    """A reference that changed would pass its change on to everything that is compared through it."""
    for result in (a, b):
        if reference not in {one.stack.name for one in result.stacks}:
            raise UsageError(f"--reference {reference}: {result.session.name} has no such stack")
    changes = list(stack_changes(_stack(a, reference), _stack(b, reference)))
    if changes:
        raise UsageError(
            f"--reference {reference}: it is not the same in both sessions ({changes[0].what}); name one that is"
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


_Asked: TypeAlias = Callable[[Scenario, Metric], tuple[Difference | None, Why | None]]
"""The difference of two cells, and why it is without certainty."""


def _pair(
    scenario: Scenario,
    names: tuple[str, str],
    cells: tuple[CellResult, CellResult],
    floors: Mapping[str, float],
    asked: _Asked,
) -> PairComparison:
    return PairComparison(
        scenario=scenario,
        names=names,
        cells=cells,
        metrics=tuple(_metric(scenario, metric, cells, floors.get(metric.key), asked) for metric in _metrics(cells))
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
    scenario: Scenario, metric: Metric, cells: tuple[CellResult, CellResult], floor: float | None, asked: _Asked
) -> MetricComparison:
    blank = MetricComparison(
        metric=metric,
        a=cells[0].of(metric),
        b=cells[1].of(metric),
        floor=floor,
    )
    why = _not_asked(metric, cells)
    if why is not None:
        return replace(blank, why=why)
    if metric is ERRORS and not any(any(cell.by_round(metric).values()) for cell in cells):
        return replace(blank, verdict=Verdict.SAME)
    found, why = asked(scenario, metric)
    if found is None:
        return replace(blank, why=why or Why.NO_COMMON_ROUND)
    return replace(blank, difference=found, why=why or (None if found.freedom else Why.ONE_ROUND))


def _not_asked(metric: Metric, cells: tuple[CellResult, CellResult]) -> Why | None:
    """What keeps a ratio from being formed."""
    values = tuple(cell.by_round(metric) for cell in cells)
    if not all(values):
        return Why.UNAVAILABLE if metric.family is None else Why.FEW_REQUESTS
    if any(cell.at_least(metric) for cell in cells):
        return Why.LOWER_BOUND
    return Why.ZERO if metric is not ERRORS and not all(any(one.values()) for one in values) else None


def _within(result: SessionResult, candidate: str, baseline: str) -> _Asked:
    """Two stacks of one session: their scatter is that of all its stacks under the scenario."""

    def asked(scenario: Scenario, metric: Metric) -> tuple[Difference | None, Why | None]:
        if metric is ERRORS:
            cells = {name: _cells(result, name)[scenario.name] for name in (candidate, baseline)}
            return difference(_of_errors(scenario, cells), candidate, baseline), None
        return difference(contest(scenario.name, metric, result.cells, result.twins), candidate, baseline), None

    return asked


def _of_errors(scenario: Scenario, cells: Mapping[str, CellResult]) -> Contest:
    """The shares of errors of two stacks, whose scatter says nothing of that of others.

    Half an error is added to each round, so that none at all has a logarithm (Haldane 1956, Anscombe 1956).
    """
    shares = {
        name: {one.round: (one.errors + 0.5) / (one.requests + 1) for one in cell.rounds if one.requests}
        for name, cell in cells.items()
    }
    return Contest(scenario=scenario.name, metric=ERRORS.key, more_is_better=False, values=shares)


def _between(a: SessionResult, b: SessionResult, name: str, reference: str | None) -> _Asked:
    """One stack in two sessions: how much further it is from the reference in B than in A."""

    def asked(scenario: Scenario, metric: Metric) -> tuple[Difference | None, Why | None]:
        if reference is None or name == reference:
            why = Why.SESSIONS_DIFFER if reference is None else Why.REFERENCE
            return _as_they_are(*(_cells(result, name)[scenario.name].by_round(metric) for result in (a, b))), why
        sides = []
        for result in (a, b):
            cell = _cells(result, reference).get(scenario.name)
            if cell is None or not cell.counts or cell.at_least(metric):
                return None, Why.NO_REFERENCE
            found, _ = _within(result, name, reference)(scenario, metric)
            if found is None:
                return None, Why.NO_REFERENCE
            sides.append(found)
        return sides[1].beyond(sides[0]), None

    return asked


def _as_they_are(a: Mapping[int, float], b: Mapping[int, float]) -> Difference | None:
    """The ratio of the geometric means, of which nothing else is known."""
    logs, base = ([math.log(value) for value in rounds.values() if value > 0] for rounds in (b, a))
    if not logs or not base:
        return None
    return Difference(mean=fmean(logs) - fmean(base), error=0.0, freedom=0.0, n=min(len(logs), len(base)))


def _judged(
    pairs: Iterable[PairComparison], *, margin: float, alarms: frozenset[tuple[str, str]]
) -> tuple[int, tuple[PairComparison, ...]]:
    """How many questions are asked, and the pairs with the verdicts that hold for all of them together."""
    pairs = tuple(pairs)
    asked = [one for pair in pairs for one in pair.metrics if one.interval is not None]
    certain, alpha = iter(holm([one.p for one in asked])), ALPHA / max(1, len(asked))

    def judged(pair: PairComparison, one: MetricComparison) -> MetricComparison:
        one = replace(one, alpha=alpha, alarm=(pair.scenario.name, one.metric.key) in alarms)
        if one.difference is None or one.interval is None:
            return one
        verdict = judge(one.difference, certain=next(certain), margin=margin, more_is_better=one.metric.more_is_better)
        why = None
        if verdict is Verdict.UNRESOLVED and one.p <= ALPHA:
            why = Why.MANY_QUESTIONS
        elif verdict in {Verdict.FASTER, Verdict.SLOWER} and one.difference.is_within(margin):
            why = Why.WITHIN_MARGIN
        return replace(one, verdict=verdict, why=why)

    return len(asked), tuple(
        replace(pair, metrics=tuple([judged(pair, one) for one in pair.metrics])) for pair in pairs
    )


def _alarms(result: SessionResult, scenarios: Iterable[Scenario]) -> frozenset[tuple[str, str]]:
    """Scenario and key of the metrics in which the stack that was measured twice is told from itself."""
    asked = [(scenario.name, metric) for scenario in scenarios for metric in COMPARED if metric is not ERRORS]
    told = alarming(
        [contest(name, metric, result.cells, result.twins) for name, metric in asked], margin=result.session.margin
    )
    return frozenset((name, metric.key) for (name, metric), one in zip(asked, told, strict=True) if one)
