"""The steps of a load over the rounds: what each run found of a step becomes estimates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.metrics import P50, P99, THROUGHPUT, Measured, Metric
from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.run.steps import StepNumbers
from stacklab.model.traffic.load import Load, Open
from stacklab.model.verdict import Estimate

BY_STEP: Final = (THROUGHPUT, P50, P99)
"""The metrics that each step has."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult:
    """One step of a load, of one stack, over all rounds."""

    begins_at: float
    """The rate (open loop) or the connections (closed loop) with which it begins."""
    ends_at: float
    """The same as it ends: another one where it is a ramp."""
    requests: int
    errors: int
    offered_rps: Estimate | None
    """None for a closed loop."""
    estimates: Mapping[str, Estimate]
    """By the key of a metric; a quantile only where every round has enough requests for it."""
    bounds: frozenset[str] = frozenset()
    """The keys of those that fall among lost requests in any round: they are this or more."""

    def of(self, metric: Metric) -> Estimate | None:
        """The metric over all rounds."""
        return self.estimates.get(metric.key)

    def at_least(self, metric: Metric) -> bool:
        """Whether the metric is only a lower bound."""
        return metric.key in self.bounds


def over_rounds(load: Load, rounds: Sequence[Sequence[StepNumbers]]) -> tuple[StepResult, ...]:
    """Each step in turn; none where the load has no steps, or no round was measured."""
    if not rounds:
        return ()
    full = load.rate if isinstance(load, Open) else load.connections
    found = []
    for step, numbers in zip(load.steps, zip(*rounds, strict=True), strict=True):
        values = {metric: [_value(one, metric) for one in numbers] for metric in BY_STEP}
        known = {metric: [one for one in of if one is not None] for metric, of in values.items()}
        found.append(
            StepResult(
                begins_at=full * step.at,
                ends_at=full * (step.at if step.to is None else step.to),
                requests=sum(one.intended for one in numbers),
                errors=sum(one.errors for one in numbers),
                offered_rps=estimate([one.offered_rps for one in numbers if one.offered_rps is not None]),
                estimates={
                    metric.key: over
                    for metric, of in known.items()
                    if len(of) == len(rounds) and (over := estimate([one.value for one in of])) is not None
                },
                bounds=frozenset(metric.key for metric, of in known.items() if any(one.at_least for one in of)),
            )
        )
    return tuple(found)


def _value(one: StepNumbers, metric: Metric) -> Measured | None:
    """Of one step in one round."""
    if metric is THROUGHPUT:
        return Measured(one.throughput_rps)
    quantile = one.latency[metric.quantile]
    return None if quantile is None else Measured(quantile.ms, at_least=quantile.at_least)
