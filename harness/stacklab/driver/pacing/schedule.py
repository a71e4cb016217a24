"""When requests are to start: made before the run from a seed, so that every stack of a round gets the same. Pure.

Warm-up and measured window are drawn apart: how long the warm-up was changes nothing in the window.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from stacklab.model.measured.record import Phase
from stacklab.model.traffic.load import Arrivals, Closed, Load, LoadStep, Open
from stacklab.units import NS_PER_S, Nanoseconds, Seconds, ns_from_s

ARRIVALS_STREAM, SHOTS_STREAM, VARY_STREAM = range(3)
"""One seed, independent streams: adding a shot to a scenario does not move the arrivals."""

ScheduledPhase: TypeAlias = Literal[Phase.WARMUP, Phase.MEASURE]
"""What has a schedule of its own."""

Scalar = TypeVar("Scalar", bound=np.generic)


class Stretch(NamedTuple):
    """A part of a schedule in which the load stays at one level, or moves evenly from one to another."""

    duration_s: Seconds
    start: float
    """Requests a second, or connections."""
    end: float


@dataclass(frozen=True, slots=True)
class LoadShare:
    """Which part of the load one of several driver processes sends. All parts together are exactly the load."""

    index: int
    processes: int

    def of_arrivals(self, times: NDArray[Scalar]) -> NDArray[Scalar]:
        """Every ``processes``-th one."""
        return times[self.index :: self.processes]

    def of_connections(self, connections: int) -> int:
        """As even as whole numbers allow."""
        return connections // self.processes + (self.index < connections % self.processes)


ALL_OF_IT = LoadShare(0, 1)


def generator(seed: int, *stream: int) -> np.random.Generator:
    """Return the source of chance for one purpose."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, *stream))))


def stretches(
    level: float, steps: Sequence[LoadStep], part: ScheduledPhase, *, seconds: Seconds
) -> tuple[Stretch, ...]:
    """Lay a part out in time: the steps share the measured window, and the warm-up stays where the first begins."""
    steps = steps or (LoadStep(at=1.0),)
    if part is Phase.WARMUP:
        return (Stretch(seconds, level * steps[0].at, level * steps[0].at),)
    shares = sum(step.share for step in steps)
    return tuple(
        Stretch(seconds * step.share / shares, level * step.at, level * (step.at if step.to is None else step.to))
        for step in steps
    )


def expected_arrivals(load: Open, part: ScheduledPhase, *, seconds: Seconds) -> float:
    """Requests, or sessions, to be expected in a part that lasts ``seconds``."""
    plan = stretches(load.rate, load.steps, part, seconds=seconds)
    return sum(stretch.duration_s * (stretch.start + stretch.end) / 2 for stretch in plan)


def arrivals(load: Open, part: ScheduledPhase, *, seconds: Seconds, seed: int) -> NDArray[np.int64]:
    """Intended starts: nanoseconds since the part began, ascending.

    A process of rate 1 is drawn and its time stretched so that the rate becomes the wanted one: a point x goes to the
    time at which x arrivals were expected (inversion; Çinlar, Introduction to Stochastic Processes, 1975).
    """
    plan = stretches(load.rate, load.steps, part, seconds=seconds)
    expected = expected_arrivals(load, part, seconds=seconds)
    if load.arrivals is Arrivals.CONSTANT:
        points = np.arange(int(np.ceil(expected)), dtype=np.float64)
    elif load.burst is not None:
        points = np.repeat(np.arange(0.0, expected, load.burst), load.burst)
    else:
        points = _poisson(expected, generator(seed, ARRIVALS_STREAM, part))
    return np.concatenate([np.rint(times * NS_PER_S).astype(np.int64) for times in _stretched(points, plan)])


def choices(weights: Sequence[float], part: ScheduledPhase, *, count: int, seed: int) -> NDArray[np.uint16]:
    """Which of the weighted things each of a part's ``count`` requests is."""
    if len(weights) == 1:
        return np.zeros(count, dtype=np.uint16)
    share = np.asarray(weights, dtype=np.float64)
    return generator(seed, SHOTS_STREAM, part).choice(len(weights), size=count, p=share / share.sum()).astype(np.uint16)


def active_connections(load: Closed, part: ScheduledPhase, *, seconds: Seconds) -> list[tuple[Nanoseconds, int]]:
    """How many connections of a closed loop take part, from when on: nanoseconds since the part began."""
    changes: list[tuple[Nanoseconds, int]] = []
    since_s = 0.0
    for stretch in stretches(load.connections, load.steps, part, seconds=seconds):
        first, last = _at_least_one(stretch.start), _at_least_one(stretch.end)
        direction = 1 if last >= first else -1
        for size in range(first, last + direction, direction):
            # a ramp passes from one whole number to the next half-way between them
            passed = 0.0 if size == first else (size - direction / 2 - stretch.start) / (stretch.end - stretch.start)
            if not changes or changes[-1][1] != size:
                changes.append((ns_from_s(since_s + passed * stretch.duration_s), size))
        since_s += stretch.duration_s
    return changes


def pool_size(load: Load) -> int:
    """How many connections there must be room for: of a closed loop, the active connections of its highest step."""
    if isinstance(load, Closed) and load.steps:
        return max(_at_least_one(load.connections * max(step.at, step.to or 0.0)) for step in load.steps)
    return load.connections


def _at_least_one(level: float) -> int:
    return max(1, round(level))


def _poisson(length: float, chance: np.random.Generator) -> NDArray[np.float64]:
    """Points of a Poisson process of rate 1 on [0, length): sums of exponential gaps."""
    points = np.empty(0)
    last = 0.0
    while last < length:
        # six standard deviations more than expected: a second draw is rare
        draw = int(length - last + 6 * np.sqrt(length - last)) + 16
        points = np.concatenate((points, last + np.cumsum(chance.exponential(size=draw))))
        last = float(points[-1])
    return points[: np.searchsorted(points, length)]


def _stretched(points: NDArray[np.float64], plan: Sequence[Stretch]) -> Iterator[NDArray[np.float64]]:
    """Seconds at which the expected number of arrivals reaches each point, stretch by stretch."""
    expected = np.cumsum([0.0, *(stretch.duration_s * (stretch.start + stretch.end) / 2 for stretch in plan)])
    since_s = np.cumsum([0.0, *(stretch.duration_s for stretch in plan)])
    bounds = [*np.searchsorted(points, expected[:-1]), len(points)]
    for number, stretch in enumerate(plan):
        x = points[bounds[number] : bounds[number + 1]] - expected[number]
        slope = (stretch.end - stretch.start) / stretch.duration_s if stretch.duration_s else 0.0
        # solves start·t + slope·t²/2 = x, in the form that also holds for a slope of zero
        yield since_s[number] + 2 * x / (stretch.start + np.sqrt(stretch.start**2 + 2 * slope * x))
