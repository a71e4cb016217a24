"""Cells made up from the values of their rounds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from stacklab.analysis.metrics import BY_KEY, Measured, Metric
from stacklab.analysis.rounds.cell import CellResult, RoundCount
from stacklab.model.measured.verdict import Validity


def made_cell(
    stack: str,
    scenario: str = "scenario",
    *,
    at_least: Iterable[str] = (),
    requests: int = 1000,
    errors: Sequence[int] = (),
    errors_by_outcome: Mapping[str, int] | None = None,
    rounds: int | None = None,
    values: Mapping[str, Sequence[float]] | None = None,
    **rest: Any,
) -> CellResult:
    """A valid cell with these values of its rounds, by the key of a metric."""
    values = {**(values or {}), **({"errors": [count / requests for count in errors]} if errors else {})}
    count = max(map(len, values.values()), default=0) if rounds is None else rounds
    return CellResult(
        **{
            "stack": stack,
            "scenario": scenario,
            "rounds": tuple(
                RoundCount(round=number, requests=requests, errors=errors[number - 1] if errors else 0)
                for number in range(1, count + 1)
            ),
            "values": {BY_KEY[key].key: _by_round(of, bound=key in at_least) for key, of in values.items()},
            "errors": errors_by_outcome or {},
            "validity": Validity.VALID,
            **rest,
        }
    )


def with_values(cell: CellResult, values: Mapping[str, Sequence[float]], *, at_least: Iterable[str] = ()) -> CellResult:
    """The cell with other values of these metrics; an empty sequence takes them away."""
    merged = {
        **{key: of for key, of in cell.values.items() if key not in values},
        **{key: _by_round(of, bound=key in at_least) for key, of in values.items() if of},
    }
    return replace(cell, values=merged)


def scaled(cell: CellResult, metric: Metric, factor: float) -> CellResult:
    """The cell with every value of a metric multiplied."""
    points = {number: replace(one, value=one.value * factor) for number, one in cell.values[metric.key].items()}
    return replace(cell, values={**cell.values, metric.key: points})


def _by_round(values: Sequence[float], *, bound: bool) -> Mapping[int, Measured]:
    return {number: Measured(value, at_least=bound) for number, value in enumerate(values, 1)}
