"""Doubts about stacks that took turns: did each leave the others alone, and are enough sweeps left?"""

from typing import Final

from stacklab.analysis.validity.evidence import Evidence
from stacklab.model import facts
from stacklab.model.caveat import Caveat, CaveatKind
from stacklab.model.verdict import Validity

WORKS_BETWEEN_TURNS_SUSPECT: Final = 0.01
"""Share of a core that a server may use while it is sent nothing."""

SWEEPS_LOST_SUSPECT: Final = 0.5
"""Share of the sweeps of a round that the machine may disturb."""


def works_between_turns(evidence: Evidence) -> Caveat | None:
    """What a server does while it is sent nothing is in no request, and takes time from the turns of the others."""
    share = evidence.worst(lambda summary: summary.slices.idle_share if summary.slices else None)
    if share is None or share <= WORKS_BETWEEN_TURNS_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.WORKS_BETWEEN_TURNS, makes=Validity.SUSPECT, facts={"share": facts.share(share)})


def sweeps_lost(evidence: Evidence) -> Caveat | None:
    """What is left of a round after its disturbed sweeps is a choice, however blind, of its calmer moments."""
    share = evidence.worst(lambda summary: summary.slices.lost_share if summary.slices else None)
    if share is None or share <= SWEEPS_LOST_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.SWEEPS_LOST, makes=Validity.SUSPECT, facts={"share": facts.share(share)})
