"""The steps of a scenario in words: a row for each step and stack, for the terminal, Markdown and the page."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.metrics import BY_STEP
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.steps import StepResult
from stacklab.report.kit.numbers import NO_NUMBER, number, relative
from stacklab.report.session.view import ScenarioView

HEADS: Final = (
    ("Offered", "req/s"),
    *((metric.title, metric.unit) for metric in BY_STEP),
    ("Errors", ""),
    ("Normal again", "s"),
)
"""Of each column of numbers: what it holds, and its unit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRow:
    """One step under one stack."""

    number: int
    load: str
    """``50 req/s``, or ``50 to 200 req/s`` of a ramp; ``8 connections`` of a closed loop."""
    stack: str
    found: StepResult

    @property
    def numbers(self) -> tuple[str, ...]:
        """What stands under ``HEADS``."""
        one = self.found
        return (
            relative(one.offered_rps),
            *(relative(one.of(metric), at_least=one.at_least(metric)) for metric in BY_STEP),
            number(one.errors),
            self.normal_again,
        )

    @property
    def normal_again(self) -> str:
        """When latency was what it was in the first step, over the rounds: ``3``, ``2 to 5``, ``4 to never``."""
        seconds = self.found.normal_again_s
        if not seconds:
            return NO_NUMBER
        least, most = ("never" if math.isinf(one) else number(one) for one in (min(seconds), max(seconds)))
        return least if least == most else f"{least} to {most}"


def step_rows(scenario: ScenarioView, cells: Iterable[CellResult]) -> tuple[StepRow, ...]:
    """Step by step, so that the stacks stand beside each other within each."""
    rows = [
        StepRow(number=place, load=_load(scenario, step), stack=cell.stack, found=step)
        for cell in cells
        if not cell.twin
        for place, step in enumerate(cell.steps, start=1)
    ]
    return tuple(sorted(rows, key=lambda row: row.number))


def _load(scenario: ScenarioView, step: StepResult) -> str:
    unit = "req/s" if scenario.is_open else "connections"
    levels = dict.fromkeys(_levels(scenario, step))
    return f"{' to '.join(levels)} {unit}"


def _levels(scenario: ScenarioView, step: StepResult) -> Iterator[str]:
    for level in (step.begins_at, step.ends_at):
        yield number(level if scenario.is_open else max(1, round(level)))
