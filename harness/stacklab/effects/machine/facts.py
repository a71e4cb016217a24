"""Reads the machine for the doctor: what it has, what it allows, and what it does while stacklab sleeps.

Nothing is judged here; ``analysis.doctor`` does that. Reading takes about 3 s: asleep first, then at work.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Final

from stacklab.effects.clock import now_ns, pause_until
from stacklab.effects.machine.busy_neighbour import busy_neighbour, piece_ns
from stacklab.effects.machine.cgroup import read_confinement
from stacklab.effects.machine.host import CPU, read_cpus, read_host, read_text
from stacklab.effects.machine.instructions import refusal
from stacklab.effects.machine.sample import sample_host, sample_process, steal_share
from stacklab.model.machine import Activity, CoreSpeed, Facts, Rights, Room, Timing
from stacklab.model.measured.record import Role
from stacklab.units import NS_PER_MS, NS_PER_S, Nanoseconds, Seconds, ns_from_s

OBSERVED_S: Final[Seconds] = 0.5
"""Long enough for fifty clock ticks of each processor."""

NAPS: Final = 50
"""How often the overshoot of a timer is measured, a millisecond each."""

TIMED_S: Final[Seconds] = 1.0
"""A neighbour comes and goes within tenths of a second."""

CAP_SYS_PTRACE: Final = 19
CAP_SYS_ADMIN: Final = 21
CAP_PERFMON: Final = 38


def read_facts() -> Facts:
    """Read everything. What cannot be read is None; nothing is raised for it."""
    host, cpus = read_host(), read_cpus()
    return Facts(
        processor=host.processor,
        cores=host.cores,
        allowed=tuple(sorted(cpus)),
        siblings=_siblings(cpus),
        can_pin=_can_pin(),
        governors=tuple(
            sorted(
                {name for cpu in cpus if (name := read_text(CPU / f"cpu{cpu}/cpufreq/scaling_governor")) is not None}
            )
        ),
        turbo=host.turbo,
        virtual=host.virtual,
        activity=_observe(host.cores),
        confinement=read_confinement(),
        rights=_rights(),
        timing=_timing(host.clock_source),
        core_speed=_core_speed(),
        busy_neighbour=busy_neighbour(cpus),
        room=_room(host.memory_bytes),
        time_wait=time_wait(read_text(Path("/proc/net/sockstat")) or ""),
        settings=host.settings,
    )


def capabilities(status: str) -> frozenset[int]:
    """The effective capabilities in the text of /proc/self/status, by their numbers."""
    mask = int(_behind("CapEff:", status) or "0", 16)
    return frozenset(bit for bit in range(mask.bit_length()) if mask >> bit & 1)


def time_wait(sockstat: str) -> int | None:
    """Connections in TIME_WAIT in the text of /proc/net/sockstat."""
    words = (_behind("TCP:", sockstat) or "").split()
    return int(words[words.index("tw") + 1]) if "tw" in words else None


def _observe(cores: int) -> Activity:
    """Sleep, and see what the machine did meanwhile."""
    before_ns = now_ns()
    host, own = sample_host(before_ns), sample_process(os.getpid(), Role.DRIVER, before_ns)
    pause_until(before_ns + ns_from_s(OBSERVED_S))
    after_ns = now_ns()
    host_after, own_after = sample_host(after_ns), sample_process(os.getpid(), Role.DRIVER, after_ns)
    wall_ns = after_ns - before_ns
    busy_ns = (host_after.busy_ns or 0) - (host.busy_ns or 0)
    if own is not None and own_after is not None:
        busy_ns -= (own_after.run_ns or 0) - (own.run_ns or 0)
    pressure = _behind("some", read_text(Path("/proc/pressure/cpu")) or "")
    return Activity(
        observed_s=wall_ns / NS_PER_S,
        others_cores=max(0.0, busy_ns / wall_ns),
        steal_share=steal_share(host, host_after, cores=cores),
        load_1m=os.getloadavg()[0],
        cpu_pressure=None if pressure is None else float(pressure.split()[0].removeprefix("avg10=")) / 100,
    )


def _rights() -> Rights:
    held = capabilities(read_text(Path("/proc/self/status")) or "")
    scope, paranoid = (
        read_text(Path("/proc/sys/kernel") / name) for name in ("yama/ptrace_scope", "perf_event_paranoid")
    )
    return Rights(
        ptrace_capability=CAP_SYS_PTRACE in held,
        ptrace_scope=None if scope is None else int(scope),
        perf_paranoid=None if paranoid is None else int(paranoid),
        perf_capability=not held.isdisjoint({CAP_PERFMON, CAP_SYS_ADMIN}),
        no_instructions=refusal(),
        schedstat=Path("/proc/self/schedstat").exists(),
    )


def _timing(clock_source: str | None) -> Timing:
    late = sorted(_overshoot_ns() for _ in range(NAPS))
    slack = read_text(Path("/proc/self/timerslack_ns"))
    return Timing(
        clock_source=clock_source,
        resolution_ns=round(time.clock_getres(time.CLOCK_MONOTONIC) * NS_PER_S),
        slack_ns=None if slack is None else int(slack),
        overshoot_median_ns=round(median(late)),
        overshoot_worst_ns=late[-1],
    )


def _overshoot_ns() -> Nanoseconds:
    """How late one nap of a millisecond ends."""
    due_ns = now_ns() + NS_PER_MS
    pause_until(due_ns)
    return now_ns() - due_ns


def _core_speed() -> CoreSpeed:
    """Time a piece of work that is always the same, alone on the machine as far as this system knows."""
    end_ns = now_ns() + ns_from_s(TIMED_S)
    took_ns = [piece_ns()]
    while now_ns() < end_ns:
        took_ns.append(piece_ns())
    tenths = quantiles(took_ns, n=10, method="inclusive") if len(took_ns) > 1 else took_ns
    return CoreSpeed(pieces=len(took_ns), fast_ns=round(tenths[0]), slow_ns=round(tenths[-1]))


def _room(memory_bytes: int) -> Room:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    available = _behind("MemAvailable:", read_text(Path("/proc/meminfo")) or "")
    return Room(
        open_files=_files(soft),
        open_files_hard=_files(hard),
        memory_bytes=memory_bytes,
        memory_available_bytes=None if available is None else int(available.split()[0]) * 1024,
        shared_memory_free_bytes=_free(Path("/dev/shm")),  # noqa: S108 (its size is asked for; nothing is written)
        temporary_free_bytes=_free(Path(tempfile.gettempdir())),
    )


def _files(limit: int) -> int:
    return sys.maxsize if limit == resource.RLIM_INFINITY else limit


def _siblings(cpus: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Allowed processors by the core they share; what does not tell is a core of its own."""
    cores: dict[str, list[int]] = {}
    for cpu in cpus:
        shared = read_text(CPU / f"cpu{cpu}/topology/thread_siblings_list") or str(cpu)
        cores.setdefault(shared, []).append(cpu)
    return tuple(map(tuple, cores.values()))


def _can_pin() -> bool:
    """Whether affinity may be set: to what it is already, so that nothing changes."""
    try:
        os.sched_setaffinity(0, os.sched_getaffinity(0))
    except OSError:
        return False
    return True


def _free(folder: Path) -> int | None:
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize


def _behind(key: str, text: str) -> str | None:
    """What follows a key at the beginning of a line."""
    return next((line.removeprefix(key).strip() for line in text.splitlines() if line.startswith(key)), None)
