"""The rules of claims in words: when it counts as reproduced, and when as nothing."""

import math

from stacklab.model.claims.decision import ArithmeticSequence, Contrast, Crossover, Exact, Law, Ordering, Simple, Within
from stacklab.report.kit.numbers import percent, plain


def rule_in_words(decision: Simple) -> str:
    """What was fixed beforehand."""
    match decision:
        case Contrast():
            words = _of_contrast(decision)
        case Within():
            words = f"{_bounds(decision.at_least, decision.at_most)} {decision.unit}".strip()
        case Law(slope=(low, high)):
            words = f"a slope of {plain(low)} to {plain(high)}"
        case Law():
            words = f"within {percent(decision.within)} of the formula at {percent(decision.share)} of the places"
        case Exact():
            words = f"{_of_values(decision)} in every round"
        case Ordering():
            words = f"{' > '.join(decision.largest_first)}, with intervals that do not overlap"
        case Crossover():
            words = f"the ratio {'rises' if decision.rises else 'falls'} through 1 along {decision.along}"
            if decision.predicted is not None:
                words += f", within a factor of {plain(decision.factor)} of {decision.predicted}"
    return words


def _of_contrast(contrast: Contrast) -> str:
    low, high = map(plain, contrast.band)
    claimed = f"a ratio of {_bounds(contrast.at_least, contrast.at_most)}"
    if (contrast.at_least or 0.0) <= 1 <= (contrast.at_most or math.inf):
        return claimed
    negligible = f"; negligible: {plain(contrast.negligible)}" if contrast.negligible else ""
    return f"{claimed}{negligible}; no difference: {low} to {high}"


def _of_values(exact: Exact) -> str:
    if isinstance(exact.expect, ArithmeticSequence):
        told = exact.expect
        return f"{told.count} values, from {plain(told.first)} in steps of {plain(told.step)}, exactly so"
    return f"exactly {', '.join(map(plain, exact.expect))}"


def _bounds(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {plain(high or 0.0)}"
    return f"at least {plain(low)}" if high is None else f"{plain(low)} to {plain(high)}"
