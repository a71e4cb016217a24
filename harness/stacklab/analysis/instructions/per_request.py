"""Instructions per request from the batches of one boot, and whether they are steady.

The number is what three batches executed, less what their readings and the server's background work executed
meanwhile, over all their requests. Why not the slope between a batch and one of twice its length: decision 0014.
"""

from statistics import fmean
from typing import Final

from stacklab.model.counting import CountedStretch, SeedCount

STEADY: Final = 0.005
"""How far two batches may be apart, relative to their mean."""


def per_request(boot: SeedCount) -> float:
    """Instructions per request over the last three batches of a boot, those that are steady."""
    batches = boot.batches[-3:]
    return sum(_own(batch, boot) for batch in batches) / sum(batch.requests for batch in batches)


def idle_share(boot: SeedCount) -> float:
    """The share of what was executed that background work took, in the last three batches."""
    batches = boot.batches[-3:]
    took_s = sum(batch.took_s for batch in batches)
    return _idle_rate(boot) * took_s / sum(batch.instructions for batch in batches)


def unsteady(boot: SeedCount) -> str | None:
    """Why the last three batches give no number; None where they do."""
    batches = boot.batches[-3:]
    each = [_own(batch, boot) / batch.requests for batch in batches]
    apart = (max(each) - min(each)) / fmean(each)
    if 0 <= apart <= STEADY:
        return None
    counts = ", ".join(f"{batch.requests}" for batch in batches)
    found = ", ".join(f"{one:,.0f}" for one in each)
    return (
        f"batches of {counts} requests executed {found} instructions per request, which are {abs(apart):.1%} apart; "
        f"the most that counts is {STEADY:.1%}"
    )


def _own(batch: CountedStretch, boot: SeedCount) -> float:
    """What a batch executed for its requests alone."""
    return batch.instructions - boot.empty.instructions - _idle_rate(boot) * batch.took_s


def _idle_rate(boot: SeedCount) -> float:
    """Instructions per second without a request."""
    return max(0.0, boot.idle.instructions - boot.empty.instructions) / boot.idle.took_s
