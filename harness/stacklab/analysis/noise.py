"""The noise floor: how far two identical stacks may be apart in this session, by metric.

One stack is measured twice, under two names, with as many fresh servers as any other, in the same shuffled rounds.
Whatever the two differ by is noise of the machine, of the boots and of the driver (A/A test: Kohavi & Longbotham 2017,
"Online Controlled Experiments and A/B Tests"; identical configurations of published boards were up to 21.9 % apart).

Definition: the log ratios of the pair scatter around zero, because there is nothing else they could scatter around.
So their variance is the mean of their squares, over all rounds of all scenarios, with as many degrees of freedom; no
mean is taken off, and a lasting difference of the two widens the floor instead of hiding. Two identical stacks, each
averaged over the n rounds of a scenario, then differ by more than t(0.975) sqrt(variance / n) in one session of twenty.
Where the pair did differ by more than that under some scenario, the floor is what it differed by. Few rounds have a
large t, and so a high floor: with three rounds of one scenario t is 3.2, with three rounds of five it is 2.1.
"""

import math
from collections.abc import Iterable, Mapping

from scipy.special import stdtrit

from stacklab.analysis.comparison import ALPHA, hodges_lehmann, log_ratios


def noise_floor(pairs: Iterable[tuple[Mapping[int, float], Mapping[int, float]]]) -> float | None:
    """The relative difference below which this session sees nothing in a metric; None without a pair of rounds.

    ``pairs`` holds, for every scenario, the values by round of the stack and of its twin.
    """
    scenarios = [ratios for stack, twin in pairs if (ratios := log_ratios(twin, stack))]
    if not scenarios:
        return None
    every = [ratio for ratios in scenarios for ratio in ratios]
    variance = sum(ratio * ratio for ratio in every) / len(every)
    fewest = min(map(len, scenarios))
    limit = float(stdtrit(len(every), 1 - ALPHA / 2)) * math.sqrt(variance / fewest)
    return math.expm1(max(limit, *(abs(hodges_lehmann(ratios)) for ratios in scenarios)))
