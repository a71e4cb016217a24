"""The finding on a claim: every decision is read, and the readings are combined."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from statistics import fmean

from scipy.special import stdtrit

from stacklab.analysis.claims.contrast import read_contrast
from stacklab.analysis.claims.law import quantity_of, read_crossover, read_law
from stacklab.analysis.claims.level import read_exact, read_order, read_within
from stacklab.analysis.claims.observed import Observed, geometric, ratios
from stacklab.analysis.claims.trend import read_trend
from stacklab.analysis.rounds.differences import ALPHA
from stacklab.model.claims.claim import Ablation, Claim
from stacklab.model.claims.decision import (
    Contrast,
    Crossover,
    Exact,
    Law,
    Ordering,
    Simple,
    Trend,
    Within,
    arms_of,
    parts_of,
)
from stacklab.model.claims.finding import (
    AblationFound,
    ArmCaveat,
    ClaimVerdict,
    Finding,
    OriginalFound,
    PartFound,
    Reading,
    Withdrawn,
)
from stacklab.model.measured.caveat import COMPRESSING, CaveatKind
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.measured.verdict import Estimate


def find(claim: Claim, observed: Observed, *, untestable: str = "") -> Finding:
    """The finding of one session on a claim. ``untestable``: the reason why it was not tested."""
    cannot = untestable or _cannot(observed)
    if cannot:
        return Finding(claim=claim.name, verdict=ClaimVerdict.NOT_TESTABLE, why=cannot)
    parts = parts_of(claim.decision)
    questions = sum(part.decides for part in parts)
    found = tuple(
        PartFound(
            says=part.says,
            decides=part.decides,
            decision=part.decision,
            reading=read(part.decision, claim, observed, questions=questions if part.decides else 1),
        )
        for part in parts
    )
    verdict, why = together([part for part in found if part.decides])
    return Finding(
        claim=claim.name,
        verdict=verdict,
        why=why,
        rounds=observed.rounds,
        parts=found,
        ablations=tuple(_ablation(ablation, claim, observed) for ablation in claim.ablations),
        flips=None if claim.flips is None else _read_or_why(claim.flips, claim, observed, questions=1),
        originals=tuple(
            OriginalFound(
                what=one.what,
                unit=one.unit,
                value=one.value or 0.0,
                table=one.table,
                made=one.formula is not None,
                ours=None if one.ours is None else quantity_of(one.ours, observed),
            )
            for one in claim.originals
        ),
        caveats={arm: found[0] for arm, found in {**observed.suspect, **observed.void}.items()},
        dropped=observed.dropped,
    )


def read(decision: Simple, claim: Claim, observed: Observed, *, questions: int = 1) -> Reading:
    """Take one decision; arms that cannot support it take it back."""
    reading = _read_or_why(decision, claim, observed, questions)
    arms = dict.fromkeys(arms_of(decision))
    failed = [arm for arm in arms if not observed.arms.get(arm)]
    if failed:
        reasons = [f"{arm} has no result: {_reason(observed.failed.get(arm, ()))}" for arm in failed]
        return replace(reading, verdict=ClaimVerdict.INCONCLUSIVE, why=_sentences(reasons))
    doubted: Mapping[str, ArmCaveat] = {arm: observed.void[arm][0] for arm in arms if arm in observed.void}
    if not doubted and reading.verdict is not ClaimVerdict.INCONCLUSIVE:
        doubted = _doubted(arms, observed, equality=_is_equality(decision, reading))
    if doubted:
        withdrawn = Withdrawn(verdict=reading.verdict, caveats=doubted)
        return replace(reading, verdict=ClaimVerdict.INCONCLUSIVE, why="", withdrawn=withdrawn)
    return reading


def _doubted(arms: Iterable[str], observed: Observed, *, equality: bool) -> Mapping[str, ArmCaveat]:
    """The suspect arms that cannot support a reading, and why.

    What disturbs makes differences, so that two arms that do not differ in spite of it do not; what limits both alike
    makes them equal.
    """
    kinds = COMPRESSING if equality else frozenset(CaveatKind)
    found = {
        arm: next((one for one in observed.suspect.get(arm, ()) if one.caveat.kind in kinds), None) for arm in arms
    }
    return {arm: one for arm, one in found.items() if one is not None}


def together(parts: Iterable[PartFound]) -> tuple[ClaimVerdict, str]:
    """The joint verdict of the parts that decide: all of them have to hold."""
    parts = tuple(parts)
    verdicts = [part.reading.verdict for part in parts]
    if len(set(verdicts)) == 1:
        return verdicts[0], parts[0].reading.why if len(parts) == 1 else ""
    neither = {ClaimVerdict.REPRODUCED, ClaimVerdict.REVERSED, ClaimVerdict.INCONCLUSIVE}
    against = [part for part in parts if part.reading.verdict not in neither]
    against += [part for part in parts if part.reading.verdict is ClaimVerdict.REVERSED]
    if against:
        return ClaimVerdict.NOT_REPRODUCED, f"Not all parts hold: {_quoted(against)}."
    open_ = [part for part in parts if part.reading.verdict is ClaimVerdict.INCONCLUSIVE]
    return ClaimVerdict.INCONCLUSIVE, f"Undecided: {_quoted(open_)}."


def _is_equality(decision: Simple, reading: Reading) -> bool:
    """Whether it says that two arms do not differ. Of a value, or of a law, what disturbs may make any verdict."""
    if not isinstance(decision, Contrast):
        return False
    if reading.verdict is ClaimVerdict.REPRODUCED:
        return (decision.at_least or math.inf) < 1 < (decision.at_most or -math.inf)
    if reading.verdict is ClaimVerdict.NOT_REPRODUCED:
        return not reading.why  # it has a reason where the arms differ, and not as claimed
    return reading.verdict is ClaimVerdict.EQUIVALENT


def _read_or_why(decision: Simple, claim: Claim, observed: Observed, questions: int) -> Reading:
    """A formula needs what an arm has not given, where that arm failed."""
    try:
        return _read(decision, claim, observed, questions)
    except ValueError as error:
        return Reading(
            kind=decision.kind, verdict=ClaimVerdict.INCONCLUSIVE, what=decision.metric, found=None, why=f"{error}."
        )


def _read(decision: Simple, claim: Claim, observed: Observed, questions: int) -> Reading:
    match decision:
        case Contrast():
            found = read_contrast(decision, observed, twin_of=claim.measured_twice, questions=questions)
        case Within():
            found = read_within(decision, observed)
        case Law():
            found = read_law(decision, observed)
        case Exact():
            found = read_exact(decision, observed)
        case Ordering():
            found = read_order(decision, observed)
        case Crossover():
            found = read_crossover(decision, observed)
        case Trend():
            found = read_trend(decision, observed)
    return found


def _ablation(ablation: Ablation, claim: Claim, observed: Observed) -> AblationFound:
    gone = _gone(ablation, observed)
    certain = gone is not None and gone.low is not None
    return AblationFound(
        removes=ablation.removes,
        effect=read(ablation.effect, claim, observed),
        without=read(ablation.without, claim, observed),
        gone=gone,
        supported=gone.value >= ablation.at_least and (gone.low or 0.0) > ablation.certain
        if certain and gone is not None
        else None,
    )


def _gone(ablation: Ablation, observed: Observed) -> Estimate | None:
    """One minus the ratio of two mean logarithms, paired by round, with Fieller's interval (1954).

    There is no interval where the effect itself is not certainly there.
    """
    effect, without = (
        geometric(ratios(observed.arms.get(one.candidate, {}), observed.arms.get(one.baseline, {}), one.metric, one.at))
        for one in (ablation.effect, ablation.without)
    )
    both = sorted(effect.keys() & without.keys())
    n = len(both)
    if n < 2:
        return None
    whole, left = [math.log(effect[number]) for number in both], [math.log(without[number]) for number in both]
    mean, rest = fmean(whole), fmean(left)
    if not mean:
        return None
    of_mean, of_rest, of_both = _variance(whole, whole), _variance(left, left), _variance(whole, left)
    t = float(stdtrit(n - 1, 1 - ALPHA / 2))
    certain = mean * mean - t * t * of_mean
    share = 1 - rest / mean
    if certain <= 0:
        return Estimate(value=share, low=None, high=None, n=n)
    middle = mean * rest - t * t * of_both
    reach = math.sqrt(max(0.0, middle * middle - certain * (rest * rest - t * t * of_rest)))
    ends = sorted(1 - (middle + sign * reach) / certain for sign in (-1, 1))
    return Estimate(value=share, low=ends[0], high=ends[1], n=n)


def _variance(one: list[float], other: list[float]) -> float:
    """Variance or covariance of means: the sum of products of deviations, over n (n - 1)."""
    n, first, second = len(one), fmean(one), fmean(other)
    return sum((a - first) * (b - second) for a, b in zip(one, other, strict=True)) / (n * (n - 1))


def _cannot(observed: Observed) -> str:
    """The reason why an arm cannot run here, if none of its runs could."""
    for arm, failed in observed.failed.items():
        if not observed.arms.get(arm) and all(run.stage in {Stage.HERE, Stage.ENVIRONMENT} for run in failed):
            return f"{arm}: {failed[0].reason}"
        here = next((run for run in failed if run.stage is Stage.HERE), None)
        if here is not None:
            return f"{arm}: {here.reason}"
    return ""


def _reason(failed: tuple[Failed, ...]) -> str:
    return failed[0].reason if failed else "it was not run"


def _sentences(reasons: Iterable[str]) -> str:
    return " ".join(reason if reason.endswith(".") else f"{reason}." for reason in reasons)


def _quoted(parts: Iterable[PartFound]) -> str:
    return "; ".join(f"{part.says.removesuffix('.')} ({part.reading.verdict})" for part in parts)
