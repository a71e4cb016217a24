"""Limits with units: ``p99 > 50 ms`` as a build is to fail by it, ``p99 <= 50 ms`` as it is promised.

A limit has the unit of its metric, because 50 may be milliseconds, or a ratio that ``compare`` would judge.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.metrics import (
    BY_KEY,
    LATENCY,
    METRICS,
    SHORT_NAMES,
    Better,
    Metric,
    MetricFamily,
)
from stacklab.errors import UsageError

HELD: Final = "held"
"""The load that a stack carries under a promise, as ``stacklab capacity`` finds it."""

_TIMES: Final = {"ns": 1e-6, "us": 1e-3, "µs": 1e-3, "ms": 1.0, "s": 1000.0}
_SIZES: Final = {"KiB": 1 / 1024, "MiB": 1.0, "GiB": 1024.0, "kB": 1e3 / 2**20, "MB": 1e6 / 2**20, "GB": 1e9 / 2**20}
_RATES: Final = {"rps": 1.0, "req/s": 1.0}
_PLAIN: Final = {"": 1.0}

UNITS: Final[Mapping[str, Mapping[str, float]]] = {
    "ms": _TIMES,
    "µs/req": {unit: factor * 1000 for unit, factor in _TIMES.items()},
    "MiB": _SIZES,
    "MiB/s": {f"{unit}/s": factor for unit, factor in _SIZES.items()},
    "req/s": _RATES,
    "%": {"%": 0.01},
    "": _PLAIN,
}
"""By the unit of a metric: what may be written, and how much of the metric's unit each is."""

OPPOSITE: Final = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
"""From what fails a build to what is promised."""

_FORM: Final = re.compile(
    r"\s*(?P<metric>[\w.]+)\s*(?P<operator>[<>]=?)\s*(?P<value>\d+(\.\d+)?)\s*(?P<unit>[A-Za-zµ%][\w/]*|%)?\s*"
)

LIMITED: Final = tuple(metric.key for metric in METRICS if metric.better is not Better.NEITHER)


@dataclass(frozen=True, kw_only=True, slots=True)
class PromisedLimit:
    """What a metric is to keep."""

    metric: Metric | None
    """None for the load that ``capacity`` finds."""
    operator: str
    """As it is promised: ``<=`` for a build that fails above the limit."""
    limit: float
    """In the unit of the metric; a share of one for percent."""
    text: str
    """The promise in words: ``p99 <= 50 ms``."""
    unit: str = ""
    """What a value is shown in; a share is shown in ``%``."""

    @property
    def is_upper(self) -> bool:
        """Whether values above it break the promise."""
        return self.operator.startswith("<")


def failing(text: str, *, of_capacity: bool = False) -> PromisedLimit:
    """Read a condition that fails a build, as ``--fail-if`` has it. Raises UsageError."""
    return _parse(text, "--fail-if", of_capacity=of_capacity, fails=True)


def kept(text: str, *, where: str) -> PromisedLimit:
    """Read a promise, as a promise file has it. Raises UsageError that begins with ``where``."""
    return _parse(text, where, of_capacity=False, fails=False)


def _parse(text: str, where: str, *, of_capacity: bool, fails: bool) -> PromisedLimit:
    example = ("'held < 1500 rps'" if of_capacity else "'p99 > 50 ms'") if fails else "'p99 <= 50 ms'"
    found = _FORM.fullmatch(text)
    if found is None:
        raise UsageError(f"{where} {text!r}: write a metric, one of > >= < <=, and a limit with its unit: {example}")
    name = found["metric"].removeprefix(f"{MetricFamily.LATENCY}.")
    metric = None if of_capacity else _metric(name, f"{where} {text!r}")
    if of_capacity and name != HELD:
        raise UsageError(f"{where} {text!r}: capacity knows the load that is held alone: write {example}")
    units = UNITS[_unit(metric)]
    unit = found["unit"] or ""
    if unit not in units:
        raise UsageError(f"{where} {text!r}: {_wrong_unit(name, unit, found['value'], units)}")
    operator = OPPOSITE[found["operator"]] if fails else found["operator"]
    _require_sense(metric, operator, f"{where} {text!r}")
    return PromisedLimit(
        metric=metric,
        operator=operator,
        limit=float(found["value"]) * units[unit],
        text=f"{name} {operator} {found['value']} {unit}".strip(),
        unit="rps" if metric is None else _unit(metric),
    )


def _metric(name: str, where: str) -> Metric:
    key = SHORT_NAMES.get(name, name)
    if key not in LIMITED:
        known = (*SHORT_NAMES, *LIMITED)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"such as {', '.join([*LATENCY, *SHORT_NAMES, 'errors'])}"
        raise UsageError(f"{where}: unknown metric {name!r}; {hint}")
    return BY_KEY[key]


def _unit(metric: Metric | None) -> str:
    """The unit of a metric, without what its column says beside it."""
    if metric is None:
        return "req/s"
    unit = "%" if metric.is_share else metric.unit.partition(",")[0]
    return unit if unit in UNITS else ""


def _wrong_unit(name: str, unit: str, value: str, units: Mapping[str, float]) -> str:
    known = [one for one in units if one]
    if not known:
        return f"{name} has no unit; write {value} alone"
    if not unit:
        return (
            f"name the unit of {value}, one of {', '.join(known)}; a ratio of two measurements is for "
            "`stacklab compare --fail-if`"
        )
    return f"{unit!r} is no unit of {name}; write one of {', '.join(known)}"


def _require_sense(metric: Metric | None, operator: str, where: str) -> None:
    """Raise UsageError for a promise that only a bad app would keep, such as a P99 above 50 ms."""
    more = metric is None or metric.more_is_better
    if more is operator.startswith("<"):
        name = HELD if metric is None else metric.phrase
        good, bad = ("at least", "below") if more else ("at most", "above")
        raise UsageError(f"{where}: the other way round: {name} is to be {good} something, and fails {bad} it")
