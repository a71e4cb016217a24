"""Doubts about the machine: was it ours, and could it be read?"""

from typing import Final, NamedTuple

from stacklab.analysis.run.resources import HostUsage, TreeUsage
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Doubt, Evidence
from stacklab.model.verdict import Validity
from stacklab.units import NS_PER_S, Seconds

OTHERS_CORES: Final = 0.25
"""Cores that processes other than server, driver and backends may use."""

STEAL: Final = 0.01
"""Share of the processors' time that a hypervisor may give to others."""

PRESSURE: Final = 0.05
"""Share of the time in which something may wait for memory or for a disk."""

CPU_PRESSURE: Final = 0.2
"""Share of the time in which something other than server and driver may wait for a processor."""


def host_busy(evidence: Evidence) -> Doubt | None:
    """Other work on the machine takes caches, memory bandwidth, and cores wherever nothing is pinned against it."""
    return used_by_others(
        evidence.worst(lambda summary: others_cores(summary.host, _ours(summary).cpu_ns, summary.window_s))
    )


def used_by_others(cores: float | None) -> Doubt | None:
    """The same, of so many cores."""
    if cores is None or cores <= OTHERS_CORES:
        return None
    return Doubt(Validity.SUSPECT, f"Something else used {cores:.2g} cores of the machine meanwhile.")


def pressed(evidence: Evidence) -> Doubt | None:
    """What the kernel counts as time in which work stood still: for memory, for a disk, for a processor."""
    found = [
        f"{what} {share:.0%}"
        for what, measure, limit in (
            ("memory", lambda summary: summary.share_of_window(summary.host.memory_pressure_ns), PRESSURE),
            ("a disk", lambda summary: summary.share_of_window(summary.host.io_pressure_ns), PRESSURE),
            ("a processor", _others_waited, CPU_PRESSURE),
        )
        if (share := evidence.worst(measure)) is not None and share > limit
    ]
    if not found:
        return None
    return Doubt(
        Validity.SUSPECT, f"Something stood still on this machine, waiting for {', '.join(found)} of the time."
    )


def stolen(evidence: Evidence) -> Doubt | None:
    """Time that the hypervisor gave away looks like slowness of whatever ran."""
    return given_away(evidence.worst(lambda summary: steal_share(summary.host, summary.window_s, evidence.cores)))


def given_away(share: float | None) -> Doubt | None:
    """The same, of such a share of the processors' time."""
    if share is None or share <= STEAL:
        return None
    return Doubt(Validity.SUSPECT, f"The hypervisor gave {share:.1%} of the processors' time to other guests.")


def unavailable(evidence: Evidence) -> Doubt | None:
    """A counter that cannot be read is said to be missing; it is not zero."""
    missing = [
        name
        for name, read in (
            ("CPU time", lambda summary: summary.server.cpu_ns),
            ("run-queue delay", lambda summary: summary.server.delay_ns),
            ("context switches", lambda summary: summary.server.switches_voluntary),
            ("proportional set size", lambda summary: summary.server.pss_bytes),
            ("open files", lambda summary: summary.server.files),
            ("steal time", lambda summary: summary.host.steal_ns),
            ("overflows of accept queues", lambda summary: summary.host.listen_overflows),
        )
        if evidence.summaries and evidence.worst(read) is None
    ]
    return Doubt(Validity.VALID, f"Not available on this machine: {', '.join(missing)}.") if missing else None


def coarse_cpu(evidence: Evidence) -> Doubt | None:
    """Where schedstat is missing or forgot ended threads, CPU per request has the steps of the clock tick."""
    if all(summary.server.from_schedstat or summary.server.cpu_ns is None for summary in evidence.summaries):
        return None
    return Doubt(
        Validity.VALID, "CPU per request comes from times in steps of 10 ms: schedstat is missing or lost threads."
    )


def steal_share(host: HostUsage, window_s: Seconds, cores: int) -> float | None:
    """Share of all processors' time that the hypervisor gave to others."""
    return None if host.steal_ns is None else host.steal_ns / (window_s * NS_PER_S * cores)


class Ours(NamedTuple):
    """The processes that a run is made of."""

    server: TreeUsage
    driver: TreeUsage
    backends: TreeUsage

    @property
    def cpu_ns(self) -> float | None:
        """Of all of them; None where that of server or driver could not be read."""
        if self.server.cpu_ns is None or self.driver.cpu_ns is None:
            return None
        return self.server.cpu_ns + self.driver.cpu_ns + (self.backends.cpu_ns or 0.0)


def others_cores(host: HostUsage, ours_ns: float | None, window_s: Seconds) -> float | None:
    """Cores used by processes other than ours, which took so much processor time."""
    if host.busy_ns is None or ours_ns is None:
        return None
    return (host.busy_ns - ours_ns) / (window_s * NS_PER_S)


def _ours(summary: Summary) -> Ours:
    return Ours(summary.server, summary.driver, summary.backends)


def _others_waited(summary: Summary) -> float | None:
    """What the waits of our own do not explain: the kernel counts time in which anybody waited, once."""
    pressure, server, driver = summary.host.cpu_pressure_ns, summary.server.delay_ns, summary.driver.delay_ns
    if pressure is None or server is None or driver is None:
        return None
    return summary.share_of_window(pressure - server - driver - (summary.backends.delay_ns or 0.0))
