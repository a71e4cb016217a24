"""A metric against a formula over its grid, and the level at which a ratio passes 1."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from statistics import linear_regression

from stacklab.analysis.claims.contrast import at_each
from stacklab.analysis.claims.level import margin, of_rounds
from stacklab.analysis.claims.observed import ByRound, Key, Observed, complete, geometric, means, places, ratios
from stacklab.analysis.rounds.estimate import estimate
from stacklab.model.claims.arm import Level, chosen
from stacklab.model.claims.decision import Crossover, Law, Quantity
from stacklab.model.claims.finding import ClaimVerdict, GridPoint, Reading
from stacklab.model.claims.formula import evaluate
from stacklab.model.measured.verdict import Estimate


def read_law(law: Law, observed: Observed) -> Reading:
    """Decide whether the measured values follow the formula."""
    grid = places(observed.arms.get(law.arm, {}), law.metric, law.at)
    expected = {
        place: evaluate(law.formula, {**_numbers(place), **measured(law.given, observed, place)}) for place in grid
    }
    shown = tuple(
        GridPoint(at=dict(place), found=found, expected=expected[place])
        for place, values in grid.items()
        if (found := of_rounds(values)) is not None
    )
    if law.slope is not None:
        found = of_rounds(_slopes(grid, expected))
        return Reading(
            kind=law.kind,
            verdict=judge_slope(found, law.slope),
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
    shown: list[GridPoint] = []
    hits: list[bool | None] = []
    for name, column in columns.items():
        at = {} if name is None or crossover.columns is None else {crossover.columns: name}
        found, certain = _crossing(at_each(column), crossover)
        predicted = _predictions(crossover, observed, tuple(at.items()))
        expected = of_rounds(predicted) if predicted else None
        if found is not None:
            shown.append(GridPoint(at=at, found=found, expected=None if expected is None else expected.value))
        hit = True if crossover.predicted is None else _hit(_passings(column, crossover), predicted, crossover.factor)
        hits.append(hit if certain else certain)
    return Reading(
        kind=crossover.kind,
        verdict=_judge_share(hits, crossover.share),
        what=f"{crossover.along} at which {crossover.metric} of {crossover.candidate} over {crossover.baseline} is 1",
        found=shown[0].found if len(columns) == 1 and shown else _share_of(hits),
        unit="" if len(columns) == 1 else "of the columns",
        places=tuple(shown),
        why="" if shown else "The ratio does not pass 1 anywhere in the grid.",
    )


def measured(given: Mapping[str, Quantity], observed: Observed, place: Key = ()) -> Mapping[str, float]:
    """The inputs of a formula at a grid point: means over the rounds."""
    found: dict[str, float] = {}
    for name, quantity in given.items():
        one = of_rounds(by_round(quantity, observed, place))
        if one is None:
            where = "".join(f" at {level} {value}" for level, value in place)
            raise ValueError(f"{name}: {quantity.arm} has no {quantity.metric}{where}")
        found[name] = one.value
    return found


def quantity_of(quantity: Quantity, observed: Observed) -> Estimate | None:
    """A metric of one arm, or its ratio to that of another, over the rounds."""
    return of_rounds(by_round(quantity, observed))


def by_round(quantity: Quantity, observed: Observed, place: Key = ()) -> ByRound:
    """The quantity, round by round. Of a grid, at the levels of the place: those that it has too, and does not fix."""
    rounds = observed.arms.get(quantity.arm, {})
    if quantity.over is None:
        known = {name for found in places(rounds, quantity.metric, quantity.at) for name, _ in found}
        return means(rounds, quantity.metric, {**_shared(place, known), **quantity.at})
    grid = ratios(rounds, observed.arms.get(quantity.over, {}), quantity.metric, quantity.at)
    wanted = _shared(place, {name for found in grid for name, _ in found})
    return geometric(
        {found: values for found, values in grid.items() if chosen(dict(found), {**wanted, **quantity.at})}
    )


def _shared(place: Key, known: Collection[str]) -> Mapping[str, Level]:
    return {name: level for name, level in place if name in known}


def _slopes(grid: Mapping[Key, ByRound], expected: Mapping[Key, float]) -> ByRound:
    """The slope of measured on expected values, round by round."""
    if len(set(expected.values())) < 2:
        return {}
    return {
        number: linear_regression([expected[place] for place in grid], [grid[place][number] for place in grid]).slope
        for number in complete(grid.values())
    }


def judge_slope(found: Estimate | None, band: tuple[float, float]) -> ClaimVerdict:
    """The verdict on the interval of a slope."""
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
    one, two = passing
    value = _between(one[:2], two[:2])
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


def _predictions(crossover: Crossover, observed: Observed, at: Key) -> ByRound:
    """Where the formula says that the ratio passes 1, from what each round measured."""
    if crossover.predicted is None:
        return {}
    given = {name: by_round(quantity, observed, at) for name, quantity in crossover.given.items()}
    for name, values in given.items():
        if not values:
            raise ValueError(f"{name}: {crossover.given[name].arm} has no {crossover.given[name].metric}")
    numbers = complete(given.values()) if given else range(1, observed.rounds + 1)
    return {
        number: evaluate(
            crossover.predicted, {**_numbers(at), **{name: values[number] for name, values in given.items()}}
        )
        for number in numbers
    }


def _passings(column: Mapping[Key, ByRound], crossover: Crossover) -> ByRound:
    """The level at which the ratio passes 1, in each round in which it does."""
    sign = 1 if crossover.rises else -1
    levels = sorted(
        (float(level), values)
        for place, values in column.items()
        if isinstance(level := dict(place).get(crossover.along), int | float)
    )
    found: dict[int, float] = {}
    for number in complete(values for _, values in levels):
        line = [(level, sign * math.log(values[number])) for level, values in levels]
        passing = next(((one, two) for one, two in pairwise(line) if one[1] <= 0 < two[1]), None)
        if passing is not None:
            found[number] = _between(*passing)
    return found


def _hit(passings: ByRound, predicted: ByRound, factor: float) -> bool | None:
    """Whether the whole interval of where rounds pass, over what they predict, is within the factor.

    None where only a part of it is, or where fewer than two rounds have both: an interval that grows with the noise
    must not hit more often for it.
    """
    logs = [
        math.log(passings[number] / predicted[number])
        for number in sorted(passings.keys() & predicted.keys())
        if passings[number] > 0 and predicted[number] > 0
    ]
    found = estimate(logs)
    if found is None or found.low is None or found.high is None:
        return None
    reach = math.log(factor)
    if -reach <= found.low and found.high <= reach:
        return True
    return False if found.low > reach or found.high < -reach else None


def _between(one: tuple[float, float], two: tuple[float, float]) -> float:
    """Where a straight line from one (level, log ratio) to the next passes zero."""
    return one[0] + (two[0] - one[0]) * -one[1] / (two[1] - one[1])


def _numbers(place: Key) -> Mapping[str, float]:
    """The numeric levels of a grid point."""
    return {name: float(level) for name, level in place if not isinstance(level, str)}
