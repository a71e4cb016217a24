"""A metric against a formula over its grid, and the level at which a ratio passes 1."""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import linear_regression

from stacklab.analysis.claims.contrast import at_each
from stacklab.analysis.claims.level import margin, of_rounds
from stacklab.analysis.claims.observed import ByRound, Key, Observed, complete, geometric, means, places, ratios
from stacklab.model.claims.decision import Crossover, Law, Quantity
from stacklab.model.claims.finding import ClaimVerdict, GridPoint, Reading
from stacklab.model.claims.formula import evaluate
from stacklab.model.verdict import Estimate


def read_law(law: Law, observed: Observed) -> Reading:
    """Decide whether the measured values follow the formula."""
    grid = places(observed.arms.get(law.arm, {}), law.metric, law.at)
    given = measured(law.given, observed)
    expected = {place: evaluate(law.formula, {**_numbers(place), **given}) for place in grid}
    shown = tuple(
        GridPoint(at=dict(place), found=found, expected=expected[place])
        for place, values in grid.items()
        if (found := of_rounds(values)) is not None
    )
    if law.slope is not None:
        found = of_rounds(_slopes(grid, expected))
        return Reading(
            kind=law.kind,
            verdict=_judge_band(found, law.slope),
            sees=margin(found),
            what=f"slope of {law.metric} on {law.formula}",
            found=found,
            places=shown,
            why="" if found else "A slope needs two grid points.",
        )
    fits = [_fits(place, law.within or 0.0) for place in shown]
    return Reading(
        kind=law.kind,
        verdict=_judge_share(fits, law.share),
        what=f"grid points where {law.metric} is within {law.within:.0%} of {law.formula}",
        found=_share_of(fits),
        places=shown,
    )


def read_crossover(crossover: Crossover, observed: Observed) -> Reading:
    """Find where the ratio passes 1, in each column, and decide whether that is where it should be."""
    grid = ratios(
        observed.arms.get(crossover.candidate, {}),
        observed.arms.get(crossover.baseline, {}),
        crossover.metric,
        crossover.at,
    )
    columns: dict[float | str | None, dict[Key, ByRound]] = {}
    for place, values in grid.items():
        name = dict(place).get(crossover.columns) if crossover.columns else None
        columns.setdefault(name, {})[place] = values
    given = measured(crossover.given, observed)
    shown: list[GridPoint] = []
    hits: list[bool | None] = []
    for name, column in columns.items():
        at = {} if name is None or crossover.columns is None else {crossover.columns: name}
        found, certain = _crossing(at_each(column), crossover)
        expected = None
        if crossover.predicted is not None:
            expected = evaluate(crossover.predicted, {**_numbers(tuple(at.items())), **given})
        if found is not None:
            shown.append(GridPoint(at=at, found=found, expected=expected))
        hits.append(_hit(found, expected, crossover.factor) if certain else certain)
    return Reading(
        kind=crossover.kind,
        verdict=_judge_share(hits, crossover.share),
        what=f"{crossover.along} at which {crossover.metric} of {crossover.candidate} over {crossover.baseline} is 1",
        found=shown[0].found if len(columns) == 1 and shown else _share_of(hits),
        unit="" if len(columns) == 1 else "of the columns",
        places=tuple(shown),
        why="" if shown else "The ratio does not pass 1 anywhere in the grid.",
    )


def measured(given: Mapping[str, Quantity], observed: Observed) -> Mapping[str, float]:
    """The inputs of a formula: means over the rounds."""
    found: dict[str, float] = {}
    for name, quantity in given.items():
        one = quantity_of(quantity, observed)
        if one is None:
            raise ValueError(f"{name}: {quantity.arm} has no {quantity.metric}")
        found[name] = one.value
    return found


def quantity_of(quantity: Quantity, observed: Observed) -> Estimate | None:
    """A metric of one arm, or its ratio to that of another, over the rounds."""
    rounds = observed.arms.get(quantity.arm, {})
    if quantity.over is None:
        return of_rounds(means(rounds, quantity.metric, quantity.at))
    return of_rounds(geometric(ratios(rounds, observed.arms.get(quantity.over, {}), quantity.metric, quantity.at)))


def _slopes(grid: Mapping[Key, ByRound], expected: Mapping[Key, float]) -> ByRound:
    """The slope of measured on expected values, round by round."""
    if len(set(expected.values())) < 2:
        return {}
    return {
        number: linear_regression([expected[place] for place in grid], [grid[place][number] for place in grid]).slope
        for number in complete(grid.values())
    }


def _judge_band(found: Estimate | None, band: tuple[float, float]) -> ClaimVerdict:
    if found is None or found.low is None or found.high is None:
        return ClaimVerdict.INCONCLUSIVE
    if band[0] <= found.low and found.high <= band[1]:
        return ClaimVerdict.REPRODUCED
    return ClaimVerdict.NOT_REPRODUCED if found.high < band[0] or found.low > band[1] else ClaimVerdict.INCONCLUSIVE


def _fits(place: GridPoint, within: float) -> bool | None:
    """Whether the whole interval is that close to the law; None if only a part of it is."""
    found, expected = place.found, place.expected or 0.0
    if found.low is None or found.high is None:
        return None
    low, high = expected * (1 - within), expected * (1 + within)
    if low <= found.low and found.high <= high:
        return True
    return False if found.high < low or found.low > high else None


def _judge_share(hits: Sequence[bool | None], share: float) -> ClaimVerdict:
    """Reproduced if enough points certainly hit; not reproduced if that has become impossible."""
    if not hits:
        return ClaimVerdict.INCONCLUSIVE
    if hits.count(True) >= share * len(hits):
        return ClaimVerdict.REPRODUCED
    if len(hits) - hits.count(False) < share * len(hits):
        return ClaimVerdict.NOT_REPRODUCED
    return ClaimVerdict.INCONCLUSIVE


def _share_of(hits: Sequence[bool | None]) -> Estimate | None:
    """The share of hits; the undecided points give its bounds."""
    if not hits:
        return None
    sure, open_ = hits.count(True) / len(hits), hits.count(None) / len(hits)
    return Estimate(value=sure, low=sure, high=sure + open_, n=len(hits))


def _crossing(column: Sequence[GridPoint], crossover: Crossover) -> tuple[Estimate | None, bool | None]:
    """The level at which the ratio passes 1 along a column, and whether it certainly does.

    Its interval reaches from the last level at which the ratio is certainly on the first side to the first level at
    which it is certainly on the other.
    """
    sign = 1 if crossover.rises else -1
    levels = sorted(_along(column, crossover.along, sign))
    if len(levels) < 2:
        return None, None
    (_, _, first_low, first_high), (_, _, last_low, last_high) = levels[0], levels[-1]
    certain = True if first_high < 0 < last_low else False if first_low > 0 or last_high < 0 else None
    passing = next(((one, two) for one, two in pairwise(levels) if one[1] <= 0 < two[1]), None)
    if passing is None:
        return None, certain
    before = [level for level, _, _, high in levels if high < 0]
    after = [level for level, _, low, _ in levels if low > 0]
    (level, ratio, _, _), (next_level, next_ratio, _, _) = passing
    value = level + (next_level - level) * -ratio / (next_ratio - ratio)
    low, high = max(before, default=levels[0][0]), min(after, default=levels[-1][0])
    found = Estimate(value=value, low=min(low, value), high=max(high, value), n=column[0].found.n)
    return found, certain


def _along(column: Sequence[GridPoint], name: str, sign: int) -> Iterator[tuple[float, float, float, float]]:
    """Each level with its log ratio and interval, oriented so that the ratio rises."""
    for place in column:
        level, found = place.at.get(name), place.found
        if isinstance(level, int | float) and found.low and found.high:
            ends = sorted(sign * math.log(end) for end in (found.low, found.high))
            yield float(level), sign * math.log(found.value), ends[0], ends[1]


def _hit(found: Estimate | None, expected: float | None, factor: float) -> bool:
    """Whether a certain crossing is where it was predicted: the two intervals touch."""
    if expected is None:
        return True
    if found is None or found.low is None or found.high is None:
        return False
    return found.low <= expected * factor and found.high >= expected / factor


def _numbers(place: Key) -> Mapping[str, float]:
    """The numeric levels of a grid point."""
    return {name: float(level) for name, level in place if not isinstance(level, str)}
