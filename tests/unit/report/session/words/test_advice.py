"""Advice names the option that would resolve what a session leaves open, and what it costs."""

from dataclasses import replace

import pytest

from made.cells import made_cell
from made.view import changed, made_view
from stacklab.analysis.metrics import LoadKind
from stacklab.analysis.rounds.contests import standings
from stacklab.model.plan import Cell, Plan
from stacklab.model.traffic.load import Closed, LoadStep, Open
from stacklab.report.session.view import View
from stacklab.report.session.words.advice import advice, foreseen

NAME = "io-async-open"


def plan_of(view: View, load: Open | Closed, *, measure_s: float = 2.0, rounds: int = 3) -> Plan:
    (scenario,) = (one for one in view.result.scenarios if one.name == NAME)
    return Plan(
        preset="quick",
        rounds=rounds,
        seed=1,
        warmup_s=1.0,
        measure_s=measure_s,
        command="stacklab run",
        contract=view.result.contract,
        stacks=tuple(one.stack for one in view.result.stacks[:2]),
        scenarios=(replace(scenario, load=load),),
        cells=tuple(
            Cell(stack=one.stack.name, scenario=NAME, round=number)
            for number in range(1, rounds + 1)
            for one in view.result.stacks[:2]
        ),
    )


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (
            Open(rate=100),
            [
                f"{NAME}: 100 requests per second are too few for a P99 in 2 s; --measure 5 (about 54 s) gives one",
            ],
        ),
        (Open(rate=200), []),
        (Open(rate=100, steps=(LoadStep(at=1.0),)), []),
        (Closed(connections=1), []),
    ],
)
def test_a_p99_that_will_be_missing_is_foreseen(load: Open | Closed, said: list[str]) -> None:
    assert said == list(foreseen(plan_of(made_view(), load)))


def view_of(rounds: int, *, requests: int, **values: tuple[float, ...]) -> View:
    """Two stacks under one scenario, in a closed loop."""
    view = made_view()
    cells = tuple(
        made_cell(stack, NAME, requests=requests, values={"throughput_rps": its[:rounds]})
        for stack, its in values.items()
    )
    scenarios = tuple(replace(one, load=Closed(connections=1)) for one in view.result.scenarios if one.name == NAME)
    found = standings(scenarios, cells, ())
    return changed(
        view,
        scenarios=tuple(replace(one, kind=LoadKind.CLOSED) for one in view.scenarios if one.name == NAME),
        cells=cells,
        twins=(),
        ranks=found.ranks,
        session=replace(view.result.session, rounds=rounds),
    )


APART = {"a": (100.0, 101.0, 99.0), "b": (50.0, 50.5, 49.5)}
TIED = {"a": (100.0, 120.0, 95.0), "b": (105.0, 98.0, 116.0)}


def said_of(view: View) -> list[str]:
    return list(advice(view, plan_of(view, Closed(connections=1))))


def test_a_tie_names_the_rounds_that_would_resolve_it() -> None:
    (said,) = said_of(view_of(3, requests=1000, **TIED))

    assert said.startswith(f"{NAME}: b and a are not told apart; --rounds ")
    assert ") would detect a difference of " in said


def test_one_round_names_the_fewest_that_tell_anything() -> None:
    assert [f"{NAME}: --rounds 3 (about 36 s) could tell stacks apart"] == said_of(view_of(1, requests=1000, **APART))


def test_a_missing_p99_names_the_window_that_would_give_it() -> None:
    assert [f"{NAME}: 100 requests in a round are too few for a P99; --measure 9 (about 78 s) gives one"] == said_of(
        view_of(3, requests=100, **APART)
    )


def test_where_nothing_is_open_nothing_is_advised() -> None:
    assert [] == said_of(view_of(3, requests=1000, **APART))
