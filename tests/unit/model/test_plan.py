"""Cells are shuffled within each round by a stored seed, and pairs that make no sense are skipped with a reason."""

from dataclasses import replace

import pytest

import made
from stacklab.model.plan import Cell, Plan, cells_through, choose_twin, lay_out, parts_of
from stacklab.model.stack import Interface
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario

ENDPOINT = Endpoint(path="/json", exercises="", content_type="application/json", answers={"": "{}"})
CONTRACT = Contract(endpoints={"json": ENDPOINT, "mistake": replace(ENDPOINT, interfaces=(Interface.ASGI,))})
WSGI = replace(made.WSGI, name="w")
ASGI = replace(WSGI, name="a", interface=Interface.ASGI)
SCENARIO = Scenario(name="json", summary="", calls=(CallSpec(endpoint="json"),), load=Closed(connections=1))
MISTAKE = replace(SCENARIO, name="mistake", calls=(CallSpec(endpoint="mistake"),))
MANY = tuple(replace(WSGI, name=f"s{number}") for number in range(6))


def test_every_pair_appears_once_in_every_round() -> None:
    cells, _ = lay_out(MANY, [SCENARIO], CONTRACT, rounds=3, seed=1)

    wanted = {(stack.name, number) for stack in MANY for number in (1, 2, 3)}
    assert wanted == {(cell.stack, cell.round) for cell in cells}
    assert len(wanted) == len(cells)


def test_a_round_ends_before_the_next_begins() -> None:
    cells, _ = lay_out(MANY, [SCENARIO], CONTRACT, rounds=3, seed=1)

    assert sorted(cell.round for cell in cells) == [cell.round for cell in cells]


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    first, again, other = (lay_out(MANY, [SCENARIO], CONTRACT, rounds=3, seed=seed)[0] for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_rounds_are_shuffled_apart() -> None:
    cells, _ = lay_out(MANY, [SCENARIO], CONTRACT, rounds=2, seed=1)
    first, second = ([cell.stack for cell in cells if cell.round == number] for number in (1, 2))

    assert first != second


def test_an_endpoint_that_a_stack_does_not_have_is_skipped_with_the_reason() -> None:
    cells, skipped = lay_out([WSGI, ASGI], [MISTAKE], CONTRACT, rounds=1, seed=1)

    assert (Cell(stack="a", scenario="mistake", round=1),) == cells
    assert ["mistake does not exist for WSGI"] == [pair.reason for pair in skipped]


WITH_PART = Contract(endpoints={"json": ENDPOINT, "order": replace(ENDPOINT, path="/order", part="validated")})
ORDER = replace(SCENARIO, name="order", calls=(CallSpec(endpoint="json"), CallSpec(endpoint="order")))


def test_a_part_that_a_stack_does_not_serve_is_skipped_with_the_reason() -> None:
    serving = replace(WSGI, name="serving", serves=("validated",))
    saying_why = replace(WSGI, name="saying-why", lacks={"validated": "it has no JSON"})
    cells, skipped = lay_out([WSGI, serving, saying_why], [ORDER], WITH_PART, rounds=1, seed=1)

    assert ["serving"] == [cell.stack for cell in cells]
    assert [
        "w does not serve validated",
        "saying-why does not serve validated: it has no JSON",
    ] == [pair.reason for pair in skipped]


def test_the_parts_of_a_scenario_are_those_of_its_calls() -> None:
    assert [frozenset(), {"validated"}] == [parts_of(one, WITH_PART) for one in (SCENARIO, ORDER)]


def test_a_cell_has_a_folder_of_its_own() -> None:
    assert Cell(stack="a", scenario="json", round=3).folder == "a/json/r03"


def test_the_placeholders_of_a_command_line_are_filled() -> None:
    assert WSGI.command(python="/env/bin/python", host="127.0.0.1", port=80) == ("/env/bin/python", "80")


@pytest.mark.parametrize(
    ("app", "imported"),
    [("flask/app:app", "app:app"), ("mine:app", "mine:app"), ("shop.main:create('a/b')", "shop.main:create('a/b')")],
)
def test_the_folder_of_an_app_is_no_part_of_what_the_server_imports(app: str, imported: str) -> None:
    stack = replace(WSGI, argv=("{app}",), app=app)

    assert (imported,) == stack.command(python="p", host="h", port=1)


def test_a_stack_that_is_measured_twice_stands_in_every_round_twice() -> None:
    cells, _ = lay_out([WSGI, ASGI], [SCENARIO], CONTRACT, rounds=2, seed=1, twin="a")

    wanted = sorted(["a", "a~again", "w"] * 2)
    assert wanted == sorted(cell.name for cell in cells)


def test_a_twin_has_a_folder_of_its_own() -> None:
    assert Cell(stack="a", scenario="json", round=3, twin=True).folder == "a~again/json/r03"


def test_the_stack_that_serves_the_most_scenarios_is_measured_twice() -> None:
    assert choose_twin([WSGI, ASGI, replace(ASGI, name="b")], [SCENARIO, MISTAKE], CONTRACT) == "a"


def _plan(cells: tuple[Cell, ...], scenarios: tuple[Scenario, ...], *, by_scenario: bool) -> Plan:
    return Plan(
        preset="quick",
        rounds=2,
        seed=1,
        warmup_s=1,
        measure_s=1,
        command="",
        contract=CONTRACT,
        stacks=MANY,
        scenarios=scenarios,
        cells=cells,
        twin="s1",
        by_scenario=by_scenario,
    )


SCENARIOS = tuple(replace(SCENARIO, name=name) for name in ("json", "order", "stream"))


@pytest.mark.parametrize("by_scenario", [False, True])
def test_more_rounds_begin_as_fewer_do(*, by_scenario: bool) -> None:
    few, more = (
        lay_out(MANY, SCENARIOS, CONTRACT, rounds=rounds, seed=1, twin="s1", by_scenario=by_scenario)[0]
        for rounds in (2, 4)
    )
    plan = _plan(few, SCENARIOS, by_scenario=by_scenario)

    assert [few, few, more] == [cells_through(plan, rounds) for rounds in (1, 2, 4)]


def test_the_stacks_of_a_scenario_are_measured_one_after_the_other() -> None:
    cells, _ = lay_out(MANY, SCENARIOS, CONTRACT, rounds=2, seed=1, twin="s1")
    blocks = [(cell.round, cell.scenario) for cell in cells[:: len(MANY) + 1]]

    assert [block for block in blocks for _ in range(len(MANY) + 1)] == [(cell.round, cell.scenario) for cell in cells]
    assert len(set(blocks)) == 2 * len(SCENARIOS)


def test_scenarios_and_the_stacks_of_each_have_another_order_in_every_round() -> None:
    cells, _ = lay_out(MANY, SCENARIOS, CONTRACT, rounds=4, seed=1)
    rounds = [[cell for cell in cells if cell.round == number] for number in (1, 2, 3, 4)]

    assert len({tuple(cell.scenario for cell in cells) for cells in rounds}) > 1
    assert len({tuple(cell.stack for cell in cells if cell.scenario == "json") for cells in rounds}) > 1
