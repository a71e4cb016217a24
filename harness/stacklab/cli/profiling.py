"""Profiles of a session: taken in runs of their own, kept beside the numbers they explain."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console

from stacklab.effects import clock
from stacklab.engine import loop
from stacklab.machine import Machine
from stacklab.model.plan import Plan
from stacklab.model.record import Profile
from stacklab.report.profile import flamegraph
from stacklab.store.journal import Journal, writing
from stacklab.store.session import StoredSession

DEFAULT_SECONDS: Final = 4.0
DEFAULT_RATE_HZ: Final = 200


def pairs_of(plan: Plan) -> Iterator[tuple[str, str]]:
    """Every stack and scenario of the plan that fit together."""
    skipped = {(pair.stack, pair.scenario) for pair in plan.skipped}
    for stack in plan.stacks:
        for scenario in plan.scenarios:
            if (stack.name, scenario.name) not in skipped:
                yield stack.name, scenario.name


def take_profiles(
    journal: Journal,
    here: Machine,
    console: Console,
    *,
    pairs: Iterable[tuple[str, str]],
    seconds: float,
    rate_hz: int = DEFAULT_RATE_HZ,
) -> int:
    """Profile each pair and keep flamegraph and samples; gives how many could not be profiled."""
    failed = 0
    for stack, scenario in pairs:
        wanted = Profile(stack=stack, scenario=scenario, started_at=clock.utc_now(), seconds=seconds, rate_hz=rate_hz)
        folder = journal.start(wanted)
        taken = loop.profile(wanted, journal.plan, here, folder)
        journal.keep_profile(taken, here.redactions())
        if taken.failed is not None:
            failed += 1
            console.print(f"no profile of {stack} under {scenario}: {taken.failed}", markup=False)
            continue
        samples = StoredSession.open(journal.folder).speedscope(taken)
        with writing(folder):
            folded, title = flamegraph.fold(samples), f"{stack} under {scenario}"
            page = flamegraph.standalone(folded, title, templates=here.workspace.templates)
            (folder / "flamegraph.html").write_text(page, encoding="utf-8")
        console.print(f"wrote {folder / 'flamegraph.html'}", markup=False)
    return failed
