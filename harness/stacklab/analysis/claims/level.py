"""Decisions on single arms: a number in a range, exact values, and the order of arms."""

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Final

from scipy.special import stdtrit

from stacklab.analysis.claims.observed import ByRound, Key, Observed, in_order, means, places
from stacklab.analysis.rounds.differences import POWER
from stacklab.analysis.rounds.estimate import CONFIDENCE, estimate
from stacklab.model.claims.decision import Exact, Ordering, Within
from stacklab.model.claims.finding import ClaimVerdict, GridPoint, Reading
from stacklab.model.measured.verdict import Estimate

_CLOSE: Final = 1e-9
"""Relative tolerance: expected values may have been computed with rounding."""


def read_within(within: Within, observed: Observed) -> Reading:
    """Decide whether the mean of a metric lies in a range."""
    rounds = observed.arms.get(within.arm, {})
    found = of_rounds(means(rounds, within.metric, within.at))
    verdict, why = judge_within(within, found)
    return Reading(
        kind=within.kind,
        verdict=verdict,
        what=f"{within.metric}, {within.arm}",
        found=found,
        sees=margin(found),
        unit=within.unit,
        why=why,
        places=_each(places(rounds, within.metric, within.at)),
    )


def read_exact(exact: Exact, observed: Observed) -> Reading:
    """Decide whether the values are the expected ones in every round."""
    rounds = in_order(observed.arms.get(exact.arm, {}), exact.metric, exact.at)
    matches = {number: _same(values, exact.expected) for number, values in rounds.items()}
    wrong = next((values for number, values in rounds.items() if not matches[number]), None)
    agreed = sum(matches.values())
    if not matches:
        verdict, why = ClaimVerdict.INCONCLUSIVE, "No round has a value."
    elif wrong is None:
        verdict, why = ClaimVerdict.REPRODUCED, ""
    else:
        verdict = ClaimVerdict.NOT_REPRODUCED if not agreed else ClaimVerdict.INCONCLUSIVE
        why = (
            f"The values match in {agreed} of {len(matches)} rounds; in another, {_difference(wrong, exact.expected)}."
        )
    firsts = {number: values[0] for number, values in rounds.items() if values}
    return Reading(
        kind=exact.kind,
        verdict=verdict,
        what=f"{exact.metric}, {exact.arm}",
        found=of_rounds(firsts) if len(exact.expected) == 1 else _share(agreed, len(matches)),
        unit=exact.unit if len(exact.expected) == 1 else "of the rounds",
        why=why,
    )


def read_order(order: Ordering, observed: Observed) -> Reading:
    """Decide whether the intervals of the arms lie one below the other."""
    found = {arm: of_rounds(means(observed.arms.get(arm, {}), order.metric, order.at)) for arm in order.largest_first}
    steps = [_step(found[larger], found[smaller]) for larger, smaller in pairwise(order.largest_first)]
    why = ""
    if all(step == 1 for step in steps):
        verdict = ClaimVerdict.REPRODUCED
    elif all(step == -1 for step in steps):
        verdict = ClaimVerdict.REVERSED
    elif -1 in steps:
        verdict = ClaimVerdict.NOT_REPRODUCED
        place = steps.index(-1)
        why = f"{order.largest_first[place]} is below {order.largest_first[place + 1]}."
    else:
        verdict = ClaimVerdict.INCONCLUSIVE
        place = steps.index(0)
        why = f"{order.largest_first[place]} and {order.largest_first[place + 1]} cannot be told apart."
    return Reading(
        kind=order.kind,
        verdict=verdict,
        what=f"{order.metric}, {' > '.join(order.largest_first)}",
        found=None,
        unit=order.unit,
        why=why,
        places=tuple(GridPoint(at={"arm": arm}, found=one) for arm, one in found.items() if one is not None),
    )


def of_rounds(values: ByRound) -> Estimate | None:
    """Mean and interval over the rounds; of a quantity that is not negative."""
    return estimate(list(values.values()))


def margin(found: Estimate | None) -> float | None:
    """The distance from a bound at which four in five such sessions would tell a mean from the bound itself."""
    if found is None or found.low is None or found.high is None:
        return None
    half = (found.high - found.low) / 2
    return half * (1 + float(stdtrit(found.n - 1, POWER)) / float(stdtrit(found.n - 1, (1 + CONFIDENCE) / 2)))


def judge_within(within: Within, found: Estimate | None) -> tuple[ClaimVerdict, str]:
    """The verdict on an interval, and the reason where it needs one."""
    low, high = _bound(within.at_least, -math.inf), _bound(within.at_most, math.inf)
    if found is None:
        return ClaimVerdict.INCONCLUSIVE, "No round has this value."
    if found.low is None or found.high is None:
        return ClaimVerdict.INCONCLUSIVE, "One round gives no interval."
    if low <= found.low and found.high <= high:
        return ClaimVerdict.REPRODUCED, ""
    if found.high < low or found.low > high:
        return ClaimVerdict.NOT_REPRODUCED, ""
    return ClaimVerdict.INCONCLUSIVE, ""


def _bound(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _step(larger: Estimate | None, smaller: Estimate | None) -> int:
    """1: certainly larger; -1: certainly smaller; 0: undecided."""
    if larger is None or smaller is None or None in {larger.low, larger.high, smaller.low, smaller.high}:
        return 0
    if (larger.low or 0.0) > (smaller.high or 0.0):
        return 1
    return -1 if (larger.high or 0.0) < (smaller.low or 0.0) else 0


def _each(grid: Mapping[Key, ByRound]) -> tuple[GridPoint, ...]:
    if len(grid) < 2:
        return ()
    return tuple(
        GridPoint(at=dict(place), found=found)
        for place, values in grid.items()
        if (found := of_rounds(values)) is not None
    )


def _same(values: tuple[float, ...], expected: tuple[float, ...]) -> bool:
    return len(values) >= len(expected) and all(
        math.isclose(value, wanted, rel_tol=_CLOSE) for value, wanted in zip(values, expected, strict=False)
    )


def _share(agreed: int, rounds: int) -> Estimate | None:
    return Estimate(value=agreed / rounds, low=None, high=None, n=rounds) if rounds else None


def _difference(values: tuple[float, ...], expected: tuple[float, ...]) -> str:
    for place, wanted in enumerate(expected):
        if place >= len(values):
            return f"value {place + 1} is missing"
        if not math.isclose(values[place], wanted, rel_tol=_CLOSE):
            return f"value {place + 1} is {values[place]:g} instead of {wanted:g}"
    return "nothing differs"
