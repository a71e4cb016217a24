"""What to do next, in sentences: before a run where that is known, and after it where something is left open."""

from collections.abc import Iterator
from dataclasses import replace

from stacklab.analysis.metrics import P99
from stacklab.analysis.rounds.remedies import tie, window_for
from stacklab.model.measured.estimate import seconds_of_round
from stacklab.model.plan import Plan
from stacklab.model.traffic.load import Open
from stacklab.report.claims.words import duration
from stacklab.report.kit.numbers import number, percent, plain
from stacklab.report.session.view import ScenarioView, View
from stacklab.report.session.words.headline import ranking, shown
from stacklab.units import Seconds

FEWEST_ROUNDS = 3
"""With fewer there is no telling how far rounds scatter."""


def foreseen(plan: Plan) -> Iterator[str]:
    """What a plan will not give, though a longer one would."""
    for scenario in plan.scenarios:
        load, measure_s = scenario.load, scenario.measure_s or plan.measure_s
        if isinstance(load, Open) and not load.steps:
            window_s = window_for("p99", requests=load.rate * measure_s, measure_s=measure_s)
            if window_s is not None:
                yield (
                    f"{scenario.name}: {plain(load.rate)} requests per second are too few for a P99 in "
                    f"{plain(measure_s)} s; {_longer(plan, window_s)} gives one"
                )


def advice(view: View, plan: Plan) -> Iterator[str]:
    """What would resolve a tie, and what would give a P99, scenario by scenario."""
    for scenario in view.scenarios:
        if scenario.unranked:
            continue
        yield from _on_ties(view, scenario, plan)
        yield from _on_p99(view, scenario, plan)


def _on_ties(view: View, scenario: ScenarioView, plan: Plan) -> Iterator[str]:
    metric, ranks = ranking(view, scenario)
    cells = [cell for cell in shown(view, scenario) if cell.ranks_by(metric)]
    if not ranks:
        if len(cells) > 1:
            yield f"{scenario.name}: {_more(plan, FEWEST_ROUNDS)} could tell stacks apart"
        return
    found = tie(view.result, scenario.name, metric, ranks)
    if found is not None:
        yield (
            f"{scenario.name}: {found.stacks[0]} and {found.stacks[1]} are not told apart; "
            f"{_more(plan, found.rounds)} would detect a difference of {percent(found.effect)}"
        )


def _on_p99(view: View, scenario: ScenarioView, plan: Plan) -> Iterator[str]:
    """The cell that has the fewest requests decides."""
    lacking = [cell for cell in shown(view, scenario) if cell.counts and cell.of(P99) is None]
    fewest = min((one.requests for cell in lacking for one in cell.rounds), default=0)
    measure_s = plan.scenario(scenario.name).measure_s or plan.measure_s
    window_s = window_for("p99", requests=fewest, measure_s=measure_s)
    if window_s is not None:
        yield (
            f"{scenario.name}: {number(fewest)} requests in a round are too few for a P99; "
            f"{_longer(plan, window_s)} gives one"
        )


def _more(plan: Plan, rounds: int) -> str:
    return f"--rounds {rounds} (about {duration(seconds_of_round(plan) * rounds)})"


def _longer(plan: Plan, window_s: Seconds) -> str:
    rounds = max((cell.round for cell in plan.cells), default=1)
    longer = replace(plan, measure_s=window_s)
    return f"--measure {plain(window_s)} (about {duration(seconds_of_round(longer) * rounds)})"
