"""What several sessions say of a claim together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from stacklab.model.finding import ClaimVerdict, Finding

AGREEING: Final = 0.8
"""Four of five: where fewer sessions have one verdict, chance has too large a part in it."""


def agreed(verdicts: Sequence[ClaimVerdict]) -> ClaimVerdict:
    """The verdict that at least ``AGREEING`` of the sessions gave; inconclusive, where there is none."""
    verdict, sessions = Counter(verdicts).most_common(1)[0]
    return verdict if sessions >= AGREEING * len(verdicts) else ClaimVerdict.INCONCLUSIVE


def by_one_rule(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of the findings of one claim those by the rule of the first, over as many rounds; the others count no more."""
    findings = tuple(findings)
    return tuple(one for one in findings if _rule(one) == _rule(findings[0]))


def _rule(finding: Finding) -> object:
    return finding.rounds, [(part.says, part.decides, part.decision) for part in finding.parts]
