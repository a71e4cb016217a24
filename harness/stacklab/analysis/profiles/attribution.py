"""Gives each stack the processor time that it used: what the kernel counted, shared out by the samples.

A sampler sees where a thread stands, and not whether it runs. So no total comes from samples: the kernel says how long
each thread was on a processor, and in the kernel. The samples only split that. They come from two recordings:

- The holder of the GIL. What it does is nearly always work. But system calls, and whatever else lets go of the GIL, are
  not in it.
- All threads, most of which wait: for a request, for a backend, or for the GIL.

Time outside the kernel is shared out by the first recording. Time in the kernel is shared out among the functions in
which the second recording shows threads without the GIL: to each in proportion to what it did with the GIL, and never
more than the time that threads stood in it. So a thread that waits gets nothing for waiting.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from stacklab.analysis.profiles.samples import CallStack, Sample, added_up, without_line
from stacklab.model.layers import KERNEL, UNSEEN
from stacklab.model.measured.profile import ThreadUse

UNATTRIBUTED: Final = "not sampled"

FEW: Final = 10
"""Threads that used less than this many ticks of the profiler may have had no sample by chance."""

LARGEST_TID: Final = 1 << 22
"""Beyond it a number is an address: of threads before Python 3.11, the profiler knows no more."""

EVERY: Final = "every thread"
"""The role of threads that the kernel's numbers do not tell apart."""

FEWEST_HELD: Final = 0.5
"""Share of the time outside the kernel that the GIL's holders must explain. A sampler misses some of them: a holder
that keeps the GIL for microseconds, and all of them while the machine has no processor for the sampler."""

Times: TypeAlias = Mapping[CallStack, float]
"""Nanoseconds of processor time, by stack."""

_DIGITS: Final = re.compile(r"\d+")


class Seen(NamedTuple):
    """One recording: its samples, and the time that each stands for in nanoseconds."""

    samples: Iterable[Sample]
    tick_ns: float


class Group(NamedTuple):
    """Threads that do the same work: the main thread of a process, or one of its pools."""

    pid: int
    role: str


@dataclass(slots=True)
class _Threads:
    """What is known of the threads of one group."""

    cpu_ns: float = 0.0
    system_ns: float = 0.0
    holding: defaultdict[CallStack, float] = field(default_factory=lambda: defaultdict(float))
    standing: defaultdict[CallStack, float] = field(default_factory=lambda: defaultdict(float))
    """Nanoseconds by the sampler's clock: with the GIL, and with or without it."""


def attribute(holding: Seen, standing: Seen, threads: Iterable[ThreadUse]) -> dict[Group, Times]:
    """Processor time of each stack, by group of threads; the sum is exactly what the kernel counted."""
    groups = _groups(holding, standing, threads)
    return {group: _shared_out(threads) for group, threads in groups.items() if threads.cpu_ns > 0}


def total(times: Iterable[Times]) -> dict[CallStack, float]:
    """The same stacks added up."""
    return added_up(pair for one in times for pair in one.items())


def _groups(holding: Seen, standing: Seen, threads: Iterable[ThreadUse]) -> dict[Group, _Threads]:
    groups: dict[Group, _Threads] = {}
    group_of: dict[tuple[int, int], Group] = {}
    for which, seen in (("holding", holding), ("standing", standing)):
        for sample in seen.samples:
            group = group_of.setdefault((sample.pid, sample.tid), Group(sample.pid, _role(sample)))
            counts = getattr(groups.setdefault(group, _Threads()), which)
            counts[sample.stack] += sample.times * seen.tick_ns
    unseen: dict[Group, list[ThreadUse]] = {}
    for use in threads:
        known = group_of.get((use.pid, use.tid))
        if known is None:
            unseen.setdefault(Group(use.pid, _DIGITS.sub("", use.name)), []).append(use)
        else:
            _add(groups[known], (use,))
    for group, uses in unseen.items():
        largest = max(
            (other for other in groups if other.pid == group.pid), key=lambda other: groups[other].cpu_ns, default=None
        )
        few = sum(use.cpu_ns for use in uses) < FEW * standing.tick_ns
        if largest is not None and (few or largest.role == EVERY):
            _add(groups[largest], uses)
        else:
            native = groups.setdefault(Group(group.pid, f"{UNSEEN}{uses[0].name}"), _Threads())
            native.standing[f"{UNSEEN}{uses[0].name}",] += 1
            _add(native, uses)
    return groups


def _role(sample: Sample) -> str:
    if sample.tid > LARGEST_TID:
        return EVERY
    if sample.tid == sample.pid:
        return "main"
    return _DIGITS.sub("", sample.thread)


def _add(threads: _Threads, uses: Iterable[ThreadUse]) -> None:
    for use in uses:
        threads.cpu_ns += use.cpu_ns
        threads.system_ns += use.system_ns


def _shared_out(threads: _Threads) -> Times:
    """Processor time of each stack of one group.

    System calls let go of the GIL, so time in the kernel is shared out among those without it. Other work is that of
    the GIL's holders, unless they explain less than ``FEWEST_HELD`` of it: then the app has code that works without.
    """
    system_ns = min(threads.system_ns, threads.cpu_ns)
    user_ns = threads.cpu_ns - system_ns
    held_ns = sum(threads.holding.values())
    if held_ns >= FEWEST_HELD * user_ns:
        held_ns = user_ns
    released_ns = system_ns + user_ns - held_ns
    released = _released(threads, released_ns) or threads.holding or {(UNATTRIBUTED,): 1.0}
    times: defaultdict[CallStack, float] = defaultdict(float)
    for stack, share in _shares(threads.holding):
        times[stack] += share * held_ns
    for stack, share in _shares(released):
        times[stack] += share * (released_ns - system_ns)
        times[*stack, KERNEL] += share * system_ns
    return {stack: ns for stack, ns in times.items() if ns > 0}


def _shares(weights: Mapping[CallStack, float]) -> Iterator[tuple[CallStack, float]]:
    everything = sum(weights.values())
    return ((stack, weight / everything) for stack, weight in weights.items() if weight > 0)


def _released(threads: _Threads, released_ns: float) -> dict[CallStack, float]:
    """How this time without the GIL is shared out, by stack.

    It is decided by innermost function, because single stacks have too few samples.
    """
    held, stood = _by_innermost(threads.holding), _by_innermost(threads.standing)
    most = {frame: max(0.0, ns - held.get(frame, 0.0)) for frame, ns in stood.items()}
    given = _filled(released_ns, most, held)
    return {
        stack: ns / stood[frame] * given[frame]
        for stack, ns in threads.standing.items()
        if given.get(frame := without_line(stack[-1]), 0.0) > 0
    }


def _filled(amount: float, most: Mapping[str, float], weights: Mapping[str, float]) -> dict[str, float]:
    """Share an amount out by weight, to none more than its most; what is left over goes to those without a weight."""
    given: dict[str, float] = {}
    open_ = {name for name in most if most[name] > 0 and weights.get(name, 0.0) > 0}
    left = amount
    while open_:
        per_weight = left / sum(weights[name] for name in open_)
        full = {name for name in open_ if most[name] <= per_weight * weights[name]}
        if not full:
            return given | {name: per_weight * weights[name] for name in open_}
        given |= {name: most[name] for name in full}
        left -= sum(most[name] for name in full)
        open_ -= full
    rest = {name: ns for name, ns in most.items() if name not in given and ns > 0}
    return given | {name: left * ns / sum(rest.values()) for name, ns in rest.items()}


def _by_innermost(stacks: Mapping[CallStack, float]) -> dict[str, float]:
    return added_up((without_line(stack[-1]), ns) for stack, ns in stacks.items())
