"""What a page says of the way in which stacks were measured."""

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.model.plan import Plan, lay_out
from stacklab.report.session.words.turns import turns_in_words

KNOWN = catalogue.read(workspace.find(workspace.reference()))
TURNS = "were all up in each round, and took turns in short slices of load."
WHOLE = "One server at a time, in whole runs, under websocket: its messages use WebSockets, which stay open."


def plan_of(*names: str, interleaved: bool = True) -> Plan:
    stacks = KNOWN.choose_stacks(("uvicorn-uvloop-starlette", "aiohttp-uvloop"))
    scenarios = KNOWN.choose_scenarios(names)
    cells, _ = lay_out(stacks, scenarios, KNOWN.contract, rounds=1, seed=1)
    return Plan(
        preset="quick",
        rounds=1,
        seed=1,
        warmup_s=0.5,
        measure_s=1.0,
        command="stacklab run",
        contract=KNOWN.contract,
        stacks=stacks,
        scenarios=scenarios,
        cells=cells,
        interleaved=interleaved,
    )


@pytest.mark.parametrize(
    ("scenarios", "sentences"),
    [
        (("json",), [f"The stacks of a scenario {TURNS}"]),
        (("json", "websocket"), [f"The stacks of the other scenarios {TURNS}", WHOLE]),
        (("websocket",), [WHOLE]),
    ],
)
def test_turns_and_whole_runs_are_named_with_the_reason(scenarios: tuple[str, ...], sentences: list[str]) -> None:
    assert sentences == list(turns_in_words(plan_of(*scenarios)))


def test_a_session_of_whole_runs_says_nothing_of_turns() -> None:
    assert [] == list(turns_in_words(plan_of("json", "websocket", interleaved=False)))
