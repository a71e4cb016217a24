"""Numbers for readers: three significant digits, grouped thousands, intervals, a dash for a missing number."""

import math

from stacklab.model.measured.verdict import Estimate

NO_NUMBER = "–"  # noqa: RUF001 (an en dash, as tables are set)
UP_TO = "–"  # noqa: RUF001 (an en dash, as ranges are set)
_THIN = "\u202f"
"""Narrow no-break space: the thousands separator that no reader takes for a decimal sign."""


def number(value: float | None, digits: int = 3) -> str:
    """Round to significant digits. From 1000 on whole digits all stay; a count is printed as one."""
    if value is None or math.isnan(value):
        return NO_NUMBER
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", _THIN)
    if value == int(value):
        return str(int(value))
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(float(f"{value:.{digits}g}")))))
    return f"{value:.{decimals}f}"


def certain(found: Estimate | None, *, at_least: bool = False) -> str:
    """The value down to its first uncertain digit, three digits at most: ``2 960`` of 2957 ±26, ``430`` of 434 ±300.

    Without an interval, three digits.
    """
    if found is None:
        return NO_NUMBER
    if at_least:
        return f"≥{number(found.value)}"
    if found.low is None or found.high is None or not found.value:
        return number(found.value)
    return _to_place(found.value, _place(found))


def span(found: Estimate | None) -> str:
    """The interval of an estimate as a table has it, ``2 830–2 920``; nothing where one round gives none."""  # noqa: RUF002
    if found is None or found.low is None or found.high is None or not found.value:
        return ""
    low, high = (_to_place(bound, min(_place(found), _highest(bound) - 1)) for bound in (found.low, found.high))
    return f"{low}{UP_TO}{high}" if low != high else ""


def times(ratio: float) -> str:
    """How many times as much: ``1``, ``1.03``, ``3.8``, ``31``."""
    if ratio < 1.1:
        return "1" if ratio < 1.005 else f"{ratio:.2f}"
    return f"{ratio:.1f}" if ratio < 9.95 else number(float(f"{ratio:.2g}"))


def difference(relative: float) -> str:
    """A relative difference: ``9 %``, and a factor where percent would not be read, ``10 times``."""
    return percent(float(f"{relative:.2g}")) if relative < 1 else f"{times(1 + relative)} times"


def _place(found: Estimate) -> int:
    """The power of ten of the first uncertain digit, no more than two behind the first."""
    assert found.low is not None  # noqa: S101 (whoever calls has looked)
    assert found.high is not None  # noqa: S101
    half = (found.high - found.low) / 2
    first = _highest(found.value)
    return first - 2 if half <= 0 else min(max(_highest(half), first - 2), first)


def _highest(value: float) -> int:
    return math.floor(math.log10(abs(value))) if value else 0


def _to_place(value: float, place: int) -> str:
    decimals = max(0, -place)
    return f"{round(value, -place):,.{decimals}f}".replace(",", _THIN)


def plain(value: float) -> str:
    """A round number as it is, without digits that say nothing: ``2``, ``0.5``, ``1500`` grouped."""
    return number(value) if abs(value) >= 1000 else f"{value:g}"


def interval(estimate: Estimate | None) -> str:
    """``11.2 to 13.9``, or nothing where one round gives no interval."""
    if estimate is None or estimate.low is None or estimate.high is None:
        return ""
    return f"{number(estimate.low)} to {number(estimate.high)}"


def with_interval(estimate: Estimate | None, unit: str = "") -> str:
    """``12.5 ms (11.2 to 13.9)``, as it stands in a sentence."""
    if estimate is None:
        return NO_NUMBER
    value = f"{number(estimate.value)} {unit}".strip()
    between = interval(estimate)
    return f"{value} ({between})" if between else f"{value} (one round, no interval)"


def relative(estimate: Estimate | None, *, at_least: bool = False) -> str:
    """``12.5 ±2.4%``, as it stands in a table: half of the interval, relative to the value; the value where it is one.

    A lower bound has no interval.
    """
    if estimate is None:
        return NO_NUMBER
    if at_least:
        return f"≥{number(estimate.value)}"
    if estimate.high is None or not estimate.value:
        return number(estimate.value)
    half = (estimate.high - estimate.value) / estimate.value
    return f"{number(estimate.value)} ±{half:.1%}" if half < 0.1 else f"{number(estimate.value)} ±{half:.0%}"


def percent(share: float | None) -> str:
    """A share of one as percent, without zeros at its end."""
    return NO_NUMBER if share is None else f"{plain(float(f'{share * 100:.3g}'))}{_THIN}%"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def of_profile(amount: float, unit: str) -> str:
    """A value of a profile: ``12.3 µs`` of processor time per request, or ``12 samples``."""
    return f"{number(amount / 1000)} µs" if unit == "ns" else f"{number(round(amount))} samples"
