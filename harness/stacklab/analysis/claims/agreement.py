"""The joint verdict of several sessions on a claim: their effects pooled, and their votes beside that.

Rule 1: where three sessions or more give a number with an interval, their effects are pooled by a random-effects mean,
    and the claim's own rule judges its interval. Votes alone punish evidence: if a session decides rightly with a
    chance of 0.7, five sessions agree in half of all cases, and fifty hardly ever (Hedges & Olkin 1980).
Rule 2: where the pooled interval decides nothing, or there is none, as of exact values and orders, the verdict is that
    of four in five sessions. Verdicts that refute are one family: sessions that say "reversed" and "not reproduced"
    agree that the claim does not hold.
Rule 3: where both decide and contradict each other, the verdict is inconclusive.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from stacklab.analysis.claims.finding import together
from stacklab.analysis.claims.pooling import FEWEST_SESSIONS, Pooled, pool
from stacklab.model.claims.claim import Claim
from stacklab.model.claims.decision import parts_of
from stacklab.model.claims.finding import REFUTING, ClaimVerdict, Finding, PartFound
from stacklab.model.claims.grid import rounds_of

AGREEING: Final = 0.8
"""Four in five: if fewer sessions share a verdict, chance plays too large a part."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JointPart:
    """One thing that a claim says, over several sessions."""

    says: str
    decides: bool
    verdict: ClaimVerdict
    what: str
    """What the number is, as in each session."""
    pooled: Pooled | None
    """None where fewer than three sessions have a number that can be pooled."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Joint:
    """What several sessions say of a claim together."""

    verdict: ClaimVerdict
    why: str
    verdicts: tuple[ClaimVerdict, ...]
    """Of the sessions, one by one."""
    parts: tuple[JointPart, ...]

    @property
    def is_provisional(self) -> bool:
        """Whether too few sessions were measured to know how much sessions differ."""
        return len(self.verdicts) < FEWEST_SESSIONS


def joint(findings: Sequence[Finding]) -> Joint:
    """The joint verdict of one session or more, all by the same rule."""
    questions = sum(part.decides for part in findings[0].parts)
    same = {len(found.parts) for found in findings} == {len(findings[0].parts)} and findings[0].parts
    parts = [_part([found.parts[place] for found in findings], questions) for place in range(len(same or ()))]
    verdicts = tuple(found.verdict for found in findings)
    if not parts:  # not testable
        return Joint(verdict=agreed(verdicts), why=findings[0].why, verdicts=verdicts, parts=())
    verdict, why = together([found for found, _ in parts if found.decides])
    return Joint(verdict=verdict, why=why, verdicts=verdicts, parts=tuple(part for _, part in parts))


def agreed(verdicts: Sequence[ClaimVerdict]) -> ClaimVerdict:
    """The verdict of at least ``AGREEING`` of the sessions; inconclusive if there is none.

    Where only those that refute together are so many, the claim is not reproduced.
    """
    needed = AGREEING * len(verdicts)
    verdict, sessions = Counter(verdicts).most_common(1)[0]
    if sessions >= needed:
        return verdict
    if sum(one in REFUTING for one in verdicts) >= needed:
        return ClaimVerdict.NOT_REPRODUCED
    return ClaimVerdict.INCONCLUSIVE


def is_by_rule_of(claim: Claim, finding: Finding, preset: str) -> bool:
    """Whether a session with this preset decided by the rule that the claim has now, over as many rounds."""
    was = [(part.says, part.decides, part.decision) for part in finding.parts]
    return (finding.rounds, was) == (
        rounds_of(claim, preset),
        [(part.says, part.decides, part.decision) for part in parts_of(claim.decision)],
    )


def _part(found: Sequence[PartFound], questions: int) -> tuple[PartFound, JointPart]:
    """One part over all sessions: as if one session had found it, and with what was pooled."""
    first = found[0]
    pooled = pool(first.decision, [part.reading for part in found], questions=questions if first.decides else 1)
    votes = agreed([part.reading.verdict for part in found])
    verdict = votes if pooled is None else _either(pooled.verdict, votes)
    alike = replace(first, reading=replace(first.reading, verdict=verdict, why="", withdrawn=None))
    return alike, JointPart(
        says=first.says, decides=first.decides, verdict=verdict, what=first.reading.what, pooled=pooled
    )


def _either(pooled: ClaimVerdict, votes: ClaimVerdict) -> ClaimVerdict:
    """Rules 2 and 3."""
    if pooled is ClaimVerdict.INCONCLUSIVE:
        return votes
    agrees = votes in {pooled, ClaimVerdict.INCONCLUSIVE} or {pooled, votes} <= REFUTING
    return pooled if agrees else ClaimVerdict.INCONCLUSIVE
