"""Settling: certain drifts are found with their size, chance ones seldom, and noise proves no plateau."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.model.traffic.warmup import Plateau, WarmupEnd
from stacklab.steady_state import agreed, drift, judge, levels

PLATEAU = Plateau(at_most_s=6.0)
RUNS = 2000
OPEN = Open(rate=1.0)
CLOSED = Closed(connections=4)


def noise(share: float, windows: int = 10) -> NDArray[np.float64]:
    """So many series that scatter around 100 by this share, and go nowhere."""
    return np.random.default_rng(1).normal(100, 100 * share, size=(RUNS, windows))


def rising(share: float, windows: int = 10) -> list[float]:
    """From below 100 to as far above it."""
    return [100 * (1 + share * (number / (windows - 1) - 0.5)) for number in range(windows)]


def share_of(wanted: WarmupEnd, series: NDArray[np.float64]) -> float:
    return sum(judge(one, PLATEAU) is wanted for one in series) / len(series)


def test_a_steady_rise_is_as_large_as_it_is() -> None:
    found = drift(rising(0.1), confidence=0.9)

    assert found == pytest.approx((0.1, 0.1, 0.1))


def test_a_fall_is_negative() -> None:
    found = drift(rising(-0.1), confidence=0.9)

    assert found is not None
    assert found.is_certain
    assert found.middle == pytest.approx(-0.1)


def test_slope_and_interval_are_those_of_theil_and_sen() -> None:
    """SciPy rounds the ranks of the bounds where we take the wider interval: the next slope may stand in."""
    for series in noise(0.05)[:50]:
        ours = drift(series, confidence=0.9)
        theirs = stats.theilslopes(series, alpha=0.9)
        whole = (len(series) - 1) / float(np.median(series))

        assert ours is not None
        assert ours.middle == pytest.approx(theirs.slope * whole)
        assert ours.low <= theirs.low_slope * whole + 1e-12
        assert ours.high >= theirs.high_slope * whole - 1e-12


@pytest.mark.parametrize(("confidence", "windows"), [(0.9, 10), (0.99, 20)])
def test_an_interval_leaves_the_truth_out_no_more_often_than_it_says(confidence: float, windows: int) -> None:
    found = [drift(series, confidence=confidence) for series in noise(0.05, windows)]
    certain = sum(one is not None and one.is_certain for one in found)

    # what 2,000 runs scatter by is added
    assert certain / RUNS <= 1 - confidence + 3 * math.sqrt(confidence * (1 - confidence) / RUNS)


@pytest.mark.parametrize("values", [[1.0] * 7, [*[1.0] * 9, math.nan], [0.0] * 10])
def test_of_few_or_missing_points_nothing_is_said(values: Sequence[float]) -> None:
    assert drift(values, confidence=0.9) is None
    assert judge(values, PLATEAU) is WarmupEnd.UNCLEAR


@pytest.mark.parametrize(
    ("values", "end"),
    [
        ([100.0] * 10, WarmupEnd.PLATEAU),
        (rising(0.04), WarmupEnd.PLATEAU),
        (rising(-0.04), WarmupEnd.PLATEAU),
        (rising(0.06), WarmupEnd.DRIFTING),
        (rising(-0.06), WarmupEnd.DRIFTING),
        ([100.0, 101.0, 500.0, 100.0, 101.0, 100.0, 101.0, 500.0, 100.0, 101.0], WarmupEnd.PLATEAU),
        ([50.0, 150.0] * 5, WarmupEnd.UNCLEAR),
    ],
    ids=["still", "small rise", "small fall", "rise", "fall", "two outliers", "scatter"],
)
def test_a_plateau_is_told_from_a_slope_and_from_scatter(values: Sequence[float], end: WarmupEnd) -> None:
    assert judge(values, PLATEAU) is end


def test_little_scatter_is_a_plateau_and_much_is_none() -> None:
    assert share_of(WarmupEnd.PLATEAU, noise(0.02)) >= 0.95
    assert share_of(WarmupEnd.PLATEAU, noise(0.20)) <= 0.05


def test_a_slope_is_seldom_taken_for_a_plateau_whatever_the_scatter() -> None:
    for scatter in (0.02, 0.05, 0.10, 0.20):
        moving = noise(scatter) * np.array(rising(0.25)) / 100

        assert share_of(WarmupEnd.PLATEAU, moving) <= 0.05


def answers(took_ns: float, count: int = 100) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read in each of ten windows of 1,000 ns, each after the same time: intended and read."""
    read = np.arange(count) * 10_000 // count
    return read - int(took_ns), read


def seen(load: Load, intended: NDArray[np.int64], read: NDArray[np.int64]) -> tuple[float, ...]:
    return levels(intended, read, load, start_ns=0, end_ns=10_000, windows=10)


def test_throughput_is_that_of_one_connection() -> None:
    """However many answers a window holds: 4 connections that take 500 ns each do 2 in 1,000 ns."""
    assert seen(CLOSED, *answers(500)) == pytest.approx([1 / 500] * 10)


def test_where_a_think_time_sets_throughput_latency_has_to_settle() -> None:
    assert seen(Closed(connections=4, think_s=1.0), *answers(500)) == pytest.approx([500] * 10)


def test_latency_is_that_of_a_request_that_waits_for_hardly_anybody() -> None:
    intended, read = answers(500)
    queued = np.where(np.arange(len(read)) % 2, intended - 5000, intended)

    assert seen(OPEN, queued, read) == pytest.approx([500] * 10)


def test_a_window_without_answers_has_no_latency_and_no_throughput() -> None:
    intended, read = answers(500)
    gap = (read < 3000) | (read >= 4000)

    assert math.isnan(seen(OPEN, intended[gap], read[gap])[3])
    assert seen(CLOSED, intended[gap], read[gap])[3] == 0


def test_answers_count_in_the_window_in_which_they_are_read() -> None:
    read = np.array([-1, 0, 999, 1000, 10_000])

    assert levels(read - 7, read, OPEN, start_ns=0, end_ns=10_000, windows=10)[:2] == (7, 7)
    assert levels(read - 7, read, OPEN, start_ns=0, end_ns=10_000, windows=10)[2:] == pytest.approx(
        [math.nan] * 8, nan_ok=True
    )


@pytest.mark.parametrize(
    ("drifts", "found"),
    [
        ((0.1,), 0.1),
        ((0.1, None), None),
        ((0.1, None, 0.2), 0.2),
        ((0.1, -0.2, 0.3), 0.3),
        ((-0.1, -0.2, 0.3), -0.1),
        ((0.1, -0.2), None),
        ((), None),
    ],
)
def test_more_than_half_of_the_runs_must_say_the_same(drifts: tuple[float | None, ...], found: float | None) -> None:
    assert found == agreed(drifts)
