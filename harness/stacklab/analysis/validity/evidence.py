"""What a rule looks at: one stack under one scenario, over all its rounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from stacklab.analysis.run.summary import Summary
from stacklab.model.measured.caveat import Caveat
from stacklab.model.measured.record import Failed
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class Evidence:
    """Everything that is known of a cell's rounds."""

    stack: Stack
    scenario: Scenario
    contract: Contract
    cores: int
    """Of the host."""
    summaries: tuple[Summary, ...]
    failed: tuple[Failed, ...]
    twin: bool = False
    """Whether these are the rounds that the stack was measured in once more, under its other name."""
    repeated: tuple[int, ...] = ()
    """The rounds that were measured again because something disturbed them, once for each discarded attempt."""
    varied: frozenset[str] = frozenset()
    """What the stack was asked to differ in from the one it is a variant of: packages, settings, ``python``."""
    peers: "tuple[Evidence, ...]" = ()
    """The other stacks of the scenario, without peers of their own."""
    ceiling_rps: float | None = None
    """What the driver can send at most on this machine, from its calibration; None where it was not calibrated."""

    log_lines: Mapping[int, str] = field(default_factory=dict)
    """Of the rounds in which requests failed: the line of the server's log that tells most of it."""

    @property
    def requests(self) -> int:
        """Requests intended in the measured windows of all rounds."""
        return sum(summary.intended for summary in self.summaries)

    def worst(self, measure: Callable[[Summary], float | None]) -> float | None:
        """The largest value of any round; None where no round has one."""
        values = [value for summary in self.summaries if (value := measure(summary)) is not None]
        return max(values) if values else None


Judge: TypeAlias = Callable[[Evidence], Caveat | None]
"""A rule: None where there is nothing to doubt."""
