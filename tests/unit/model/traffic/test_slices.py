"""Interleaved load: how long slices are, in which order servers have their turn, and which loads cannot be cut."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.model.traffic.load import Closed, Load, LoadStep, Open
from stacklab.model.traffic.slices import (
    FEWEST_SWEEPS,
    LONGEST_S,
    OPEN_S,
    SHORTEST_S,
    WarmPace,
    cut,
    orders,
    slice_s,
    why_not_sliced,
)


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
    ("pace", "wanted"),
    [
        (WarmPace(7000.0, 0.002), SHORTEST_S),
        (WarmPace(300.0, 0.05), 0.05),
        (WarmPace(300.0, 0.04), 0.06),
        (WarmPace(600.0, 0.07), 0.07),
        (WarmPace(60.0, 0.5), LONGEST_S),
        (WarmPace(0.0, 0.0), LONGEST_S),
    ],
)
def test_a_slice_is_as_long_as_its_server_needs_within_bounds(pace: WarmPace, wanted: float) -> None:
    assert wanted == pytest.approx(slice_s(Closed(connections=16), pace))


def test_a_slice_of_an_open_loop_has_a_fixed_length() -> None:
    assert OPEN_S == slice_s(Open(rate=100), WarmPace(100.0, 0.3))


@pytest.mark.parametrize(
    ("paces", "measure_s", "sweeps", "lengths_s"),
    [
        ([WarmPace(7000.0, 0.0)] * 2, 1.5, 50, [0.03, 0.03]),
        ([WarmPace(7000.0, 0.0), WarmPace(60.0, 0.4)], 7.0, 10, [0.7, 0.3]),
        ([WarmPace(2000.0, 0.01), WarmPace(60.0, 0.5)], 1.2, FEWEST_SWEEPS, [0.19, 0.3]),
        ([WarmPace(60.0, 0.5)] * 5, 1.0, FEWEST_SWEEPS, [0.3] * 5),
    ],
)
def test_every_server_has_the_time_that_was_asked_for_and_a_round_never_too_few_sweeps(
    paces: list[WarmPace], measure_s: float, sweeps: int, lengths_s: list[float]
) -> None:
    found = cut(Closed(connections=16), paces, measure_s=measure_s)

    assert sweeps == found.sweeps
    assert lengths_s == pytest.approx(list(found.lengths_s))
    sent_s = [length_s + pace.median_s for length_s, pace in zip(found.lengths_s, paces, strict=True)]
    assert measure_s == pytest.approx(min(found.sweeps * one for one in sent_s)) or FEWEST_SWEEPS == found.sweeps


def test_sweeps_of_an_open_loop_fill_the_time_with_what_is_not_cut() -> None:
    assert (10, (OPEN_S,) * 3) == cut(Open(rate=100), [WarmPace(100.0, 0.3)] * 3, measure_s=9.0)


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
