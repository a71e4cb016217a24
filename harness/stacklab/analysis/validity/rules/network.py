"""Doubts about the network between driver and server: connections turned away, and waits that are TCP's own."""

from typing import Final

from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Doubt, Evidence
from stacklab.model.verdict import Validity

SYN_WAITS_S: Final = (1.0, 3.0, 7.0)
"""When a request for a connection is sent again: after 1 s, then 2 s, then 4 s (RFC 6298, section 2)."""

SITS: Final = 0.05
"""How far above such a wait a quantile sits on it, relative to the wait."""


def connections_turned_away(evidence: Evidence) -> Doubt | None:
    """A full accept queue drops connections in silence; the client finds out by a timer of a second."""
    overflows, again = _total(evidence, "listen_overflows"), _total(evidence, "syn_retransmits")
    drops = _total(evidence, "listen_drops")
    if not overflows and not drops and not again:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"Connections were turned away: {max(overflows, drops):,.0f} found a full accept queue, and {again:,.0f} "
        "requests for one were sent again (of all programs on this machine).",
    )


def sits_on_a_timer(evidence: Evidence) -> Doubt | None:
    """A latency of just over 1, 3 or 7 s beside a short median is TCP's wait before it asks for a connection again."""
    for summary in evidence.summaries:
        median = summary.latency["p50"]
        for name, quantile in summary.latency.items():
            for wait_ms in (wait_s * 1000 for wait_s in SYN_WAITS_S):
                if (
                    quantile is not None
                    and median is not None
                    and median.ms < wait_ms / 2
                    and wait_ms <= quantile.ms <= wait_ms * (1 + SITS)
                ):
                    return Doubt(
                        Validity.SUSPECT,
                        f"{name.upper()} of round {summary.run.cell.round} is {quantile.ms:,.0f} ms with a median of "
                        f"{median.ms:.3g} ms: so long TCP waits before it asks for a connection again.",
                    )
    return None


def _total(evidence: Evidence, name: str) -> float:
    """What a counter of the machine grew by, over the rounds; 0 where it cannot be read."""

    def grown(summary: Summary) -> float:
        return getattr(summary.host, name) or 0.0

    return sum(map(grown, evidence.summaries))
