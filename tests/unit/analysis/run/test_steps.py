"""The steps of a load: which requests and responses belong to each, and what becomes of them over the rounds."""

from collections.abc import Sequence

import numpy as np
import pytest

from stacklab.analysis.metrics import P50, P99, THROUGHPUT
from stacklab.analysis.rounds.steps import step_results
from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.part import PartNumbers
from stacklab.analysis.run.steps import steps, windows
from stacklab.columns import Columns
from stacklab.driver.pacing.schedule import stretches
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import Closed, LoadStep, Open
from stacklab.units import NS_PER_S

WINDOW = Window(10 * NS_PER_S, 20 * NS_PER_S)
HALVES = (LoadStep(at=0.5), LoadStep(at=1.0))
OPEN = Open(rate=40, steps=HALVES)

Row = tuple[float, float, Outcome]
"""Seconds since the window began at which a request was meant to start and its response was read, and the outcome."""


def _columns(rows: Sequence[Row], *, phase: Phase = Phase.MEASURE) -> Columns:
    times = np.array([row[:2] for row in rows]).reshape(-1, 2) * NS_PER_S + WINDOW.start_ns
    return {
        "intended_ns": times[:, 0].astype(np.int64),
        "read_ns": times[:, 1].astype(np.int64),
        "outcome": np.array([row[2] for row in rows], dtype=np.uint8),
        "phase": np.full(len(rows), phase, dtype=np.uint8),
    }


def _evenly(count: int, *, begin: float, took: float) -> list[Row]:
    """So many requests in the five seconds from then on."""
    return [(begin + 5 * n / count, begin + 5 * n / count + took, Outcome.OK) for n in range(count)]


def _median_ms(step: PartNumbers) -> float | None:
    median = step.latency["p50"]
    return None if median is None else median.ms


def test_each_step_has_its_own_rate_throughput_and_latency() -> None:
    rows = _evenly(100, begin=0, took=0.010) + _evenly(200, begin=5, took=0.020)

    first, second = steps(_columns(rows), WINDOW, OPEN)

    assert (20.0, 20.0, 10.0) == (first.offered_rps, first.throughput_rps, _median_ms(first))
    assert (40.0, 20.0) == (second.offered_rps, _median_ms(second))


def test_a_response_that_is_read_in_the_next_step_is_the_latency_of_one_and_the_throughput_of_the_other() -> None:
    first, second = steps(_columns([(4.9, 5.1, Outcome.OK)]), WINDOW, OPEN)

    assert ((1, 0.0), (0, 0.2)) == (
        (first.intended, first.throughput_rps),
        (second.intended, second.throughput_rps),
    )


def test_what_failed_counts_where_it_was_meant_to_start() -> None:
    first, second = steps(_columns([(1.0, 6.0, Outcome.TIMEOUT), (1.0, 1.1, Outcome.OK)]), WINDOW, OPEN)

    assert ((2, 1), (0, 0)) == ((first.intended, first.errors), (second.intended, second.errors))


def test_the_warm_up_belongs_to_no_step() -> None:
    warm = _columns([(1.0, -0.5, Outcome.OK)], phase=Phase.WARMUP)

    assert [0, 0] == [one.intended for one in steps(warm, WINDOW, OPEN)]


def test_a_load_that_stays_the_same_has_no_steps() -> None:
    assert () == steps(_columns([(1.0, 1.1, Outcome.OK)]), WINDOW, Open(rate=40))


def test_a_closed_loop_has_no_offered_rate() -> None:
    first, _ = steps(_columns([(1.0, 1.1, Outcome.OK)]), WINDOW, Closed(connections=8, steps=HALVES))

    assert first.offered_rps is None


@pytest.mark.parametrize(
    "shares", [(1.0, 1.0), (1.0, 3.0), (0.3, 0.1, 0.7)], ids=["halves", "a quarter", "uneven thirds"]
)
def test_the_steps_are_where_the_driver_has_them(shares: tuple[float, ...]) -> None:
    load = Open(rate=40, steps=tuple(LoadStep(at=1.0, share=share) for share in shares))
    planned_s = [one.duration_s for one in stretches(load.rate, load.steps, Phase.MEASURE, seconds=WINDOW.length_s)]
    found = list(windows(WINDOW, load))

    assert planned_s == pytest.approx([one.length_s for one in found])
    assert (WINDOW.start_ns, WINDOW.end_ns) == (found[0].start_ns, found[-1].end_ns)


def test_rounds_become_an_estimate_for_each_step() -> None:
    rounds = [
        steps(_columns(_evenly(100, begin=0, took=ms / 1000) + _evenly(200, begin=5, took=ms / 1000)), WINDOW, OPEN)
        for ms in (10, 20)
    ]

    first, second = step_results(OPEN, rounds)
    median = first.of(P50)

    assert median is not None
    assert (2, 200) == (median.n, first.requests)
    assert median.value == pytest.approx(15.0)
    assert ((20.0, 20.0), (40.0, 40.0)) == (
        (first.begins_at, first.ends_at),
        (second.begins_at, second.ends_at),
    )


def test_a_quantile_that_one_round_lacks_is_not_quoted() -> None:
    many = steps(_columns(_evenly(2000, begin=0, took=0.01)), WINDOW, OPEN)
    few = steps(_columns(_evenly(100, begin=0, took=0.01)), WINDOW, OPEN)

    first, _ = step_results(OPEN, [many, few])

    assert (None, True) == (first.of(P99), first.of(THROUGHPUT) is not None)


def test_a_quantile_among_lost_requests_is_a_lower_bound() -> None:
    rows: list[Row] = [(0.01 * n, 0.01 * n + 1.0, Outcome.TIMEOUT) for n in range(100)]

    first, _ = step_results(OPEN, [steps(_columns(rows), WINDOW, OPEN)])

    assert first.at_least(P50)


def test_a_ramp_ends_at_another_level() -> None:
    load = Open(rate=40, steps=(LoadStep(at=0.5, to=2.0),))
    (ramp,) = step_results(load, [steps(_columns(_evenly(10, begin=0, took=0.01)), WINDOW, load)])

    assert (20.0, 80.0) == (ramp.begins_at, ramp.ends_at)


def test_without_a_round_there_are_no_steps() -> None:
    assert () == step_results(OPEN, [])
