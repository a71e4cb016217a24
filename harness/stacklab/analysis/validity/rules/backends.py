"""Caveats about what endpoints query: did it see as many queries as promised, and had it time to spare?"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import BackendUse
from stacklab.model.measured.verdict import Validity

QUERIES_DIFFER: Final = 0.02
"""Relative difference of the queries that a backend saw and those that the contract promises. PostgreSQL's planner
looks into an index now and then, and such looks count like queries."""

BACKEND_BUSY_SUSPECT: Final = 0.8
"""Share of the driver's cores that driver and backends use together: a queue grows as rho / (1 - rho)."""


class Promise(NamedTuple):
    """How many queries the load must have made, at least and at most."""

    least: float
    most: float


def queries_differ(evidence: Evidence) -> Caveat | None:
    """A stack that queries less takes its responses from elsewhere; one that queries more does other work."""
    for summary, use in _uses(evidence):
        if use.seen is None:
            return Caveat(kind=CaveatKind.QUERIES_DIFFER, makes=Validity.VALID, facts={"program": use.program})
        queries = use.seen.queries - use.verifying
        promise = promised(evidence, summary, use)
        if promise.least * (1 - QUERIES_DIFFER) <= queries <= promise.most * (1 + QUERIES_DIFFER):
            continue
        return Caveat(
            kind=CaveatKind.QUERIES_DIFFER,
            makes=Validity.VOID if queries < promise.least else Validity.SUSPECT,
            facts={
                "round": facts.count(summary.run.cell.round),
                "program": use.program,
                "queries": facts.count(queries),
                "least": facts.count(promise.least),
                "most": facts.count(promise.most),
            },
        )
    return None


def backend_busy(evidence: Evidence) -> Caveat | None:
    """Backends run on the driver's cores; where those have no time to spare, it is they that are measured."""
    share = evidence.worst(_share_with_driver)
    if share is None or share <= BACKEND_BUSY_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.BACKEND_BUSY, makes=Validity.SUSPECT, facts={"share": facts.share(share)})


def promised(evidence: Evidence, summary: Summary, use: BackendUse) -> Promise:
    """What the contract promises for the requests of a run, whichever of its calls they were."""
    endpoints = [evidence.contract.endpoints[call.endpoint] for call in evidence.scenario.calls]
    each = [one.queries if one.backend is use.backend else 0 for one in endpoints]
    return Promise(least=summary.right_ever * min(each), most=summary.sent_ever * max(each))


def _uses(evidence: Evidence) -> Iterator[tuple[Summary, BackendUse]]:
    return ((summary, use) for summary in evidence.summaries for use in summary.run.backends)


def _share_with_driver(summary: Summary) -> float | None:
    cores, driver, backends = len(summary.run.driver_cpus), summary.driver.cpu_ns, summary.backends.cpu_ns
    if not summary.run.backends or driver is None or backends is None or not cores:
        return None
    share = summary.share_of_window(driver + backends)
    return None if share is None else share / cores
