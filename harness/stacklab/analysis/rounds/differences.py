"""The difference of two stacks in one metric: its interval, its test, its verdict. Ranks, comparisons, alarms share it.

Rule 1: rounds are the replicates, paired: both stacks of a round met the same schedule and nearly the same moment of
    the machine, so what drifts from round to round cancels (randomised multiple interleaved trials: Abedi & Brecht,
    ICPE 2017; Duet benchmarking, Bulej et al., ICPE 2020).
Rule 2: ratios, so logarithms: twice and half are equally far from equal. The estimate is the mean of the log ratios of
    the rounds, which is the geometric mean of the ratios.
Rule 3: test and interval are Student's t, with the scatter that ``analysis.rounds.scatter`` finds. They belong
    together: the 95 % interval holds equality exactly where p is above 0.05.
Rule 4: a difference is certain where it is so after Holm's correction (1979) over the family of all questions that a
    page asks. So on at most one page of twenty is anything told apart that does not differ.
Rule 5: four verdicts. *Faster* or *slower* where the difference is certain, however small it is. *The same* where it is
    not, and the whole 95 % interval lies within a margin that was fixed before the measurement (equivalence: Schuirmann
    1987): never within what the machine's noise happens to be, or the noisiest machine would find everything the same.
    *Unresolved* is the rest, and says what such a session sees, and how many rounds would see more.
Rule 6: a stack that was measured twice is no second test. Its twin adds to what is known of the scatter, and it is an
    alarm: where stack and twin are told apart by these rules, and by more than the margin, something other than the
    stacks makes differences.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import nctdtrinc, stdtr, stdtrit

from stacklab.model.measured.verdict import Verdict

ALPHA: Final = 0.05
"""One minus the confidence of an interval."""

POWER: Final = 0.8
"""Share of sessions in which the smallest effect that could be seen is seen (Cohen's convention)."""

MOST_ROUNDS: Final = 1000
"""More than anybody would run: an effect that takes more rounds is out of reach."""

_FAR: Final = 50.0
"""A logarithm that no two stacks are apart by; its exponential is still a number."""

_DIGITS: Final = 12
"""Of a logarithm; the rest is rounding. Half as much and twice as much shall cancel."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """Candidate over baseline, as a logarithm, and how certain that is."""

    mean: float
    error: float
    """Standard error of the mean."""
    freedom: float
    """Degrees of freedom of the standard error; 0 where there is none, as of one round."""
    n: int
    """Rounds that have both."""

    @property
    def ratio(self) -> float:
        """Candidate over baseline."""
        return math.exp(self.mean)

    @property
    def p(self) -> float:
        """How often two equal stacks would differ so much or more by chance; 1.0 where that is not known."""
        return min(1.0, 2 * self.p_above(0.0), 2 * self.p_below(0.0))

    def p_above(self, limit: float) -> float:
        """How often it would be so large by chance if it were no more than the limit, a logarithm as well."""
        return self._tail(self.mean - limit)

    def p_below(self, limit: float) -> float:
        """How often it would be so small by chance if it were no less than the limit."""
        return self._tail(limit - self.mean)

    def interval(self, alpha: float = ALPHA) -> tuple[float, float] | None:
        """Of the ratio; None where there is no standard error."""
        if not self.freedom:
            return None
        half = float(stdtrit(self.freedom, 1 - alpha / 2)) * self.error
        return math.exp(max(self.mean - half, -_FAR)), math.exp(min(self.mean + half, _FAR))

    def is_within(self, margin: float, alpha: float = ALPHA) -> bool:
        """Whether the whole interval lies within a relative difference, up and down alike."""
        between = self.interval(alpha)
        return between is not None and 1 / (1 + margin) <= between[0] and between[1] <= 1 + margin

    def sees(self, alpha: float = ALPHA) -> float | None:
        """The relative difference that four of five such sessions tell from none, asked at this alpha."""
        return _sees(self.error, self.freedom, alpha) if self.freedom else None

    def rounds_for(self, effect: float, alpha: float = ALPHA) -> int | None:
        """The fewest rounds that see a relative difference, if they scatter as these do; None where it takes too many.

        Degrees of freedom grow as rounds do.
        """
        if not self.freedom or not self._sees_in(MOST_ROUNDS, alpha) <= effect:
            return None
        low, high = 1, MOST_ROUNDS
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if self._sees_in(middle, alpha) <= effect else (middle, high)
        return high

    def beyond(self, other: "Difference") -> "Difference":
        """How much further apart these two are than two others were: a difference of independent differences.

        Degrees of freedom are those of Welch (1947) and Satterthwaite.
        """
        known = bool(self.freedom and other.freedom)
        both = [(self.error**2, self.freedom), (other.error**2, other.freedom)]
        return Difference(
            mean=self.mean - other.mean,
            error=math.hypot(self.error, other.error),
            freedom=satterthwaite(both) if known else 0.0,
            n=min(self.n, other.n),
        )

    def _tail(self, above: float) -> float:
        if not self.freedom:
            return 1.0
        if not self.error:
            return 0.0 if above > 0 else 1.0
        return float(stdtr(self.freedom, -above / self.error))

    def _sees_in(self, rounds: int, alpha: float) -> float:
        freedom = self.freedom * (rounds - 1) / (self.n - 1)
        return _sees(self.error * math.sqrt(self.n / rounds), freedom, alpha)


def judge(found: Difference, *, certain: bool, margin: float, more_is_better: bool) -> Verdict:
    """Rule 5. Certain is what Holm's correction left certain."""
    if certain:
        return Verdict.FASTER if (found.mean > 0) == more_is_better else Verdict.SLOWER
    return Verdict.SAME if found.is_within(margin) else Verdict.UNRESOLVED


def log_ratios(candidate: Mapping[int, float], baseline: Mapping[int, float]) -> tuple[float, ...]:
    """Logarithm of candidate over baseline in every round in which both have a value above zero."""
    return tuple(
        round(math.log(candidate[number] / baseline[number]), _DIGITS)
        for number in sorted(candidate.keys() & baseline.keys())
        if candidate[number] > 0 and baseline[number] > 0
    )


def holm(p_values: Sequence[float], alpha: float = ALPHA) -> list[bool]:
    """Which hypotheses are rejected when the chance of rejecting any true one is to stay below alpha (Holm 1979)."""
    rejected = [False] * len(p_values)
    for done, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if p_values[place] > alpha / (len(p_values) - done):
            break
        rejected[place] = True
    return rejected


def satterthwaite(parts: Sequence[tuple[float, float]]) -> float:
    """Degrees of freedom of a sum of variances, each with its own."""
    total = sum(variance for variance, _ in parts)
    if not total:
        return sum(freedom for _, freedom in parts)
    return total**2 / sum(variance**2 / freedom for variance, freedom in parts)


def _sees(error: float, freedom: float, alpha: float) -> float:
    """By the noncentral t distribution, which few degrees of freedom and a small alpha take."""
    critical = float(stdtrit(freedom, 1 - alpha / 2))
    shift = float(nctdtrinc(freedom, 1 - POWER, critical))
    if not math.isfinite(shift):
        shift = critical + float(stdtrit(freedom, POWER))
    return math.expm1(min(shift * error, _FAR))
