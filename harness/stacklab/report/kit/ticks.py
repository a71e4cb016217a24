"""Ticks and labels: where the marks of an axis stand, and how labels at line ends keep out of each other's way."""

import math
from collections.abc import Sequence

_STEPS = ((1,), (1, 3), (1, 2, 5), (1, 1.5, 2, 3, 5, 7))
"""Marks within a decade, from few to many."""


def log_ticks(low: float, high: float, *, at_least: int = 4) -> tuple[float, ...]:
    """Round numbers between two positive ends, no more of them than are needed to read a logarithmic axis."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in _STEPS:
        ticks = tuple(tick for e in decades for step in steps if low <= (tick := float(f"{step}e{e}")) <= high)
        if len(ticks) >= at_least:
            return ticks
    return even_ticks(low, high)


def even_ticks(low: float, high: float, *, at_least: int = 3) -> tuple[float, ...]:
    """Multiples of 1, 2 or 5 times a power of ten, with at least ``at_least`` steps."""
    rough = (high - low) / at_least
    if rough <= 0:
        return (low,)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * max(step for step in (1, 2, 5) if step * power <= rough * 1.001)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(float(f"{n * step:.12g}") for n in range(first, last + 1))


def spread(positions: Sequence[float], gap: float) -> tuple[float, ...]:
    """Move labels apart until none is nearer to its neighbour than ``gap``, each group staying around its middle."""
    order = sorted(range(len(positions)), key=positions.__getitem__)
    groups: list[list[int]] = []
    centre: list[float] = []
    for index in order:
        groups.append([index])
        centre.append(positions[index])
        while len(groups) > 1 and centre[-1] - centre[-2] < gap * (len(groups[-1]) + len(groups[-2])) / 2:
            last = groups.pop()
            centre.pop()
            groups[-1] += last
            centre[-1] = sum(positions[i] for i in groups[-1]) / len(groups[-1])
    placed = [0.0] * len(positions)
    for group, middle in zip(groups, centre, strict=True):
        for rank, index in enumerate(group):
            placed[index] = middle + gap * (rank - (len(group) - 1) / 2)
    return tuple(placed)
