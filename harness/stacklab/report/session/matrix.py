"""The matrix of the first screen: every stack under every scenario, as times behind the best, by four metrics."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stacklab.analysis.metrics import CPU, P50, RSS, Metric
from stacklab.analysis.rounds.cell import CellResult, Standing, in_order
from stacklab.report.kit.numbers import NO_NUMBER, certain, times
from stacklab.report.session.view import ScenarioView, View
from stacklab.report.session.words.verdicts import behind, cells_of, led_by, ranks_of

STEPS: Final = 20
"""Widths that a bar can have; the style sheet has a class for each."""

_WIDE: Final = 2.0
"""An interval whose ends are as far apart leaves no factor to be stated."""

LEAD: Final = "lead"
"""Stands for the metric that each scenario is about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixCell:
    """One stack under one scenario, by one metric."""

    behind: float | None
    """Times behind the best; None where there is no number that counts."""
    told: bool
    """Whether it is certain that another stack is better."""
    text: str
    """``1``, ``= 1.03`` where it may be as good as the best, ``= ?`` where that may be much."""
    value: str
    """The number itself, without its unit."""
    bar: int
    """0 to ``STEPS``: how long its bar is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MatrixRow:
    """One stack."""

    stack: str
    family: str
    cells: tuple[MatrixCell | None, ...]
    """By the leading metric, in the order of the scenarios; None where the plan has no such cell."""
    standings: tuple[Standing | None, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Matrix:
    """All of it."""

    scenarios: tuple[ScenarioView, ...]
    heads: tuple[str, ...]
    """What the leading metric of each scenario is."""
    rows: tuple[MatrixRow, ...]
    choices: tuple[tuple[str, str], ...]
    """(key, words): the metrics to choose from."""

    data: Mapping[str, Any]
    """For the script: by metric the heads, and by row and column the cells of it."""


def matrix(view: View) -> Matrix:
    """Compute it; best first by the mean of the logarithms of all times behind."""
    leads = {scenario.name: led_by(view, scenario) for scenario in view.scenarios}
    tables = {
        LEAD: _table(view, leads),
        **{metric.key: _table(view, dict.fromkeys(leads, metric)) for metric in (P50, CPU, RSS)},
    }
    order = sorted((one.stack.name for one in view.result.stacks), key=lambda name: _score(tables[LEAD], name))
    families = {one.stack.name: str(one.stack.family) for one in view.result.stacks}
    standings = {(cell.stack, cell.scenario): cell.standing for cell in view.result.cells}
    return Matrix(
        scenarios=view.scenarios,
        heads=tuple(_head(leads[scenario.name]) for scenario in view.scenarios),
        rows=tuple(
            MatrixRow(
                stack=name,
                family=families[name],
                cells=tuple(tables[LEAD].get((name, scenario.name)) for scenario in view.scenarios),
                standings=tuple(standings.get((name, scenario.name)) for scenario in view.scenarios),
            )
            for name in order
        ),
        choices=((LEAD, "rate or P99"), (P50.key, "P50"), (CPU.key, "CPU per request"), (RSS.key, "memory")),
        data={
            key: {
                "heads": [_head(leads[one.name] if key == LEAD else BY[key]) for one in view.scenarios],
                "rows": [[_packed(table.get((name, one.name))) for one in view.scenarios] for name in order],
            }
            for key, table in tables.items()
        },
    )


BY: Final[Mapping[str, Metric]] = {metric.key: metric for metric in (P50, CPU, RSS)}


def _head(metric: Metric) -> str:
    return f"{metric.title}, {metric.unit}"


def _packed(cell: MatrixCell | None) -> Sequence[Any] | None:
    return None if cell is None else [cell.behind, cell.text, cell.value, cell.bar]


def _table(view: View, metrics: Mapping[str, Metric]) -> Mapping[tuple[str, str], MatrixCell]:
    found = {key: cell for one in view.scenarios for key, cell in column_of(view, one, metrics[one.name])}
    most = max((cell.behind for cell in found.values() if cell.behind), default=1.0)
    return {key: _with_bar(cell, most) for key, cell in found.items()}


def column_of(view: View, scenario: ScenarioView, metric: Metric) -> Iterator[tuple[tuple[str, str], MatrixCell]]:
    """The cells of a scenario, without the lengths of their bars."""
    ranks = {rank.stack: rank for rank in ranks_of(view, scenario).get(metric, ())}
    cells = in_order(cells_of(view, scenario), metric)
    best = None if scenario.unranked else next((cell for cell in cells if cell.ranks_by(metric)), None)
    for cell in cells:
        factor = behind(cell, best, metric) if best is not None and cell.ranks_by(metric) else None
        told = cell.stack in ranks and ranks[cell.stack].first > 1
        yield (
            (cell.stack, scenario.name),
            MatrixCell(
                behind=factor,
                told=told,
                text=_text(cell, metric, factor, tied=cell.stack in ranks and not told),
                value=certain(cell.of(metric), at_least=cell.at_least(metric)),
                bar=0,
            ),
        )


def _text(cell: CellResult, metric: Metric, factor: float | None, *, tied: bool) -> str:
    if factor is None:
        return NO_NUMBER
    if not tied or factor < 1.005:
        return times(factor)
    found = cell.of(metric)
    wide = found is not None and found.low is not None and found.high is not None and found.high > _WIDE * found.low
    return "= ?" if wide else f"= {times(factor)}"


def _with_bar(cell: MatrixCell, most: float) -> MatrixCell:
    if cell.behind is None or cell.behind <= 1 or most <= 1:
        return cell
    length = max(1, round(STEPS * math.log(cell.behind) / math.log(max(most, _WIDE))))
    return MatrixCell(behind=cell.behind, told=cell.told, text=cell.text, value=cell.value, bar=length)


def _score(table: Mapping[tuple[str, str], MatrixCell], name: str) -> tuple[int, float, str]:
    """Stacks with fewer numbers come last: they were not asked the same."""
    known = [math.log(cell.behind) for (stack, _), cell in table.items() if stack == name and cell.behind]
    return -len(known), sum(known) / max(1, len(known)), name
