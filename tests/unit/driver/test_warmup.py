"""The end of a warm-up, told from made-up rows: by a plateau, by its bound, and the same however it is looked at."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from made import ORDER
from stacklab.driver.loop.rows import Rows
from stacklab.driver.pacing.warmup import Warmup
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.warmup import Plateau, WarmupEnd
from stacklab.units import NS_PER_MS, NS_PER_S

START_NS = 5 * NS_PER_S
TICK_NS = 20 * NS_PER_MS
Took = Callable[[float], float]
"""Milliseconds that a request takes which is read at that second of the warm-up."""


def order(load: Load | None = None, plateau: Plateau | None = None) -> Order:
    return replace(
        ORDER,
        load=load or Open(rate=500.0),
        warmup_s=2.0,
        measure_s=10.0,
        plateau=plateau or Plateau(at_most_s=6.0),
    )


def add(rows: Rows, read_ns: int, took_ms: float, outcome: Outcome = Outcome.OK) -> None:
    intended_ns = read_ns - round(took_ms * NS_PER_MS)
    rows.add(intended_ns, intended_ns, -1, read_ns, 0, 1, 1, 200, 0, Phase.WARMUP << 4 | outcome)


def ended(took: Took, *, rate: int = 500, asked: Order | None = None) -> tuple[float, WarmupEnd]:
    """After how many seconds, and why, where so many answers come evenly."""
    rows = Rows()
    warmup = Warmup(asked or order(), rows, START_NS)
    read = (np.arange(0, 10 * rate) * NS_PER_S // rate).tolist()
    place = 0
    for now_ns in range(TICK_NS, 10 * NS_PER_S, TICK_NS):
        while read[place] <= now_ns:
            add(rows, START_NS + read[place], took(read[place] / NS_PER_S))
            place += 1
        end = warmup.end(START_NS + now_ns)
        if end is not None:
            return now_ns / NS_PER_S, end
    raise AssertionError("it never ended")


def scatter(share: float) -> Took:
    chance = np.random.default_rng(1)
    return lambda _: float(10 * np.exp(share * chance.standard_normal()))


@pytest.mark.parametrize("load", [Open(rate=500.0), Closed(connections=5)])
def test_what_has_settled_ends_it_at_the_lower_bound(load: Load) -> None:
    assert ended(lambda _: 10, asked=order(load)) == (2.0, WarmupEnd.PLATEAU)


@pytest.mark.parametrize("load", [Open(rate=500.0), Closed(connections=5)])
def test_a_server_that_speeds_up_is_waited_for(load: Load) -> None:
    """At 1.8 s: not before the second half has left that behind."""
    length_s, end = ended(lambda second: 20 if second < 1.8 else 10, asked=order(load))

    assert end is WarmupEnd.PLATEAU
    assert 2.5 <= length_s <= 4.0


@pytest.mark.parametrize("load", [Open(rate=500.0), Closed(connections=5)])
def test_what_never_settles_meets_the_upper_bound(load: Load) -> None:
    assert ended(lambda second: 10 * (1 + second), asked=order(load)) == (6.0, WarmupEnd.DRIFTING)


def test_scatter_that_hides_a_drift_meets_the_upper_bound() -> None:
    assert ended(scatter(2.0)) == (6.0, WarmupEnd.UNCLEAR)


def test_too_few_answers_meet_the_upper_bound() -> None:
    assert ended(lambda _: 10, rate=2) == (6.0, WarmupEnd.UNCLEAR)


def test_few_answers_are_waited_for_until_each_window_has_one() -> None:
    length_s, end = ended(lambda _: 10, rate=7)

    assert end is WarmupEnd.PLATEAU
    assert length_s > 2.0


def test_only_what_was_answered_tells() -> None:
    """A server that refuses does so faster and faster; nobody was answered."""
    rows = Rows()
    for number in range(1000):
        add(rows, START_NS + number * 2 * NS_PER_MS, 10, Outcome.REFUSED)

    assert Warmup(order(plateau=Plateau(at_most_s=2.0)), rows, START_NS).end(START_NS + 2 * NS_PER_S) is (
        WarmupEnd.UNCLEAR
    )


def test_without_a_test_nothing_ends_it() -> None:
    fixed = replace(order(), plateau=None)

    assert Warmup(fixed, Rows(), START_NS).end(START_NS + 100 * NS_PER_S) is None
