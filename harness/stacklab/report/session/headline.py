"""The summary at the head of every page, in sentences that are computed from the view."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from stacklab.analysis.metrics import P50, THROUGHPUT, Metric, lead
from stacklab.analysis.results import SessionFacts, StackResult
from stacklab.analysis.rounds.cell import CellResult, Standing, in_order
from stacklab.analysis.rounds.contests import Floors
from stacklab.model.claims.finding import ClaimVerdict
from stacklab.model.verdict import Rank
from stacklab.report.kit.numbers import UP_TO, listed, number, percent, plain, with_interval
from stacklab.report.session.view import ScenarioView, View


def _where(stacks: Sequence[StackResult]) -> str:
    """``on 3 servers``, or ``in 4 variants`` where the app or its servers are run in several ways."""
    if any(one.variant for one in stacks):
        return f"in {_count(len(stacks), 'variant')}"
    return f"on {_count(len(stacks), 'server')}"


def answer(view: View) -> tuple[str, ...]:
    """What was measured, how many cells are valid, and which differences the session can detect."""
    session = view.result.session
    interrupted = (
        f"The session was interrupted with {_count(session.missing, 'run')} of the plan missing; "
        f"resume it with `stacklab {'reproduce' if view.claims else 'run'} --resume {session.name}`."
    )
    if view.claims:
        return (_claims(view), *([interrupted] if session.missing else []))
    served = (
        f"{_count(len(view.result.stacks), 'stack')} under {_count(len(view.scenarios), 'scenario')}"
        if session.app is None
        else f"{session.app.app} {_where(view.result.stacks)}"
    )
    counted = _counted(view)
    if counted and not view.result.cells:
        return (f"{served}, on {view.result.host.processor} ({_count(view.result.host.cores, 'core')}).", counted)
    measured = (
        f"{served}, "
        f"{_count(session.rounds, 'round')} of {plain(session.measure_s)} s each, on {view.result.host.processor} "
        f"({_count(view.result.host.cores, 'core')})."
    )
    return tuple(
        sentence
        for sentence in (
            measured,
            _rule(session),
            _believed(view),
            interrupted if session.missing else "",
            _resolution(view),
            counted,
        )
        if sentence
    )


def _counted(view: View) -> str:
    """Which pairs have counted instructions; nothing where none has."""
    counts = view.result.counts
    if not counts:
        return ""
    done = sum(count.failed is None for count in counts)
    instead = "" if view.result.cells else ", and nothing was timed"
    return f"The instructions per request of {done} of {_count(len(counts), 'pair')} were counted{instead}."


def best(view: View, scenario: ScenarioView) -> tuple[tuple[str, ...], str]:
    """The stacks that none is certainly better than, if any is ranked, and the sentence that says by what."""
    if scenario.unranked:
        return (), scenario.unranked
    column, ranks = ranking(view, scenario)
    order = [cell for cell in shown(view, scenario) if cell.ranks_by(column)]
    if not order:
        return (), "No stack has a number that can be ranked here."
    most = f"{'Highest' if column.more_is_better else 'Lowest'} {column.phrase}"
    if not ranks:
        return (), (
            f"There are too few rounds to tell stacks apart, so none is ranked. {most}: {order[0].stack} with "
            f"{with_interval(order[0].of(column), column.unit)}."
        )
    leaders = tuple(rank.stack for rank in ranks if rank.first == 1)
    told = _told_apart(ranks)
    if (scenario.name, column) in view.result.alarms:
        told += " Suspect: the stack that was measured twice differs from itself."
    told += _spare(order, column)
    found = [estimate for cell in order if cell.stack in leaders and (estimate := cell.of(column)) is not None]
    if len(leaders) == 1:
        return (
            leaders,
            f"{most}: {with_interval(found[0] if found else None, column.unit)}.{told}",
        )
    values = [estimate.value for estimate in found]
    span = f": {number(min(values))} to {number(max(values))} {column.unit}" if values else ""
    return leaders, f"{most}{span}, not told apart.{told}"


def _spare(order: Sequence[CellResult], column: Metric) -> str:
    """Which of the ranked stacks could have served more; nothing where throughput is not what ranks them."""
    spare = [cell.stack for cell in order if not cell.is_saturated]
    if column is not THROUGHPUT or not spare:
        return ""
    who = "No stack" if len(spare) == len(order) else f"{listed(spare)} {'was' if len(spare) == 1 else 'were'} not"
    saturated = f"{who} {'was ' if len(spare) == len(order) else ''}saturated"
    return f" {saturated}, so that throughput is a lower bound of capacity: compare CPU per request."


def shown(view: View, scenario: ScenarioView) -> tuple[CellResult, ...]:
    """The cells of a scenario, best first; by name where nobody can be ranked under it."""
    cells = [cell for cell in view.result.cells if cell.scenario == scenario.name]
    if scenario.unranked:
        return tuple(sorted(cells, key=lambda cell: cell.stack))
    return in_order(cells, ranking(view, scenario)[0])


def _told_apart(ranks: Sequence[Rank]) -> str:
    """How many pairs of stacks the session tells apart; empty if only one stack is ranked."""
    pairs, apart = len(ranks) * (len(ranks) - 1) // 2, sum(rank.first - 1 for rank in ranks)
    if not pairs:
        return ""
    if apart == pairs:
        return " This session tells all stacks apart."
    if not apart:
        return " This session tells no two stacks apart."
    return f" This session tells {apart} of {pairs} pairs of stacks apart."


def ranking(view: View, scenario: ScenarioView) -> tuple[Metric, tuple[Rank, ...]]:
    """The number that a scenario is ranked by, and its ranks, best first; no ranks where nothing can be told apart.

    That is the number the scenario is about, or P50 where P99 has too few requests to be quoted.
    """
    by_column = {metric: ranks for name, metric, ranks in view.result.ranks if name == scenario.name}
    first = lead(scenario.kind)
    column = P50 if scenario.is_open and first not in by_column and P50 in by_column else first
    return column, by_column.get(column, ())


def places(ranks: Sequence[Rank]) -> Mapping[str, str]:
    """Each stack's rank as it is printed: ``2``, or ``1-3`` where no more is certain."""
    return {
        rank.stack: f"{rank.first}" if rank.first == rank.last else f"{rank.first}{UP_TO}{rank.last}" for rank in ranks
    }


def _claims(view: View) -> str:
    """The number of claims with each verdict."""
    verdicts = Counter(claim.finding.verdict for claim in view.claims)
    found = listed([f"{verdicts[verdict]} {verdict}" for verdict in ClaimVerdict if verdicts[verdict]])
    return (
        f"{_count(len(view.claims), 'claim')}, preset {view.result.session.preset}, on {view.result.host.processor} "
        f"({_count(view.result.host.cores, 'core')}): {found}."
    )


def _rule(session: SessionFacts) -> str:
    """The stopping rule and its outcome, and the number of repeated runs."""
    sentences = []
    if session.until is not None:
        ended = "was met" if session.until_reached else f"was not met within {plain(session.budget_s or 0)} s"
        sentences.append(
            f"The stopping rule, all intervals within ±{percent(session.until)}, added "
            f"{_count(session.rounds_added, 'round')} and {ended}."
        )
    if session.set_aside:
        were = "was" if session.set_aside == 1 else "were"
        sentences.append(f"{_count(session.set_aside, 'run')} {were} measured again because of other activity.")
    return " ".join(sentences)


def _believed(view: View) -> str:
    standings = Counter(cell.standing for cell in view.result.cells)
    parts = [
        f"{standings[word]} {'is' if standings[word] == 1 else 'are'} {word}" for word in Standing if standings[word]
    ]
    caution = " Void and failed pairs are shown but never ranked."
    shown = caution if standings[Standing.VOID] or standings[Standing.FAILED] else ""
    return f"Of {_count(len(view.result.cells), 'pair')} of stack and scenario, {listed(parts)}.{shown}"


def _resolution(view: View) -> str:
    """What such a session can detect, and how far apart two identical stacks were in it."""
    seen, floors = (_in_words(view, every) for every in (view.result.sees, view.result.noise_floors))
    return " ".join(
        (
            *([f"Four of five such sessions detect differences of {seen}."] if seen else []),
            f"Two identical stacks may differ here by up to {floors}."
            if floors
            else "How far apart two identical stacks are here was not measured.",
            *_alarms(view),
        )
    )


def _in_words(view: View, every: Floors) -> str:
    """Relative differences in the metrics that rank; empty if none is known."""
    found: dict[str, list[float]] = {}
    for scenario in view.scenarios:
        if scenario.unranked:
            continue
        column, _ = ranking(view, scenario)
        difference = every.get(scenario.name, {}).get(column.key)
        if difference is not None:
            found.setdefault(column.phrase, []).append(difference)
    where = ", by scenario" if any(len(of) > 1 for of in found.values()) else ""
    return f"{listed([f'{_span(of)} in {words}' for words, of in found.items()])}{where}" if found else ""


def _alarms(view: View) -> Iterator[str]:
    """Where the stack that was measured twice is told from itself."""
    if view.result.alarms:
        where = listed([f"{metric.phrase} under {name}" for name, metric in view.result.alarms])
        yield (
            f"Differences in {where} are suspect: the stack that was measured twice differs significantly from itself, "
            "by more than the margin, so something other than the stacks causes differences."
        )


def _span(floors: Sequence[float]) -> str:
    low, high = percent(min(floors)), percent(max(floors))
    return low if low == high else f"{low} to {high}"


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
