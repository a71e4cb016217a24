"""Ranks of cells: what is compared, and who is left out."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from made.cells import made_cell, scaled, with_values
from stacklab.analysis.metrics import P99, THROUGHPUT
from stacklab.analysis.rounds.cell import CellResult
from stacklab.analysis.rounds.contests import Ranking, noise_floors, standings
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Rank, Validity
from stacklab.model.traffic.load import Closed, LoadStep, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario

CLOSED = Scenario(name="scenario", summary="", calls=(CallSpec(endpoint="plain"),), load=Closed(connections=4))
OPEN = replace(CLOSED, load=Open(rate=100))

EMPTY = made_cell("nobody")
THREE = (0.99, 1.0, 1.01)
"""How three rounds scatter around their value."""


def _fast(stack: str, rps: float) -> CellResult:
    return made_cell(stack, values={"throughput_rps": [rps * off for off in THREE]})


def _slow(stack: str, p99_ms: float) -> CellResult:
    return made_cell(stack, values={"p99": [p99_ms * off for off in THREE]})


def _again(cell: CellResult, factor: float) -> CellResult:
    """The same stack measured once more, by so much faster."""
    return replace(scaled(cell, THROUGHPUT, factor), twin=True)


def _ranks(scenario: Scenario, cells: Sequence[CellResult], twins: Sequence[CellResult] = ()) -> list[Ranking]:
    return list(standings([scenario], cells, twins).ranks)


def _ranked(**places: tuple[int, int]) -> tuple[Rank, ...]:
    return tuple(Rank(stack=stack, first=first, last=last) for stack, (first, last) in places.items())


def test_a_closed_loop_ranks_by_throughput_with_more_being_better() -> None:
    assert _ranks(CLOSED, [_fast("a", 100), _fast("b", 200)]) == [("scenario", THROUGHPUT, _ranked(b=(1, 1), a=(2, 2)))]


def test_an_open_loop_ranks_by_latency_with_less_being_better() -> None:
    assert _ranks(OPEN, [_slow("a", 20), _slow("b", 10)]) == [("scenario", P99, _ranked(b=(1, 1), a=(2, 2)))]


def test_a_void_cell_is_not_ranked() -> None:
    void = replace(_fast("b", 200), validity=Validity.VOID)

    assert _ranks(CLOSED, [_fast("a", 100), void]) == [("scenario", THROUGHPUT, _ranked(a=(1, 1)))]


def test_a_suspect_cell_is_ranked() -> None:
    suspect = replace(_fast("b", 200), validity=Validity.SUSPECT)

    assert _ranks(CLOSED, [suspect]) == [("scenario", THROUGHPUT, _ranked(b=(1, 1)))]


def test_a_cell_that_never_ran_is_not_ranked() -> None:
    assert _ranks(CLOSED, [EMPTY]) == []


def test_a_lower_bound_is_not_told_from_anything_above_it() -> None:
    bound = made_cell("a", values={"p99": [50 * off for off in THREE]}, at_least=("p99",))

    assert _ranks(OPEN, [bound, _slow("b", 500), _slow("c", 10)]) == [
        ("scenario", P99, _ranked(c=(1, 1), a=(2, 3), b=(2, 3)))
    ]


def test_a_quantile_that_is_not_quoted_is_not_ranked() -> None:
    unquoted = with_values(_slow("a", 20), {"p99": [20.0, 20.1]})

    assert _ranks(OPEN, [unquoted]) == []


def test_a_twin_far_from_its_stack_raises_an_alarm() -> None:
    one, other = _fast("a", 100), _fast("b", 150)
    near, far = (standings([CLOSED], [one, other], [_again(one, factor)]) for factor in (1.0, 1.3))

    assert ((), (("scenario", THROUGHPUT),)) == (near.alarms, far.alarms)


def test_what_such_a_session_sees_is_known_of_every_metric_that_is_ranked() -> None:
    told = standings([CLOSED], [_fast("a", 100), _fast("b", 150)], [])

    assert ["throughput_rps"] == list(told.sees["scenario"])


def test_a_twin_is_not_ranked() -> None:
    one = _fast("a", 100)

    assert _ranks(CLOSED, [one], [_again(one, 1.0)]) == [("scenario", THROUGHPUT, _ranked(a=(1, 1)))]


def test_the_floor_is_that_of_the_stack_measured_twice() -> None:
    one = _fast("a", 100)

    floors = noise_floors([one, _fast("b", 500)], [_again(one, 1.05)])

    assert floors["scenario"] == pytest.approx({"throughput_rps": 0.0938}, abs=1e-4)


def test_a_void_twin_says_nothing_of_the_noise() -> None:
    one = _fast("a", 100)

    assert noise_floors([one], [replace(_again(one, 1.0), validity=Validity.VOID)]) == {}


def test_a_load_that_changes_in_steps_ranks_nobody() -> None:
    stepped = replace(CLOSED, load=replace(CLOSED.load, steps=(LoadStep(at=0.5), LoadStep(at=1.0))))

    assert _ranks(stepped, [_fast("a", 100), _fast("b", 200)]) == []


def test_stacks_that_could_have_served_more_are_told_from_slower_ones_alone() -> None:
    """Their throughput is a lower bound of their capacity."""
    spare = (Caveat(kind=CaveatKind.NOT_SATURATED, makes=Validity.VALID),)
    idle = [replace(_fast(name, rps), caveats=spare) for name, rps in (("a", 200), ("b", 300))]

    ranks = _ranks(CLOSED, [*idle, _fast("c", 100)])

    assert ranks == [("scenario", THROUGHPUT, _ranked(b=(1, 2), a=(1, 2), c=(3, 3)))]
