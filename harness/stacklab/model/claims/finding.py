"""What became of a claim here: a verdict, and the numbers and reasons behind it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from stacklab.model.claims.arm import Levels
from stacklab.model.claims.decision import Simple
from stacklab.model.measured.caveat import Caveat
from stacklab.model.measured.verdict import Estimate


class ClaimVerdict(StrEnum):
    """Of a claim, or of one thing that it says."""

    REPRODUCED = "reproduced"
    """The whole interval lies where the claim says."""
    NOT_REPRODUCED = "not reproduced"
    """The whole interval lies where there is nothing worth claiming."""
    REVERSED = "reversed"
    """The whole interval lies beyond equality on the other side."""
    WEAKER = "weaker than claimed"
    """The whole interval lies on the side of the claim, short of the size that it claims."""
    EQUIVALENT = "equivalent"
    """The whole interval lies in the band of what makes no difference."""
    INCONCLUSIVE = "inconclusive"
    """None of these; more rounds, or a quieter machine, may tell."""
    NOT_TESTABLE = "not testable here"
    """This machine has not what an arm needs."""


REFUTING: Final = frozenset(
    {ClaimVerdict.NOT_REPRODUCED, ClaimVerdict.REVERSED, ClaimVerdict.WEAKER, ClaimVerdict.EQUIVALENT}
)
"""One family: sessions that give any of these agree that the claim does not hold as it stands."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GridPoint:
    """One point of a grid: what was found there."""

    at: Levels
    found: Estimate
    expected: float | None = None
    """What a law says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmCaveat:
    """Why an arm cannot support a verdict, and where that was seen."""

    caveat: Caveat
    at: Levels = field(default_factory=dict)
    """The grid point, of a cell."""
    round: int | None = None
    """Of a program, whose runs are doubted one by one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Withdrawn:
    """A verdict that does not count, because arms cannot support it."""

    verdict: ClaimVerdict
    """What it would be."""
    caveats: Mapping[str, ArmCaveat]
    """By the name of an arm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """One decision, taken: what was found, and what follows."""

    kind: str
    """Of the decision."""
    verdict: ClaimVerdict
    what: str
    """Of what the number is: ``delay_s, semaphore over none``."""
    found: Estimate | None
    unit: str = ""
    why: str = ""
    """A sentence, where the verdict needs one."""
    sees: float | None = None
    """The smallest effect that four of five such sessions would call reproduced: of a contrast the ratio; of a value
    or a slope, how far within its bounds it would have to be."""
    floor: float | None = None
    """How far two identical arms are apart here, as a relative difference."""
    places: tuple[GridPoint, ...] = ()
    withdrawn: Withdrawn | None = None
    """In place of ``why``, where the verdict is inconclusive for the sake of the arms alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartFound:
    """One thing that a claim says, and the reading of it."""

    says: str
    decides: bool
    decision: Simple
    """The rule, as it was fixed beforehand."""
    reading: Reading


@dataclass(frozen=True, kw_only=True, slots=True)
class AblationFound:
    """What was left of an effect when one thing was taken away."""

    removes: str
    effect: Reading
    without: Reading
    gone: Estimate | None
    """The share of the logarithm that is gone."""
    supported: bool | None
    """None: this cannot be said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OriginalFound:
    """A number of the source, and ours."""

    what: str
    unit: str
    value: float
    table: str
    made: bool
    """From several numbers of the source, by a formula."""
    ours: Estimate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A claim, tested."""

    claim: str
    verdict: ClaimVerdict
    why: str = ""
    rounds: int = 0
    parts: tuple[PartFound, ...] = ()
    ablations: tuple[AblationFound, ...] = ()
    flips: Reading | None = None
    originals: tuple[OriginalFound, ...] = ()
    caveats: Mapping[str, ArmCaveat] = field(default_factory=dict)
    """By the name of an arm: why it cannot support a verdict."""
    dropped: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """By the name of an arm: its rounds that something else disturbed, and that do not count."""
    doubts: Mapping[str, str] = field(default_factory=dict)
    """The same as sentences, in findings that were written before ``caveats`` were values; no others have any."""

    @property
    def alone(self) -> Reading | None:
        """The reading that decides, where one alone does: its reason is that of the finding."""
        deciding = [part.reading for part in self.parts if part.decides]
        return deciding[0] if len(deciding) == 1 else None


@dataclass(frozen=True, kw_only=True, slots=True)
class Tested:
    """The findings of one session, without what they are made of: for lists, and for pages on many sessions."""

    session: str
    started_at: str
    """UTC, ISO 8601."""
    preset: str
    machine: str
    """``AMD EPYC (2 cores)``."""
    findings: tuple[Finding, ...]
