"""Instructions per request from the batches of one boot, and whether they are steady.

The number is what all batches executed, less what their readings and the server's background work executed meanwhile,
over all requests. Why not the slope between a batch and one of twice its length: decision 0014.
"""

from statistics import fmean
from typing import Final

from stacklab.model.counting import SeedCount, Stretch

STEADY: Final = 0.005
"""How far two batches may be apart, relative to their mean."""


def per_request(boot: SeedCount) -> float:
    """Instructions per request over all batches of a boot."""
    own = sum(_own(batch, boot) for batch in boot.batches)
    return own / sum(batch.requests for batch in boot.batches)


def slope(boot: SeedCount) -> float:
    """What each further request costs: the long batch less the short ones, without any correction."""
    short, long, again = boot.batches[-3:]
    more = long.requests - (short.requests + again.requests) / 2
    return (long.instructions - (short.instructions + again.instructions) / 2) / more


def idle_share(boot: SeedCount) -> float:
    """The share of what was executed that background work took, in the batches."""
    took_s = sum(batch.took_s for batch in boot.batches)
    return _idle_rate(boot) * took_s / sum(batch.instructions for batch in boot.batches)


def unsteady(boot: SeedCount) -> str | None:
    """Why the last three batches give no number; None where they do."""
    short, _, again = boot.batches[-3:]
    one, other = (_own(batch, boot) / batch.requests for batch in (short, again))
    apart = abs(one - other) / fmean((one, other))
    if apart <= STEADY:
        return None
    return (
        f"two batches of {short.requests} requests executed {one:,.0f} and {other:,.0f} instructions per request, "
        f"{apart:.1%} apart, and {STEADY:.1%} is the most"
    )


def _own(batch: Stretch, boot: SeedCount) -> float:
    """What a batch executed for its requests alone."""
    return batch.instructions - boot.empty.instructions - _idle_rate(boot) * batch.took_s


def _idle_rate(boot: SeedCount) -> float:
    """Instructions per second without a request."""
    return max(0.0, boot.idle.instructions - boot.empty.instructions) / boot.idle.took_s
