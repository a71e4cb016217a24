"""How often a claim gets which verdict: `python benchmarks/claims.py [SESSIONS]`, simulated, some minutes.

An effect of twice the threshold, none, and the same the other way, over rounds, thresholds and noise; the third arm is
the baseline measured twice. Goal: twice the threshold is reproduced in 9 of 10 sessions where decision 0011 says so,
and no effect in at most 1 of 20.
"""

import math
import random
import sys
from collections import Counter
from itertools import product

from stacklab.analysis.claims.contrast import read_contrast
from stacklab.analysis.claims.observed import Observed
from stacklab.model.claims.decision import Contrast
from stacklab.model.claims.finding import ClaimVerdict
from stacklab.model.measured.record import Row


def share(effect: float, *, at_least: float, rounds: int, scatter: float, sessions: int) -> dict[ClaimVerdict, float]:
    """Of the simulated sessions, by verdict."""
    chance = random.Random(20261120)  # noqa: S311 (it shall be the same every time)
    contrast = Contrast(metric="x", candidate="a", baseline="b", at_least=at_least)

    def arm(base: float) -> dict[int, tuple[Row, ...]]:
        values = (base * math.exp(chance.gauss(0, scatter)) for _ in range(rounds))
        return {number: (Row(metric="x", value=value),) for number, value in enumerate(values, 1)}

    counts: Counter[ClaimVerdict] = Counter()
    for _ in range(sessions):
        observed = Observed(arms={"a": arm(effect), "b": arm(1.0)}, twin=arm(1.0))
        counts[read_contrast(contrast, observed, twin_of="b", questions=1).verdict] += 1
    return {verdict: counts[verdict] / sessions for verdict in ClaimVerdict}


def main() -> None:
    """Print one line a setting."""
    sessions = int(sys.argv[1]) if sys.argv[1:] else 2000
    for rounds, scatter, at_least in product((3, 4, 5, 7, 10, 20), (0.04, 0.1, 0.3), (1.05, 1.1, 1.15, 1.2, 1.5)):
        twice = 1 + 2 * (at_least - 1)
        settings = {"at_least": at_least, "rounds": rounds, "scatter": scatter, "sessions": sessions}
        there, none, other = (share(effect, **settings) for effect in (twice, 1.0, 1 / twice))  # type: ignore[arg-type]
        told = none[ClaimVerdict.REPRODUCED] + none[ClaimVerdict.REVERSED]
        print(
            f"{rounds:3} rounds  runs vary by {scatter:4.0%}  threshold {at_least}: "
            f"twice reproduced {there[ClaimVerdict.REPRODUCED]:6.1%}  "
            f"none reproduced or reversed {told:6.2%}, equivalent {none[ClaimVerdict.EQUIVALENT]:6.1%}  "
            f"the other way reversed {other[ClaimVerdict.REVERSED]:6.1%}"
        )


if __name__ == "__main__":
    main()
