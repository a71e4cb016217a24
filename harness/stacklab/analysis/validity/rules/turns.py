"""Doubts about stacks that took turns: did each leave the others alone, are enough sweeps left, did order matter?"""

import math
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Final

from scipy.special import stdtrit

from stacklab.analysis.run.positions import OfSlices, first_over_later
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity

WORKS_BETWEEN_TURNS_SUSPECT: Final = 0.01
"""Share of a core that a server may use while it is sent nothing."""

SWEEPS_LOST_SUSPECT: Final = 0.5
"""Share of the sweeps that the machine may disturb, over all rounds."""

ORDER_DEPENDENT_ABOVE: Final = 0.02
"""Relative difference between the first position of a sweep and later ones."""

ORDER_CERTAIN: Final = 0.99
"""Confidence of the interval that excludes none; a page asks this of every stack and two numbers."""

FEWEST_ROUNDS: Final = 3

POSITIONED: Final[Mapping[str, OfSlices]] = {
    "CPU per request": lambda numbers: numbers.cpu_us_per_request,
    "throughput": lambda numbers: numbers.throughput_rps,
}


def works_between_turns(evidence: Evidence) -> Caveat | None:
    """What a server does while it is sent nothing is in no request, and takes time from the turns of the others."""
    share = evidence.worst(lambda summary: summary.slices.idle_share if summary.slices else None)
    if share is None or share <= WORKS_BETWEEN_TURNS_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.WORKS_BETWEEN_TURNS, makes=Validity.SUSPECT, facts={"share": facts.share(share)})


def sweeps_lost(evidence: Evidence) -> Caveat | None:
    """What is left of a session after its disturbed sweeps is a choice, however blind, of its calmer moments."""
    lost = [summary.slices.lost_share for summary in evidence.summaries if summary.slices]
    share = fmean(lost) if lost else 0.0
    if share <= SWEEPS_LOST_SUSPECT:
        return None
    return Caveat(kind=CaveatKind.SWEEPS_LOST, makes=Validity.SUSPECT, facts={"share": facts.share(share)})


def order_dependent(evidence: Evidence) -> Caveat | None:
    """Every stack has every position equally often; where positions differ, what is compared is a mixture of them."""
    for of, column in POSITIONED.items():
        apart = _apart(evidence, column)
        if apart is not None and abs(apart) > ORDER_DEPENDENT_ABOVE:
            return Caveat(
                kind=CaveatKind.ORDER_DEPENDENT,
                makes=Validity.VALID,
                facts={"of": of, "apart": facts.share(apart)},
            )
    return None


def _apart(evidence: Evidence, of: OfSlices) -> float | None:
    """The relative difference, if it is certain over the rounds."""
    found = []
    for summary in evidence.summaries:
        if summary.by_slice is None:
            continue
        since = summary.run.turns_since_ns
        peers = [
            other.by_slice
            for peer in evidence.peers
            for other in peer.summaries
            if other.by_slice is not None and other.run.turns_since_ns == since
        ]
        apart = first_over_later(summary.by_slice, peers, of)
        if apart is not None:
            found.append(apart)
    if len(found) < FEWEST_ROUNDS:
        return None
    mean, error = fmean(found), stdev(found) / math.sqrt(len(found))
    is_certain = abs(mean) > float(stdtrit(len(found) - 1, (1 + ORDER_CERTAIN) / 2)) * error
    return math.expm1(mean) if is_certain else None
