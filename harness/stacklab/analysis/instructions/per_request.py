"""Instructions per request from the batches of one boot, and whether they are steady.

The number is the median of three batches, each less what its reading and the server's background work executed
meanwhile: one batch in which a full garbage collection falls does not move it. Why not the slope between a batch and
one of twice its length: decision 0014.
"""

from statistics import fmean, median
from typing import Final

from stacklab.model.counting import CountedStretch, SeedCount

STEADY: Final = 0.005
"""How far the two short batches may be apart, relative to their mean."""


def per_request(boot: SeedCount) -> float:
    """Instructions per request in the last three batches of a boot, those that are steady."""
    return median(_each(boot, batch) for batch in boot.batches[-3:])


def idle_share(boot: SeedCount) -> float:
    """The share of what was executed that background work took, in the last three batches."""
    batches = boot.batches[-3:]
    took_s = sum(batch.took_s for batch in batches)
    return _idle_rate(boot) * took_s / sum(batch.instructions for batch in batches)


def unsteady(boot: SeedCount) -> str | None:
    """Why the last three batches give no number; None where they do."""
    short, _, again = boot.batches[-3:]
    one, other = _each(boot, short), _each(boot, again)
    if min(one, other) <= 0:
        return "the server executes more without requests than with them"
    apart = abs(one - other) / fmean((one, other))
    if apart <= STEADY:
        return None
    return (
        f"two batches of {short.requests} requests executed {one:,.0f} and {other:,.0f} instructions per request, "
        f"which are {apart:.1%} apart; the most that counts is {STEADY:.1%}"
    )


def _each(boot: SeedCount, batch: CountedStretch) -> float:
    """What a batch executed for each of its requests."""
    own = batch.instructions - boot.empty.instructions - _idle_rate(boot) * batch.took_s
    return own / batch.requests


def _idle_rate(boot: SeedCount) -> float:
    """Instructions per second without a request."""
    return max(0.0, boot.idle.instructions - boot.empty.instructions) / boot.idle.took_s
