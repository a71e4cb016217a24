"""A comparison as JSON: for scripts and dashboards.

``schema_version`` grows when a key changes its meaning or goes; new keys may come without notice. History:

1 - first.
2 - verdicts: ``same``, which takes an interval within ``margin``, instead of ``tie``; ``unresolved`` instead of
    ``cannot say``. Two sessions have verdicts through a ``reference`` alone.

``ratio`` is B over A with its 95 % interval; through a reference, it is that of the ratios to the reference.
``verdict`` is ``faster`` where B is the better and ``slower`` where it is the worse, whatever the metric; ``same``
within ``margin``; ``unresolved``; or null where nothing can be compared, and ``why`` says why. ``sees`` is the relative
difference that four of five such sessions tell apart, all questions together, and ``needs`` how many rounds would see
the next smaller one. ``alarm`` is whether the stack that was measured twice is told from itself in this metric.
``routes`` of a pair holds ratios without verdicts: each interval is one of 95 % by itself.
``counts`` compares counted instructions, paired by hash seed: ``of_a`` and ``of_b`` are medians over the seeds.
``failures`` holds the conditions of ``--fail-if`` that are met, a sentence each.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from stacklab.analysis.comparison.changes import Change
from stacklab.analysis.comparison.result import (
    ComparisonResult,
    CountComparison,
    MetricComparison,
    PairComparison,
    RouteComparison,
)
from stacklab.analysis.comparison.routes import COMPARED_BY_ROUTE
from stacklab.analysis.metrics import INSTRUCTIONS, Metric
from stacklab.model.traffic.load import Open
from stacklab.report.comparison.words import doubts, left_out_in_words, shown
from stacklab.report.kit.json import estimate, written
from stacklab.report.session.words.loads import load_in_words

SCHEMA_VERSION: Final = 2


def render(view: ComparisonResult, failures: Sequence[str]) -> str:
    """The document as text."""
    return written(document(view, failures))


def document(view: ComparisonResult, failures: Sequence[str]) -> dict[str, Any]:
    """The document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "a": view.a,
        "b": view.b,
        "session": view.session,
        "different_machines": _changes(view.different_machines),
        "changes": _changes(view.changes),
        "left_out": [left_out_in_words(one) for one in view.left_out],
        "reference": view.reference,
        "margin": view.margin,
        "questions": view.questions,
        "pairs": [_pair(pair) for pair in view.pairs],
        "counts": [_count(one) for one in view.counts],
        "failures": list(failures),
    }


def _changes(changes: Iterable[Change]) -> list[dict[str, str]]:
    return [{"what": one.what, "a": shown(one.a), "b": shown(one.b)} for one in changes]


def _pair(pair: PairComparison) -> dict[str, Any]:
    a, b = pair.cells
    return {
        "scenario": pair.scenario.name,
        "load": load_in_words(pair.scenario.load),
        "is_open": isinstance(pair.scenario.load, Open),
        "a": pair.names[0],
        "b": pair.names[1],
        "standing_a": a.standing,
        "standing_b": b.standing,
        "doubts": doubts(pair),
        "metrics": [_metric(one) for one in pair.metrics],
        "routes": [_route(one) for one in pair.routes],
    }


def _route(one: RouteComparison) -> dict[str, Any]:
    return {
        "route": one.route.name,
        "method": one.route.method,
        "path": one.route.path,
        "requests_a": one.a.requests,
        "requests_b": one.b.requests,
        "errors_a": one.a.errors,
        "errors_b": one.b.errors,
        "metrics": [_route_metric(one, metric) for metric in COMPARED_BY_ROUTE],
    }


def _route_metric(one: RouteComparison, metric: Metric) -> dict[str, Any]:
    found = one.differences.get(metric.key)
    low, high = (None, None) if found is None else found.interval() or (None, None)
    return {
        "metric": metric.key,
        "a": estimate(one.a.of(metric), at_least=one.a.at_least(metric)),
        "b": estimate(one.b.of(metric), at_least=one.b.at_least(metric)),
        "ratio": None if found is None else found.ratio,
        "low": low,
        "high": high,
    }


def _count(one: CountComparison) -> dict[str, Any]:
    found = one.contrast
    return {
        "scenario": one.scenario,
        "a": one.names[0],
        "b": one.names[1],
        "metric": INSTRUCTIONS.key,
        "source": found.a.source if found.a.source is found.b.source else None,
        "of_a": found.a.middle,
        "of_b": found.b.middle,
        "ratio": found.ratio,
        "low": found.low,
        "high": found.high,
        "hash_seeds": found.n,
        "p": found.p,
        "verdict": found.verdict,
        "why": found.why or "",
    }


def _metric(one: MetricComparison) -> dict[str, Any]:
    return {
        "metric": one.metric.key,
        "words": one.metric.phrase,
        "unit": one.metric.unit,
        "more_is_better": one.metric.more_is_better,
        "a": estimate(one.a),
        "b": estimate(one.b),
        "ratio": one.ratio,
        "low": one.low,
        "high": one.high,
        "p": one.p,
        "verdict": one.verdict,
        "why": one.why or "",
        "sees": one.sees,
        "needs": None if one.needs is None else {"effect": one.needs[0], "rounds": one.needs[1]},
        "noise_floor": one.floor,
        "alarm": one.alarm,
    }
