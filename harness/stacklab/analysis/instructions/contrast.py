"""Two counts against each other: the ratio of instructions per request, paired by hash seed, with a verdict.

Rule 1: paired by seed, because a seed decides how dicts of strings are laid out, in both alike.
Rule 2: the interval of the mean log ratio is Student's t over the seeds. A difference is told apart where the interval
    excludes equality *and* the ratio is further from it than ``MARGIN``; two counts are the same where the whole
    interval lies within the margin. The rest is unresolved, and more seeds may tell.
Rule 3: numbers of different sources are not compared.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from statistics import fmean, stdev
from typing import Final

from scipy.special import stdtr, stdtrit

from stacklab.analysis.instructions.result import CountResult
from stacklab.analysis.rounds.differences import holm
from stacklab.model.measured.verdict import Verdict

MARGIN: Final = 0.005
"""The relative difference that does not matter: boots of one stack with one seed were up to 0.8 % apart, and two of the
first six pairs of identical stacks had intervals without equality (0.22 % and 0.25 %)."""

CONFIDENCE: Final = 0.95


class WhyNot(StrEnum):
    """Why two counts have no verdict, or no firmer one."""

    FAILED = "one of them was not counted"
    OTHER_SOURCE = "they were counted by different sources"
    NO_COMMON_SEED = "they share no hash seed"
    ONE_SEED = "one hash seed has no interval"
    MANY_QUESTIONS = "not certain among so many questions"


@dataclass(frozen=True, kw_only=True, slots=True)
class CountContrast:
    """B against A."""

    a: CountResult
    b: CountResult
    ratio: float | None = None
    """B over A; None where they cannot be compared."""
    low: float | None = None
    high: float | None = None
    n: int = 0
    """Hash seeds that both have."""
    p: float = 1.0
    verdict: Verdict | None = None
    """``faster``: B needs less; ``slower``: B needs more."""
    why: WhyNot | None = None


def corrected(contrasts: Sequence[CountContrast]) -> tuple[CountContrast, ...]:
    """The same, with "less" and "more" only where they hold after Holm's correction over all of them."""
    asked = [one for one in contrasts if one.low is not None]
    certain = dict(zip(map(id, asked), holm([one.p for one in asked], 1 - CONFIDENCE), strict=True))
    return tuple(
        replace(one, verdict=Verdict.UNRESOLVED, why=WhyNot.MANY_QUESTIONS)
        if one.verdict in {Verdict.FASTER, Verdict.SLOWER} and not certain[id(one)]
        else one
        for one in contrasts
    )


def contrast(a: CountResult, b: CountResult) -> CountContrast:
    """Compare B with A."""
    blank = CountContrast(a=a, b=b)
    if not a.by_seed or not b.by_seed:
        return replace(blank, why=WhyNot.FAILED)
    if a.source is not b.source:
        return replace(blank, why=WhyNot.OTHER_SOURCE)
    seeds = sorted(a.by_seed.keys() & b.by_seed.keys())
    if not seeds:
        return replace(blank, why=WhyNot.NO_COMMON_SEED)
    logs = [math.log(b.by_seed[seed] / a.by_seed[seed]) for seed in seeds]
    centre, n = fmean(logs), len(logs)
    if n == 1:
        return replace(blank, ratio=math.exp(centre), n=1, why=WhyNot.ONE_SEED)
    error = stdev(logs) / math.sqrt(n)
    half = float(stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * error
    return replace(
        blank,
        ratio=math.exp(centre),
        low=math.exp(centre - half),
        high=math.exp(centre + half),
        n=n,
        p=2 * float(stdtr(n - 1, -abs(centre) / error)) if error else float(not centre),
        verdict=_verdict(centre, half),
    )


def _verdict(centre: float, half: float) -> Verdict:
    """Rule 2, on logarithms."""
    margin = math.log1p(MARGIN)
    if abs(centre) > half and abs(centre) > margin:
        return Verdict.SLOWER if centre > 0 else Verdict.FASTER
    return Verdict.SAME if abs(centre) + half <= margin else Verdict.UNRESOLVED
