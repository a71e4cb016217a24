"""Ranks: which stacks are told apart, and so between which ranks each of them stands.

Rule 1: two stacks are told apart where their difference is certain (``analysis.rounds.differences``) after Holm's
    correction over the whole family of questions that a session asks: every pair of stacks, under every scenario, by
    every metric that is ranked. So in at most one session of twenty is any pair of identical stacks told apart.
Rule 2: where values are lower bounds, a difference that could turn round tells nothing apart.
Rule 3: not being told apart is not the same as being equal, and it is not transitive: a noisy stack may be told from
    neither of two that are told apart. So a stack has a range of ranks, from one more than are certainly better to as
    many as are not certainly worse, and by rule 1 all true ranks lie in their ranges in at least 19 of 20 sessions
    (Mogstad, Romano, Shaikh & Wilhelm 2024, Inference for Ranks, Review of Economic Studies 91).
Rule 4: a stack that was measured twice is asked whether it is told from its twin, by more than the margin of the plan.
    That is a family of questions of its own, so at most one session of twenty raises an alarm without cause. An alarm
    makes a contest suspect; its ranks stay.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean, median

from stacklab.analysis.rounds.differences import ALPHA, Difference, holm
from stacklab.analysis.rounds.scatter import Contest, difference
from stacklab.model.measured.verdict import Rank
from stacklab.model.plan import MARGIN, TWIN_SUFFIX


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedContest:
    """What a session tells of one contest."""

    ranks: tuple[Rank, ...]
    """Best first; a stack without two rounds has none."""
    sees: float | None
    """The relative difference that four of five such sessions tell apart, of the pair in the middle."""
    alarm: bool
    """Whether a stack is told from its own twin."""


@dataclass(frozen=True, slots=True)
class _StackPair:
    """Two stacks of one contest, the better one first."""

    contest: Contest
    better: str
    worse: str
    difference: Difference

    @property
    def counts(self) -> bool:
        """Whether the difference could not turn round where values are lower bounds."""
        bounded = self.contest.bounds | self.contest.spare
        return (self.worse if self.contest.more_is_better else self.better) not in bounded


def ranked(contests: Sequence[Contest], *, margin: float = MARGIN, alpha: float = ALPHA) -> tuple[RankedContest, ...]:
    """What a session tells of each contest, all questions together."""
    pairs = [pair for contest in contests for pair in _pairs(contest)]
    certain = holm([pair.difference.p for pair in pairs], alpha)
    apart = [pair for pair, rejected in zip(pairs, certain, strict=True) if rejected and pair.counts]
    return tuple(
        RankedContest(
            ranks=_ranks(contest, [pair for pair in apart if pair.contest is contest]),
            sees=_sees([pair.difference for pair in pairs if pair.contest is contest], alpha / max(1, len(pairs))),
            alarm=alarm,
        )
        for contest, alarm in zip(contests, alarming(contests, margin=margin, alpha=alpha), strict=True)
    )


def alarming(contests: Sequence[Contest], *, margin: float = MARGIN, alpha: float = ALPHA) -> tuple[bool, ...]:
    """In which of the contests a stack is told from its twin, and not within the margin."""
    asked = [
        (place, found)
        for place, contest in enumerate(contests)
        for name in contest.twins
        if name not in contest.bounds
        and (found := difference(contest, f"{name}{TWIN_SUFFIX}", name)) is not None
        and found.freedom
    ]
    told = holm([found.p for _, found in asked], alpha)
    alarms = {place for (place, found), apart in zip(asked, told, strict=True) if apart and not found.is_within(margin)}
    return tuple(place in alarms for place in range(len(contests)))


def _ranks(contest: Contest, apart: Sequence[_StackPair]) -> tuple[Rank, ...]:
    order = _in_order(contest)
    better, worse = Counter(pair.worse for pair in apart), Counter(pair.better for pair in apart)
    return tuple(Rank(stack=name, first=1 + better[name], last=len(order) - worse[name]) for name in order)


def _in_order(contest: Contest) -> list[str]:
    """Stacks with two rounds or more, best first."""
    means = {name: fmean(rounds.values()) for name, rounds in contest.values.items() if len(rounds) > 1}
    return sorted(means, key=lambda name: (-means[name] if contest.more_is_better else means[name], name))


def _pairs(contest: Contest) -> Iterator[_StackPair]:
    for one, other in combinations(_in_order(contest), 2):
        found = difference(contest, one, other)
        if found is not None and found.freedom:
            better, worse = (one, other) if (found.mean > 0) == contest.more_is_better else (other, one)
            yield _StackPair(contest, better, worse, found)


def _sees(differences: Sequence[Difference], alpha: float) -> float | None:
    seen = [sees for one in differences if (sees := one.sees(alpha)) is not None]
    return median(seen) if seen else None
