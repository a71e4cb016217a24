"""What a profile records: which recordings there are, what each thread used meanwhile, and how many requests it was."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar, Final

from stacklab.units import NS_PER_S, Nanoseconds, Seconds

LONGEST_WITHOUT_S: Final[Seconds] = 2.0
"""Long enough to know what a request costs without the profiler."""


SELDOM: Final = 4
"""How many samples of the GIL's holder there are for one of all threads."""


class Recording(StrEnum):
    """Which threads a recording has. Both are taken at the same time, because neither shows everything."""

    GIL = "gil"
    """The thread that held the GIL."""
    ALL = "all"
    """Every thread, waiting ones included; less often, because there may be many."""

    @property
    def file(self) -> str:
        """Where its samples lie, a speedscope document."""
        return f"samples-{self}.json"

    def rate_hz(self, rate_hz: int) -> int:
        """How often it samples, given the rate that was asked for."""
        return rate_hz if self is Recording.GIL else max(1, rate_hz // SELDOM)


NEWEST_PROFILED: Final = (3, 14)
"""The newest CPython that the profiler knows."""


def why_unprofiled(python: str) -> str | None:
    """Why an interpreter (``CPython 3.14.0t``) cannot be profiled, and what to do; None where it can."""
    found = re.match(r"CPython (\d+)\.(\d+)\.\w*?(t?)$", python)
    if found is None:
        return f"py-spy profiles CPython alone, not {python}; name another interpreter with --python"
    newest = ".".join(map(str, NEWEST_PROFILED))
    if found[3]:
        return f"py-spy cannot profile {python}, which is free-threaded; name one with the GIL with --python"
    if (int(found[1]), int(found[2])) > NEWEST_PROFILED:
        return f"py-spy cannot profile {python}, and knows CPython up to {newest}; name an older one with --python"
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticks:
    """How often one recording sampled."""

    taken: int
    errors: int = 0
    """Stacks that could not be read, because they changed meanwhile or their process had ended."""
    behind: bool = False
    """Whether the profiler said that it could not keep up."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ThreadUse:
    """What the kernel says of one thread between the first sample and the last one."""

    pid: int
    tid: int
    cpu_ns: Nanoseconds
    """On a processor."""
    system_ns: Nanoseconds
    """Of that, in the kernel. The kernel itself estimates this share, from what it finds at its ticks."""
    delay_ns: Nanoseconds = 0
    """Ready to run, and not on a processor."""
    name: str = ""
    """What the kernel calls it: at most 15 characters."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Slice:
    """A part of the load: what the server used for how many requests."""

    length_s: Seconds
    cpu_ns: Nanoseconds
    requests: int

    @property
    def cpu_us_per_request(self) -> float | None:
        """None where no request came."""
        return self.cpu_ns / 1000 / self.requests if self.requests else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled:
    """What was sampled, and under which load."""

    tool: str
    """``py-spy 0.4.3``."""
    recordings: Mapping[Recording, Ticks]
    span: Slice
    """Between the first sample and the last one."""
    without: tuple[Slice, ...] = ()
    """The same load just before and just after, with no profiler."""
    threads: tuple[ThreadUse, ...] = ()
    ended: tuple[int, ...] = ()
    """Processes that ended before the last sample: their samples are there, and the profile is a partial one."""
    joined: tuple[int, ...] = ()
    """Processes that began after the first sample."""

    def tick_ns(self, recording: Recording) -> float:
        """The time that one sample stands for."""
        return self.span.length_s * NS_PER_S / self.recordings[recording].taken


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """One stack sampled under one scenario's load, in a run of its own whose numbers are not kept."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid"}

    stack: str
    scenario: str
    started_at: str
    seconds: Seconds
    rate_hz: int
    """Samples a second of each process."""
    number: int = field(default=1)
    """Of several profiles of the same stack and scenario, each from a boot of its own."""
    sampled: Sampled | None = None
    """None where there is no profile, or an older stacklab took it."""
    failed: str | None = None
    """Why there is no profile, and what to do."""

    @property
    def without_s(self) -> Seconds:
        """How long the load is watched without the profiler, once before and once after."""
        return min(LONGEST_WITHOUT_S, self.seconds / 2)

    @property
    def folder(self) -> str:
        """Where the profile lies within its session."""
        return f"{self.stack}/{self.scenario}/profile{'' if self.number == 1 else f'-{self.number}'}"
