"""The view as CSV: a row for each number of each cell, or for each number of each round."""

from collections.abc import Iterator

from stacklab.analysis.metrics import METRICS
from stacklab.model.plan import TWIN_SUFFIX
from stacklab.report.kit.csv import Field, written
from stacklab.report.session.view import View


def render(view: View) -> str:
    """Every metric of every cell over its rounds, with the interval; twins are named ``…~again``."""
    return written(("stack", "scenario", "standing", "metric", "unit", "value", "low", "high", "n"), _cells(view))


def render_rounds(view: View) -> str:
    """The values behind the intervals, round by round."""
    return written(("stack", "scenario", "round", "metric", "unit", "value", "at_least"), _rounds(view))


def _cells(view: View) -> Iterator[tuple[Field, ...]]:
    for cell in (*view.result.cells, *view.result.twins):
        name = f"{cell.stack}{TWIN_SUFFIX}" if cell.twin else cell.stack
        for metric in METRICS:
            found = cell.of(metric)
            if found is not None:
                numbers = (found.value, found.low, found.high, found.n)
                yield name, cell.scenario, cell.standing, metric.key, metric.unit, *numbers


def _rounds(view: View) -> Iterator[tuple[Field, ...]]:
    for cell in (*view.result.cells, *view.result.twins):
        name = f"{cell.stack}{TWIN_SUFFIX}" if cell.twin else cell.stack
        for metric in METRICS:
            for number, one in cell.values.get(metric.key, {}).items():
                yield name, cell.scenario, number, metric.key, metric.unit, one.value, one.at_least
