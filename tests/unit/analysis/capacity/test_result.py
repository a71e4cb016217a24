"""Capacity under a promise, against queues whose capacity is known in closed form.

M/M/1: P(T > L) = exp(-(mu - lambda) L). M/D/1: the distribution of waiting times of Erlang (1909) and Crommelin (1932).
"""

import pytest

from made.queue import RATE, MadeQueue, campaign, in_theory, promise
from stacklab.analysis.capacity.result import CapacityDoubt, CapacityLimit, CapacityResult
from stacklab.model.measured.verdict import Validity
from stacklab.model.promise import ServicePromise


def value_of(found: CapacityResult) -> float:
    assert found.capacity is not None
    return found.capacity.value


@pytest.mark.parametrize(
    ("service_times", "exponential"), [(4, False), (10, False), (40, False), (10, True), (40, True)]
)
def test_the_capacity_of_a_queue_is_found_within_5_percent_in_9_of_10(service_times: float, exponential: bool) -> None:
    truth = in_theory(service_times, exponential=exponential)
    queue = MadeQueue(rate_rps=RATE, exponential=exponential)
    found = [campaign(queue, promise(service_times), seed=seed) for seed in range(10)]

    assert sum(abs(value_of(one) / truth - 1) <= 0.05 for one in found) >= 9


def test_a_promise_that_single_requests_break_is_above_the_app() -> None:
    found = campaign(MadeQueue(rate_rps=RATE, exponential=True), promise(4), seed=1)

    assert (Validity.VOID, True) == (found.validity, CapacityDoubt.SLOWER in found.doubts)


@pytest.mark.parametrize(("service_times", "exponential"), [(10, False), (40, True)])
def test_the_interval_covers_the_truth_with_boots_that_differ_and_stalls(
    service_times: float, exponential: bool
) -> None:
    truth = in_theory(service_times, exponential=exponential)
    queue = MadeQueue(rate_rps=RATE, exponential=exponential, spread=0.04, stall_every_s=60.0)
    found = [campaign(queue, promise(service_times), seed=seed).capacity for seed in range(12)]
    known = [one for one in found if one is not None]

    assert len(known) >= 10
    assert sum((one.low or 0.0) <= truth <= (one.high or 0.0) for one in known) >= 0.9 * len(known)


def test_a_stall_of_200_ms_every_5_s_leaves_no_valid_capacity() -> None:
    queue = MadeQueue(rate_rps=RATE, stall_every_s=5.0)
    found = {campaign(queue, promise(10), seed=seed).validity for seed in range(8)}

    assert found <= {Validity.SUSPECT, Validity.VOID}


def test_what_is_held_lies_below_what_fails_and_is_answered_in_time() -> None:
    found = campaign(MadeQueue(rate_rps=RATE), promise(10), seed=3)
    truth = in_theory(10, exponential=False)

    assert found.held_rps is not None
    assert found.failed_rps is not None
    assert found.goodput_rps is not None
    assert 0.8 * truth < found.held_rps < found.failed_rps < 1.2 * truth
    assert 0.97 * found.held_rps < found.goodput_rps <= found.held_rps
    assert (Validity.VALID, CapacityLimit.LATENCY) == (found.validity, found.limit)


def test_requests_that_fail_at_any_load_break_a_promise_of_errors() -> None:
    found = campaign(MadeQueue(rate_rps=RATE, fails=0.02), ServicePromise(text="", allowed=0.01), seed=1)

    assert CapacityDoubt.SLOWER in found.doubts


def test_ten_percent_more_work_is_ten_percent_less_capacity() -> None:
    less = MadeQueue(rate_rps=RATE / 1.1)
    more = [value_of(campaign(MadeQueue(rate_rps=RATE), promise(40), seed=seed)) for seed in range(10)]
    fewer = [value_of(campaign(less, promise(40), seed=seed)) for seed in range(50, 60)]

    assert sum(one > other for one, other in zip(more, fewer, strict=True)) >= 9
