"""What would resolve what a session leaves open: more rounds for a tie, a longer window for a quantile."""

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

from stacklab.analysis.comparison.result import EFFECTS
from stacklab.analysis.metrics import Metric
from stacklab.analysis.results import SessionResult
from stacklab.analysis.rounds.contests import contest
from stacklab.analysis.rounds.differences import ALPHA
from stacklab.analysis.rounds.scatter import difference
from stacklab.analysis.run.quantiles import QUANTILES, needed
from stacklab.model.measured.verdict import Rank
from stacklab.model.plan import MOST_ROUNDS
from stacklab.units import Seconds

SPARE: Final = 1.1
"""A window is proposed that is longer by a tenth than one that would just do: rates vary, and arrivals are random."""


class Tie(NamedTuple):
    """Two stacks that nobody is certainly better than, and what would tell them apart."""

    stacks: tuple[str, str]
    effect: float
    """The relative difference that so many rounds would tell."""
    rounds: int


def tie(result: SessionResult, scenario: str, metric: Metric, ranks: Sequence[Rank]) -> Tie | None:
    """Of the best stacks, as a session ranks them; None where one is best, or where no number of rounds would help.

    They are equal for most purposes where their whole interval lies within the margin, and need no more rounds.
    """
    leaders = [rank.stack for rank in ranks if rank.first == 1]
    if len(leaders) < 2:
        return None
    first, second = leaders[:2]
    found = difference(contest(scenario, metric, result.cells, result.twins), second, first)
    if found is None or not found.freedom or found.is_within(result.session.margin):
        return None
    pairs = sum(len(its) * (len(its) - 1) // 2 for _, _, its in result.ranks)
    alpha = ALPHA / max(1, pairs)
    sees = found.sees(alpha)
    for effect in EFFECTS:
        if sees is not None and effect < sees:
            rounds = found.rounds_for(effect, alpha)
            useful = rounds is not None and result.session.rounds < rounds <= MOST_ROUNDS
            return Tie((first, second), effect, rounds) if useful and rounds is not None else None
    return None


def window_for(quantile: str, *, requests: float, measure_s: Seconds) -> Seconds | None:
    """How long to measure so that each run has enough requests for the quantile; None where they are enough.

    ``requests`` is how many a run has, or will have, in a window of ``measure_s``.
    """
    wanted = needed(QUANTILES[quantile])
    if requests >= wanted or requests <= 0:
        return None
    return float(math.ceil(measure_s * wanted * SPARE / requests))
