"""How often the test that ends a warm-up ends it too early or too late: `python benchmarks/plateau.py [RUNS]`.

The driver's own code is asked, with rows of made-up requests whose true course is known: an open loop's latencies, with
scatter of their own and, on top of it, swings of the machine that neighbours share. Too early is what leaves the mean
of the measured window more than 5 % off the value at which the server settles; then at least the report should say so,
by its own look at the window. Too late is to wait for the upper bound although nothing moves.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stacklab.analysis.run.summary import DRIFT_CONFIDENCE, DRIFT_WINDOWS
from stacklab.driver.loop.rows import Rows
from stacklab.driver.pacing.warmup import Warmup
from stacklab.model.measured.record import Phase
from stacklab.model.plan import WHOLE_RUN_PRESETS
from stacklab.model.traffic.load import Open
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.warmup import DRIFT, Plateau, WarmupEnd
from stacklab.steady_state import drift, levels
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds, Seconds, ns_from_s

RUNS = 400
LOAD = Open(rate=500.0)
LATENCY_NS = 2 * NS_PER_MS
TICK_NS = 20 * NS_PER_MS
SWING_NS = 200 * NS_PER_MS
"""How long the machine stays as it is; each time is half like the one before."""
OFF = 0.05
PRESET = WHOLE_RUN_PRESETS["standard"]

Course = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""How far latency is off its final value at these seconds: 0.5 is half more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weather:
    """How much requests scatter, and how much the machine swings: coefficients of variation."""

    name: str
    scatter: float
    swing: float


WEATHERS = (
    Weather(name="quiet", scatter=0.2, swing=0.02),
    Weather(name="busy", scatter=0.4, swing=0.05),
    Weather(name="rough", scatter=0.8, swing=0.15),
)

COURSES: dict[str, Course] = {
    "settled from the start": np.zeros_like,
    "half more, fading with 0.3 s": lambda t: 0.5 * np.exp(-t / 0.3),
    "half more, fading with 1 s": lambda t: 0.5 * np.exp(-t / 1.0),
    "half more, fading with 3 s": lambda t: 0.5 * np.exp(-t / 3.0),
    "double until 1.5 s, then settled": lambda t: np.where(t < 1.5, 1.0, 0.0),
    "double until 3 s, then settled": lambda t: np.where(t < 3.0, 1.0, 0.0),
    "a fifth more every second, for ever": lambda t: 0.2 * t,
}


class Run(NamedTuple):
    """What came of one made-up run."""

    warmup_s: Seconds
    end: WarmupEnd
    off: float
    """How far the mean of the measured window is off the final value, in truth."""
    is_said: bool
    """Whether the report's look at the window sees a drift."""


def main(runs: int) -> None:
    """Print one table: a line for each course in each weather."""
    order = _order()
    bounds = f"{order.warmup_s:g} to {order.warmup_at_most_s:g} s"
    print(f"{runs} runs each, warm-up of {bounds}, {LOAD.rate:g} requests a second\n")
    print("| latency | weather | at once | median, s | no plateau | off by over 5 % | and the window does not say so |")
    print("| --- | --- | --: | --: | --: | --: | --: |")
    for name, course in COURSES.items():
        for weather in WEATHERS:
            found = [_one(order, course, weather, np.random.default_rng(seed)) for seed in range(runs)]
            shares = (
                [run.end is not WarmupEnd.PLATEAU for run in found],
                [run.off > OFF for run in found],
                [run.off > OFF and not run.is_said for run in found],
            )
            at_once = np.mean([run.warmup_s <= order.warmup_s + 0.1 for run in found])
            middle = median(run.warmup_s for run in found)
            cells = " | ".join(f"{np.mean(share):.1%}" for share in shares)
            print(f"| {name} | {weather.name} | {at_once:.0%} | {middle:.2f} | {cells} |")


def _one(order: Order, course: Course, weather: Weather, chance: np.random.Generator) -> Run:
    """Make the requests of a run, end its warm-up, and look at its window."""
    longest_s = order.warmup_at_most_s + order.measure_s + 1
    intended = np.sort(chance.uniform(0, longest_s * NS_PER_S, size=chance.poisson(LOAD.rate * longest_s)))
    swings = np.exp(weather.swing * _swings(ns_from_s(longest_s) // SWING_NS + 2, chance))
    machine = np.interp(intended, np.arange(len(swings)) * SWING_NS, swings)
    scatter = np.exp(weather.scatter * chance.standard_normal(len(intended)))
    took = LATENCY_NS * (1 + course(intended / NS_PER_S)) * machine * scatter
    intended_ns, read_ns = intended.astype(np.int64), (intended + took).astype(np.int64)
    ended_ns, end = _warmup(order, intended_ns, read_ns)
    end_ns = ended_ns + ns_from_s(order.measure_s)
    window = levels(intended_ns, read_ns, LOAD, start_ns=ended_ns, end_ns=end_ns, windows=DRIFT_WINDOWS)
    seen = drift(window, confidence=DRIFT_CONFIDENCE)
    return Run(
        warmup_s=ended_ns / NS_PER_S,
        end=end,
        off=float(np.mean(course(np.linspace(ended_ns, end_ns, 1000) / NS_PER_S))),
        is_said=seen is not None and seen.is_certain and abs(seen.middle) > DRIFT,
    )


def _warmup(order: Order, intended_ns: NDArray[np.int64], read_ns: NDArray[np.int64]) -> tuple[Nanoseconds, WarmupEnd]:
    """When the driver would end the warm-up, and why."""
    rows = Rows()
    warmup = Warmup(order, rows, 0)
    by_read = np.argsort(read_ns)
    answers = list(zip(intended_ns[by_read].tolist(), read_ns[by_read].tolist(), strict=True))
    added = 0
    for now_ns in range(TICK_NS, ns_from_s(order.warmup_at_most_s) + 2 * TICK_NS, TICK_NS):
        while answers[added][1] <= now_ns:
            start, read = answers[added]
            rows.add(start, start, -1, read, 0, 1, 1, 200, 0, Phase.WARMUP << 4)
            added += 1
        end = warmup.end(now_ns)
        if end is not None:
            return now_ns, end
    raise AssertionError("the upper bound ends every warm-up")


def _swings(count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    """Standard normal, each half like the one before it."""
    swings = chance.standard_normal(count)
    for place in range(1, count):
        swings[place] = 0.5 * swings[place - 1] + np.sqrt(0.75) * swings[place]
    return swings


def _order() -> Order:
    return Order(
        host="",
        port=0,
        shots=(),
        load=LOAD,
        warmup_s=PRESET.warmup_s,
        measure_s=PRESET.measure_s,
        drain_s=0.0,
        timeout_s=0.0,
        keep_alive=True,
        seed=0,
        rows_path="",
        report_path="",
        plateau=Plateau(at_most_s=PRESET.warmup_at_most_s),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
