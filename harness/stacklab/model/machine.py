"""What the doctor knows of a machine, and what it says of it. None is what this machine does not tell."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from stacklab.units import Nanoseconds, Seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Activity:
    """What the machine did in a short while in which stacklab itself slept."""

    observed_s: Seconds
    others_cores: float | None
    """Cores that other processes used, in steps of a clock tick."""
    steal_share: float | None
    """Share of all processors' time that the hypervisor gave to other guests."""
    load_1m: float
    """Runnable and blocked threads, averaged over a minute."""
    cpu_pressure: float | None
    """Share of the last ten seconds in which something was ready to run and did not (PSI, ``some avg10``)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Confinement:
    """What a container or a cgroup leaves of the machine."""

    container: str | None = None
    """``docker``, ``podman``, ``kubernetes``, ``lxc`` …; None outside of containers."""
    cgroup: int | None = None
    """Version of the hierarchy that limits processors: 1 or 2."""
    quota_cores: float | None = None
    """Processor time that may be used, in cores; None without a limit."""
    memory_bytes: int | None = None
    """Memory that may be used; None without a limit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rights:
    """What this process may look at."""

    ptrace_capability: bool
    """Whether it holds CAP_SYS_PTRACE."""
    ptrace_scope: int | None
    """``kernel.yama.ptrace_scope``; None without that security module."""
    perf_paranoid: int | None
    """``kernel.perf_event_paranoid``; None in a kernel without perf events."""
    perf_capability: bool
    """Whether it holds CAP_PERFMON or CAP_SYS_ADMIN, which no setting of paranoia concerns."""
    no_instructions: str | None
    """Why the instructions of a process are not counted; None where they are. Most virtual machines have no counter."""
    schedstat: bool
    """Whether processor time and run-queue delay can be read in nanoseconds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Timing:
    """How finely this machine tells time and wakes up."""

    clock_source: str | None
    resolution_ns: Nanoseconds
    """Of CLOCK_MONOTONIC, as ``clock_getres`` has it."""
    slack_ns: Nanoseconds | None
    """How late the kernel may wake this process in order to save wake-ups."""
    overshoot_median_ns: Nanoseconds
    """How late it was woken: the median of some naps of a millisecond."""
    overshoot_worst_ns: Nanoseconds
    """The worst of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CoreSpeed:
    """How long the same small piece of work took, again and again: processor time, so that waiting is not in it."""

    pieces: int
    fast_ns: Nanoseconds
    """The tenth percentile."""
    slow_ns: Nanoseconds
    """The ninetieth."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BusyNeighbour:
    """What the same work takes on one processor while another one is busy, over what it takes while that one is idle.

    Hyperthreads of one core slow each other down by a quarter and more; a virtual machine may show them as two cores.
    """

    cpu: int
    busy_cpu: int
    slower: float
    """The median of the ratios of neighbouring stretches of time: 1.0 where it makes no difference."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """How much there is of what can run out."""

    open_files: int
    """The soft limit of this process."""
    open_files_hard: int
    """How far it may raise it itself."""
    memory_bytes: int
    memory_available_bytes: int | None
    shared_memory_free_bytes: int | None
    """In /dev/shm."""
    temporary_free_bytes: int | None
    """In the folder for temporary files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """One machine as the doctor read it. Nothing in it names anybody, or any place on a disk."""

    processor: str
    cores: int
    """Processors that are online, siblings of one core counted each."""
    allowed: tuple[int, ...]
    """Processors that this process may use."""
    siblings: tuple[tuple[int, ...], ...]
    """The allowed processors, those that share a core together."""
    can_pin: bool
    governors: tuple[str, ...]
    """Of the allowed processors, each named once; empty where frequency is none of this system's business."""
    turbo: str | None
    """``on`` or ``off``."""
    virtual: str | None
    activity: Activity
    confinement: Confinement
    rights: Rights
    timing: Timing
    core_speed: CoreSpeed
    busy_neighbour: BusyNeighbour | None
    """None where there is only one processor, or none may be chosen."""
    room: Room
    time_wait: int | None
    """TCP connections in TIME_WAIT at this moment."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Kernel settings by their sysctl name."""


class Severity(StrEnum):
    """How much a diagnosis weighs."""

    FINE = "fine"
    NOTE = "note"
    """To be known; nothing is worse for it."""
    WARN = "warn"
    """Numbers are noisier, or something cannot be looked at."""
    BAD = "bad"
    """Something cannot be measured here at all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Diagnosis:
    """One thing about a machine, judged."""

    kind: str
    """A stable word, ``governor`` for example."""
    level: Severity
    text: str
    """What is, with the numbers in it."""
    follows: str = ""
    """What follows from it for measuring; empty where nothing does."""
    change: str = ""
    """How to change it; empty where there is nothing to change, or no way."""
