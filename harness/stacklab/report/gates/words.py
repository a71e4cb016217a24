"""Judgements in words: terminal, summary, annotations and JUnit share them."""

from collections.abc import Sequence
from typing import Final

from stacklab.analysis.gates.judgement import Answer, Judgement
from stacklab.model.measured.verdict import Estimate
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import listed, number

HEADS: Final = ("Promise", "Stack", "Scenario", "Answer", "Found")


def subject(one: Judgement) -> str:
    """Which stack, scenario and route it is about."""
    route = f", {one.route}" if one.route else ""
    return f"{one.stack} under {one.scenario}{route}"


def promise(one: Judgement) -> str:
    """The promise, with the one that a capacity was sought under."""
    return f"{one.limit.text} ({one.under})" if one.under else one.limit.text


def found(one: Judgement) -> str:
    """The value with its interval, or why there is none, and what would tell."""
    parts = [] if one.found is None else [_value(one)]
    if one.why is not None:
        parts.append(str(one.why))
    parts += [sentence(caveat).rstrip(".") for caveat in one.caveats]
    if one.answer is Answer.CANNOT_TELL and one.rounds is not None:
        parts.append(f"about {one.rounds} rounds would tell, if it stays so")
    return "; ".join(parts)


def row(one: Judgement) -> tuple[str, ...]:
    """A line of the table."""
    scenario = f"{one.scenario}, {one.route}" if one.route else one.scenario
    return promise(one), one.stack, scenario, one.answer, found(one)


def told(one: Judgement) -> str:
    """One sentence."""
    if one.promise is not None:
        named = f"{one.promise.name}: " if one.promise.name else ""
        owner = f" ({one.promise.owner})" if one.promise.owner else ""
        return f"{named}{promise(one)} {one.answer} for {subject(one)}{owner}: {found(one)}"
    return f"{promise(one)} {one.answer} for {subject(one)}: {found(one)}"


def in_sum(judgements: Sequence[Judgement]) -> str:
    """How many hold, fail, and cannot be told."""
    counts = {answer: sum(one.answer is answer for one in judgements) for answer in Answer}
    words = [
        f"{count} {'hold' if count != 1 else 'holds'}"
        if answer is Answer.HOLDS
        else f"{count} {'fail' if count != 1 else 'fails'}"
        if answer is Answer.FAILS
        else f"{count} cannot be told"
        for answer, count in counts.items()
        if count
    ]
    of = "1 promise" if len(judgements) == 1 else f"{len(judgements)} promises"
    return f"{of}: {listed(words)}"


def _value(one: Judgement) -> str:
    assert one.found is not None  # noqa: S101 (whoever calls has looked)
    unit = one.limit.unit
    return _interval(_percent(one.found) if unit == "%" else one.found, unit, at_least=one.at_least)


def _percent(found: Estimate) -> Estimate:
    def scaled(value: float | None) -> float | None:
        return None if value is None else value * 100

    return Estimate(value=found.value * 100, low=scaled(found.low), high=scaled(found.high), n=found.n)


def _interval(found: Estimate, unit: str, *, at_least: bool) -> str:
    more = "at least " if at_least else ""
    between = "" if found.low is None or found.high is None else f" ({number(found.low)} to {number(found.high)})"
    return f"{more}{number(found.value)} {unit}".rstrip() + between
