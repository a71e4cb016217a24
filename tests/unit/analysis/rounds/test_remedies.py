"""What would resolve a tie, and how long a window has to be for a quantile."""

from dataclasses import replace

import pytest

from made.cells import made_cell
from made.view import made_view
from stacklab.analysis.metrics import THROUGHPUT
from stacklab.analysis.results import SessionResult
from stacklab.analysis.rounds.contests import standings
from stacklab.analysis.rounds.remedies import tie, window_for
from stacklab.model.traffic.load import Closed

NAME = "json-closed"


def session(**throughputs: tuple[float, ...]) -> SessionResult:
    """A session of one scenario with these rounds of each stack."""
    cells = tuple(made_cell(stack, NAME, values={"throughput_rps": its}) for stack, its in throughputs.items())
    result = made_view().result
    scenarios = tuple(replace(one, load=Closed(connections=1)) for one in result.scenarios if one.name == NAME)
    ranks = standings(scenarios, cells, ()).ranks
    return replace(result, scenarios=scenarios, cells=cells, ranks=ranks, session=replace(result.session, rounds=4))


def tie_of(result: SessionResult) -> object:
    (ranks,) = (its for _, metric, its in result.ranks if metric == THROUGHPUT)
    return tie(result, NAME, THROUGHPUT, ranks)


NOISY = {"a": (100.0, 120.0, 95.0, 110.0), "b": (105.0, 98.0, 116.0, 99.0)}


def test_of_a_tie_more_rounds_see_a_smaller_difference() -> None:
    found = tie(result := session(**NOISY), NAME, THROUGHPUT, result.ranks[0][2])

    assert found is not None
    sees = result_sees(result)
    assert (("a", "b"), True, True) == (tuple(sorted(found.stacks)), found.effect < sees, found.rounds > 4)


def result_sees(result: SessionResult) -> float:
    found = standings(result.scenarios, result.cells, ()).sees[NAME][THROUGHPUT.key]
    assert found is not None
    return found


def test_where_one_stack_is_best_nothing_is_tied() -> None:
    assert tie_of(session(a=(100.0, 101.0, 99.0, 100.0), b=(50.0, 50.5, 49.5, 50.0))) is None


def test_stacks_that_are_the_same_within_the_margin_need_no_more_rounds() -> None:
    assert tie_of(session(a=(100.0, 100.1, 99.9, 100.0), b=(100.1, 100.0, 100.0, 99.9))) is None


@pytest.mark.parametrize(
    ("quantile", "requests", "measure_s", "window_s"),
    [
        ("p99", 200, 2.0, 5.0),
        ("p99", 399, 2.0, 3.0),
        ("p99", 400, 2.0, None),
        ("p90", 40, 2.0, None),
        ("p99", 0, 2.0, None),
    ],
)
def test_a_window_is_long_enough_for_the_quantile_with_a_little_to_spare(
    quantile: str, requests: float, measure_s: float, window_s: float | None
) -> None:
    assert window_s == window_for(quantile, requests=requests, measure_s=measure_s)
