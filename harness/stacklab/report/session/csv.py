"""The view as CSV: a row for each number of each cell, or for each number of each round."""

from collections.abc import Iterator

from stacklab.analysis.metrics import BY_ROUTE, METRICS
from stacklab.model.plan import TWIN_SUFFIX
from stacklab.report.kit.csv import Field, written
from stacklab.report.session.view import View


def render(view: View) -> str:
    """Every metric of every cell over its rounds, with the interval, and then of its routes.

    Twins are named ``…~again``.
    """
    head = ("stack", "scenario", "standing", "metric", "unit", "value", "low", "high", "n", "route")
    return written(head, _cells(view))


def render_rounds(view: View) -> str:
    """The values behind the intervals, round by round."""
    return written(("stack", "scenario", "round", "metric", "unit", "value", "at_least"), _rounds(view))


def _cells(view: View) -> Iterator[tuple[Field, ...]]:
    for cell in (*view.result.cells, *view.result.twins):
        name = f"{cell.stack}{TWIN_SUFFIX}" if cell.twin else cell.stack
        whole = [("", metric, cell.of(metric)) for metric in METRICS]
        by_route = [(one.route.title, metric, one.of(metric)) for one in cell.routes for metric in BY_ROUTE]
        for route, metric, found in (*whole, *by_route):
            if found is not None:
                numbers = (found.value, found.low, found.high, found.n)
                yield name, cell.scenario, cell.standing, metric.key, metric.unit, *numbers, route


def _rounds(view: View) -> Iterator[tuple[Field, ...]]:
    for cell in (*view.result.cells, *view.result.twins):
        name = f"{cell.stack}{TWIN_SUFFIX}" if cell.twin else cell.stack
        for metric in METRICS:
            for number, one in cell.values.get(metric.key, {}).items():
                yield name, cell.scenario, number, metric.key, metric.unit, one.value, one.at_least
