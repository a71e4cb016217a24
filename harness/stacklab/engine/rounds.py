"""Which cells are measured again, and whether there are enough rounds: the plan's rules, applied to its runs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from stacklab.analysis.metrics import load_kind, primary
from stacklab.analysis.rounds.relative import relative_values
from stacklab.analysis.rounds.stopping import fits, narrow, of_one_metric, primary_values, ratios_narrow
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.session import summary_of
from stacklab.analysis.validity.disturbance import disturbances
from stacklab.model.measured.record import Failed, Run
from stacklab.model.plan import MOST_ROUNDS, REPEATED_AT_MOST, Cell, Plan, PlannedRun
from stacklab.model.together import why_whole_runs
from stacklab.model.traffic.scenario import Scenario
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession
from stacklab.units import Seconds


class Precision:
    """The summaries of all runs so far; each run's rows are read once."""

    def __init__(self, journal: Journal) -> None:
        """Nothing is read before it is asked for."""
        self._journal = journal
        self._known: dict[Cell, Summary] = {}

    def reaches(self, until: float) -> bool:
        """Whether all intervals are as narrow as that: of every cell, or of ratios where stacks take turns."""
        session = StoredSession.open(self._journal.folder)
        found: dict[str, dict[str, list[Summary]]] = defaultdict(lambda: defaultdict(list))
        for run in session.runs:
            if isinstance(run, Failed) or not isinstance(run.cell, Cell):
                continue
            if run.cell not in self._known:
                self._known[run.cell] = summary_of(session, run)
            found[run.cell.scenario][run.cell.name].append(self._known[run.cell])
        return all(
            _narrow(session.plan.scenario(name), session.plan, stacks, until=until) for name, stacks in found.items()
        )


def _narrow(scenario: Scenario, plan: Plan, stacks: Mapping[str, Sequence[Summary]], *, until: float) -> bool:
    if why_whole_runs(scenario, plan):
        cells = ([primary_values(run, scenario.load) for run in runs] for runs in stacks.values())
        return narrow(map(of_one_metric, cells), until=until)
    values = relative_values(list(stacks.values()))
    metric = next(
        (one.key for one in primary(load_kind(scenario.load)) if any(one.key in found for found in values)), ""
    )
    named = zip(stacks, values, strict=True)
    return ratios_narrow({name: found.get(metric, {}) for name, found in named}, until=until)


def wants_round(plan: Plan, precision: Precision, *, rounds: int, spent_s: Seconds) -> bool:
    """Whether the stopping rule adds another round to ``rounds``. Without a rule, none is added."""
    return (
        plan.until is not None
        and rounds < MOST_ROUNDS
        and fits(spent_s=spent_s, rounds=rounds, budget_s=plan.budget_s)
        and not precision.reaches(plan.until)
    )


def may_repeat(cell: PlannedRun, plan: Plan, journal: Journal) -> bool:
    """Whether the cell, and the session, have a repetition left."""
    most = max(1, len(plan.cells) // REPEATED_AT_MOST)
    return journal.attempts_discarded(cell) < plan.repeat_disturbed and journal.attempts_discarded() < most


def was_disturbed(run: Run, plan: Plan, journal: Journal) -> bool:
    """Whether something else on the machine disturbed the run, in a way that its claim does not tolerate.

    What failed, failed for a reason of its own.
    """
    if isinstance(run, Failed):
        return False
    session = StoredSession.open(journal.folder)
    found = disturbances(session.usage(run), run, cores=session.host.cores)
    return bool(found) and not (run.cell.claim and plan.claim(run.cell.claim).tolerates_all(found))
