"""The summary at the head of every page, in sentences that are computed from the view."""

from collections import Counter
from collections.abc import Mapping, Sequence

from stacklab.analysis.metrics import Metric
from stacklab.analysis.results import SessionFacts, StackResult
from stacklab.analysis.rounds.cell import CellResult, in_order
from stacklab.model.claims.finding import ClaimVerdict
from stacklab.model.measured.verdict import Rank
from stacklab.report.capacity.words import sentences
from stacklab.report.kit.numbers import UP_TO, listed, percent, plain
from stacklab.report.session.view import ScenarioView, View
from stacklab.report.session.words.trust import strip
from stacklab.report.session.words.verdicts import led_by, ranks_of


def _where(stacks: Sequence[StackResult]) -> str:
    """``on 3 servers``, or ``in 4 variants`` where the app or its servers are run in several ways."""
    if any(one.variant for one in stacks):
        return f"in {_count(len(stacks), 'variant')}"
    return f"on {_count(len(stacks), 'server')}"


def heading(view: View) -> str:
    """The question that the page answers."""
    n, app = len(view.result.stacks), view.result.session.app
    if app is not None and n > 1:
        kind = "variants" if any(one.variant for one in view.result.stacks) else "servers"
        return f"Which of {n} {kind} serves {app.app} best?"
    if app is not None:
        return f"How well is {app.app} served?"
    return f"Which of {n} stacks serves this work best?" if n > 1 else "How well does this stack serve?"


def conditions(view: View) -> str:
    """How much was measured, and on which machine."""
    session, host = view.result.session, view.result.host
    rounds = f"{_count(session.rounds, 'round')} of {plain(session.measure_s)} s, " if view.result.cells else ""
    return f"{rounds}{host.processor}, {_count(host.cores, 'core')}"


def answer(view: View) -> tuple[str, ...]:
    """What was measured, how much of it is free of doubt, and which differences the session can detect."""
    session = view.result.session
    if view.claims:
        return (_claims(view), *ended(view))
    if view.capacities:
        return (*sentences(view.capacities), *ended(view))
    served = (
        f"{_count(len(view.result.stacks), 'stack')} under {_count(len(view.scenarios), 'scenario')}"
        if session.app is None
        else f"{session.app.app} {_where(view.result.stacks)}"
    )
    return (f"{served}, {conditions(view)}.", *ended(view), *strip(view))


def ended(view: View) -> tuple[str, ...]:
    """How the session ended, where there is something to say: a stopping rule, an interruption, counts."""
    session = view.result.session
    interrupted = (
        f"The session was interrupted with {_count(session.missing, 'run')} of the plan missing; "
        f"resume it with `stacklab {_verb(view)} --resume {session.name}`."
    )
    said = (_rule(session), interrupted if session.missing else "", _counted(view))
    return tuple(sentence for sentence in said if sentence)


def _verb(view: View) -> str:
    """The command that made the session."""
    return "reproduce" if view.claims else "capacity" if view.capacities else "run"


def _counted(view: View) -> str:
    """Which pairs have counted instructions; nothing where none has."""
    counts = view.result.counts
    if not counts:
        return ""
    done = sum(count.failed is None for count in counts)
    instead = "" if view.result.cells else ", and nothing was timed"
    return f"The instructions per request of {done} of {_count(len(counts), 'pair')} were counted{instead}."


def shown(view: View, scenario: ScenarioView) -> tuple[CellResult, ...]:
    """The cells of a scenario, best first; by name where nobody can be ranked under it."""
    cells = [cell for cell in view.result.cells if cell.scenario == scenario.name]
    if scenario.unranked:
        return tuple(sorted(cells, key=lambda cell: cell.stack))
    return in_order(cells, ranking(view, scenario)[0])


def ranking(view: View, scenario: ScenarioView) -> tuple[Metric, tuple[Rank, ...]]:
    """The number that a scenario is ranked by, and its ranks, best first; no ranks where nothing can be told apart.

    That is the number the scenario is about, or P50 where P99 has too few requests to be quoted.
    """
    column = led_by(view, scenario)
    return column, ranks_of(view, scenario).get(column, ())


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


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
