"""One number from several rounds: the mean, and Student's t interval for it.

Rounds are the replicates, because the requests of a run share one boot, one address layout, one hash seed and one
moment of the machine; an interval over requests would be far too narrow (Kalibera & Jones 2013, "Rigorous Benchmarking
in Reasonable Time"; Georges et al. 2007, "Statistically Rigorous Java Performance Evaluation", section 3.2 for t).
"""

from collections.abc import Sequence
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from scipy.special import stdtrit

from stacklab.model.measured.verdict import Estimate

CONFIDENCE: Final = 0.95


def estimate(values: Sequence[float]) -> Estimate | None:
    """Mean of the rounds' values with its 95 % interval; one round has no interval, no round no estimate.

    The interval of a quantity that was never negative is cut at zero.
    """
    n = len(values)
    if n == 0:
        return None
    mean = fmean(values)
    if n == 1:
        return Estimate(value=mean, low=None, high=None, n=1)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * stdev(values) / sqrt(n)
    low = max(mean - half, 0.0) if min(values) >= 0 else mean - half
    return Estimate(value=mean, low=low, high=mean + half, n=n)


def variation(values: Sequence[float]) -> float | None:
    """Coefficient of variation: standard deviation over mean. None below two rounds, or where the mean is zero."""
    if len(values) < 2 or not fmean(values):
        return None
    return stdev(values) / abs(fmean(values))
