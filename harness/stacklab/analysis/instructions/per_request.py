"""Instructions per request from the batches of one boot, and whether they are steady.

The number is the mean of the batches that agree, each less what the server's background work executes in such a time.
A batch in which a full garbage collection falls is not among them. Decision 0014 has the reasons.
"""

from collections.abc import Sequence
from statistics import fmean, median
from typing import Final

from stacklab.model.measured.counting import CountedStretch, SeedCount

STEADY: Final = 0.005
"""How far a batch that counts may be from the median of the last three, relative to it."""

FEWEST: Final = 2
"""Batches that have to agree."""


def per_request(boot: SeedCount) -> float:
    """Instructions per request in those of the last three batches that agree."""
    return fmean(_agreeing(_last(boot)))


def idle_share(boot: SeedCount) -> float:
    """The share of what was executed that background work took, in the last three batches."""
    batches = boot.batches[-3:]
    took_s = sum(batch.took_s for batch in batches)
    return _idle_rate(boot) * took_s / sum(batch.instructions for batch in batches)


def unsteady(boot: SeedCount) -> str | None:
    """Why the last three batches give no number; None where they do."""
    low, middle, high = sorted(_last(boot))
    if low <= 0:
        return "the server executes more without requests than with them"
    if len(_agreeing((low, middle, high))) >= FEWEST:
        return None
    return (
        f"three batches of {boot.batches[-1].requests} requests executed {low:,.0f}, {middle:,.0f} and {high:,.0f} "
        f"instructions per request, and no two of them are within {STEADY:.1%}; runtimes that compile or clean up in "
        "the background are like that, and apps that grow"
    )


def _last(boot: SeedCount) -> tuple[float, ...]:
    """Instructions per request of the last three batches."""
    return tuple(_each(boot, batch) for batch in boot.batches[-3:])


def _agreeing(each: Sequence[float]) -> list[float]:
    """Those that are close to the median, which is one of them."""
    middle = median(each)
    return [one for one in each if abs(one - middle) <= STEADY * middle]


def _each(boot: SeedCount, batch: CountedStretch) -> float:
    """What a batch executed for each of its requests."""
    return (batch.instructions - _idle_rate(boot) * batch.took_s) / batch.requests


def _idle_rate(boot: SeedCount) -> float:
    """Instructions per second without a request."""
    return boot.idle.instructions / boot.idle.took_s
