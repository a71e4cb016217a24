"""How long a plan takes is known before it runs."""

from dataclasses import replace
from typing import cast

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.variants import Axes
from stacklab.cli.options.axes import Selection
from stacklab.cli.options.effort import Effort
from stacklab.cli.plans import plan_of
from stacklab.cli.preparation import Environments
from stacklab.model.measured.estimate import CELL_S, seconds_of, seconds_of_all, seconds_of_round
from stacklab.model.plan import PRESETS, WHOLE_RUN_PRESETS, Plan
from stacklab.model.stack import Stack

KNOWN = catalogue.read(workspace.find(workspace.reference()))
TURNS, WHOLE = PRESETS["quick"], WHOLE_RUN_PRESETS["quick"]


class AllThere:
    def holds(self, stack: Stack, package: str) -> bool:
        return False

    def lacking(self, stacks: object) -> dict[str, str]:
        return {}


def planned(effort: Effort) -> Plan:
    selection = Selection(stacks=("gunicorn-sync-bare", "uvicorn-uvloop-bare"), scenarios=("json",))
    return plan_of(KNOWN, selection, Axes(), effort, cast("Environments", AllThere()), command="stacklab run")


@pytest.mark.parametrize(
    ("effort", "seconds"),
    [
        (Effort(preset="quick"), TURNS.warmup_s + TURNS.measure_s),
        (Effort(preset="quick", interleaved=False), (WHOLE.warmup_s + WHOLE.warmup_at_most_s) / 2 + WHOLE.measure_s),
        (Effort(preset="quick", warmup_s=0.25, measure_s=1.5), 0.25 + 1.5),
    ],
)
def test_a_cell_takes_its_load_and_what_is_around_it(effort: Effort, seconds: float) -> None:
    plan = planned(effort)

    assert seconds + CELL_S == seconds_of(plan.cells[0], plan)


def test_a_scenario_that_states_its_durations_takes_those() -> None:
    plan = planned(Effort(preset="quick"))
    plan = replace(plan, scenarios=(replace(plan.scenarios[0], warmup_s=7.0, measure_s=11.0),))

    assert 18.0 + CELL_S == seconds_of(plan.cells[0], plan)


def test_a_round_takes_its_cells_the_twin_among_them_and_a_plan_its_rounds() -> None:
    plan = planned(Effort(preset="quick", rounds=4))
    one = seconds_of(plan.cells[0], plan)

    assert (3 * one, 12 * one) == (seconds_of_round(plan), seconds_of_all(plan.cells, plan))
