"""Three answers to a condition about a ratio of two stacks of one session, such as ``cpu > 1.05``.

Rule 1: as for promises (``judgement``): the whole interval of the ratio decides, and what breaks a promise is corrected
    over all that is asked.
Rule 2: a pair that could not be compared, because one of them is void or did not run, fails.
Rule 3: where stacks took turns, the machine met both alike, and only what is left of the caveats keeps an answer back.
    A stack that was told from itself in the session keeps back what fails.
"""

from collections.abc import Sequence

from stacklab.analysis.comparison.conditions import Condition
from stacklab.analysis.comparison.result import ComparisonResult, CountComparison, MetricComparison, PairComparison
from stacklab.analysis.gates.judgement import Answer, Judgement, Untold, corrected, keeps
from stacklab.analysis.gates.limits import OPPOSITE, PromisedLimit
from stacklab.analysis.metrics import BY_KEY, INSTRUCTIONS, SHORT_NAMES
from stacklab.analysis.rounds.differences import ALPHA
from stacklab.model.measured.verdict import Estimate, Validity

TIMES = "times A"


def judged_ratios(conditions: Sequence[Condition], result: ComparisonResult) -> tuple[Judgement, ...]:
    """Hold every condition against every pair, and against counted instructions."""
    found: list[tuple[Judgement, float | None]] = []
    for condition in conditions:
        if condition.metric == INSTRUCTIONS.key and result.counts:
            found += [_of_count(condition, one) for one in result.counts]
        else:
            found += [_of_pair(condition, pair) for pair in result.pairs]
    return corrected(found)


def promised(condition: Condition) -> PromisedLimit:
    """What is to hold, if a build fails by the condition."""
    operator = OPPOSITE[condition.operator]
    name = next((short for short, key in SHORT_NAMES.items() if key == condition.metric), condition.metric)
    return PromisedLimit(
        metric=BY_KEY[condition.metric],
        operator=operator,
        limit=condition.limit,
        text=f"{name} {operator} {condition.limit:g} {TIMES}",
        unit=TIMES,
    )


def _of_pair(condition: Condition, pair: PairComparison) -> tuple[Judgement, float | None]:
    blank = _blank(condition, pair.names[1], pair.scenario.name)
    if not pair.metrics:
        return _with(blank, Answer.FAILS, Untold.FAILED), None
    one = next((one for one in pair.metrics if one.metric.key == condition.metric), None)
    if one is None or one.interval is None:
        return _with(blank, Answer.CANNOT_TELL, Untold.UNAVAILABLE if one is None else Untold.ONE_ROUND), None
    judgement = _with(blank, Answer.CANNOT_TELL, None, _estimate(one))
    if keeps(one.interval[0], one.interval[1], judgement.limit):
        return _with(blank, Answer.HOLDS, None, judgement.found), None
    p = condition.p(one)
    is_doubtful = one.alarm or any(cell.difference_validity is not Validity.VALID for cell in pair.cells)
    if is_doubtful and p is not None and p <= ALPHA:
        return _with(blank, Answer.CANNOT_TELL, Untold.DOUBT, judgement.found), None
    return judgement, p


def _of_count(condition: Condition, one: CountComparison) -> tuple[Judgement, float | None]:
    blank, contrast = _blank(condition, one.names[1], one.scenario), one.contrast
    if contrast.ratio is None or contrast.low is None or contrast.high is None:
        return _with(blank, Answer.CANNOT_TELL, Untold.UNAVAILABLE), None
    found = Estimate(value=contrast.ratio, low=contrast.low, high=contrast.high, n=contrast.n)
    if keeps(contrast.low, contrast.high, blank.limit):
        return _with(blank, Answer.HOLDS, None, found), None
    return _with(blank, Answer.FAILS if condition.met(contrast) else Answer.CANNOT_TELL, None, found), None


def _estimate(one: MetricComparison) -> Estimate:
    n = 0 if one.difference is None else one.difference.n
    return Estimate(value=one.ratio or 0.0, low=one.low, high=one.high, n=n)


def _blank(condition: Condition, stack: str, scenario: str) -> Judgement:
    return Judgement(stack=stack, scenario=scenario, limit=promised(condition), answer=Answer.CANNOT_TELL)


def _with(blank: Judgement, answer: Answer, why: Untold | None, found: Estimate | None = None) -> Judgement:
    return Judgement(stack=blank.stack, scenario=blank.scenario, limit=blank.limit, answer=answer, why=why, found=found)
