"""A part of a run, such as a step or a route, over the rounds: what each run found becomes estimates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stacklab.analysis.metrics import ERRORS, THROUGHPUT, Measured, Metric
from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.run.part import PartNumbers
from stacklab.model.measured.verdict import Estimate


@dataclass(frozen=True, kw_only=True, slots=True)
class PartResult:
    """One part of one stack's runs, over all rounds."""

    requests: int
    errors: int
    offered_rps: Estimate | None
    """None for a closed loop."""
    values: Mapping[str, Mapping[int, Measured]]
    """By the key of a metric and the number of a round; a quantile only where every round has enough requests."""
    estimates: Mapping[str, Estimate]
    """By the key of a metric."""

    def of(self, metric: Metric) -> Estimate | None:
        """The metric over all rounds."""
        return self.estimates.get(metric.key)

    def at_least(self, metric: Metric) -> bool:
        """Whether the metric is only a lower bound: it falls among lost requests in any round."""
        return any(one.at_least for one in self.values.get(metric.key, {}).values())


def over_rounds(rounds: Mapping[int, PartNumbers], metrics: Sequence[Metric]) -> dict[str, Any]:
    """The fields of a ``PartResult``, from the numbers of each round."""
    found = {metric.key: {number: _value(one, metric) for number, one in rounds.items()} for metric in metrics}
    values = {
        key: {number: value for number, value in of.items() if value is not None}
        for key, of in found.items()
        if None not in of.values()
    }
    estimates = {key: estimate([one.value for one in of.values()]) for key, of in values.items()}
    return {
        "requests": sum(one.intended for one in rounds.values()),
        "errors": sum(one.errors for one in rounds.values()),
        "offered_rps": estimate([one.offered_rps for one in rounds.values() if one.offered_rps is not None]),
        "values": values,
        "estimates": {key: one for key, one in estimates.items() if one is not None},
    }


def _value(one: PartNumbers, metric: Metric) -> Measured | None:
    """Of one part in one round."""
    if metric is THROUGHPUT:
        return Measured(one.throughput_rps)
    if metric is ERRORS:
        return Measured(one.errors / one.intended) if one.intended else None
    quantile = one.latency[metric.quantile]
    return None if quantile is None else Measured(quantile.ms, at_least=quantile.at_least)
