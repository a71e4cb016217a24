"""Which stacks of a scenario take turns, and why others have whole runs."""

from dataclasses import replace
from typing import Any

import pytest

import made
from stacklab.model.claims.arm import CellArm
from stacklab.model.claims.claim import Claim, Source
from stacklab.model.claims.decision import Contrast
from stacklab.model.plan import Cell, Plan, lay_out
from stacklab.model.together import groups, takes_turns, whole_runs, why_whole_runs
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario

JSON = Endpoint(path="/json", exercises="", content_type="application/json", answers={"": "{}"})
CONTRACT = Contract(
    endpoints={
        "json": JSON,
        "echo": Endpoint(path="/echo", exercises="", messages=("Hello",)),
        "events": replace(JSON, path="/events", piece_end="\n"),
    }
)
SCENARIO = Scenario(name="json", summary="", calls=(CallSpec(endpoint="json"),), load=Closed(connections=2))
ECHO = replace(SCENARIO, name="echo", calls=(CallSpec(endpoint="echo"),))


def plan_of(*scenarios: Scenario, stacks: int = 2, **changed: Any) -> Plan:
    chosen = tuple(replace(made.WSGI, name=f"s{number}") for number in range(stacks))
    cells, _ = lay_out(chosen, scenarios, CONTRACT, rounds=1, seed=1, twin="s0")
    plan = Plan(
        preset="quick",
        rounds=1,
        seed=1,
        warmup_s=0.5,
        measure_s=1.0,
        command="stacklab run",
        contract=CONTRACT,
        stacks=chosen,
        scenarios=scenarios,
        cells=cells,
        interleaved=True,
    )
    return replace(plan, **changed)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, ""),
        ({"user": "plain"}, "a locustfile of its own"),
        ({"load": Closed(connections=2, think_s=0.1)}, "pause"),
        ({"calls": ECHO.calls}, "WebSockets"),
        ({"calls": (CallSpec(endpoint="json"), CallSpec(endpoint="events"))}, "chunks"),
    ],
)
def test_a_scenario_whose_load_cannot_be_cut_says_why(changed: dict[str, Any], reason: str) -> None:
    scenario = replace(SCENARIO, **changed)
    found = why_whole_runs(scenario, plan_of(scenario))

    assert (bool(reason), True) == (bool(found), reason in found)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"interleaved": False}, "the plan wants whole runs"),
        ({"one_port": True}, "all servers use the same port"),
        ({"stacks": 1}, "no other stack is compared with this one"),
    ],
)
def test_a_plan_whose_servers_cannot_run_at_once_says_why(changed: dict[str, Any], reason: str) -> None:
    assert reason == why_whole_runs(SCENARIO, plan_of(SCENARIO, **changed))


def test_scenarios_with_the_same_reason_stand_together() -> None:
    plan = plan_of(SCENARIO, ECHO, replace(ECHO, name="echo-again"))

    assert {"its messages use WebSockets, which stay open": ("echo", "echo-again")} == whole_runs(plan)
    assert takes_turns(plan)


def test_a_plan_of_whole_runs_has_no_exceptions() -> None:
    plan = plan_of(SCENARIO, ECHO, interleaved=False)

    assert ({}, False) == (whole_runs(plan), takes_turns(plan))


@pytest.mark.parametrize("turns", [True, False])
def test_arms_of_a_claim_take_turns_only_where_it_says_so_and_that_is_no_exception(*, turns: bool) -> None:
    arms = {f"s{number}": CellArm(stack="s", scenario="json") for number in range(2)}
    decision = Contrast(metric="throughput_rps", candidate="s0", baseline="s1", at_least=1.1)
    claim = Claim(
        name="c",
        title="",
        statement="",
        source=Source(text=""),
        mechanism="",
        arms=arms,
        decision=decision,
        turns=turns,
    )
    plan = plan_of(SCENARIO, claims=(claim,))
    plan = replace(plan, cells=tuple(replace(cell, claim="c") for cell in plan.served))

    assert (turns, {}) == (not why_whole_runs(SCENARIO, plan), whole_runs(plan))


def cells_of(count: int, number: int = 1) -> list[Cell]:
    return [Cell(stack=f"s{one:02d}", scenario="json", round=number) for one in range(count)]


@pytest.mark.parametrize("count", [1, 2, 8])
def test_what_fits_is_one_group(count: int) -> None:
    cells = cells_of(count)

    assert (tuple(cells),) == groups(cells)


@pytest.mark.parametrize("count", [9, 12, 15, 16, 48])
def test_larger_groups_share_a_pivot_and_hold_everybody_once(count: int) -> None:
    cells = cells_of(count)
    found = groups(cells)

    (pivot,) = set.intersection(*map(set, found))
    others = [cell for group in found for cell in group if cell != pivot]
    assert (set(cells) - {pivot}, count - 1) == (set(others), len(others))
    assert max(map(len, found)) <= min(8, min(map(len, found)) + 1)


def test_another_stack_is_the_pivot_in_each_round() -> None:
    pivots = {groups(cells_of(9, number))[0][0].stack for number in range(1, 10)}

    assert {f"s{one:02d}" for one in range(9)} == pivots
