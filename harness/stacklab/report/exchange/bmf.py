"""Bencher Metric Format: a benchmark for each stack and scenario, a measure for each metric, with its interval.

https://bencher.dev/docs/reference/bencher-metric-format/
"""

from collections.abc import Iterator
from typing import Any

from stacklab.analysis.metrics import COMPARED, Metric
from stacklab.analysis.results import SessionResult
from stacklab.analysis.rounds.cell import CellResult
from stacklab.model.measured.verdict import Estimate
from stacklab.report.kit.json import written


def render(result: SessionResult) -> str:
    """The session as one document."""
    return written(
        {
            name_of(cell): {measure_of(metric): _value(found) for metric, found in quoted(cell)}
            for cell in result.cells
            if cell.counts
        }
    )


def name_of(cell: CellResult) -> str:
    """What a benchmark is called elsewhere."""
    return f"{cell.stack} under {cell.scenario}"


def measure_of(metric: Metric) -> str:
    """The slug of a measure, with its unit: the units of a measure are declared where it is kept."""
    unit = metric.unit.partition(",")[0].replace("µ", "u").replace("req/s", "").replace("/req", "").strip()
    slug = metric.key.replace("_", "-").replace(".", "-")
    return (
        slug if not unit or slug.endswith(unit.lower()) or unit.lower() in slug.split("-") else f"{slug}-{unit.lower()}"
    )


def quoted(cell: CellResult) -> Iterator[tuple[Metric, Estimate]]:
    """The compared metrics of a cell, as far as they are more than a lower bound."""
    for metric in COMPARED:
        found = cell.of(metric)
        if found is not None and not cell.at_least(metric):
            yield metric, found


def _value(found: Estimate) -> dict[str, Any]:
    ends = {"lower_value": found.low, "upper_value": found.high}
    return {"value": found.value, **{name: end for name, end in ends.items() if end is not None}}
