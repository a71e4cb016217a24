"""How long a plan takes, about: known before it runs, so that nobody has to wait without knowing for what."""

from collections.abc import Iterable
from typing import Final

from stacklab.model.plan import Cell, Plan, PlannedRun
from stacklab.units import Seconds

CELL_S: Final[Seconds] = 3.0
"""What a cell takes beyond its load, about: the driver's start, a boot, two verifications, the end of both."""


def seconds_of(run: PlannedRun, plan: Plan) -> Seconds:
    """How long one run takes, without the making of environments.

    A warm-up that ends in steady state is expected to end in the middle between its bounds.
    """
    if not isinstance(run, Cell):
        return plan.claim(run.claim).arms[run.arm].seconds  # type: ignore[union-attr] # programs alone run as such
    scenario = plan.scenario(run.scenario)
    warmup_s = scenario.warmup_s
    if warmup_s is None:
        warmup_s = plan.warmup_s if plan.plateau is None else (plan.warmup_s + plan.plateau.at_most_s) / 2
    return warmup_s + (scenario.measure_s or plan.measure_s) + CELL_S


def seconds_of_all(runs: Iterable[PlannedRun], plan: Plan) -> Seconds:
    """How long they take together, one after the other."""
    return sum(seconds_of(run, plan) for run in runs)


def seconds_of_round(plan: Plan) -> Seconds:
    """How long one round takes, of a session of stacks."""
    return seconds_of_all((run for run in plan.cells if run.round == 1), plan)
