"""Caveats about connections: rejected, waited for, or opened anew where others keep theirs."""

from typing import Final

from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity
from stacklab.model.traffic.load import Open

SITS_ON_A_TIMER_AT_S: Final = (1.0, 3.0, 7.0)
"""When a request for a connection is sent again: after 1 s, then 2 s, then 4 s (RFC 6298, section 2)."""

SITS_ON_A_TIMER_WITHIN: Final = 0.05
"""How far above such a timeout a quantile sits on it, relative to the timeout."""

CONNECTION_CLOSED_BELOW: Final = 2
"""Responses for each connection below which the server closes its connections."""

REUSE_DIFFERS_ABOVE: Final = 0.01
"""Connections opened anew for each response, above which connecting is part of the work."""

REUSE_DIFFERS_TIMES: Final = 10
"""How many times as often as a peer a stack must connect anew for the two to differ in kind."""


def turned_away(evidence: Evidence) -> Caveat | None:
    """A full accept queue drops connections in silence; the client finds out by a timer of a second."""
    overflows, again = _total(evidence, "listen_overflows"), _total(evidence, "syn_retransmits")
    drops = _total(evidence, "listen_drops")
    if not overflows and not drops and not again:
        return None
    return Caveat(
        kind=CaveatKind.TURNED_AWAY,
        makes=Validity.SUSPECT,
        facts={"overflows": facts.count(max(overflows, drops)), "retransmits": facts.count(again)},
    )


def sits_on_a_timer(evidence: Evidence) -> Caveat | None:
    """A latency of just over 1, 3 or 7 s beside a short median is TCP's SYN retransmission timeout."""
    for summary in evidence.summaries:
        median = summary.latency["p50"]
        for name, quantile in summary.latency.items():
            for wait_ms in (wait_s * 1000 for wait_s in SITS_ON_A_TIMER_AT_S):
                if (
                    quantile is not None
                    and median is not None
                    and median.ms < wait_ms / 2
                    and wait_ms <= quantile.ms <= wait_ms * (1 + SITS_ON_A_TIMER_WITHIN)
                ):
                    return Caveat(
                        kind=CaveatKind.SITS_ON_A_TIMER,
                        makes=Validity.SUSPECT,
                        facts={
                            "round": facts.count(summary.run.cell.round),
                            "quantile": name,
                            "latency": facts.milliseconds(quantile.ms),
                            "median": facts.milliseconds(median.ms),
                        },
                    )
    return None


def connection_closed(evidence: Evidence) -> Caveat | None:
    """A new connection for every request costs both sides; compared with stacks that keep theirs, it explains much."""
    load = evidence.scenario.load
    if not evidence.scenario.keep_alive or (isinstance(load, Open) and load.requests_per_session > 1):
        return None
    for summary in evidence.summaries:
        connects = summary.run.driver.connects
        few = summary.answered_ever < CONNECTION_CLOSED_BELOW * connects
        # The connections that were opened before the load may not all have been needed.
        if few and connects > 2 * load.connections:
            return Caveat(
                kind=CaveatKind.CONNECTION_CLOSED,
                makes=Validity.VALID,
                facts={"connects": facts.count(connects), "responses": facts.count(summary.answered_ever)},
            )
    return None


def reuse_differs(evidence: Evidence) -> Caveat | None:
    """Connecting costs more than many a request: stacks that keep connections are compared with one that does not."""
    own = _reconnects(evidence)
    if own is None or own <= REUSE_DIFFERS_ABOVE:
        return None
    keep = tuple(
        peer.stack.name
        for peer in evidence.peers
        if (theirs := _reconnects(peer)) is not None and theirs * REUSE_DIFFERS_TIMES <= own
    )
    if not keep:
        return None
    return Caveat(
        kind=CaveatKind.REUSE_DIFFERS, makes=Validity.VALID, facts={"share": facts.share(own), "kept_by": keep}
    )


def _total(evidence: Evidence, name: str) -> float:
    """What a counter of the machine grew by, over the rounds; 0 where it cannot be read."""

    def grown(summary: Summary) -> float:
        return getattr(summary.host, name) or 0.0

    return sum(map(grown, evidence.summaries))


def _reconnects(evidence: Evidence) -> float | None:
    """Connections opened beyond the load's own, for each response, over all rounds; None without a response."""
    responses = sum(summary.answered_ever for summary in evidence.summaries)
    if not responses:
        return None
    own = evidence.scenario.load.connections
    return sum(max(summary.run.driver.connects - own, 0) for summary in evidence.summaries) / responses
