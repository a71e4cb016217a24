"""Interleaved load: how long slices are, in which order servers have their turn, and which loads cannot be cut."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.model.traffic.load import Closed, Load, LoadStep, Open
from stacklab.model.traffic.slices import LONGEST_S, OPEN_S, SHORTEST_S, orders, slice_s, sweeps, why_not_sliced


@given(servers=st.integers(1, 6), blocks=st.integers(1, 4), seed=st.integers(0, 2**32 - 1))
def test_every_server_has_every_position_equally_often(servers: int, blocks: int, seed: int) -> None:
    turns = list(orders(servers, servers * blocks, seed=seed))

    counts = Counter((place, server) for turn in turns for place, server in enumerate(turn))
    assert {blocks} == {counts[place, server] for place in range(servers) for server in range(servers)}


def test_the_same_seed_gives_the_same_order_and_another_one_another() -> None:
    first, again, other = (list(orders(5, 20, seed=seed)) for seed in (7, 7, 8))

    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("paces", "wanted"),
    [
        ([(7000.0, 0.002), (1500.0, 0.010)], 0.05),
        ([(50_000.0, 0.0001)], SHORTEST_S),
        ([(7000.0, 0.002), (90.0, 0.35)], LONGEST_S),
        ([(0.0, 0.0)], LONGEST_S),
    ],
)
def test_a_slice_is_as_long_as_the_slowest_server_needs_within_bounds(
    paces: list[tuple[float, float]], wanted: float
) -> None:
    assert wanted == pytest.approx(slice_s(Closed(connections=16), paces))


def test_a_slice_of_an_open_loop_has_a_fixed_length() -> None:
    assert OPEN_S == slice_s(Open(rate=100), [(100.0, 0.3)])


def test_a_round_has_as_many_sweeps_as_fill_its_time_and_never_too_few() -> None:
    closed = Closed(connections=4)

    assert (40, 6) == (
        sweeps(closed, measure_s=2.0, slice_s=0.05),
        sweeps(closed, measure_s=0.5, slice_s=0.5),
    )


@pytest.mark.parametrize(
    ("load", "reason"),
    [
        (Closed(connections=4), ""),
        (Open(rate=10), ""),
        (Closed(connections=4, think_s=0.1), "pause"),
        (Open(rate=10, requests_per_session=3), "sessions"),
        (Open(rate=10, steps=(LoadStep(at=1.0), LoadStep(at=2.0))), "steps"),
    ],
)
def test_a_load_that_a_slice_would_cut_through_says_why(load: Load, reason: str) -> None:
    assert reason in why_not_sliced(load)
    assert bool(reason) == bool(why_not_sliced(load))
