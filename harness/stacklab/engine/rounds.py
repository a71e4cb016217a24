"""Which cells are measured again, and whether there are enough rounds: the plan's rules, applied to its runs."""

from collections import defaultdict

from stacklab.analysis.rounds.stopping import fits, narrow, of_one_metric, primary_values
from stacklab.analysis.session import summary_of
from stacklab.analysis.validity.disturbance import disturbances
from stacklab.model.plan import MOST_ROUNDS, REPEATED_AT_MOST, Cell, Plan, PlannedRun
from stacklab.model.record import Failed, Run
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession
from stacklab.units import Seconds


class Precision:
    """The primary metrics of every run so far; each run's rows are read once."""

    def __init__(self, journal: Journal) -> None:
        """Nothing is read before it is asked for."""
        self._journal = journal
        self._known: dict[Cell, tuple[float | None, ...]] = {}

    def reaches(self, until: float) -> bool:
        """Whether the interval of every cell is as narrow as that."""
        session = StoredSession.open(self._journal.folder)
        rounds: dict[tuple[str, str], list[tuple[float | None, ...]]] = defaultdict(list)
        for run in session.runs:
            if isinstance(run, Failed) or not isinstance(run.cell, Cell):
                continue
            if run.cell not in self._known:
                load = session.plan.scenario(run.cell.scenario).load
                self._known[run.cell] = primary_values(summary_of(session, run), load)
            rounds[run.cell.name, run.cell.scenario].append(self._known[run.cell])
        return narrow(map(of_one_metric, rounds.values()), until=until)


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
