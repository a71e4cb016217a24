"""What a profile says: processor time per request by stack and by layer, how far to believe it, and what it cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from stacklab.analysis.profiles.attribution import Group, Seen, Times, attribute, total
from stacklab.analysis.profiles.samples import CallStack, Sample, added_up, samples, without_line
from stacklab.analysis.session import SessionReader
from stacklab.model.layers import Layer, Layers
from stacklab.model.measured.profile import Profile, Recording, Sampled
from stacklab.units import NS_PER_S

AGREES_WITHIN: Final = 0.15
"""How far the processor time of a request under the profiler may be from the measured one."""

SLOWER_AT_MOST: Final = 0.05
"""How much more processor time a request may take under the profiler, before its parts are in doubt."""

MISSED_AT_MOST: Final = 0.05
"""Share of the samples that may be missing."""

PREEMPTED_AT_MOST: Final = 0.25
"""How much longer the GIL may be held than the server has a processor. Some of it are samples by chance."""

FEWEST: Final = 500
"""Samples with which a share of a half is known to 5 percentage points."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerShare:
    """One process of the server."""

    pid: int
    share: float
    """Of all processor time."""
    ended: bool
    joined: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileResult:
    """One profile, of all processes of a server together."""

    profile: Profile
    stacks: Mapping[CallStack, float]
    """Nanoseconds of processor time per request, by stack, frames without lines. In a profile of an older stacklab, or
    of a load that nobody answered: samples."""
    lines: Mapping[str, float]
    """The same by line, for the lines of the app that were on the stack innermost."""
    views: Mapping[Recording, Mapping[CallStack, float]] = field(default_factory=dict)
    """Time of threads per request as one recording alone has it: with the GIL, or waiting included."""
    layers: Mapping[Layer, float] = field(default_factory=dict)
    """As ``stacks``, by the layer of the innermost frame."""
    per_request: bool = False
    workers: tuple[WorkerShare, ...] = ()
    samples: int = 0
    gil_held: float | None = None
    """Share of the time in which a thread held the GIL, summed over processes; None where it is not known."""
    preempted: float | None = None
    """How much longer the GIL was held than the server was on a processor; 0.2 is 20 %. Something else had its
    processors meanwhile, and samples show where it was stopped."""
    slower: float | None = None
    """How much more processor time a request took while the profiler sampled; 0.02 is 2 %."""
    missed: float | None = None
    """Share of the samples that were not taken, or could not be read."""
    measured_us: float | None = None
    """Processor time per request of the measured runs; None where there are none."""

    @property
    def cpu_us(self) -> float | None:
        """Processor time per request under the profiler, as the kernel counted it."""
        sampled = self.profile.sampled
        return None if sampled is None else sampled.span.cpu_us_per_request

    @property
    def partial(self) -> bool:
        """Whether a process ended before the last sample."""
        return self.profile.sampled is not None and bool(self.profile.sampled.ended)

    @property
    def total(self) -> float:
        """The sum of ``stacks``."""
        return sum(self.stacks.values())

    def share(self, *layers: Layer) -> float:
        """The share of these layers."""
        return sum(self.layers.get(layer, 0.0) for layer in layers) / self.total if self.total else 0.0


def profile_result(
    session: SessionReader, profile: Profile, layers: Layers, *, measured_us: float | None = None
) -> ProfileResult:
    """Read a profile's samples, and share out what the kernel counted. A profile that failed is empty.

    Raises:
        UsageError: a file of the profile is missing, broken or of another kind.
    """
    if profile.failed is not None:
        return ProfileResult(profile=profile, stacks={}, lines={})
    if profile.sampled is None:
        return _of_samples(profile, samples(session.speedscope(profile, None)), layers)
    sampled = profile.sampled
    recorded = {one: samples(session.speedscope(profile, one)) for one in Recording}
    by_group = _attributed(sampled, recorded)
    requests, held = sampled.span.requests, _held(sampled, recorded[Recording.GIL])
    by_line = {stack: ns / (requests or 1) for stack, ns in total(by_group.values()).items()}
    return ProfileResult(
        profile=profile,
        stacks=_without_lines(by_line),
        lines=_own_lines(by_line, layers),
        layers=by_layer(by_line, layers),
        views={one: _view(sampled, one, found) for one, found in recorded.items()},
        per_request=requests > 0,
        workers=_workers(by_group, sampled),
        samples=sum(sample.times for sample in recorded[Recording.GIL]),
        gil_held=held,
        preempted=_preempted(sampled, held),
        slower=_slower(sampled),
        missed=_missed(profile, sampled),
        measured_us=measured_us,
    )


def by_layer(stacks: Mapping[CallStack, float], layers: Layers) -> Mapping[Layer, float]:
    """Time by the layer of the innermost frame."""
    found = added_up((layers.of(stack[-1]), time) for stack, time in stacks.items())
    return {layer: found[layer] for layer in Layer if layer in found}


def _attributed(sampled: Sampled, recorded: Mapping[Recording, Iterable[Sample]]) -> Mapping[Group, Times]:
    holding, standing = (Seen(recorded[one], sampled.tick_ns(one)) for one in (Recording.GIL, Recording.ALL))
    return attribute(holding, standing, sampled.threads)


def _of_samples(profile: Profile, found: tuple[Sample, ...], layers: Layers) -> ProfileResult:
    """An older profile, of which the kernel's part is not known."""
    counts = added_up((sample.stack, sample.times) for sample in found)
    return ProfileResult(
        profile=profile,
        stacks=_without_lines(counts),
        lines=_own_lines(counts, layers),
        layers=by_layer(counts, layers),
        samples=sum(sample.times for sample in found),
    )


def _without_lines(stacks: Mapping[CallStack, float]) -> dict[CallStack, float]:
    return added_up((tuple(map(without_line, stack)), time) for stack, time in stacks.items())


def _own_lines(stacks: Mapping[CallStack, float], layers: Layers) -> dict[str, float]:
    """Time by the innermost line of the app, whatever that line called."""
    innermost = (
        (next((frame for frame in reversed(stack) if layers.of(frame) is Layer.APP), ""), time)
        for stack, time in stacks.items()
    )
    return added_up((line, time) for line, time in innermost if line)


def _view(sampled: Sampled, recording: Recording, found: Iterable[Sample]) -> dict[CallStack, float]:
    tick_ns = sampled.tick_ns(recording) / (sampled.span.requests or 1)
    return added_up((tuple(map(without_line, sample.stack)), sample.times * tick_ns) for sample in found)


def _workers(by_group: Mapping[Group, Times], sampled: Sampled) -> tuple[WorkerShare, ...]:
    used = added_up((group.pid, sum(times.values())) for group, times in by_group.items())
    everything = sum(used.values())
    return tuple(
        WorkerShare(pid=pid, share=ns / everything, ended=pid in sampled.ended, joined=pid in sampled.joined)
        for pid, ns in sorted(used.items(), key=lambda item: -item[1])
    )


def _held(sampled: Sampled, holding: Iterable[Sample]) -> float:
    return sum(sample.times for sample in holding) / sampled.recordings[Recording.GIL].taken


def _slower(sampled: Sampled) -> float | None:
    """Against the same load just before and just after."""
    requests = sum(one.requests for one in sampled.without)
    under = sampled.span.cpu_us_per_request
    if not requests or under is None:
        return None
    return under / (sum(one.cpu_ns for one in sampled.without) / 1000 / requests) - 1


def _missed(profile: Profile, sampled: Sampled) -> float:
    """Of the recording that lacks most."""
    return max(
        max(0.0, 1 - (ticks.taken - ticks.errors) / (recording.rate_hz(profile.rate_hz) * sampled.span.length_s))
        for recording, ticks in sampled.recordings.items()
    )


def _preempted(sampled: Sampled, held: float) -> float:
    return max(0.0, held * sampled.span.length_s * NS_PER_S / sampled.span.cpu_ns - 1) if sampled.span.cpu_ns else 0.0
