"""From a session to its view: everything that any page shows, worked out once, from the files alone."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.rounds.ranks import Rounds
from stacklab.analysis.rounds.stopping import narrow
from stacklab.analysis.session import Recorded, evidence
from stacklab.model.plan import Plan, Variant
from stacklab.model.record import Completed, Failed, Profile
from stacklab.model.stack import Stack
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import Scenario
from stacklab.report.claims.view import claim_views
from stacklab.report.profile.flamegraph import fold
from stacklab.report.session.cell import cell_view
from stacklab.report.session.loads import load_in_words, notes, targets
from stacklab.report.session.ranks import by_round, noise_floors, ranks
from stacklab.report.session.view import CellView, ProfileView, ScenarioView, SessionView, StackView, View


def build_view(session: Recorded) -> View:
    """Summarise every run, one at a time, and put together what a page shows.

    Raises:
        UsageError: a file of the session is missing, broken or of another kind.
    """
    plan = session.plan
    completed = [run for run in session.runs if isinstance(run, Completed)]
    cells = [cell for scenario in plan.scenarios for cell in _cells(session, scenario, twins=False)]
    twins = [cell for scenario in plan.scenarios for cell in _cells(session, scenario, twins=True)]
    floors = noise_floors(plan.scenarios, cells, twins)
    return View(
        session=replace(
            _session_view(session, completed),
            until_reached=None if plan.until is None else _reached(plan, [*cells, *twins], until=plan.until),
        ),
        host=session.host,
        stacks=tuple(
            _stack_view(
                stack, plan.variants.get(stack.name), [run for run in completed if run.cell.stack == stack.name]
            )
            for stack in plan.stacks
        ),
        scenarios=tuple(_scenario_view(scenario, plan) for scenario in plan.scenarios),
        cells=tuple(cells),
        skipped=plan.skipped,
        profiles=tuple(_profile_view(session, profile) for profile in session.profiles),
        noise_floor=floors,
        ranks=tuple(ranks(plan.scenarios, cells, twins, floors)),
        claims=tuple(claim_views(session)),
        twins=tuple(twins),
    )


def _cells(session: Recorded, scenario: Scenario, *, twins: bool) -> Iterator[CellView]:
    """Every stack that the plan measures under the scenario, judged beside the others."""
    measured = {cell.stack for cell in session.plan.served if (cell.scenario, cell.twin) == (scenario.name, twins)}
    every = [evidence(session, stack, scenario, twin=twins) for stack in session.plan.stacks if stack.name in measured]
    for place, one in enumerate(every):
        yield cell_view(replace(one, peers=(*every[:place], *every[place + 1 :])))


def _session_view(session: Recorded, completed: list[Completed]) -> SessionView:
    plan, first = session.plan, completed[0] if completed else None
    failed = sum(isinstance(run, Failed) for run in session.runs)
    return SessionView(
        name=session.name,
        started_at=session.started_at,
        preset=plan.preset,
        rounds=session.rounds,
        rounds_added=session.rounds - plan.rounds,
        until=plan.until,
        budget_s=plan.budget_s,
        ceiling_rps=plan.ceiling_rps,
        app=plan.app,
        set_aside=len(session.discarded),
        seed=plan.seed,
        warmup_s=plan.warmup_s,
        warmup_at_most_s=None if plan.plateau is None else plan.plateau.at_most_s,
        measure_s=plan.measure_s,
        command=plan.command,
        stacklab_version=session.stacklab_version,
        planned=len(session.cells),
        completed=len(session.runs) - failed,
        failed=failed,
        missing=len(session.missing),
        server_cpus=first.server.cpus if first else (),
        driver_cpus=first.driver_cpus if first else (),
        driver=first.driver.driver if first else "",
        driver_versions=first.driver.versions if first else {},
    )


def _reached(plan: Plan, cells: Sequence[CellView], *, until: float) -> bool:
    """Whether the stopping rule ended the session, and not its budget."""
    return narrow([tuple(_primary(cell, plan.scenario(cell.scenario)).values()) for cell in cells], until=until)


def _primary(cell: CellView, scenario: Scenario) -> Rounds:
    """What ``stopping.primary`` is of each round."""
    if isinstance(scenario.load, Closed):
        return by_round(cell, "throughput_rps")
    return by_round(cell, "cpu_us_per_request") or by_round(cell, "latency_ms.p50")


def _stack_view(stack: Stack, variant: Variant | None, runs: list[Completed]) -> StackView:
    installed = runs[0].server.packages if runs else {}
    named = {_normal(requirement) for requirement in stack.all_requirements}
    return StackView(
        stack=stack,
        python=runs[0].server.python if runs else None,
        packages={name: version for name, version in installed.items() if _normal(name) in named},
        all_packages=installed,
        boot_s=estimate([run.server.boot_s for run in runs]),
        variant=variant,
        gil=runs[0].server.gil if runs else None,
    )


def _scenario_view(scenario: Scenario, plan: Plan) -> ScenarioView:
    served_by = {cell.stack for cell in plan.served if cell.scenario == scenario.name}
    stacks = [stack for stack in plan.stacks if stack.name in served_by]
    return ScenarioView(
        name=scenario.name,
        summary=scenario.summary,
        load=load_in_words(scenario.load),
        is_open=isinstance(scenario.load, Open),
        targets=targets(scenario, plan.contract),
        notes=tuple(notes(scenario, plan.contract, stacks)),
    )


def _profile_view(session: Recorded, profile: Profile) -> ProfileView:
    folded = () if profile.failed else fold(session.speedscope(profile))
    return ProfileView(
        stack=profile.stack,
        scenario=profile.scenario,
        folded=folded,
        samples=sum(samples for _, samples in folded),
        failed=profile.failed,
    )


def _normal(requirement: str) -> str:
    """The name of a distribution as the package index compares it (PEP 503), without extras and version."""
    name = re.match(r"[\w.-]*\w", requirement.strip())
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""
