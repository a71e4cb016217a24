"""Caveats about the responses: were they correct, were they all there, and did every round give some?"""

from collections import Counter
from typing import Final

from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.facts import Fact
from stacklab.model.measured.verdict import Validity
from stacklab.model.traffic.contract import target
from stacklab.model.traffic.expectation import expected

ERRORS_VOID: Final = 0.01
"""Share of errors above which rates and latencies are those of something else than the endpoint."""

UNFINISHED_SUSPECT: Final = 0.01
"""Share of requests shed or unfinished above which a quantile depends on when the run ended."""

_ERRORS: Final = ("status", "timeout", "refused", "reset")
_LOST: Final = ("shed", "censored")


def errors(evidence: Evidence) -> Caveat | None:
    """Errors are cheap to serve: a server that answers 503 at once would win every table."""
    counts = _counts(evidence)
    total = sum(counts[kind] for kind in _ERRORS)
    if not total:
        return None
    share, worst = total / evidence.requests, evidence.worst(_error_share) or 0.0
    makes, found = Validity.VALID, dict[str, Fact]()
    if share > ERRORS_VOID:
        makes = Validity.VOID
    elif worst > ERRORS_VOID:
        makes, found = Validity.SUSPECT, {"worst_round": facts.share(worst)}
    return Caveat(
        kind=CaveatKind.ERRORS,
        makes=makes,
        facts={
            "share": facts.share(share),
            "by_outcome": {kind: facts.count(counts[kind]) for kind in _ERRORS if counts[kind]},
            **found,
        },
    )


def wrong_bodies(evidence: Evidence) -> Caveat | None:
    """A server that answers something else has done other work."""
    wrong = _counts(evidence)["body"]
    if not wrong:
        return None
    return Caveat(
        kind=CaveatKind.WRONG_BODIES,
        makes=Validity.VOID,
        facts={"wrong": facts.count(wrong), "requests": facts.count(evidence.requests)},
    )


def unfinished(evidence: Evidence) -> Caveat | None:
    """Requests that never ended count as losses, and quantiles among them are only lower bounds."""
    counts = _counts(evidence)
    lost = sum(counts[kind] for kind in _LOST)
    if not lost or lost / evidence.requests <= UNFINISHED_SUSPECT:
        return None
    return Caveat(
        kind=CaveatKind.UNFINISHED,
        makes=Validity.SUSPECT,
        facts={
            "share": facts.share(lost / evidence.requests),
            "shed": facts.count(counts["shed"]),
            "unanswered": facts.count(counts["censored"]),
        },
    )


def served_differs(evidence: Evidence) -> Caveat | None:
    """Every request in the file must have reached the app once, and the app must have seen no others."""
    for summary in evidence.summaries:
        served = summary.run.served
        if served is not None and not summary.answered_ever <= served <= summary.sent_ever:
            return Caveat(
                kind=CaveatKind.SERVED_DIFFERS,
                makes=Validity.VOID,
                facts={
                    "round": facts.count(summary.run.cell.round),
                    "served": facts.count(served),
                    "sent": facts.count(summary.sent_ever),
                    "responses": facts.count(summary.answered_ever),
                },
            )
    return None


def not_counted(evidence: Evidence) -> Caveat | None:
    """Without a count by the app, nobody knows whether each request reached it once."""
    if not evidence.summaries or all(summary.run.served is not None for summary in evidence.summaries):
        return None
    return Caveat(kind=CaveatKind.NOT_COUNTED, makes=Validity.VALID)


def bodies_not_compared(evidence: Evidence) -> Caveat | None:
    """If any body is accepted, an error page is accepted too."""
    recorded = {call.endpoint: evidence.contract.endpoints[call.endpoint].recorded for call in evidence.scenario.calls}
    free = tuple(name for name, one in recorded.items() if one is not None and one.body is None)
    if not free:
        return None
    return Caveat(kind=CaveatKind.BODIES_NOT_COMPARED, makes=Validity.VALID, facts={"endpoints": free})


def bodies_unknown(evidence: Evidence) -> Caveat | None:
    """If nobody has said which body is correct, an error page with the right status is accepted too."""
    contract = evidence.contract.endpoints
    unknown = [call for call in evidence.scenario.calls if expected(call, contract[call.endpoint]).knows_nothing]
    if not unknown:
        return None
    fixed = tuple(target(call.endpoint, call.query) for call in unknown if not call.vary)
    varied = tuple(target(call.endpoint, call.query) for call in unknown if call.vary)
    return Caveat(
        kind=CaveatKind.BODIES_UNKNOWN,
        makes=Validity.SUSPECT,
        facts={name: calls for name, calls in (("fixed", fixed), ("varied", varied)) if calls},
    )


def failed_rounds(evidence: Evidence) -> Caveat | None:
    """What fails now and then is not what the other rounds measured."""
    if not evidence.failed:
        return None
    first = evidence.failed[0]
    return Caveat(
        kind=CaveatKind.FAILED_ROUNDS,
        makes=Validity.SUSPECT if evidence.summaries else Validity.VOID,
        facts={
            "failed": facts.count(len(evidence.failed)),
            "rounds": facts.count(len(evidence.failed) + len(evidence.summaries)),
            "stage": str(first.stage),
            "reason": first.reason,
        },
    )


def _error_share(summary: Summary) -> float | None:
    return sum(summary.errors.get(kind, 0) for kind in _ERRORS) / summary.intended if summary.intended else None


def _counts(evidence: Evidence) -> Counter[str]:
    counts: Counter[str] = Counter()
    for summary in evidence.summaries:
        counts.update(summary.errors)
    return counts
