"""A server that is profiled under load, composed of the effects: the load goes on while the profiler comes and goes."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from stacklab.effects import profiler
from stacklab.effects.clock import pause_until
from stacklab.effects.machine.thread_clock import ThreadClock
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.model.measured.profile import Profile, Sampled, Slice
from stacklab.model.measured.record import ANSWERED, PhaseSpan, outcomes_of
from stacklab.store.schema import read_raw_rows
from stacklab.units import NS_PER_S, Nanoseconds, Seconds, ns_from_s

SHORTEST_S: Final[Seconds] = 0.5
"""Of a slice without the profiler. What is left of the load behind the profiler may be less; then there is none."""


class _Stretch(NamedTuple):
    """A part of the load, and what the server used in it."""

    begin_ns: Nanoseconds
    end_ns: Nanoseconds
    cpu_ns: Nanoseconds

    def slice(self, answered_ns: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Slice:
        """With the requests that were answered in it."""
        inside = (self.begin_ns <= answered_ns) & (answered_ns < self.end_ns)
        return Slice(
            length_s=(self.end_ns - self.begin_ns) / NS_PER_S,
            cpu_ns=self.cpu_ns,
            requests=int(np.count_nonzero(inside)),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Profiled:
    """What was recorded, before it is known how many requests there were."""

    recorded: profiler.Recorded
    without: tuple[_Stretch, ...]

    def sampled(self, rows: Path) -> Sampled:
        """Together with the driver's raw rows."""
        raw = read_raw_rows(rows)
        answered_ns = raw["read_ns"][np.isin(outcomes_of(raw["phase_outcome"]), ANSWERED)]
        clock = self.recorded.clock
        return Sampled(
            tool=profiler.version(),
            recordings=self.recorded.ticks,
            span=_stretch(clock).slice(answered_ns),
            without=tuple(stretch.slice(answered_ns) for stretch in self.without),
            threads=clock.uses(),
            ended=clock.ended,
            joined=clock.joined,
        )


def take_profile(
    pid: int,
    profile: Profile,
    measured: PhaseSpan,
    *,
    folder: Path,
    supervisor: Supervisor,
    cpus: Collection[int] | None,
) -> Profiled:
    """Profile a server within the measured window, and leave as much of it free before as after.

    Raises StageError if the profiler cannot.
    """
    without_s = profile.without_s
    pause_until(measured.start_ns)
    before = _watch(pid, until_ns=measured.start_ns + ns_from_s(without_s))
    recorded = profiler.record(
        pid,
        seconds=profile.seconds,
        rate=profile.rate_hz,
        folder=folder,
        supervisor=supervisor,
        cpus=cpus,
    )
    after = _watch(pid, until_ns=measured.end_ns)
    stretches = (stretch for stretch in (before, after) if stretch.end_ns - stretch.begin_ns >= ns_from_s(SHORTEST_S))
    return Profiled(recorded=recorded, without=tuple(stretches))


def _watch(pid: int, *, until_ns: Nanoseconds) -> _Stretch:
    clock = ThreadClock.started(pid)
    pause_until(until_ns)
    clock.read()
    return _stretch(clock)


def _stretch(clock: ThreadClock) -> _Stretch:
    return _Stretch(clock.begin_ns, clock.end_ns, clock.cpu_ns)
