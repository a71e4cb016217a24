"""Caveats about the machine: was it ours, and could it be read?"""

from typing import Final, NamedTuple

from stacklab.analysis.run.resources import HostUsage, TreeUsage
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity
from stacklab.units import NS_PER_S, Seconds

HOST_BUSY_SUSPECT: Final = 0.25
"""Cores that processes other than server, driver and backends may use."""

STOLEN_SUSPECT: Final = 0.01
"""Share of the processors' time that a hypervisor may give to others."""

PRESSED_SUSPECT: Final = 0.05
"""Share of the time in which something may wait for memory or for a disk."""

PRESSED_FOR_CPU_SUSPECT: Final = 0.2
"""Share of the time in which something other than server and driver may wait for a processor."""


def host_busy(evidence: Evidence) -> Caveat | None:
    """Other work on the machine takes caches, memory bandwidth, and cores wherever nothing is pinned against it."""
    return used_by_others(
        evidence.worst(lambda summary: others_cores(summary.host, _ours(summary).cpu_ns, summary.window_s))
    )


def used_by_others(cores: float | None) -> Caveat | None:
    """Other processes used this many cores."""
    if cores is None or cores <= HOST_BUSY_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.HOST_BUSY, makes=Validity.SUSPECT, facts={"cores": facts.cores(cores)})


def pressed(evidence: Evidence) -> Caveat | None:
    """What the kernel counts as time in which work stood still: for memory, for a disk, for a processor."""
    found = {
        what: facts.share(share)
        for what, measure, limit in (
            ("memory", lambda summary: summary.share_of_window(summary.host.memory_pressure_ns), PRESSED_SUSPECT),
            ("disk", lambda summary: summary.share_of_window(summary.host.io_pressure_ns), PRESSED_SUSPECT),
            ("processor", _others_waited, PRESSED_FOR_CPU_SUSPECT),
        )
        if (share := evidence.worst(measure)) is not None and share > limit
    }
    if not found:
        return None
    return Caveat(kind=CaveatKind.PRESSED, makes=Validity.SUSPECT, facts=found)


def stolen(evidence: Evidence) -> Caveat | None:
    """Time that the hypervisor gave away looks like slowness of whatever ran."""
    return given_away(evidence.worst(lambda summary: steal_share(summary.host, summary.window_s, evidence.cores)))


def given_away(share: float | None) -> Caveat | None:
    """The hypervisor gave this share of the processors' time to others."""
    if share is None or share <= STOLEN_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.STOLEN, makes=Validity.SUSPECT, facts={"share": facts.share(share)})


def unavailable(evidence: Evidence) -> Caveat | None:
    """A counter that cannot be read is said to be missing; it is not zero."""
    missing = tuple(
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
    )
    if not missing:
        return None
    return Caveat(kind=CaveatKind.UNAVAILABLE, makes=Validity.VALID, facts={"counters": missing})


def coarse_cpu(evidence: Evidence) -> Caveat | None:
    """Where schedstat is missing or forgot ended threads, CPU per request has the steps of the clock tick."""
    if all(summary.server.from_schedstat or summary.server.cpu_ns is None for summary in evidence.summaries):
        return None
    return Caveat(kind=CaveatKind.COARSE_CPU, makes=Validity.VALID)


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
    """Cores used by processes other than ours. ``ours_ns``: the processor time of ours."""
    if host.busy_ns is None or ours_ns is None:
        return None
    return (host.busy_ns - ours_ns) / (window_s * NS_PER_S)


def _ours(summary: Summary) -> Ours:
    return Ours(summary.server, summary.driver, summary.backends)


def _others_waited(summary: Summary) -> float | None:
    """What the waits of our own do not explain: the kernel counts time in which anybody waited, once.

    Those of our own are summed over their threads, because two workers that take turns on a core never wait at the same
    time. Where many threads wait together, the sum explains more than there was: then only ``host_busy`` sees others.
    """
    pressure, server, driver = summary.host.cpu_pressure_ns, summary.server.delay_ns, summary.driver.delay_ns
    if pressure is None or server is None or driver is None:
        return None
    return summary.share_of_window(pressure - server - driver - (summary.backends.delay_ns or 0.0))
