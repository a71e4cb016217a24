"""Whether what sets a stack apart lasts from round to round: then rounds are fewer replicates than there are.

Rule 1: asked of all stacks of a contest together, by the correlation of their residuals with those of the round before
    (lag 1). Taking means off makes it negative by 1/n where there is none, and too small by (1 + 3 r)/n where there is
    (Kendall 1954); both are put right.
Rule 2: it counts where it is certain at 95 %, because widening what need not be widened costs power. Fewer rounds than
    ``FEWEST_ROUNDS`` say nothing of it.
Rule 3: the variance of a mean is then that of a first-order autoregressive series over what its rounds seem to scatter
    (Bayley & Hammersley 1946): about three times as large where r is 0.5.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

FEWEST_ROUNDS: Final = 5

CERTAIN: Final = 1.64
"""Standard errors above zero: 95 % on one side."""

MOST: Final = 0.7
"""A larger correlation is not believed: so few rounds show none so exactly."""


def inflation(logs: NDArray[np.float64]) -> float:
    """By what factor the variance of a mean over rounds is larger than rounds seem to say; 1.0 where nothing lasts.

    ``logs`` has a row for each stack and a column for each round, without gaps.
    """
    stacks, rounds = logs.shape
    if stacks < 2 or rounds < FEWEST_ROUNDS:
        return 1.0
    left = logs - logs.mean(axis=0) - logs.mean(axis=1, keepdims=True) + logs.mean()
    scatter = float(np.square(left).sum())
    if not scatter:
        return 1.0
    lag = float((left[:, 1:] * left[:, :-1]).sum()) / scatter + 1 / rounds
    if lag * math.sqrt((stacks - 1) * rounds) < CERTAIN:
        return 1.0
    return _factor(min(lag / (1 - 3 / rounds), MOST), rounds)


def _factor(correlation: float, rounds: int) -> float:
    mean = 1 + 2 * sum((1 - lag / rounds) * correlation**lag for lag in range(1, rounds))
    return mean * (rounds - 1) / (rounds - mean)
