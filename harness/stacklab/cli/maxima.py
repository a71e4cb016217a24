"""What stacks serve at most, found in short closed loops before a session whose rates are shares of it."""

from collections.abc import Mapping

from rich.console import Console

from stacklab.analysis.metrics import THROUGHPUT
from stacklab.analysis.results import judge
from stacklab.cli.plans import ServedAtMost
from stacklab.cli.preparation import start_backends
from stacklab.effects import clock
from stacklab.effects.environments.folders import scratch
from stacklab.effects.machine.host import read_host
from stacklab.engine import loop
from stacklab.machine import Machine
from stacklab.model.measured.capacity import BURST_SUFFIX
from stacklab.model.plan import Plan
from stacklab.report.kit.numbers import listed
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession


def served_at_most(here: Machine, console: Console) -> ServedAtMost:
    """Measures on this machine; the session is thrown away, because its numbers are too short to be quoted."""

    def measured(plan: Plan) -> Mapping[str, Mapping[str, float]]:
        names = [scenario.name for scenario in plan.scenarios]
        asked = listed([name.removesuffix(BURST_SUFFIX) for name in names])
        console.print(f"finding what the stacks serve at most under {asked}", markup=False)
        start_backends(plan, plan.cells, here, console)
        with scratch() as folder:
            journal = Journal.create(folder, plan, read_host(), started_at=clock.utc_now())
            for _ in loop.run_plan(
                plan, here, journal, on_start=_ignored, on_discarded=_ignored, on_round_added=_ignored
            ):
                pass
            cells = judge(StoredSession.open(journal.folder)).cells
        return {
            name: {
                cell.stack: found.value
                for cell in cells
                if cell.scenario == name and cell.counts and (found := cell.of(THROUGHPUT)) is not None
            }
            for name in names
        }

    return measured


def _ignored(_: object) -> None:
    """Nobody follows it: it takes a few seconds a stack."""
