"""When requests are to start: made before the run from a seed, so that every stack of a round gets the same. Pure."""

import numpy as np
from numpy.typing import NDArray

from stacklab.model.load import Arrivals, Open
from stacklab.units import NS_PER_S, Seconds

_ARRIVALS_STREAM, _SHOTS_STREAM = 0, 1
"""One seed, two independent streams: adding a shot to a scenario does not move the arrivals."""


def arrivals(load: Open, *, duration_s: Seconds, seed: int) -> NDArray[np.int64]:
    """Intended starts within ``duration_s``: nanoseconds since the start of the load, ascending."""
    expected = load.rate * duration_s
    if load.arrivals is Arrivals.CONSTANT:
        unit = np.arange(int(np.ceil(expected)), dtype=np.float64)
    else:
        unit = _poisson(expected, _generator(seed, _ARRIVALS_STREAM))
    return np.rint(unit * (NS_PER_S / load.rate)).astype(np.int64)


def choices(weights: tuple[int, ...], *, count: int, seed: int) -> NDArray[np.uint8]:
    """Which shot each of ``count`` requests is, drawn by weight."""
    if len(weights) == 1:
        return np.zeros(count, dtype=np.uint8)
    share = np.array(weights, dtype=np.float64)
    drawn = _generator(seed, _SHOTS_STREAM).choice(len(weights), size=count, p=share / share.sum())
    return drawn.astype(np.uint8)


def _generator(seed: int, stream: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, stream))))


def _poisson(length: float, generator: np.random.Generator) -> NDArray[np.float64]:
    """Points of a Poisson process of rate 1 on [0, length): sums of exponential gaps."""
    points = np.empty(0)
    last = 0.0
    while last < length:
        # six standard deviations more than expected: a second draw is rare
        draw = int(length - last + 6 * np.sqrt(length - last)) + 16
        points = np.concatenate((points, last + np.cumsum(generator.exponential(size=draw))))
        last = float(points[-1])
    return points[: np.searchsorted(points, length)]
