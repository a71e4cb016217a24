"""The timer against the clock: what it is armed for it fires at, and never before."""

import select
import time
from collections.abc import Iterator

import pytest

from stacklab.driver.loop.timer import Timer
from stacklab.units import NS_PER_MS

DEADLINE_S = 10.0


@pytest.fixture
def timer() -> Iterator[Timer]:
    timer = Timer()
    yield timer
    timer.close()


@pytest.fixture
def epoll(timer: Timer) -> Iterator[select.epoll]:
    with select.epoll() as epoll:
        epoll.register(timer.fileno(), select.EPOLLIN | select.EPOLLET)
        yield epoll


def test_it_does_not_fire_before_its_time(timer: Timer, epoll: select.epoll) -> None:
    now_ns = time.monotonic_ns()
    timer.arm(now_ns + 20 * NS_PER_MS, now_ns)

    assert len(epoll.poll(DEADLINE_S)) == 1
    assert time.monotonic_ns() >= now_ns + 20 * NS_PER_MS


def test_a_time_that_has_passed_fires_at_once(timer: Timer, epoll: select.epoll) -> None:
    now_ns = time.monotonic_ns()
    timer.arm(now_ns - 1, now_ns)

    assert len(epoll.poll(DEADLINE_S)) == 1


def test_a_time_for_which_it_has_fired_fires_again_if_it_is_armed_for_it_again(
    timer: Timer, epoll: select.epoll
) -> None:
    at_ns = time.monotonic_ns()
    timer.arm(at_ns, at_ns)
    epoll.poll(DEADLINE_S)
    timer.arm(at_ns, time.monotonic_ns())

    assert len(epoll.poll(DEADLINE_S)) == 1


def test_armed_again_for_another_time_it_forgets_the_first(timer: Timer, epoll: select.epoll) -> None:
    now_ns = time.monotonic_ns()
    timer.arm(now_ns + 3600 * 1000 * NS_PER_MS, now_ns)
    timer.arm(now_ns + NS_PER_MS, now_ns)

    assert len(epoll.poll(DEADLINE_S)) == 1
