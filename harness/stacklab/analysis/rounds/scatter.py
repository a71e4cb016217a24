"""How much the rounds of two stacks scatter: the standard error behind every difference.

Rule 1: the scatter of a pair's rounds is taken to be no smaller than that of all stacks of its scenario together, less
    what they have in common in a round (the residual of a randomised complete block design: Fisher 1935). Three rounds
    of one pair have two degrees of freedom, and a corrected test makes nothing of them; three rounds of ten stacks have
    18. The twin of a stack that was measured twice is one of them.
Rule 2: a pair that certainly scatters more than the others (F test) has its own scatter, and its own degrees of
    freedom. The others are those without the pair *and* without the twin of either: the twin of a noisy stack would
    hide that it is noisy.
    The common scatter counts for a limited number of degrees of freedom (``borrowed``): few rounds cannot show that one
    of its stacks is noisier, and tails as heavy as few degrees of freedom have make up for that.
    A stack outside the pair that certainly scatters more than the rest tells nothing of the pair: its noise would be a
    floor under every difference of its scenario.
Rule 3: where the others show no scatter, because fewer than two are left, the pair has its own as well. So two stacks
    are never judged by the scatter of the quieter one.
Rule 4: the pair's own scatter is that of its log ratios, n - 1 degrees of freedom. Where one of the two has a twin, the
    twin is pooled with it alone: with log values a, those of its twin t, and b, the variance of (a + t) / 2 - b and a
    quarter of that of a - t are independent and add up to that of a - b, whichever of the two is noisier. Degrees of
    freedom are Satterthwaite's (1946), 1.6 (n - 1) where all are equally noisy. Few rounds make these uncertain, so the
    variance is taken to be no smaller than that of the log ratios alone.
Rule 5: what lasts from round to round widens every interval of its contest (``analysis.rounds.lasting``).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, variance
from typing import Final, NamedTuple, TypeAlias

import numpy as np
from scipy.special import fdtrc

from stacklab.analysis.rounds.differences import Difference, log_ratios, satterthwaite
from stacklab.analysis.rounds.lasting import inflation
from stacklab.columns import Column
from stacklab.model.plan import TWIN_SUFFIX

NOISIER: Final = 0.1
"""Chance of taking a pair that is as noisy as the others for a noisier one."""

CERTAINLY_NOISIER: Final = 0.001
"""Chance of leaving out any stack that is as noisy as the others."""

_FEWEST_OTHERS: Final = 2
"""Stacks that can say how much a third one should scatter."""

_NOTHING: Final = 1e-18
"""Squares of logarithms that are rounding errors."""

ValuesByRound: TypeAlias = Mapping[int, float]
"""Values of one metric of one stack, by round."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Contest:
    """One scenario and one metric: what is compared, among whom."""

    scenario: str
    metric: str
    more_is_better: bool
    values: Mapping[str, ValuesByRound]
    """By the name of the stack."""
    bounds: frozenset[str] = frozenset()
    """Stacks whose values are only lower bounds: these tell nothing of the scatter."""
    spare: frozenset[str] = frozenset()
    """Stacks that could have served more: lower bounds of a capacity as well, which scatter like any other number."""
    twins: Mapping[str, ValuesByRound] = field(default_factory=dict)
    """The same stacks measured once more, by the name of the stack: they tell of the scatter, and are not ranked."""
    noisier: frozenset[str] = field(init=False)
    """Stacks that certainly scatter more than all others, and so tell nothing of these."""

    def __post_init__(self) -> None:
        """Look for them, once."""
        object.__setattr__(self, "noisier", _noisier(self.scattering))

    def of(self, name: str) -> ValuesByRound:
        """The values of a stack, or of its twin under its other name."""
        own = name.removesuffix(TWIN_SUFFIX)
        return (self.values if own == name else self.twins).get(own, {})

    @property
    def scattering(self) -> Mapping[str, ValuesByRound]:
        """All that tells of the scatter, by the name under which it was measured."""
        twins = {f"{name}{TWIN_SUFFIX}": rounds for name, rounds in self.twins.items()}
        return {name: rounds for name, rounds in {**self.values, **twins}.items() if name not in self.bounds}


class _Scatter(NamedTuple):
    """A variance of logarithms, and its degrees of freedom."""

    variance: float
    freedom: float


def difference(contest: Contest, candidate: str, baseline: str) -> Difference | None:
    """Two stacks of a contest, or a stack and its twin; None where no round has both."""
    ratios = log_ratios(contest.of(candidate), contest.of(baseline))
    n = len(ratios)
    if n == 0:
        return None
    if n == 1:
        return Difference(mean=ratios[0], error=0.0, freedom=0.0, n=1)
    used = _of_pair(contest, candidate, baseline, ratios)
    error = math.sqrt(used.variance * _lasting(contest) / n)
    return Difference(mean=fmean(ratios), error=error, freedom=used.freedom, n=n)


def _of_pair(contest: Contest, candidate: str, baseline: str, ratios: Sequence[float]) -> _Scatter:
    """A ratio scatters by the variance of two."""
    own = _own(contest, candidate, baseline, ratios)
    pair = {candidate.removesuffix(TWIN_SUFFIX), baseline.removesuffix(TWIN_SUFFIX)}
    every = {
        name: rounds
        for name, rounds in contest.scattering.items()
        if name.removesuffix(TWIN_SUFFIX) not in contest.noisier - pair
    }
    rest = _scatter([rounds for name, rounds in every.items() if name.removesuffix(TWIN_SUFFIX) not in pair])
    if not rest.freedom:
        return own
    if rest.variance > 0 and float(fdtrc(own.freedom, rest.freedom, own.variance / (2 * rest.variance))) < NOISIER:
        return own
    common = _scatter(list(every.values()))
    return _Scatter(max(own.variance, 2 * common.variance), min(common.freedom, borrowed(len(ratios))))


def _noisier(every: Mapping[str, ValuesByRound]) -> frozenset[str]:
    """The stacks that certainly scatter more than all others; the noisiest is found, and left out, first.

    Looked for in the rounds that all have.
    """
    logs = {name: known for name, rounds in every.items() if (known := _logs(rounds))}
    shared = sorted(set.intersection(*map(set, logs.values()))) if logs else []
    table = np.array([[known[number] for number in shared] for known in logs.values()])
    owns = np.array([name.removesuffix(TWIN_SUFFIX) for name in logs])
    found: list[str] = []
    while len(shared) > 1 and len(np.unique(owns)) > _FEWEST_OTHERS:
        names, chances = _chances_of_scatter(table, owns)
        noisiest = int(chances.argmin())
        if chances[noisiest] >= CERTAINLY_NOISIER / len(names):
            break
        found.append(str(names[noisiest]))
        table, owns = table[owns != names[noisiest]], owns[owns != names[noisiest]]
    return frozenset(found)


def _chances_of_scatter(table: Column, owns: Column) -> tuple[Column, Column]:
    """How likely a stack as noisy as the others scatters as much as each does, relative to their mean (F test).

    ``table`` has a row of logarithms for each stack and each twin, whose stacks are ``owns``. The residuals of the
    others are those of ``_scatter``, from sums of which a stack and its twin are taken away.
    """
    names, first = np.unique(owns, return_index=True)
    rounds = table.shape[1]
    left = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
    others = (names[:, None] != owns[None, :]).astype(float)
    count, sums, means = others.sum(axis=1), others @ left, left.mean(axis=1)
    squares = others @ np.square(left).sum(axis=1) - rounds * (others @ np.square(means))
    squares += rounds * np.square(others @ means) / count - np.square(sums).sum(axis=1) / count
    freedom = (count - 1) * (rounds - 1)
    apart = (left[first] - sums / count[:, None]).var(axis=1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        chances = fdtrc(rounds - 1, freedom, apart / (squares / freedom * (1 + 1 / count)))
    return names, np.where(np.isfinite(chances) & (squares > _NOTHING), chances, 1.0)


def borrowed(rounds: int) -> float:
    """Degrees of freedom that the common scatter counts for at most: 5 for three rounds, 14 for five, 54 for ten.

    By simulation of five stacks in three rounds, one of them five times as noisy: identical stacks are told apart in
    14 % of sessions without this limit, in 5 % with it, and in 3 % if it is 4; four of five sessions then detect 25, 28
    and 37 %. From about ten rounds on a noisier pair is found to be one, and nothing has to be limited.
    """
    return (rounds - 1) * (rounds + 2) / 2


def _lasting(contest: Contest) -> float:
    """Rule 5, from the rounds that every stack has."""
    logs = [found for rounds in contest.scattering.values() if (found := _logs(rounds))]
    shared = sorted(set.intersection(*(set(found) for found in logs))) if logs else []
    return inflation(np.array([[found[number] for number in shared] for found in logs])) if shared else 1.0


def _own(contest: Contest, candidate: str, baseline: str, ratios: Sequence[float]) -> _Scatter:
    """Rule 4."""
    alone = _Scatter(variance(ratios), len(ratios) - 1)
    for one, other in ((candidate, baseline), (baseline, candidate)):
        twin = contest.twins.get(one)
        if twin is None or other == f"{one}{TWIN_SUFFIX}":
            continue
        a, t, b = (_logs(rounds) for rounds in (contest.of(one), twin, contest.of(other)))
        common = sorted(a.keys() & t.keys() & b.keys())
        if len(common) == len(ratios):
            parts = [
                _Scatter(variance([(a[number] + t[number]) / 2 - b[number] for number in common]), len(common) - 1),
                _Scatter(variance([a[number] - t[number] for number in common]) / 4, len(common) - 1),
            ]
            return _Scatter(max(alone.variance, sum(part.variance for part in parts)), satterthwaite(parts))
    return alone


def _logs(rounds: ValuesByRound) -> Mapping[int, float]:
    return {number: math.log(value) for number, value in rounds.items() if value > 0}


def _scatter(stacks: Sequence[ValuesByRound]) -> _Scatter:
    """What neither the stack nor the round explains of the logarithms.

    By least squares, because rounds of a stack may be missing.
    """
    logs = [found for rounds in stacks if (found := _logs(rounds))]
    if len(logs) < 2:
        return _Scatter(0.0, 0)
    numbers = sorted({number for found in logs for number in found})
    if all(len(found) == len(numbers) for found in logs):
        table = np.array([[found[number] for number in numbers] for found in logs])
        left = table - table.mean(axis=0) - table.mean(axis=1, keepdims=True) + table.mean()
        freedom = (len(logs) - 1) * (len(numbers) - 1)
    else:
        points = [(place, number, value) for place, found in enumerate(logs) for number, value in found.items()]
        design = np.zeros((len(points), len(logs) + len(numbers)))
        for row, (place, number, _) in enumerate(points):
            design[row, place] = design[row, len(logs) + numbers.index(number)] = 1
        values = np.array([value for _, _, value in points])
        fitted, _, rank, _ = np.linalg.lstsq(design, values, rcond=None)
        left, freedom = values - design @ fitted, len(points) - int(rank)
    if freedom < 1:
        return _Scatter(0.0, 0)
    return _Scatter(float(np.square(left).sum()) / freedom, freedom)
