"""The noise floor: how far two identical stacks may be apart in this session, by scenario and metric.

One stack is measured twice, under two names, with as many fresh servers as any other, in the same shuffled rounds.
Whatever the two differ by is noise of the machine, of the boots and of the driver (A/A test: Kohavi & Longbotham 2017,
"Online Controlled Experiments and A/B Tests"; identical configurations of published boards were up to 21.9 % apart).

Definition: the log ratios of the pair scatter around zero, because there is nothing else they could scatter around.
So their variance is the mean of their squares over the rounds, with as many degrees of freedom; no mean is taken off,
and a lasting difference of the two widens the floor instead of hiding. Two identical stacks, each averaged over the
n rounds, then differ by more than t(0.975) sqrt(variance / n) in one session of twenty. Where the pair did differ by
more than that, the floor is what it differed by. Few rounds have a large t, and so a high floor: t is 3.2 with three of
them, 2.6 with five, 2.2 with ten.

It is a number to read, and no test: what the twin knows of the scatter is part of every comparison already
(``analysis.rounds.scatter``), and asking for both would take the same noise off twice. Claims, whose rules were fixed
beforehand, still ask that an effect exceeds it.

Each scenario has a floor of its own. Pooled over scenarios it would be steadier, but the noisiest of them would then
hide what the others show: the P99 of a server at its limit scatters by ten times what that of an idle one does.
"""

import math
from collections.abc import Mapping

from scipy.special import stdtrit

from stacklab.analysis.rounds.differences import ALPHA, log_ratios
from stacklab.analysis.rounds.hodges_lehmann import hodges_lehmann


def noise_floor(stack: Mapping[int, float], twin: Mapping[int, float]) -> float | None:
    """The relative difference below which nothing is seen, from the values by round of a stack and of its twin.

    None below two rounds that have both: one shows no scatter.
    """
    ratios = log_ratios(twin, stack)
    n = len(ratios)
    if n < 2:
        return None
    variance = sum(ratio * ratio for ratio in ratios) / n
    limit = float(stdtrit(n, 1 - ALPHA / 2)) * math.sqrt(variance / n)
    return math.expm1(max(limit, abs(hodges_lehmann(ratios))))
