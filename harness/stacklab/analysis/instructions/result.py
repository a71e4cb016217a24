"""One count, judged: instructions per request by hash seed, their median and range, and where they were executed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median

from stacklab.analysis.instructions.per_request import idle_share, per_request
from stacklab.model.measured.counting import Count, CountSource


@dataclass(frozen=True, kw_only=True, slots=True)
class NativeShare:
    """What one native function, or one file with such functions, executed."""

    name: str
    object: str = ""
    """The file of the function; empty for a file itself."""
    per_request: float
    share: float
    """Of all instructions that were counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountResult:
    """One stack under one scenario."""

    stack: str
    scenario: str
    source: CountSource
    tool: str
    requests: int
    """Of a batch."""
    by_seed: Mapping[int, float] = field(default_factory=dict)
    """Instructions per request, by hash seed."""
    background: float = 0.0
    """The largest share that background work had of the instructions, before it was subtracted."""
    functions: tuple[NativeShare, ...] = ()
    objects: tuple[NativeShare, ...] = ()
    fixed_addresses: bool = True
    failed: str | None = None

    @property
    def middle(self) -> float | None:
        """The median over the seeds; None without a number."""
        return median(self.by_seed.values()) if self.by_seed else None

    @property
    def range(self) -> tuple[float, float] | None:
        """The smallest and the largest of the seeds."""
        return (min(self.by_seed.values()), max(self.by_seed.values())) if self.by_seed else None


def count_result(count: Count) -> CountResult:
    """Judge one count. One that failed has no numbers, whatever was counted before."""
    blank = CountResult(
        stack=count.stack,
        scenario=count.scenario,
        source=count.source,
        tool=count.tool,
        requests=count.effort.requests,
        fixed_addresses=count.fixed_addresses,
        failed=count.failed,
    )
    if count.failed is not None or not count.seeds:
        return blank
    batches = [batch for boot in count.seeds for batch in boot.batches]
    executed, requests = (sum(batch.instructions for batch in batches), sum(batch.requests for batch in batches))
    return CountResult(
        stack=count.stack,
        scenario=count.scenario,
        source=count.source,
        tool=count.tool,
        requests=count.effort.requests,
        by_seed={boot.hash_seed: per_request(boot) for boot in count.seeds},
        background=max(map(idle_share, count.seeds)),
        functions=tuple(
            NativeShare(
                name=one.name,
                object=one.object,
                per_request=one.instructions / requests,
                share=one.instructions / executed,
            )
            for one in count.functions
        ),
        objects=tuple(
            NativeShare(name=name, per_request=instructions / requests, share=instructions / executed)
            for name, instructions in count.objects.items()
        ),
        fixed_addresses=count.fixed_addresses,
    )
