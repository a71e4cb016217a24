"""Doubts about the answers: were they right, were they all there, and did every round give some?"""

from collections import Counter
from typing import Final

from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Doubt, Evidence
from stacklab.model.traffic.load import Open
from stacklab.model.verdict import Validity

ERRORS_VOID: Final = 0.01
"""Share of errors above which rates and latencies are those of something else than the endpoint."""

LOST_SUSPECT: Final = 0.01
"""Share of requests shed or unfinished above which a quantile depends on when the run ended."""

_ERRORS: Final = ("status", "timeout", "refused", "reset")
_LOST: Final = ("shed", "censored")
_ANSWERS_PER_CONNECTION: Final = 2


def errors(evidence: Evidence) -> Doubt | None:
    """Errors are cheap to serve: a server that answers 503 at once would win every table."""
    counts = _counts(evidence)
    total = sum(counts[kind] for kind in _ERRORS)
    if not total:
        return None
    share, worst = total / evidence.requests, evidence.worst(_error_share) or 0.0
    kinds = ", ".join(f"{kind} {counts[kind]:,}" for kind in _ERRORS if counts[kind])
    text = f"{share:.2%} of the requests failed ({kinds})"
    if share > ERRORS_VOID:
        return Doubt(Validity.VOID, f"{text}.")
    if worst > ERRORS_VOID:
        return Doubt(Validity.SUSPECT, f"{text}, {worst:.2%} of those of one round.")
    return Doubt(Validity.VALID, f"{text}.")


def wrong_bodies(evidence: Evidence) -> Doubt | None:
    """A server that answers something else has done other work."""
    wrong = _counts(evidence)["body"]
    if not wrong:
        return None
    return Doubt(Validity.VOID, f"{wrong:,} of {evidence.requests:,} answers had another body than the contract says.")


def unfinished(evidence: Evidence) -> Doubt | None:
    """Requests that never ended count as losses, and quantiles among them are only lower bounds."""
    counts = _counts(evidence)
    lost = sum(counts[kind] for kind in _LOST)
    if not lost or lost / evidence.requests <= LOST_SUSPECT:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"{lost / evidence.requests:.1%} of the requests were shed ({counts['shed']:,}) or still unanswered when the "
        f"run ended ({counts['censored']:,}): the stack did not keep up.",
    )


def served_differs(evidence: Evidence) -> Doubt | None:
    """Every request in the file must have reached the app once, and the app must have seen no others."""
    for summary in evidence.summaries:
        served = summary.run.served
        if served is not None and not summary.answered_ever <= served <= summary.sent_ever:
            return Doubt(
                Validity.VOID,
                f"In round {summary.run.cell.round} the app counted {served:,} requests, the driver sent "
                f"{summary.sent_ever:,} and recorded {summary.answered_ever:,} answers.",
            )
    return None


def not_counted(evidence: Evidence) -> Doubt | None:
    """Without a count of the app's, nobody knows whether each request reached it once."""
    if not evidence.summaries or all(summary.run.served is not None for summary in evidence.summaries):
        return None
    return Doubt(Validity.VALID, "The app did not count all requests: whether each reached it once was not checked.")


def bodies_not_compared(evidence: Evidence) -> Doubt | None:
    """Where any body is right, a page that says that something went wrong is right as well."""
    recorded = {call.endpoint: evidence.contract.endpoints[call.endpoint].recorded for call in evidence.scenario.calls}
    free = [name for name, one in recorded.items() if one is not None and one.body is None]
    if not free:
        return None
    return Doubt(
        Validity.VALID,
        f"Bodies of {', '.join(free)} may differ from answer to answer, so they were not compared; the status was.",
    )


def failed_rounds(evidence: Evidence) -> Doubt | None:
    """What fails now and then is not what the other rounds measured."""
    if not evidence.failed:
        return None
    first = evidence.failed[0]
    rounds = len(evidence.failed) + len(evidence.summaries)
    makes = Validity.SUSPECT if evidence.summaries else Validity.VOID
    return Doubt(makes, f"{len(evidence.failed)} of {rounds} rounds failed (at {first.stage}: {first.reason}).")


def connection_closed(evidence: Evidence) -> Doubt | None:
    """A new connection for every request costs both sides; compared with stacks that keep theirs, it explains much."""
    load = evidence.scenario.load
    if not evidence.scenario.keep_alive or (isinstance(load, Open) and load.requests_per_session > 1):
        return None
    for summary in evidence.summaries:
        connects = summary.run.driver.connects
        few = summary.answered_ever < _ANSWERS_PER_CONNECTION * connects
        # The connections that were opened before the load may not all have been needed.
        if few and connects > 2 * load.connections:
            return Doubt(
                Validity.VALID,
                f"The server closes its connections: {connects:,} were opened for {summary.answered_ever:,} answers, "
                "so connecting is part of every request.",
            )
    return None


def _error_share(summary: Summary) -> float | None:
    return sum(summary.errors.get(kind, 0) for kind in _ERRORS) / summary.intended if summary.intended else None


def _counts(evidence: Evidence) -> Counter[str]:
    counts: Counter[str] = Counter()
    for summary in evidence.summaries:
        counts.update(summary.errors)
    return counts
