"""The routes of two cells beside each other: ratios with their intervals, and no verdicts.

A scenario of seven routes would ask seven times as many questions, and after the correction none of them would find
an answer. So the verdict is that on the whole cell, and the routes tell where a difference comes from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from math import sqrt
from statistics import fmean, stdev
from typing import Final

from stacklab.analysis.comparison.result import PairComparison, RouteComparison
from stacklab.analysis.metrics import P50, P90, P99, Metric
from stacklab.analysis.rounds.differences import Difference, log_ratios
from stacklab.analysis.rounds.routes import RouteResult

COMPARED_BY_ROUTE: Final = (P50, P90, P99)
"""Their throughput follows from the weights, and their failures are counted."""


def with_routes(pairs: Iterable[PairComparison], *, paired: bool) -> tuple[PairComparison, ...]:
    """The pairs with what is known of their routes; rounds that are not paired give ratios without an interval."""
    return tuple(replace(pair, routes=tuple(_routes(pair, paired=paired))) if pair.metrics else pair for pair in pairs)


def _routes(pair: PairComparison, *, paired: bool) -> Iterator[RouteComparison]:
    a, b = ({one.route.name: one for one in cell.routes} for cell in pair.cells)
    for name in (name for name in a if name in b):
        yield RouteComparison(
            route=b[name].route,
            a=a[name],
            b=b[name],
            differences={
                metric.key: found
                for metric in COMPARED_BY_ROUTE
                if (found := _difference(a[name], b[name], metric, paired=paired)) is not None
            },
        )


def _difference(a: RouteResult, b: RouteResult, metric: Metric, *, paired: bool) -> Difference | None:
    """B over A; None where either has no number, or only a lower bound."""
    if a.at_least(metric) or b.at_least(metric):
        return None
    values_a, values_b = (_by_round(one, metric) for one in (a, b))
    if not paired:
        if not values_a or not values_b or min(*values_a.values(), *values_b.values()) <= 0:
            return None
        mean = sum(log_ratios({0: fmean(values_b.values())}, {0: fmean(values_a.values())}))
        return Difference(mean=mean, error=0.0, freedom=0.0, n=min(len(values_a), len(values_b)))
    logs = log_ratios(values_b, values_a)
    if not logs:
        return None
    error = stdev(logs) / sqrt(len(logs)) if len(logs) > 1 else 0.0
    return Difference(mean=fmean(logs), error=error, freedom=len(logs) - 1.0, n=len(logs))


def _by_round(one: RouteResult, metric: Metric) -> Mapping[int, float]:
    return {number: measured.value for number, measured in one.values.get(metric.key, {}).items()}
