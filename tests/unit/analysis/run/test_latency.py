"""Latencies with losses: what ranks behind what, and when a quantile is only a lower bound."""

import numpy as np
import pytest

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.latency import Quantile, ranked, timeline, with_losses

MS = 1_000_000


def test_a_loss_ranks_behind_every_answer_however_quickly_it_failed() -> None:
    durations = np.array([5, 1, 9]) * MS

    assert (np.array([5, 9, 9]) * MS).tolist() == with_losses(durations, np.array([False, True, False])).tolist()


def test_a_loss_that_was_given_up_late_keeps_its_time() -> None:
    durations = np.array([5, 100]) * MS

    assert with_losses(durations, np.array([False, True])).tolist() == durations.tolist()


def test_the_durations_themselves_stay_as_they_are() -> None:
    durations = np.array([5, 1])
    with_losses(durations, np.array([False, True]))

    assert durations.tolist() == [5, 1]


@pytest.mark.parametrize(("lost", "at_least"), [(10, False), (11, True)])
def test_a_quantile_among_the_losses_is_at_least_what_is_known(lost: int, *, at_least: bool) -> None:
    durations = np.arange(1, 101) * MS
    losses = np.arange(100) >= 100 - lost

    assert ranked(durations, losses).at(0.9) == Quantile(ms=90.0, at_least=at_least)


def test_a_run_of_nothing_but_losses_has_only_lower_bounds() -> None:
    quoted = ranked(np.full(20, 3 * MS), np.ones(20, dtype=np.bool_)).quoted()

    assert quoted["p50"] == Quantile(ms=3.0, at_least=True)


def test_a_quantile_with_too_few_requests_beyond_it_is_not_quoted() -> None:
    quoted = ranked(np.arange(50) * MS, np.zeros(50, dtype=np.bool_)).quoted()

    assert {"p50": True, "p90": True, "p99": False, "p99.9": False} == {
        name: value is not None for name, value in quoted.items()
    }


def test_a_run_without_requests_quotes_nothing() -> None:
    quoted = ranked(np.array([], dtype=np.int64), np.array([], dtype=np.bool_)).quoted()

    assert set(quoted.values()) == {None}


def test_the_timeline_shows_a_pause_where_it_was() -> None:
    intended = np.arange(200) * 10 * MS
    latency = np.where((intended >= 1000 * MS) & (intended < 1500 * MS), 80 * MS, 2 * MS)

    assert timeline(intended, latency, Window(0, 2000 * MS)) == (
        (0.0, 2.0, 2.0),
        (0.5, 2.0, 2.0),
        (1.0, 80.0, 80.0),
        (1.5, 2.0, 2.0),
    )


def test_the_timeline_leaves_out_slices_without_requests() -> None:
    intended = np.concatenate([np.arange(100), 1_999 * MS + np.arange(100)])

    assert [0.0, 1.5] == [since for since, *_ in timeline(intended, np.full(200, MS), Window(0, 2000 * MS))]
