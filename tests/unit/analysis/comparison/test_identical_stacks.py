"""Comparing what is the same: how often a page tells two identical stacks apart, all its questions together."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest

from made.cells import made_cell
from made.view import made_view
from stacklab.analysis.comparison.compare import compare_sessions, compare_stacks
from stacklab.analysis.comparison.result import ComparisonResult
from stacklab.analysis.rounds.cell import CellResult
from stacklab.model.measured.verdict import Verdict

MADE = made_view().result
A, B = (one.stack.name for one in MADE.stacks[:2])
ROUNDS = 5
SESSIONS = 200


class Session:
    """Three scenarios, two stacks that are the same, the first measured twice; rounds drift, and runs scatter."""

    def __init__(self, chance: np.random.Generator) -> None:
        self._chance = chance
        drift = {(one.name, number): chance.normal(0, 0.05) for one in MADE.scenarios for number in range(ROUNDS)}
        names = [one.name for one in MADE.scenarios]
        self.result = replace(
            MADE,
            stacks=MADE.stacks[:2],
            cells=tuple(self._cell(name, stack, drift) for name in names for stack in (A, B)),
            twins=tuple(replace(self._cell(name, A, drift), twin=True) for name in names),
            noise_floors={},
        )

    def _cell(self, scenario: str, stack: str, drift: Mapping[tuple[str, int], float]) -> CellResult:
        runs = [self._run(drift[scenario, number]) for number in range(ROUNDS)]
        return made_cell(
            stack,
            scenario,
            values={key: [run[key] for run in runs] for key in runs[0]},
            errors=[int(self._chance.poisson(0.3)) for _ in range(ROUNDS)],
        )

    def _run(self, drift: float) -> Mapping[str, float]:
        """What disturbs a run disturbs its throughput and its latencies alike."""
        run = drift + self._chance.normal(0, 0.03)
        return {
            "throughput_rps": self._near(1000, run, 0.02),
            "p50": self._near(2, run, 0.02),
            "p90": self._near(3, run, 0.04),
            "p99": self._near(6, run, 0.08),
            "cpu_us_per_request": self._near(100, 0.0, 0.01),
            "rss_mib": self._near(40, 0.0, 0.002),
        }

    def _near(self, value: float, drift: float, scatter: float) -> float:
        return float(value * np.exp(drift + self._chance.normal(0, scatter)))


@pytest.fixture(scope="module", name="pages")
def _pages() -> Mapping[str, list[ComparisonResult]]:
    chance = np.random.default_rng(20261120)
    views = [Session(chance).result for _ in range(SESSIONS)]
    return {
        "stacks of a session": [compare_stacks(view, A, B) for view in views],
        "sessions": [compare_sessions(view, views[number - 1], reference=A) for number, view in enumerate(views)],
    }


@pytest.mark.parametrize("kind", ["stacks of a session", "sessions"])
def test_identical_stacks_are_told_apart_on_at_most_one_page_of_twenty(
    pages: Mapping[str, list[ComparisonResult]], kind: str
) -> None:
    assert sum(map(_tells_apart, pages[kind])) <= SESSIONS / 20


def _tells_apart(page: ComparisonResult) -> bool:
    return any(one.verdict in {Verdict.FASTER, Verdict.SLOWER} for pair in page.pairs for one in pair.metrics)
