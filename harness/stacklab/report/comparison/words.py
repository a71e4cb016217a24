"""A comparison in the words that the terminal and Markdown share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stacklab.analysis.comparison.changes import Change
from stacklab.analysis.comparison.conditions import Failure
from stacklab.analysis.comparison.result import (
    ComparisonResult,
    CountComparison,
    MetricComparison,
    OneSided,
    PairComparison,
    Why,
)
from stacklab.analysis.comparison.routes import COMPARED_BY_ROUTE
from stacklab.analysis.instructions.contrast import MARGIN, CountContrast
from stacklab.analysis.metrics import Metric
from stacklab.analysis.rounds.cell import CellResult
from stacklab.model.measured.verdict import Estimate, Validity, Verdict
from stacklab.model.traffic.load import Closed, Open
from stacklab.report.caveats import sentence
from stacklab.report.kit.numbers import NO_NUMBER, listed, number, percent
from stacklab.report.session.words.loads import load_in_words

COUNT_HEADS = ("instructions per request", "A", "B", "B / A", "95 % interval", "verdict on B")

COUNT_DIGITS = 5
"""Of a ratio of counts: a percent is a large difference there."""

COUNTS_ARE_WORK = (
    "Instructions in user mode, one request in flight: they are work, not speed, and do not rank servers of different "
    "kinds."
)

ROUTE_HEADS = ("Route", "", "A", "B", "B / A", "95 % interval")

ROUTES_HAVE_NO_VERDICT = (
    "The routes show where a difference comes from. They have no verdicts: each interval has 95 % confidence by itself."
)

HEADS = ("", "A", "B", "B / A", "95 % interval", "verdict on B")

ABSENT = "none"

NO_CHANGE = "No recorded difference."

MOST_CHANGES = 4
"""Changes that one line names, and that a page shows before it folds the others away."""

_STANDS = {
    Verdict.FASTER: "is better in",
    Verdict.SLOWER: "is worse in",
    Verdict.SAME: "is the same within the margin in",
    Verdict.UNRESOLVED: "cannot be told apart in",
}
"""What a verdict says of B."""

_FAR = 99.0
"""Relative difference beyond which no two stacks are."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ComparisonRow:
    """One metric, every number as it is printed, in the order of ``HEADS``."""

    cells: tuple[str, ...]
    verdict: Verdict | None


def opening(view: ComparisonResult) -> Iterator[str]:
    """The two sides, and the limits of comparing them."""
    for change in view.different_machines[:1]:
        others = "".join(f"; {inline(other)}" for other in view.different_machines[1:])
        yield (
            f"The machines differ ({inline(change)}{others}): every ratio below compares the machines too, "
            "and none is due to the stacks alone."
        )
    if view.session is None:
        yield f"A is session {view.a}, B is session {view.b}."
        if view.pairs:
            yield (
                "Two sessions differ by more than their rounds show, and there is no reference to tell by how much: "
                "these are ratios without a verdict. Name a stack that did not change with --reference."
                if view.reference is None
                else f"Each stack is compared through {view.reference}, which is the same in both: a ratio says how "
                "much further a stack is from it in B than in A."
            )
        if view.own_app is not None:
            yield f"The code of {view.own_app} is not recorded: it may have changed beside what is listed."
    else:
        paired = ", paired by round" if view.pairs else ""
        yield f"A is {view.a}, B is {view.b}, both from session {view.session}{paired}."


def inline(change: Change) -> str:
    """One change in a sentence."""
    return f"{change.what} {shown(change.a)} → {shown(change.b)}"


def changes_in_one_line(changes: Sequence[Change]) -> str:
    """The first few changes, and how many more there are."""
    if not changes:
        return "no recorded difference."
    more = len(changes) - MOST_CHANGES
    rest = f"; and {more} more (--all lists them)" if more > 0 else ""
    return f"{'; '.join(map(inline, changes[:MOST_CHANGES]))}{rest}."


def shown(value: object) -> str:
    """One side of a change."""
    match value:
        case None | () | {}:
            return ABSENT
        case Closed() | Open():
            return load_in_words(value)
        case tuple():
            return " ".join(map(str, value))
        case Mapping():
            return " ".join(f"{name}={one}" for name, one in value.items())
    return str(value)


def title(view: ComparisonResult, pair: PairComparison) -> str:
    """The title of a table."""
    return pair.scenario.name if view.session is not None else f"{pair.scenario.name}, {pair.names[0]}"


def summary(pair: PairComparison) -> str:
    """What became of B in one sentence: the metrics in which it is better, worse, the same, and not to be told."""
    if not pair.metrics:
        return f"There is no verdict. {next(iter(doubts(pair)), '')}".rstrip()
    subject = pair.names[1] if pair.within_a_session else "B"
    found = {verdict: [one for one in pair.metrics if _stands(one) is verdict] for verdict in _STANDS}
    parts = [f"{_STANDS[verdict]} {listed([_told(one) for one in ones])}" for verdict, ones in found.items() if ones]
    if not parts:
        return f"There is no verdict: {pair.metrics[0].why or 'nothing can be compared'}."
    return f"{subject} {'; '.join(parts)}."


def _stands(one: MetricComparison) -> Verdict | None:
    """The verdict, except that a difference by less than the margin makes nothing better or worse."""
    return Verdict.SAME if one.why is Why.WITHIN_MARGIN else one.verdict


def _told(one: MetricComparison) -> str:
    """A metric in a sentence, with its ratio where the sides are told apart."""
    name = one.metric.phrase.partition(",")[0] if one.metric.is_share else one.metric.phrase
    told = one.ratio is not None and _stands(one) in {Verdict.FASTER, Verdict.SLOWER}
    return f"{name} (ratio {number(one.ratio)})" if told else name


def standings(pair: PairComparison) -> str:
    """The standings of both cells."""
    return ", ".join(f"{side} {cell.standing}" for side, cell in zip("AB", pair.cells, strict=True)) + "."


def rows(pair: PairComparison) -> Iterator[ComparisonRow]:
    """One row a metric."""
    for one in pair.metrics:
        between = NO_NUMBER if one.low is None else f"{number(one.low)} to {number(one.high)}"
        yield ComparisonRow(
            cells=(
                one.metric.phrase,
                _value(one, one.a),
                _value(one, one.b),
                number(one.ratio),
                between,
                verdict_in_words(one),
            ),
            verdict=one.verdict,
        )


def route_rows(pair: PairComparison) -> Iterator[tuple[str, ...]]:
    """One row for each route and metric, in the order of ``ROUTE_HEADS``."""
    for one in pair.routes:
        for metric in COMPARED_BY_ROUTE:
            found = one.differences.get(metric.key)
            between = None if found is None else found.interval()
            yield (
                one.route.title,
                metric.title,
                *(_in_unit(side.of(metric), metric, at_least=side.at_least(metric)) for side in (one.a, one.b)),
                NO_NUMBER if found is None else number(found.ratio),
                NO_NUMBER if between is None else f"{number(between[0])} to {number(between[1])}",
            )
        if one.a.errors or one.b.errors:
            failed = (f"{number(side.errors)} of {number(side.requests)}" for side in (one.a, one.b))
            yield one.route.title, "failed", *failed, NO_NUMBER, NO_NUMBER


def _in_unit(found: Estimate | None, metric: Metric, *, at_least: bool) -> str:
    if found is None:
        return NO_NUMBER
    return f"{'≥' if at_least else ''}{number(found.value)} {metric.unit}"


def verdict_in_words(one: MetricComparison) -> str:
    """``faster`` and ``slower`` of times, ``less`` and ``more`` of what a stack needs; why, where it is neither."""
    why = why_in_words(one)
    if one.verdict is None:
        return f"no verdict: {why}"
    words = {} if one.metric.is_a_time else {Verdict.FASTER: "less", Verdict.SLOWER: "more"}
    word = words.get(one.verdict, one.verdict.value)
    return f"{word}: {why}" if why else word


def why_in_words(one: MetricComparison) -> str:
    """Why the verdict is no firmer, or what would make it so; empty where there is nothing to say."""
    parts: list[str] = [] if one.why is None else [one.why]
    if one.verdict is Verdict.UNRESOLVED and one.sees is not None:
        needs = f", {percent(one.needs[0])} in {one.needs[1]} rounds" if one.needs else ""
        parts.append(f"detects {_effect(one.sees)}{needs}")
    return "; ".join(parts)


def _effect(relative: float) -> str:
    """A relative difference: ``12 %``, a factor where it is that large, and nothing where it is beyond all stacks."""
    if relative < 1:
        return percent(relative)
    return f"a factor of {number(1 + relative)}" if relative < _FAR else "nothing"


def remarks(pair: PairComparison) -> Iterator[str]:
    """Remarks below a table."""
    yield from doubts(pair)
    alarms = [one.metric.phrase for one in pair.metrics if one.alarm]
    if alarms:
        yield (
            f"Suspect in {listed(alarms)}: a stack that was measured twice differs significantly from itself, by more "
            "than the margin, so something other than the stacks causes differences."
        )
    if not pair.metrics:
        yield "There is no verdict: at least one of the two cells has no numbers that count."
    elif isinstance(pair.scenario.load, Closed):
        yield "In a closed loop, latency follows from throughput, so it is no independent evidence."
    else:
        yield "In an open loop, throughput equals the offered rate as long as the server keeps up."


def doubts(pair: PairComparison) -> tuple[str, ...]:
    """Reasons why a cell is suspect, void or failed: one sentence each, with its side."""
    return tuple(
        f"{side}: {doubt}"
        for side, cell in zip("AB", pair.cells, strict=True)
        for doubt in _doubts_of(cell, turns=pair.within_a_session)
    )


def _doubts_of(cell: CellResult, *, turns: bool) -> Iterator[str]:
    """The worst first; of rounds that failed the same way, one. ``turns``: it may have taken turns with the other."""
    if not cell.rounds and not cell.failed:
        yield "missing: the session ended before this cell was run."
    for failed in {(one.stage, one.reason): one for one in cell.failed}.values():
        yield f"round {failed.cell.round} failed ({failed.stage}): {failed.reason.rstrip('.')}."
    for makes in (Validity.VOID, Validity.SUSPECT):
        for caveat in cell.caveats:
            if caveat.makes is makes:
                apart = turns and cell.leaves_differences(caveat)
                yield f"{f'its numbers are {makes}, differences are not' if apart else makes}: {sentence(caveat)}"


def left_out_in_words(one: OneSided) -> str:
    """A stack or a scenario that only one side has."""
    return f"Only {one.side} has the {one.kind} {one.name}."


def failure_in_words(failure: Failure) -> str:
    """The reason why a build fails."""
    pair = failure.pair
    scenario = pair.scenario if isinstance(pair, CountComparison) else pair.scenario.name
    where = f"{scenario}, {pair.names[1]}"
    if failure.found is None:
        reasons = count_doubts(pair) if isinstance(pair, CountComparison) else iter(doubts(pair))
        why = next(reasons, "there are no numbers")
        return f"{where} cannot be compared: {why.rstrip('.')}"
    digits, found = COUNT_DIGITS if isinstance(pair, CountComparison) else 3, failure.found
    ratio, low, high = (number(one, digits) for one in (found.ratio, found.low, found.high))
    return f"{failure.condition} in {where}: the ratio is {ratio} ({low} to {high})"


def count_rows(view: ComparisonResult) -> Iterator[ComparisonRow]:
    """One row for each pair of counts, in the order of ``COUNT_HEADS``."""
    for one in view.counts:
        found = one.contrast
        between = NO_NUMBER if found.low is None or found.high is None else f"{found.low:.4f} to {found.high:.4f}"
        stack = "" if view.session is not None else f", {one.names[0]}"
        yield ComparisonRow(
            cells=(
                f"{one.scenario}{stack}",
                number(found.a.middle),
                number(found.b.middle),
                NO_NUMBER if found.ratio is None else f"{found.ratio:.4f}",
                between,
                _count_verdict(found),
            ),
            verdict=found.verdict,
        )


def _count_verdict(found: CountContrast) -> str:
    """``less``, ``more``, ``the same within 0.5 %``, or why there is no verdict."""
    if found.verdict is None:
        return f"no verdict: {found.why}"
    words = {
        Verdict.FASTER: "less",
        Verdict.SLOWER: "more",
        Verdict.SAME: f"the same within {percent(MARGIN)}",
        Verdict.UNRESOLVED: "unresolved",
    }
    return f"{words[found.verdict]}: {found.why}" if found.why else words[found.verdict]


def count_remarks(view: ComparisonResult) -> Iterator[str]:
    """What a reader must know of the table of counts."""
    for one in view.counts:
        yield from count_doubts(one)
    if any(one.contrast.verdict for one in view.counts):
        yield (
            f"Paired by hash seed. A difference is told apart where the 95 % interval excludes equality, the ratio is "
            f"more than {percent(MARGIN)} from it, and it holds after Holm's correction over this table. More seeds "
            "(`--seeds`) narrow the interval."
        )
        yield COUNTS_ARE_WORK


def count_doubts(one: CountComparison) -> Iterator[str]:
    """Why a side was not counted."""
    for side, count in zip("AB", (one.contrast.a, one.contrast.b), strict=True):
        if count.failed is not None:
            yield f"{side}: {count.stack} under {count.scenario} was not counted: {count.failed}."


def closing(view: ComparisonResult) -> Iterator[str]:
    """The meaning of the verdicts."""
    yield from map(left_out_in_words, view.left_out)
    if not any(pair.metrics for pair in view.pairs):
        if not any(one.contrast.verdict for one in view.counts):
            yield "Nothing can be compared here."
        return
    if not view.questions:
        return
    yield (
        "Each interval has 95 % confidence by itself. A stack is called faster or slower only if the difference is "
        f"significant after Holm's correction for {view.questions} comparisons, and the same only if the whole "
        f"interval lies within {percent(view.margin)}. Of unresolved differences, the verdict says which ones four of "
        "five such sessions would detect."
    )


def _value(one: MetricComparison, estimate: Estimate | None) -> str:
    if estimate is None:
        return NO_NUMBER
    return percent(estimate.value) if one.metric.is_share else f"{number(estimate.value)} {one.metric.unit}"
