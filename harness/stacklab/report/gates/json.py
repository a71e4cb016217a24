"""A gate as JSON, for programs."""

from collections.abc import Sequence
from typing import Any, Final

from stacklab.analysis.gates.judgement import Judgement, worst
from stacklab.report.gates.words import promise
from stacklab.report.kit.json import estimate, written

SCHEMA_VERSION: Final = 1
"""It grows when a key changes its meaning or goes. History: 1 - (0.1.0) first."""


def render(judgements: Sequence[Judgement], *, session: str) -> str:
    """The answer to all, and each with its value in the unit of its metric."""
    return written(
        {
            "schema_version": SCHEMA_VERSION,
            "session": session,
            "answer": worst(judgements),
            "judgements": [_one(judgement) for judgement in judgements],
        }
    )


def _one(one: Judgement) -> dict[str, Any]:
    metric, stated = one.limit.metric, one.promise
    return {
        "promise": promise(one),
        "stack": one.stack,
        "scenario": one.scenario,
        "route": one.route or None,
        "metric": "held" if metric is None else metric.key,
        "operator": one.limit.operator,
        "limit": one.limit.limit,
        "answer": one.answer,
        "found": estimate(one.found, at_least=one.at_least),
        "why": one.why,
        "caveats": [caveat.kind for caveat in one.caveats],
        "rounds": one.rounds,
        "name": stated.name or None if stated is not None else None,
        "owner": stated.owner or None if stated is not None else None,
    }
