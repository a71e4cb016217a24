"""The line through trials: where it meets the goal, and what it takes no notice of."""

from dataclasses import replace
from math import exp

import pytest

from stacklab.analysis.capacity.fit import TrialCount, isotonic, root

LEVELS = (0.6, 0.65, 0.7, 0.75, 0.8)


def counts(meets: float, slope: float = 20.0, requests: int = 100_000) -> list[TrialCount]:
    """Trials that lie on a line to the request."""
    shares = {level: 0.01 * exp(slope * (level - meets)) for level in LEVELS}
    return [TrialCount(level=level, requests=requests, bad=round(share * requests)) for level, share in shares.items()]


def test_the_root_of_a_line_is_found() -> None:
    found = root(counts(0.72), 0.01)

    assert found is not None
    assert (0.72, 20.0, 0.0) == pytest.approx((found.level, found.slope, found.outlying), rel=0.01)


def test_a_trial_that_met_a_stall_hardly_counts() -> None:
    trials = counts(0.7) * 3
    stalled = [replace(trials[0], bad=trials[0].requests // 5), *trials[1:]]
    found = root(stalled, 0.01)

    assert found is not None
    assert found.level == pytest.approx(0.7, rel=0.02)


def test_trials_without_a_bad_request_are_taken_as_they_are() -> None:
    found = root(counts(0.72, slope=60.0, requests=1000), 0.01)

    assert found is not None
    assert found.level == pytest.approx(0.72, rel=0.02)


@pytest.mark.parametrize(
    "trials",
    [
        [],
        [TrialCount(level=0.5, requests=1000, bad=0)] * 9,
        [TrialCount(level=level, requests=1000, bad=900) for level in LEVELS],
        [TrialCount(level=level, requests=1000, bad=round(30 - 30 * level)) for level in LEVELS],
    ],
)
def test_trials_that_do_not_show_where_a_promise_breaks_have_no_root(trials: list[TrialCount]) -> None:
    assert root(trials, 0.01) is None


def test_the_isotonic_curve_never_falls_and_pools_what_does() -> None:
    trials = [TrialCount(level=level, requests=100, bad=bad) for level, bad in ((0.5, 0), (0.6, 4), (0.7, 2), (0.8, 9))]

    levels, shares = zip(*isotonic(trials), strict=True)

    assert (0.5, 0.6, 0.7, 0.8) == levels
    assert shares == pytest.approx((0.0, 0.03, 0.03, 0.09))
