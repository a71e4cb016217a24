"""The joint verdict of several sessions on a claim."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from stacklab.model.claims.claim import Claim
from stacklab.model.claims.decision import parts_of
from stacklab.model.claims.finding import ClaimVerdict, Finding
from stacklab.model.claims.grid import rounds_of

AGREEING: Final = 0.8
"""Four in five: if fewer sessions share a verdict, chance plays too large a part."""


def agreed(verdicts: Sequence[ClaimVerdict]) -> ClaimVerdict:
    """The verdict of at least ``AGREEING`` of the sessions; inconclusive if there is none."""
    verdict, sessions = Counter(verdicts).most_common(1)[0]
    return verdict if sessions >= AGREEING * len(verdicts) else ClaimVerdict.INCONCLUSIVE


def is_by_rule_of(claim: Claim, finding: Finding, preset: str) -> bool:
    """Whether a session with this preset decided by the rule that the claim has now, over as many rounds."""
    was = [(part.says, part.decides, part.decision) for part in finding.parts]
    return (finding.rounds, was) == (
        rounds_of(claim, preset),
        [(part.says, part.decides, part.decision) for part in parts_of(claim.decision)],
    )
