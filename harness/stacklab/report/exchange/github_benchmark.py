"""The custom tools of github-action-benchmark: one list where smaller is better, and one where bigger is.

https://github.com/benchmark-action/github-action-benchmark
"""

from collections.abc import Mapping
from typing import Any, Final

from stacklab.analysis.metrics import Better
from stacklab.analysis.results import SessionResult
from stacklab.report.exchange.bmf import name_of, quoted
from stacklab.report.kit.json import written

FILES: Final[Mapping[Better, str]] = {Better.LESS: "smaller.json", Better.MORE: "bigger.json"}
"""For the tools ``customSmallerIsBetter`` and ``customBiggerIsBetter``."""


def render(result: SessionResult) -> Mapping[str, str]:
    """The files by their names."""
    return {file: written(_entries(result, better)) for better, file in FILES.items()}


def _entries(result: SessionResult, better: Better) -> list[dict[str, Any]]:
    return [
        {
            "name": f"{name_of(cell)}: {metric.title}",
            "unit": metric.unit.partition(",")[0] or "share",
            "value": found.value,
            **({} if found.high is None else {"range": f"± {found.high - found.value:.3g}"}),
            "extra": f"session {result.session.name}, {cell.standing}, n = {found.n} rounds",
        }
        for cell in result.cells
        if cell.counts
        for metric, found in quoted(cell)
        if metric.better is better
    ]
