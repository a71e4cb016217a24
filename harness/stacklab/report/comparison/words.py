"""A comparison in the words that the terminal and Markdown share."""

from collections.abc import Iterator
from dataclasses import dataclass

from stacklab.model.verdict import Estimate, Verdict
from stacklab.report.comparison.changes import Change
from stacklab.report.comparison.metrics import ERRORS
from stacklab.report.comparison.view import ComparisonView, MetricView, PairView
from stacklab.report.kit.numbers import NO_NUMBER, number, percent

HEADS = ("", "A", "B", "B / A", "95 % interval", "verdict on B")

_OF_TIME = frozenset({"throughput_rps", "p50", "p90", "p99"})
"""Metrics in which a stack is faster or slower; of the others it needs less or more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One metric, every number as it is printed, in the order of ``HEADS``."""

    cells: tuple[str, ...]
    verdict: Verdict | None


def opening(view: ComparisonView) -> Iterator[str]:
    """What is compared, and how far that can carry."""
    for change in view.different_machines[:1]:
        others = "".join(f"; {inline(other)}" for other in view.different_machines[1:])
        yield (
            f"Different machines ({inline(change)}{others}): what follows compares them as well, "
            "and no ratio is due to the stacks alone."
        )
    if view.session is None:
        yield f"A is session {view.a}, B is session {view.b}."
        yield (
            "They share no round: the values of each are compared as they are (Welch's interval of the log ratio), "
            "and whatever the machine did differently meanwhile is part of the difference."
        )
    else:
        yield f"A is {view.a}, B is {view.b}, both of session {view.session}, paired by round."


def inline(change: Change) -> str:
    """One change in a sentence."""
    return f"{change.what} {change.a} → {change.b}"


def title(view: ComparisonView, pair: PairView) -> str:
    """What a table is about."""
    return pair.scenario if view.session is not None else f"{pair.scenario}, {pair.a}"


def rows(pair: PairView) -> Iterator[Row]:
    """One row a metric."""
    for one in pair.metrics:
        between = NO_NUMBER if one.low is None else f"{number(one.low)} to {number(one.high)}"
        yield Row(
            cells=(
                one.words,
                _value(one, one.a),
                _value(one, one.b),
                number(one.ratio),
                between,
                verdict_in_words(one),
            ),
            verdict=one.verdict,
        )


def verdict_in_words(one: MetricView) -> str:
    """``faster`` and ``slower`` of times, ``less`` and ``more`` of what a stack needs; why, where it is neither."""
    if one.verdict is None:
        return f"no verdict: {one.why}"
    words = {Verdict.FASTER: "less", Verdict.SLOWER: "more"} if one.metric not in _OF_TIME else {}
    word = words.get(one.verdict, one.verdict.value)
    return f"{word}: {one.why}" if one.why else word


def remarks(pair: PairView) -> Iterator[str]:
    """What a reader must know of this table."""
    yield from pair.doubts
    if not pair.metrics:
        yield "No verdict: of these two cells at least one has no numbers that count."
    elif not pair.is_open:
        yield "A closed loop: its latency follows from its throughput, and is no second opinion."
    else:
        yield "An open loop: its throughput is what was offered, as long as the server keeps up."


def closing(view: ComparisonView) -> Iterator[str]:
    """What the verdicts mean."""
    yield from view.left_out
    if not any(pair.metrics for pair in view.pairs):
        yield "Nothing here can be compared."
        return
    yield (
        "Each interval is one of 95 % by itself; a difference is called one where it exceeds the noise floor and holds "
        f"after Holm's correction for {view.questions} questions."
    )


def _value(one: MetricView, estimate: Estimate | None) -> str:
    if estimate is None:
        return NO_NUMBER
    return percent(estimate.value) if one.metric == ERRORS else f"{number(estimate.value)} {one.unit}"
