"""Arrivals: seeded, at the rate that was asked for, and exactly divided among processes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from stacklab.driver.pacing.schedule import LoadShare, ScheduledPhase, active_connections, arrivals, choices, pool_size
from stacklab.model.measured.record import Phase
from stacklab.model.traffic.load import Arrivals, Closed, LoadStep, Open
from stacklab.units import NS_PER_S

POISSON = Open(rate=1000.0)
CONSTANT = Open(rate=1000.0, arrivals=Arrivals.CONSTANT)


def test_a_seed_always_gives_the_same_arrivals() -> None:
    first, second = (arrivals(POISSON, Phase.MEASURE, seconds=5.0, seed=7) for _ in range(2))

    assert first.tolist() == second.tolist()


def test_another_seed_gives_other_arrivals() -> None:
    first, second = (arrivals(POISSON, Phase.MEASURE, seconds=5.0, seed=seed) for seed in (7, 8))

    assert first[:100].tolist() != second[:100].tolist()


def test_the_warmup_has_arrivals_of_its_own() -> None:
    warmup, measured = (arrivals(POISSON, part, seconds=5.0, seed=7) for part in (Phase.WARMUP, Phase.MEASURE))

    assert warmup[:100].tolist() != measured[:100].tolist()


def test_poisson_gaps_are_exponential() -> None:
    gaps = np.diff(arrivals(POISSON, Phase.MEASURE, seconds=20.0, seed=1)) / NS_PER_S

    assert stats.kstest(gaps, "expon", args=(0, 1 / POISSON.rate)).pvalue > 0.01


def test_constant_arrivals_are_evenly_spaced_from_the_start() -> None:
    times = arrivals(CONSTANT, Phase.MEASURE, seconds=1.0, seed=1)

    assert list(range(0, NS_PER_S, NS_PER_S // 1000)) == times.tolist()


def test_bursts_are_whole_and_evenly_spaced_from_the_start() -> None:
    load = Open(rate=32.0, arrivals=Arrivals.BURSTS, burst=16)

    assert [0] * 16 + [NS_PER_S // 2] * 16 == arrivals(load, Phase.MEASURE, seconds=1.0, seed=1).tolist()


def test_the_burst_in_which_a_run_would_end_is_not_cut_short() -> None:
    load = Open(rate=32.0, arrivals=Arrivals.BURSTS, burst=16)

    assert [NS_PER_S] * 16 == arrivals(load, Phase.MEASURE, seconds=1.1, seed=1).tolist()[32:]


@given(
    rate=st.floats(1.0, 5000.0),
    part=st.sampled_from((Phase.WARMUP, Phase.MEASURE)),
    seconds=st.just(0.0) | st.floats(0.001, 3.0),
    steps=st.lists(
        st.builds(LoadStep, at=st.floats(0.1, 3), to=st.none() | st.floats(0.1, 3), share=st.floats(0.1, 3))
    ),
    law=st.sampled_from([(Arrivals.POISSON, None), (Arrivals.CONSTANT, None), (Arrivals.BURSTS, 7)]),
    seed=st.integers(0, 2**63),
)
def test_arrivals_ascend_within_their_part(
    rate: float,
    part: ScheduledPhase,
    seconds: float,
    steps: list[LoadStep],
    law: tuple[Arrivals, int | None],
    seed: int,
) -> None:
    load = Open(rate=rate, arrivals=law[0], burst=law[1], steps=tuple(steps))
    times = arrivals(load, part, seconds=seconds, seed=seed)

    assert np.all(np.diff(times) >= 0)
    assert not len(times) or (times[0] >= 0 and times[-1] <= seconds * NS_PER_S + 1)


def test_a_step_doubles_the_rate_of_its_part_of_the_window() -> None:
    load = Open(rate=100.0, arrivals=Arrivals.CONSTANT, steps=(LoadStep(at=1.0), LoadStep(at=2.0)))
    times = arrivals(load, Phase.MEASURE, seconds=4.0, seed=1)

    assert [200, 400] == [int(np.sum(times < 2 * NS_PER_S)), int(np.sum(times >= 2 * NS_PER_S))]


def test_the_warmup_stays_at_the_level_with_which_the_first_step_begins() -> None:
    load = Open(rate=100.0, arrivals=Arrivals.CONSTANT, steps=(LoadStep(at=0.5, to=2.0),))

    assert len(arrivals(load, Phase.WARMUP, seconds=4.0, seed=1)) == 200


def test_a_ramp_passes_its_middle_at_its_middle_rate() -> None:
    load = Open(rate=1000.0, arrivals=Arrivals.CONSTANT, steps=(LoadStep(at=0.5, to=1.5),))
    times = arrivals(load, Phase.MEASURE, seconds=10.0, seed=1)
    in_the_middle = np.sum((times >= 4.5 * NS_PER_S) & (times < 5.5 * NS_PER_S))

    assert in_the_middle == pytest.approx(1000, abs=1)
    assert len(times) == pytest.approx(10_000, abs=1)


@given(processes=st.integers(1, 9), seed=st.integers(0, 1000))
def test_the_shares_of_all_processes_together_are_exactly_the_schedule(processes: int, seed: int) -> None:
    whole = arrivals(POISSON, Phase.MEASURE, seconds=0.2, seed=seed)
    shares = [LoadShare(index, processes).of_arrivals(whole) for index in range(processes)]

    assert whole.tolist() == np.sort(np.concatenate(shares)).tolist()


@given(processes=st.integers(1, 9), connections=st.integers(0, 100))
def test_connections_are_divided_without_remainder(processes: int, connections: int) -> None:
    shares = [LoadShare(index, processes).of_connections(connections) for index in range(processes)]

    assert connections == sum(shares)
    assert max(shares) - min(shares) <= 1


def test_choices_follow_the_weights() -> None:
    chosen = choices((1.0, 3.0), Phase.MEASURE, count=100_000, seed=3)

    assert np.mean(chosen == 1) == pytest.approx(0.75, abs=0.01)


def test_a_closed_loop_without_steps_has_one_crew() -> None:
    assert [(0, 8)] == active_connections(Closed(connections=8), Phase.MEASURE, seconds=2.0)


def test_a_closed_ramp_adds_connections_one_by_one() -> None:
    load = Closed(connections=4, steps=(LoadStep(at=0.5, to=1.0),))

    assert [(0, 2)] == active_connections(load, Phase.WARMUP, seconds=1.0)
    assert [(0, 2), (500_000_000, 3), (1_500_000_000, 4)] == active_connections(load, Phase.MEASURE, seconds=2.0)


def test_there_is_room_for_the_highest_step() -> None:
    assert pool_size(Closed(connections=4, steps=(LoadStep(at=0.5, to=2.0),))) == 8
