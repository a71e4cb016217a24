"""Which stack leads at which point of a sweep: a table, and a sentence that says whether it depends."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from stacklab.analysis.metrics import Metric
from stacklab.model.measured.verdict import Estimate
from stacklab.model.plan import Swept
from stacklab.report.kit.numbers import NO_NUMBER, listed, relative
from stacklab.report.session.view import ScenarioView, View
from stacklab.report.session.words.headline import ranking
from stacklab.report.session.words.verdicts import cells_of


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepPoint:
    """One scenario of a sweep."""

    scenario: str
    at: Mapping[str, str]
    """The value of each parameter."""
    leaders: tuple[str, ...]
    """The stacks that none is certainly better than, the best first; empty where nobody is ranked."""
    values: Mapping[str, Estimate]
    """By stack, of the metric that the scenario is ranked by; void and failed cells have none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SweepView:
    """One scenario of the catalogue, at every point."""

    of: str
    metric: Metric
    parameters: tuple[str, ...]
    points: tuple[SweepPoint, ...]

    @property
    def answer(self) -> str:
        """Who leads where: one sentence if it is the same everywhere, else one for each stretch."""
        named = [(_led(point), point) for point in self.points]
        found = [(led, [point for _, point in group]) for led, group in groupby(named, key=lambda one: one[0])]
        if len(found) == 1:
            return f"{self.of}: {found[0][0]} at all {len(self.points)} points."
        return f"{self.of}: {'; '.join(f'{led} at {_where(points)}' for led, points in found)}."

    @property
    def heads(self) -> tuple[str, ...]:
        """Of the table."""
        return (*self.parameters, "Leads", f"{self.metric.title}, {self.metric.unit}", "May be as good")

    @property
    def rows(self) -> Iterator[tuple[str, ...]]:
        """A row for each point."""
        for point in self.points:
            best, *others = point.leaders or (NO_NUMBER,)
            yield (
                *(point.at[name] for name in self.parameters),
                best,
                relative(point.values.get(best)),
                ", ".join(others) or NO_NUMBER,
            )


def sweep_views(view: View) -> tuple[SweepView, ...]:
    """Every sweep of a session, in the order of its plan."""
    by_base: dict[str, list[tuple[ScenarioView, Swept]]] = {}
    for scenario in view.scenarios:
        if scenario.name in view.swept:
            swept = view.swept[scenario.name]
            by_base.setdefault(swept.of, []).append((scenario, swept))
    return tuple(_sweep(view, of, found) for of, found in by_base.items() if len(found) > 1)


def _sweep(view: View, of: str, found: list[tuple[ScenarioView, Swept]]) -> SweepView:
    metric, _ = ranking(view, found[0][0])
    return SweepView(
        of=of,
        metric=metric,
        parameters=tuple(found[0][1].at),
        points=tuple(_point(view, scenario, swept, metric) for scenario, swept in found),
    )


def _point(view: View, scenario: ScenarioView, swept: Swept, metric: Metric) -> SweepPoint:
    by, ranks = ranking(view, scenario)
    cells = [cell for cell in cells_of(view, scenario) if cell.ranks_by(metric)]
    return SweepPoint(
        scenario=scenario.name,
        at=swept.at,
        leaders=tuple(rank.stack for rank in ranks if rank.first == 1) if by is metric else (),
        values={cell.stack: found for cell in cells if (found := cell.of(metric)) is not None},
    )


def _led(point: SweepPoint) -> str:
    if not point.leaders:
        return "nobody is ranked"
    if len(point.leaders) == 1:
        return f"{point.leaders[0]} leads"
    if len(point.leaders) == len(point.values):
        return f"no two of {len(point.values)} stacks can be told apart"
    return f"{listed(sorted(point.leaders))} may each be the best"


def _where(points: list[SweepPoint]) -> str:
    """``connections=1 and 8`` where one parameter was varied, and every point in full where several were."""
    names = list(points[0].at)
    if len(names) == 1:
        return f"{names[0]}={listed([point.at[names[0]] for point in points])}"
    return listed([", ".join(f"{name}={value}" for name, value in point.at.items()) for point in points])
