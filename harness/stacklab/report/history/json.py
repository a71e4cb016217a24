"""A history as JSON: for dashboards.

``schema_version`` grows when a key changes its meaning or goes; new keys may come without notice. History:

1 - first.

``series`` has one entry for each stack, scenario, metric and machine; ``machine`` is a place in ``machines``, or null
for imported numbers.
``points`` are in the order of time; ``value`` is in ``unit``, or a multiple of ``reference``. ``steps`` are changes
of level: ``at`` is the first session at the new one, and ``p`` is not corrected for the number of series.
"""

from dataclasses import asdict
from typing import Any, Final

from stacklab.analysis.history import History, Series
from stacklab.report.history.words import unit_of
from stacklab.report.kit.json import written

SCHEMA_VERSION: Final = 1


def render(history: History) -> str:
    """The history as text."""
    return written(document(history))


def document(history: History) -> dict[str, Any]:
    """The history as one document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "reference": history.reference,
        "machines": [
            {name: getattr(host, name) for name in ("processor", "machine", "cores", "memory_bytes", "virtual")}
            for host in history.machines
        ],
        "series": [_series(one, history) for one in history.series],
    }


def _series(one: Series, history: History) -> dict[str, Any]:
    return {
        "stack": one.stack,
        "scenario": one.scenario,
        "metric": one.metric.key,
        "unit": unit_of(one, history),
        "machine": one.machine,
        "points": [asdict(point) | {"standing": str(point.standing)} for point in one.points],
        "steps": [
            {
                "at": one.points[step.index].session,
                "before": step.before,
                "after": step.after,
                "ratio": step.ratio,
                "p": step.p,
            }
            for step in one.steps
        ],
    }
