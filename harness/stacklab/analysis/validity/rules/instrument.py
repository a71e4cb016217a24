"""Doubts about the instrument: can the numbers be true, and are they the server's or the driver's?"""

from math import sqrt
from typing import Final, NamedTuple

from stacklab.analysis.run.resources import TreeUsage
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Doubt, Evidence, shown
from stacklab.model.traffic.load import Closed, Load
from stacklab.model.verdict import Validity
from stacklab.units import NS_PER_S, Seconds

LITTLE_SUSPECT: Final = 0.02
LITTLE_VOID: Final = 0.20
"""Relative difference of two ways to L, beyond what requests across the window's borders can make."""

RATE_MISSED: Final = 0.01
"""Share of the offered rate that may be missing."""

LATE_SHARE: Final = 0.001
LATE_AT_LEAST: Final = 3
"""So many late sends are strays of a small run, not a habit of the driver."""

READ_LAG: Final = 0.1
"""P99 of the driver's reading delay over P99 of latency."""

DRIVER_SUSPECT: Final = 0.8
DRIVER_VOID: Final = 0.95
"""Share of a core that each process of the driver uses: a queue grows as rho / (1 - rho)."""

DRIVER_DELAYED: Final = 0.05
"""Share of the window in which the driver was ready to run and did not."""

NEAR_CEILING: Final = 0.5
"""Share of the driver's calibrated ceiling: half of it is left for what a null server does not do."""


def littles_law(evidence: Evidence) -> Doubt | None:
    """L = lambda W holds for every system that is not broken, and for every record of one that is not wrong."""
    load = evidence.scenario.load
    if not evidence.summaries:
        return None
    worst, law = max(
        ((summary, _law(summary, load)) for summary in evidence.summaries), key=lambda judged: judged[1].gap
    )
    if law.gap <= LITTLE_SUSPECT:
        return None
    return Doubt(
        Validity.VOID if law.gap > LITTLE_VOID else Validity.SUSPECT,
        f"Little's law does not hold in round {worst.run.cell.round}: {shown(law.expected)} {law.of_what}, "
        f"{shown(law.found)} by {law.by_what}.",
    )


def rate_missed(evidence: Evidence) -> Doubt | None:
    """Below the offered rate a queue grows, and latency tells how long the run was."""
    if isinstance(evidence.scenario.load, Closed):
        return None
    for summary in evidence.summaries:
        missing = summary.intended - summary.flow.ended
        # The numbers on the way at two borders differ by chance; a queue that grows is a trend, and no scatter.
        chance = 3 * sqrt(2) * summary.flow.scatter
        if missing > max(RATE_MISSED * summary.intended, chance):
            return Doubt(
                Validity.SUSPECT,
                f"Of {shown(summary.intended_rps)} requests offered a second "
                f"{shown(summary.flow.ended / summary.window_s)} came to an end (round {summary.run.cell.round}): "
                "latency is that of a growing queue.",
            )
    return None


def sent_late(evidence: Evidence) -> Doubt | None:
    """What the driver sends late is not the schedule that was asked for."""
    shares = [(summary.late_share or 0.0, summary.intended) for summary in evidence.summaries]
    late = sum(share * intended for share, intended in shares)
    if late <= LATE_AT_LEAST or late / evidence.requests <= LATE_SHARE:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"{late / evidence.requests:.2%} of the requests were sent late by the driver, "
        "by more than 1 ms or a tenth of the median latency, with a connection free.",
    )


def read_late(evidence: Evidence) -> Doubt | None:
    """What waits to be read by the driver is booked on the server. A closed loop's latency is labelled anyway."""
    if isinstance(evidence.scenario.load, Closed):
        return None
    share = evidence.worst(_read_lag_share)
    if share is None or share <= READ_LAG:
        return None
    return Doubt(Validity.SUSPECT, f"P99 of the driver's own reading delay is {share:.0%} of P99 of the latency.")


def driver_busy(evidence: Evidence) -> Doubt | None:
    """A driver without time to spare measures itself."""
    share = evidence.worst(driver_core_share)
    if share is None or share <= DRIVER_SUSPECT:
        return None
    makes = Validity.VOID if share > DRIVER_VOID else Validity.SUSPECT
    return Doubt(makes, f"The driver used {share:.0%} of its core: the numbers may be its own limit.")


def near_ceiling(evidence: Evidence) -> Doubt | None:
    """Where the driver can send hardly more, fast stacks look alike."""
    rate = evidence.worst(lambda summary: summary.flow.ended / summary.window_s)
    if evidence.ceiling_rps is None or rate is None or rate <= NEAR_CEILING * evidence.ceiling_rps:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"{shown(rate)} requests a second are {rate / evidence.ceiling_rps:.0%} of what the driver can send here "
        f"({shown(evidence.ceiling_rps)}): faster stacks would look the same.",
    )


def driver_delayed(evidence: Evidence) -> Doubt | None:
    """A driver that waits for its processor sends and reads late, and books that on the server."""
    share = evidence.worst(lambda summary: delayed_share(summary.driver, summary.window_s))
    if share is None or share <= DRIVER_DELAYED:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"The driver was ready to run and had no processor for {share:.0%} of the time: its core was not its own.",
    )


def shared_core(evidence: Evidence) -> Doubt | None:
    """Whoever shares a core with the server takes from it what it measures."""
    for summary in evidence.summaries:
        shared = sorted(set(summary.run.server.cpus) & set(summary.run.driver_cpus))
        if shared:
            cores = ", ".join(map(str, shared))
            return Doubt(Validity.SUSPECT, f"Server and driver shared core {cores}: each took time from the other.")
    return None


def delayed_share(driver: TreeUsage, window_s: Seconds) -> float | None:
    """Share of the window in which the driver was ready to run and did not."""
    return None if driver.delay_ns is None else driver.delay_ns / (window_s * NS_PER_S)


def driver_core_share(summary: Summary) -> float | None:
    """CPU of the driver over wall time, for each of its processes."""
    share = summary.share_of_window(summary.driver.cpu_ns)
    return None if share is None else share / summary.run.driver.processes


class _Law(NamedTuple):
    """Two ways to the same number of requests in flight."""

    expected: float
    of_what: str
    found: float
    by_what: str
    allowed: float
    """Relative difference that requests across the window's borders can make."""

    @property
    def gap(self) -> float:
        """What cannot be explained by the borders."""
        if self.expected <= 0:
            return 0.0
        return abs(self.expected - self.found) / self.expected - self.allowed


def _law(summary: Summary, load: Load) -> _Law:
    """A closed loop has as many in flight as it has connections that do not think; an open loop's are counted."""
    flow, window_s = summary.flow, summary.window_s
    if isinstance(load, Closed) and not load.steps:
        thinking = flow.ended / window_s * load.think_s
        return _Law(
            load.connections - thinking, "connections at work", flow.in_flight, "the rows", load.think_s / window_s
        )
    # Both ways lead through the rows, and what the borders do not explain is time that nobody can have taken.
    borders = flow.at_borders / (flow.in_flight or 1.0)
    return _Law(flow.in_flight, "requests in flight", flow.rate_times_latency, "rate times latency", borders)


def _read_lag_share(summary: Summary) -> float | None:
    lag = summary.read_lag and summary.read_lag["p99"]
    latency = summary.latency["p99"]
    return lag.ms / latency.ms if lag and latency and latency.ms else None
