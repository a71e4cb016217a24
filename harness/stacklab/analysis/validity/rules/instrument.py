"""Caveats about the instrument: can the numbers be true, and are they the server's or the driver's?"""

from collections.abc import Mapping
from functools import partial
from math import sqrt
from typing import Final, NamedTuple

from stacklab.analysis.run.resources import TreeUsage
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.facts import Amount
from stacklab.model.measured.verdict import Validity
from stacklab.model.traffic.load import Closed, Load, Overload
from stacklab.units import NS_PER_S, Seconds

LITTLES_LAW_SUSPECT: Final = 0.02
LITTLES_LAW_VOID: Final = 0.20
"""Relative difference of two ways to L, beyond what requests across the window's borders can make."""

RATE_MISSED_SUSPECT: Final = 0.01
"""Share of the offered rate that may be missing."""

SENT_LATE_SUSPECT: Final = 0.001
SENT_LATE_STRAYS: Final = 3
"""Up to this many late sends are strays of a small run, not a habit of the driver."""

CONNECTIONS_LIMIT_SUSPECT: Final = 0.01
"""Share of the requests that may wait for a connection; what lies beyond P99 is no more."""

READ_LATE_SUSPECT: Final = 0.1
"""A quantile of the driver's reading delay over the same quantile of latency."""

READ_LATE_QUANTILES: Final = {"p50": "share_of_p50", "p99": "share"}
"""Those that open loops are ranked by, with the names of the facts."""

DRIVER_BUSY_SUSPECT: Final = 0.8
DRIVER_BUSY_VOID: Final = 0.95
"""Share of a core that each process of the driver uses: a queue grows as rho / (1 - rho)."""

DRIVER_DELAYED_SUSPECT: Final = 0.05
"""Share of the window in which the driver was ready to run and did not."""

NEAR_CEILING_SUSPECT: Final = 0.5
"""Share of the driver's calibrated ceiling: half of it is left for what a null server does not do."""


def littles_law(evidence: Evidence) -> Caveat | None:
    """L = lambda W holds for every system that is not broken, and for every record of one that is not wrong."""
    load = evidence.scenario.load
    if not evidence.summaries:
        return None
    worst, law = max(
        ((summary, _law(summary, load)) for summary in evidence.summaries), key=lambda judged: judged[1].gap
    )
    if law.gap <= LITTLES_LAW_SUSPECT:
        return None
    return Caveat(
        kind=CaveatKind.LITTLES_LAW,
        makes=Validity.VOID if law.gap > LITTLES_LAW_VOID else Validity.SUSPECT,
        facts={"round": facts.count(worst.run.cell.round), **law.sides},
    )


def rate_missed(evidence: Evidence) -> Caveat | None:
    """Below the offered rate a queue grows, and latency tells how long the run was."""
    if isinstance(evidence.scenario.load, Closed):
        return None
    for summary in evidence.summaries:
        missing = summary.intended - summary.flow.ended
        # The numbers in flight at two borders differ by chance; a queue that grows is a trend, and no scatter.
        chance = 3 * sqrt(2) * summary.flow.scatter
        if missing > max(RATE_MISSED_SUSPECT * summary.intended, chance):
            return Caveat(
                kind=CaveatKind.RATE_MISSED,
                makes=Validity.SUSPECT,
                facts={
                    "round": facts.count(summary.run.cell.round),
                    "offered": facts.per_second(summary.intended_rps),
                    "ended": facts.per_second(summary.flow.ended / summary.window_s),
                },
            )
    return None


def sent_late(evidence: Evidence) -> Caveat | None:
    """Requests that the driver sends late do not follow the schedule of the scenario."""
    shares = [(summary.late_share or 0.0, summary.intended) for summary in evidence.summaries]
    late = sum(share * intended for share, intended in shares)
    if late <= SENT_LATE_STRAYS or late / evidence.requests <= SENT_LATE_SUSPECT:
        return None
    return Caveat(
        kind=CaveatKind.SENT_LATE,
        makes=Validity.SUSPECT,
        facts={"share": facts.share(late / evidence.requests)},
    )


def connections_limit(evidence: Evidence) -> Caveat | None:
    """With all connections in use, an open loop sends when the server lets it, and the driver holds the queue."""
    load = evidence.scenario.load
    if isinstance(load, Closed) or load.overload is not Overload.QUEUE:
        return None  # the other policies shed what finds no connection, which is counted
    share = evidence.worst(lambda summary: summary.waited_share)
    if share is None or share <= CONNECTIONS_LIMIT_SUSPECT:
        return None
    return Caveat(
        kind=CaveatKind.CONNECTIONS_LIMIT,
        makes=Validity.SUSPECT,
        facts={"share": facts.share(share), "connections": facts.count(load.connections)},
    )


def read_late(evidence: Evidence) -> Caveat | None:
    """The time a response waits to be read by the load generator would be charged to the server."""
    if isinstance(evidence.scenario.load, Closed):
        return None  # whose latency is labelled anyway
    shares = {
        fact: facts.share(share)
        for name, fact in READ_LATE_QUANTILES.items()
        if (share := evidence.worst(partial(_read_lag_share, name=name))) is not None and share > READ_LATE_SUSPECT
    }
    if not shares:
        return None
    return Caveat(kind=CaveatKind.READ_LATE, makes=Validity.SUSPECT, facts=shares)


def driver_busy(evidence: Evidence) -> Caveat | None:
    """A driver without time to spare measures itself."""
    share = evidence.worst(driver_core_share)
    if share is None or share <= DRIVER_BUSY_SUSPECT:
        return None
    makes = Validity.VOID if share > DRIVER_BUSY_VOID else Validity.SUSPECT
    return Caveat(kind=CaveatKind.DRIVER_BUSY, makes=makes, facts={"share": facts.share(share)})


def near_ceiling(evidence: Evidence) -> Caveat | None:
    """Near the ceiling of the driver, fast stacks look alike."""
    rate = evidence.worst(lambda summary: summary.flow.ended / summary.window_s)
    if evidence.ceiling_rps is None or rate is None or rate <= NEAR_CEILING_SUSPECT * evidence.ceiling_rps:
        return None
    return Caveat(
        kind=CaveatKind.NEAR_CEILING,
        makes=Validity.SUSPECT,
        facts={
            "rate": facts.per_second(rate),
            "ceiling": facts.per_second(evidence.ceiling_rps),
            "share": facts.share(rate / evidence.ceiling_rps),
        },
    )


def driver_delayed(evidence: Evidence) -> Caveat | None:
    """A driver that waits for its processor sends and reads late, and charges that to the server."""
    return kept_waiting(evidence.worst(lambda summary: delayed_share(summary.driver, summary.window_s)))


def kept_waiting(share: float | None) -> Caveat | None:
    """The driver was ready to run and did not for this share of the time."""
    if share is None or share <= DRIVER_DELAYED_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.DRIVER_DELAYED, makes=Validity.SUSPECT, facts={"share": facts.share(share)})


def shared_core(evidence: Evidence) -> Caveat | None:
    """A driver that shares a core with the server takes from it what it measures."""
    for summary in evidence.summaries:
        shared = sorted(set(summary.run.server.cpus) & set(summary.run.driver_cpus))
        if shared:
            return Caveat(kind=CaveatKind.SHARED_CORE, makes=Validity.SUSPECT, facts={"cores": tuple(shared)})
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
    found: float
    allowed: float
    """Relative difference that requests across the window's borders can make."""
    sides: Mapping[str, Amount]
    """Both numbers, named after the way to each."""

    @property
    def gap(self) -> float:
        """What cannot be explained by the borders."""
        if self.expected <= 0:
            return 0.0
        return abs(self.expected - self.found) / self.expected - self.allowed


def _law(summary: Summary, load: Load) -> _Law:
    """A closed loop has as many in flight as it has connections that do not think; an open loop's are counted."""
    flow, window_s = summary.flow, summary.window_s
    in_flight = facts.count(flow.in_flight)
    if isinstance(load, Closed) and not load.steps and summary.slices is None:  # a slice begins and ends with none
        at_work = load.connections - flow.ended / window_s * load.think_s
        return _Law(
            expected=at_work,
            found=flow.in_flight,
            allowed=load.think_s / window_s,
            sides={"connections_at_work": facts.count(at_work), "in_flight": in_flight},
        )
    # Both ways lead through the rows, and what the borders do not explain is time that nobody can have taken.
    return _Law(
        expected=flow.in_flight,
        found=flow.rate_times_latency,
        allowed=flow.at_borders / (flow.in_flight or 1.0),
        sides={"in_flight": in_flight, "rate_times_latency": facts.count(flow.rate_times_latency)},
    )


def _read_lag_share(summary: Summary, *, name: str) -> float | None:
    lag = summary.read_lag and summary.read_lag[name]
    latency = summary.latency[name]
    return lag.ms / latency.ms if lag and latency and latency.ms else None
