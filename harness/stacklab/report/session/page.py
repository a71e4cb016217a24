"""The page's contents in the order of its sections: cells put in order, sentences computed, charts drawn. No markup."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from stacklab.analysis.comparison.variants import Variants, variants
from stacklab.analysis.instructions.result import CountResult
from stacklab.analysis.metrics import (
    CPU,
    INSTRUCTIONS,
    METRICS,
    P50,
    P99,
    RSS,
    THROUGHPUT,
    Metric,
    MetricFamily,
    Prominence,
)
from stacklab.analysis.rounds.cell import CellResult, Standing, measured
from stacklab.analysis.rounds.contests import Floors
from stacklab.model.stack import Waits
from stacklab.report.capacity import words
from stacklab.report.capacity.chart import latency_against_load
from stacklab.report.kit.palette import Looks, looks_of
from stacklab.report.session import charts
from stacklab.report.session.dots import Dots, dots
from stacklab.report.session.matrix import Matrix, MatrixCell, column_of, matrix
from stacklab.report.session.view import ScenarioView, View
from stacklab.report.session.words import captions, trust
from stacklab.report.session.words.counted import by_scenario, remarks
from stacklab.report.session.words.headline import answer, conditions, ended, heading, places, ranking, shown
from stacklab.report.session.words.routes import FailureRow, RouteRow, failure_rows, route_rows
from stacklab.report.session.words.steps import StepRow, step_rows
from stacklab.report.session.words.trust import Cause
from stacklab.report.session.words.verdicts import ScenarioVerdict, verdicts
from stacklab.report.sweep import chart as sweep_chart
from stacklab.report.sweep.view import SweepView, sweep_views

_THIRDS = 3
TABLED_QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.99, 0.999)
"""The rows of the table under a percentile plot."""

TWIN_COLUMNS = (THROUGHPUT, P50, P99, CPU)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """A drawing (None where there is nothing to draw) and the sentence that says what it shows."""

    svg: str | None
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TimelineSummary:
    """The course of one run in a few numbers: a row of the table under the timelines."""

    stack: str
    slices: int
    thirds: tuple[float, ...]
    """Mean of the slices' medians, in ms, in the first, second and last third of the window."""
    highest_p99: float
    """In ms, of the slice that begins at ``highest_at`` seconds."""
    highest_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ScenarioBlock:
    """Everything that the page shows of one scenario."""

    scenario: ScenarioView
    anchor: str
    """Its identifier on the page: names of scenarios may have any letters."""
    verdict: ScenarioVerdict
    dots: Dots | None
    behind: Mapping[str, MatrixCell]
    """By stack: how far behind the best it is, by the leading metric."""
    quoted: tuple[Metric, ...]
    """The columns beside the dots."""
    ranks: Mapping[str, str]
    """``2``, or ``1-3`` where no more is certain."""
    lead: Metric
    columns: tuple[Metric, ...]
    resources: tuple[Metric, ...]
    """The columns of the table of resources."""
    cells: tuple[CellResult, ...]
    """Best first, void and failed ones last."""
    routes: tuple[RouteRow, ...]
    """Of a scenario with several routes: each by itself."""
    failures: tuple[FailureRow, ...]
    """Requests that failed, by stack, route and kind."""
    steps: tuple[StepRow, ...]
    """Of a load that changes in steps: each by itself."""
    courses: tuple[TimelineSummary, ...]
    distributed: Chart
    over_time: Chart
    costed: Chart


@dataclass(frozen=True, kw_only=True, slots=True)
class PageContent:
    """The data that the templates use beside the view itself."""

    heading: str
    conditions: str
    """How much was measured, and where."""
    strip: tuple[str, ...]
    """Whether it can be believed, in a few sentences."""
    matrix: Matrix
    causes: tuple[Cause, ...]
    """Doubts, by cause."""
    remarks: tuple[Cause, ...]
    """What is only to be known."""
    variants: tuple[Variants, ...]
    """Differences between the variants of each stack."""
    sweeps: tuple[tuple[SweepView, Chart], ...]
    """What was varied of scenarios."""
    scenarios: tuple[ScenarioBlock, ...]
    standings: Mapping[tuple[str, str], Standing]
    """By stack and scenario; pairs that the plan skipped are not in it."""
    twins: tuple[tuple[CellResult, CellResult], ...]
    """(a cell, its twin): the pairs behind the noise floor."""
    floors: Floors
    """The noise floor, by scenario and number."""
    twin_columns: tuple[Metric, ...]
    """The metrics in the table of the noise floor."""
    service_time: tuple[Metric, ...]
    """The quantiles of it."""
    counts_instructions: bool
    """Whether any cell has instructions per request."""
    shared: tuple[tuple[CellResult, str], ...]
    """Cells served by several workers, with a sentence on how they shared the work."""
    is_timed: bool
    """False where instructions were counted or capacities sought, and nothing else."""
    capacities: tuple[tuple[str, str | None, tuple[tuple[str, ...], ...], tuple[str, ...]], ...]
    """(scenario, its chart, the rows of its table, what must be known of them)."""
    counts: tuple[tuple[str, tuple[CountResult, ...], tuple[str, ...]], ...]
    """(scenario, its counted instructions, what must be known of them)."""
    blocking: tuple[str, ...]
    """Stacks that block where the contract waits cooperatively."""


def page(view: View) -> PageContent:
    """Compute everything that a page needs; drawing the charts takes most of the time."""
    looks = looks_of(stack.stack.name for stack in view.result.stacks)
    return PageContent(
        heading=heading(view),
        conditions=conditions(view),
        strip=answer(view) if view.capacities else (*ended(view), *trust.strip(view)),
        matrix=matrix(view),
        causes=trust.causes(view.result.cells),
        remarks=trust.remarks(view.result.cells),
        variants=tuple(variants(view.result.stacks)),
        sweeps=tuple(
            (one, Chart(svg=sweep_chart.drawn(one, looks), sentence=sweep_chart.caption(one)))
            for one in sweep_views(view)
        ),
        scenarios=tuple(
            _scenario(view, verdict, looks, place=place)
            for place, verdict in enumerate(() if view.capacities else verdicts(view), start=1)
        ),
        standings={(cell.stack, cell.scenario): cell.standing for cell in view.result.cells},
        twins=tuple(_twins(view)),
        floors=view.result.noise_floors,
        twin_columns=TWIN_COLUMNS,
        service_time=tuple(metric for metric in METRICS if metric.family is MetricFamily.SERVICE),
        counts_instructions=any(cell.of(INSTRUCTIONS) for cell in view.result.cells),
        shared=tuple((cell, captions.shared_out(cell)) for cell in view.result.cells if len(cell.worker_shares) > 1),
        is_timed=bool(view.result.cells) or not (view.result.counts or view.capacities),
        capacities=tuple(_capacities(view, looks)),
        counts=tuple((name, counts, tuple(remarks(counts))) for name, counts in by_scenario(view.result.counts)),
        blocking=tuple(one.stack.name for one in view.result.stacks if one.stack.waits is Waits.BLOCKING),
    )


def _capacities(
    view: View, looks: Looks
) -> Iterator[tuple[str, str | None, tuple[tuple[str, ...], ...], tuple[str, ...]]]:
    for name in dict.fromkeys(one.scenario for one in view.capacities):
        found = [one for one in view.capacities if one.scenario == name]
        chart = latency_against_load(name, found, looks)
        yield name, chart, tuple(map(words.row, found)), tuple(words.doubts(found))


def quantile_table(cell: CellResult) -> tuple[float | None, ...]:
    """Latency in ms at ``TABLED_QUANTILES``: the first point at or beyond each; None beyond the last point."""
    return tuple(next((ms for q, ms in cell.distribution if q >= wanted), None) for wanted in TABLED_QUANTILES)


def _twins(view: View) -> Iterator[tuple[CellResult, CellResult]]:
    once = {(cell.stack, cell.scenario): cell for cell in view.result.cells}
    for again in view.result.twins:
        if (again.stack, again.scenario) in once:
            yield once[again.stack, again.scenario], again


def _scenario(view: View, verdict: ScenarioVerdict, looks: Looks, *, place: int) -> ScenarioBlock:
    scenario = verdict.scenario
    column, ranks = ranking(view, scenario)
    cells = shown(view, scenario)
    return ScenarioBlock(
        scenario=scenario,
        anchor=f"scenario-{place}",
        verdict=verdict,
        dots=None if scenario.unranked else dots(scenario, cells),
        behind={stack: cell for (stack, _), cell in column_of(view, scenario, column)},
        quoted=tuple(metric for metric in (*([] if scenario.is_open else [THROUGHPUT]), P50, P99, CPU, RSS)),
        ranks=places(ranks),
        lead=column,
        columns=tuple(
            metric for metric in measured(cells) if metric.prominence <= Prominence.PAGE and not metric.also_a_resource
        ),
        resources=tuple(
            metric for metric in METRICS if metric.prominence is Prominence.RESOURCES or metric.also_a_resource
        ),
        cells=cells,
        routes=route_rows(cells),
        failures=failure_rows(cells),
        steps=step_rows(scenario, cells),
        courses=tuple(_course(cell) for cell in cells if len(cell.timeline) >= _THIRDS),
        distributed=Chart(svg=charts.distribution(scenario, cells, looks), sentence=captions.distributed(cells)),
        over_time=Chart(svg=charts.timeline(scenario, cells, looks), sentence=captions.over_time(cells)),
        costed=Chart(svg=charts.resources(scenario, cells), sentence=captions.costed(cells)),
    )


def _course(cell: CellResult) -> TimelineSummary:
    medians = [median for _, median, _ in cell.timeline]
    cuts = [round(len(medians) * third / 3) for third in range(4)]
    at, _, p99 = max(cell.timeline, key=lambda slot: slot[2])
    return TimelineSummary(
        stack=cell.stack,
        slices=len(medians),
        thirds=tuple(mean(medians[begin:end]) for begin, end in pairwise(cuts)),
        highest_p99=p99,
        highest_at=at,
    )
