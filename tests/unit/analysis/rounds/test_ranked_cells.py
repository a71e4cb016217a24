"""Ranks of the cells of a view: what is compared, and who is left out."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from made import ASGI
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.model.verdict import Estimate, Rank, Validity
from stacklab.report.session.cell import cell_view
from stacklab.report.session.ranks import noise_floors, ranks
from stacklab.report.session.view import CellView, RoundView

CLOSED = Scenario(name="scenario", summary="", calls=(CallSpec(endpoint="plain"),), load=Closed(connections=4))
OPEN = replace(CLOSED, load=Open(rate=100))

EMPTY = cell_view(
    Evidence(stack=ASGI, scenario=CLOSED, contract=Contract(endpoints={}), cores=2, summaries=(), failed=())
)
THREE = (-0.01, 0.0, 0.01)
"""How three rounds scatter around their value."""


def _fast(stack: str, rps: float) -> CellView:
    rounds = (_round(number, throughput_rps=rps * (1 + off)) for number, off in enumerate(THREE, 1))
    return replace(EMPTY, stack=stack, rounds=tuple(rounds))


def _slow(stack: str, p99_ms: float) -> CellView:
    rounds = (_round(number, latency_ms={"p99": p99_ms * (1 + off)}) for number, off in enumerate(THREE, 1))
    quoted = Estimate(value=p99_ms, low=p99_ms, high=p99_ms, n=3)
    return replace(EMPTY, stack=stack, rounds=tuple(rounds), latency_ms={"p50": None, "p99": quoted})


def _round(
    number: int, *, throughput_rps: float | None = None, latency_ms: Mapping[str, float] | None = None
) -> RoundView:
    return RoundView(round=number, throughput_rps=throughput_rps, latency_ms=latency_ms or {}, cpu_us_per_request=None)


def _again(cell: CellView, factor: float) -> CellView:
    """The same stack measured once more, by so much faster."""
    rounds = tuple(replace(one, throughput_rps=(one.throughput_rps or 0) * factor) for one in cell.rounds)
    return replace(cell, rounds=rounds, twin=True)


def _ranked(**places: tuple[int, int]) -> tuple[Rank, ...]:
    return tuple(Rank(stack=stack, first=first, last=last) for stack, (first, last) in places.items())


def test_a_closed_loop_ranks_by_throughput_with_more_being_better() -> None:
    assert list(ranks([CLOSED], [_fast("a", 100), _fast("b", 200)])) == [
        ("scenario", "throughput_rps", _ranked(b=(1, 1), a=(2, 2)))
    ]


def test_an_open_loop_ranks_by_latency_with_less_being_better() -> None:
    assert list(ranks([OPEN], [_slow("a", 20), _slow("b", 10)])) == [
        ("scenario", "latency_ms.p99", _ranked(b=(1, 1), a=(2, 2)))
    ]


def test_a_void_cell_is_not_ranked() -> None:
    void = replace(_fast("b", 200), validity=Validity.VOID)

    assert list(ranks([CLOSED], [_fast("a", 100), void])) == [("scenario", "throughput_rps", _ranked(a=(1, 1)))]


def test_a_suspect_cell_is_ranked() -> None:
    suspect = replace(_fast("b", 200), validity=Validity.SUSPECT)

    assert list(ranks([CLOSED], [suspect])) == [("scenario", "throughput_rps", _ranked(b=(1, 1)))]


def test_a_cell_that_never_ran_is_not_ranked() -> None:
    assert list(ranks([CLOSED], [EMPTY])) == []


def test_a_lower_bound_ties_with_everything_above_it() -> None:
    bound = replace(_slow("a", 50), latency_at_least=("p99",))

    assert list(ranks([OPEN], [bound, _slow("b", 500), _slow("c", 10)])) == [
        ("scenario", "latency_ms.p99", _ranked(c=(1, 1), a=(2, 3), b=(2, 3)))
    ]


def test_a_quantile_that_is_not_quoted_is_not_ranked() -> None:
    unquoted = replace(_slow("a", 20), latency_ms={"p50": None, "p99": None})

    assert list(ranks([OPEN], [unquoted])) == []


def test_differences_below_the_noise_floor_are_not_told_apart() -> None:
    cells = [_fast("a", 100), _fast("b", 150)]

    assert list(ranks([CLOSED], cells, floors={"scenario": {"throughput_rps": 0.6}})) == [
        ("scenario", "throughput_rps", _ranked(b=(1, 2), a=(1, 2)))
    ]


def test_a_twin_is_not_ranked() -> None:
    one = _fast("a", 100)

    assert list(ranks([CLOSED], [one], [_again(one, 1.0)])) == [("scenario", "throughput_rps", _ranked(a=(1, 1)))]


def test_the_floor_is_that_of_the_stack_measured_twice() -> None:
    one = _fast("a", 100)

    floors = noise_floors([CLOSED], [one, _fast("b", 500)], [_again(one, 1.05)])

    assert floors is not None
    assert floors["scenario"] == pytest.approx({"throughput_rps": 0.0938}, abs=1e-4)


def test_a_void_twin_says_nothing_of_the_noise() -> None:
    one = _fast("a", 100)

    assert noise_floors([CLOSED], [one], [replace(_again(one, 1.0), validity=Validity.VOID)]) is None
