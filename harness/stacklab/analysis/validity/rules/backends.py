"""Doubts about what endpoints ask in their turn: was it asked as often as promised, and had it time to spare?"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Doubt, Evidence
from stacklab.model.record import BackendUse
from stacklab.model.verdict import Validity

QUERIES: Final = 0.02
"""Relative difference of the queries that a backend saw and those that the contract promises. PostgreSQL's planner
looks into an index now and then, and such looks count like queries."""

BACKEND_SUSPECT: Final = 0.8
"""Share of the driver's cores that driver and backends use together: a queue grows as rho / (1 - rho)."""


class Promise(NamedTuple):
    """How many queries the load must have made, at least and at most."""

    least: float
    most: float


def queries_differ(evidence: Evidence) -> Doubt | None:
    """Who asks less answers from elsewhere, and who asks more does other work than the stacks beside it."""
    for summary, use in _uses(evidence):
        if use.seen is None:
            return Doubt(Validity.VALID, f"What {use.program} was asked was not counted.")
        queries = use.seen.queries - use.verifying
        promise = promised(evidence, summary, use)
        if promise.least * (1 - QUERIES) <= queries <= promise.most * (1 + QUERIES):
            continue
        fewer = queries < promise.least
        wanted = f"{promise.least:,.0f}" + (f" to {promise.most:,.0f}" if promise.most > promise.least else "")
        return Doubt(
            Validity.VOID if fewer else Validity.SUSPECT,
            f"In round {summary.run.cell.round} the requests made {queries:,} queries to {use.program}, where the "
            f"contract promises {wanted}: "
            + ("answers came from elsewhere." if fewer else "the stack does more than the contract asks for."),
        )
    return None


def backend_busy(evidence: Evidence) -> Doubt | None:
    """Backends run on the driver's cores; where those have no time to spare, it is they that are measured."""
    share = evidence.worst(_share_with_driver)
    if share is None or share <= BACKEND_SUSPECT:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"Driver and backends together used {share:.0%} of their cores: the numbers may be the limit of these.",
    )


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
