"""The steps of a load over the rounds."""

from collections.abc import Sequence
from dataclasses import dataclass

from stacklab.analysis.metrics import BY_STEP
from stacklab.analysis.rounds.part import PartResult, over_rounds
from stacklab.analysis.run.part import PartNumbers
from stacklab.model.traffic.load import Load, Open
from stacklab.units import Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class StepResult(PartResult):
    """One step of a load, of one stack, over all rounds."""

    begins_at: float
    """The rate (open loop) or the connections (closed loop) with which it begins."""
    ends_at: float
    """The same as it ends: another one where it is a ramp."""
    normal_again_s: tuple[Seconds, ...] = ()
    """After a higher step, by round: seconds until latency was as in the first step; ``inf`` if it never was."""


def step_results(load: Load, rounds: Sequence[Sequence[PartNumbers]]) -> tuple[StepResult, ...]:
    """Each step in turn; none where the load has no steps, or no round was measured."""
    if not rounds:
        return ()
    full = load.rate if isinstance(load, Open) else load.connections
    return tuple(
        StepResult(
            begins_at=full * step.at,
            ends_at=full * (step.at if step.to is None else step.to),
            normal_again_s=tuple(one.normal_again_s for one in numbers if one.normal_again_s is not None),
            **over_rounds(dict(enumerate(numbers)), BY_STEP),
        )
        for step, numbers in zip(load.steps, zip(*rounds, strict=True), strict=True)
    )
