"""Conditions that fail a build: ``p99 > 1.10`` asks whether the ratio B over A of P99 is above 1.10.

Rule 1: a condition is met only where the whole 95 % interval of the ratio meets it, so that noise fails no build:
    ``>`` and ``>=`` ask the lower end of the interval, ``<`` and ``<=`` the upper one. Where several conditions or
    pairs are asked, the interval is the wider one of Holm's correction over all of them, as it is for verdicts. So
    noise fails at most one build in forty.
Rule 2: a condition about cells that are void, failed or missing counts as met: a server that broke is not a pass.
Rule 3: a condition that no pair has a number for, or an interval, is wrong use; it would always pass. So is one about
    two sessions that have no reference in common: nothing can be told from them.
"""

import difflib
import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.comparison.result import ComparisonResult, CountComparison, MetricComparison, PairComparison
from stacklab.analysis.instructions.contrast import CountContrast, WhyNot
from stacklab.analysis.metrics import BY_KEY, COMPARED, INSTRUCTIONS, SHORT_NAMES, MetricFamily
from stacklab.analysis.rounds.differences import holm
from stacklab.errors import UsageError
from stacklab.model.measured.verdict import Verdict

OPERATORS: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}

PLAUSIBLE: Final = (0.1, 10.0)
"""A ratio beyond these is none that somebody waits for: it is a latency or a rate that was meant."""

NAMES: Final = tuple(metric.key for metric in COMPARED)

_FORM: Final = re.compile(r"\s*(?P<metric>[\w.]+)\s*(?P<operator>[<>]=?)\s*(?P<limit>\d+(\.\d+)?)\s*")


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A condition that must not be met."""

    metric: str
    operator: str
    limit: float

    def __str__(self) -> str:
        """As it was written, tidied."""
        return f"{self.metric} {self.operator} {self.limit:g}"

    def met(self, one: CountContrast) -> bool | None:
        """Whether the whole interval of counted instructions meets it; None without an interval."""
        end = one.low if self.operator.startswith(">") else one.high
        return None if end is None else OPERATORS[self.operator](end, self.limit)

    def p(self, one: MetricComparison) -> float | None:
        """How likely so clear a ratio is by chance, to either side, if the condition did not hold; None where unknown.

        At most 0.05 exactly where the whole 95 % interval meets the condition.
        """
        found = one.difference
        if found is None:
            # The same without a ratio is that of two cells without errors: the ratio is one.
            return float(not self._holds(1.0)) if one.verdict is Verdict.SAME else None
        if not found.freedom:
            return None
        if not found.error or not self.limit:
            return float(not self._holds(found.ratio))
        limit = math.log(self.limit)
        return min(1.0, 2 * (found.p_above(limit) if self.operator.startswith(">") else found.p_below(limit)))

    def _holds(self, ratio: float) -> bool:
        return OPERATORS[self.operator](ratio, self.limit)


def parse(text: str) -> Condition:
    """Read ``METRIC OPERATOR RATIO``. Raises UsageError with an example, or with the nearest name."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise UsageError(
            f"--fail-if {text!r}: write a metric, one of > >= < <=, and a ratio of B over A, such as 'p99 > 1.10'"
        )
    name = found["metric"].removeprefix(f"{MetricFamily.LATENCY}.")
    name = SHORT_NAMES.get(name, name)
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(NAMES)}"
        raise UsageError(f"--fail-if {text!r}: unknown metric {name!r}; {hint}")
    limit = float(found["limit"])
    if not PLAUSIBLE[0] <= limit <= PLAUSIBLE[1]:
        raise UsageError(
            f"--fail-if {text!r}: {found['limit']} is a ratio of B over A, and no plausible one; write 1.10 for 10 % "
            "more. A limit in units, such as 50 ms, is not a comparison"
        )
    return Condition(metric=name, operator=found["operator"], limit=limit)


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """A condition that is met, or a pair that could not be compared."""

    pair: PairComparison | CountComparison
    condition: Condition | None = None
    found: MetricComparison | CountContrast | None = None
    """None where the pair has no numbers that count."""


def failures(conditions: Iterable[Condition], result: ComparisonResult) -> tuple[Failure, ...]:
    """The failures of the build.

    Raises:
        UsageError: a condition that nothing in this comparison could ever meet.
    """
    conditions = tuple(conditions)
    of_counts = [one for one in conditions if result.counts and one.metric == INSTRUCTIONS.key]
    others = [one for one in conditions if one not in of_counts]
    found = [Failure(pair=pair) for pair in result.pairs if not pair.metrics] if others else []
    for condition in of_counts:
        found += _failures_of_counts(condition, result.counts)
    questions: list[tuple[Failure, float]] = []
    for condition in others:
        metric = BY_KEY[condition.metric]
        asked = [(pair, one) for pair in result.pairs for one in pair.metrics if one.metric is metric]
        answers = [(Failure(pair=pair, condition=condition, found=one), condition.p(one)) for pair, one in asked]
        known = [(failure, p) for failure, p in answers if p is not None]
        if not known and not found:
            raise UsageError(f"--fail-if '{condition}': {_why_never(result)}")
        questions += known
    met = holm([p for _, p in questions])
    return (*found, *(failure for (failure, _), holds in zip(questions, met, strict=True) if holds))


def _why_never(result: ComparisonResult) -> str:
    if result.session is None and result.reference is None:
        return (
            "two sessions differ by more than their rounds show, so this cannot be decided; measure a stack that does "
            "not change in both and name it with --reference, or compare stacks of one session"
        )
    return "no pair has an interval for this ratio; run more rounds or measure longer"


def _failures_of_counts(condition: Condition, counts: Sequence[CountComparison]) -> Iterator[Failure]:
    """Rule 2 and 3, of counted instructions: what failed is not a pass, and what cannot be compared is wrong use."""
    if any(one.contrast.why is WhyNot.OTHER_SOURCE for one in counts):
        raise UsageError(f"--fail-if '{condition}': the instructions cannot be compared: {WhyNot.OTHER_SOURCE}")
    answers = 0
    for one in counts:
        met = condition.met(one.contrast)
        if one.contrast.why is WhyNot.FAILED:
            answers += 1
            yield Failure(pair=one)
        elif met is not None:
            answers += 1
            if met:
                yield Failure(pair=one, condition=condition, found=one.contrast)
    if not answers:
        why = next((one.contrast.why for one in counts if one.contrast.why is not None), WhyNot.FAILED)
        raise UsageError(f"--fail-if '{condition}': the instructions cannot be compared: {why}")
