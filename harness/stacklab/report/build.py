"""From a session to its view: everything that any page shows, worked out once, from the files alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from stacklab.analysis.estimate import estimate
from stacklab.analysis.frame import Columns
from stacklab.analysis.rules.evidence import Evidence
from stacklab.analysis.stopping import narrow
from stacklab.analysis.summary import summarise
from stacklab.analysis.ties import Rounds
from stacklab.model.load import Closed, Open
from stacklab.model.plan import Cell, Plan
from stacklab.model.record import Completed, Failed, Host, Profile, Run
from stacklab.model.scenario import Scenario
from stacklab.model.stack import Stack
from stacklab.report.cell import cell_view
from stacklab.report.flame import fold
from stacklab.report.ranks import by_round, noise_floors, ranks
from stacklab.report.view import CellView, ProfileView, ScenarioView, SessionView, StackView, View
from stacklab.report.words import load_in_words, notes, targets


class Recorded(Protocol):
    """What is read of a session; ``store.session.Session`` has it."""

    @property
    def name(self) -> str:
        """The name of its folder."""

    @property
    def plan(self) -> Plan:
        """What was decided before the first request."""

    @property
    def host(self) -> Host:
        """The machine."""

    @property
    def started_at(self) -> str:
        """UTC, ISO 8601."""

    @property
    def stacklab_version(self) -> str:
        """The version that wrote it."""

    @property
    def rounds(self) -> int:
        """Rounds of the plan, and those that its stopping rule has added."""

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of all these rounds."""

    @property
    def set_aside(self) -> tuple[Cell, ...]:
        """The cells that were disturbed and measured again, once for each attempt."""

    @property
    def runs(self) -> tuple[Run, ...]:
        """The runs there are, in the order of the plan."""

    @property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles there are."""

    def requests(self, run: Completed) -> Columns:
        """One row a request, in the order of intended starts."""

    def usage(self, run: Completed) -> Columns:
        """One row a look at a process, in the order of time."""

    def speedscope(self, profile: Profile) -> Mapping[str, Any]:
        """The samples of a profile."""


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
            _stack_view(stack, [run for run in completed if run.cell.stack == stack.name]) for stack in plan.stacks
        ),
        scenarios=tuple(_scenario_view(scenario, plan) for scenario in plan.scenarios),
        cells=tuple(cells),
        skipped=plan.skipped,
        profiles=tuple(_profile_view(session, profile) for profile in session.profiles),
        noise_floor=floors,
        ranks=tuple(ranks(plan.scenarios, cells, twins, floors)),
        claims=(),
        twins=tuple(twins),
    )


def _cells(session: Recorded, scenario: Scenario, *, twins: bool) -> Iterator[CellView]:
    """Every stack that the plan measures under the scenario, judged beside the others."""
    measured = {cell.stack for cell in session.plan.cells if (cell.scenario, cell.twin) == (scenario.name, twins)}
    evidence = [
        _evidence(session, stack, scenario, twin=twins) for stack in session.plan.stacks if stack.name in measured
    ]
    for place, one in enumerate(evidence):
        yield cell_view(replace(one, peers=(*evidence[:place], *evidence[place + 1 :])))


def _evidence(session: Recorded, stack: Stack, scenario: Scenario, *, twin: bool) -> Evidence:
    wanted = (stack.name, scenario.name, twin)
    runs = sorted(
        (run for run in session.runs if (run.cell.stack, run.cell.scenario, run.cell.twin) == wanted),
        key=lambda run: run.cell.round,
    )
    return Evidence(
        stack=stack,
        scenario=scenario,
        contract=session.plan.contract,
        cores=session.host.cores,
        summaries=tuple(
            summarise(session.requests(run), session.usage(run), run, session.plan)
            for run in runs
            if isinstance(run, Completed)
        ),
        failed=tuple(run for run in runs if isinstance(run, Failed)),
        twin=twin,
        ceiling_rps=session.plan.ceiling_rps,
        repeated=tuple(cell.round for cell in session.set_aside if (cell.stack, cell.scenario, cell.twin) == wanted),
    )


def _session_view(session: Recorded, completed: list[Completed]) -> SessionView:
    plan, first = session.plan, completed[0] if completed else None
    return SessionView(
        name=session.name,
        started_at=session.started_at,
        preset=plan.preset,
        rounds=session.rounds,
        rounds_added=session.rounds - plan.rounds,
        until=plan.until,
        budget_s=plan.budget_s,
        ceiling_rps=plan.ceiling_rps,
        set_aside=len(session.set_aside),
        seed=plan.seed,
        warmup_s=plan.warmup_s,
        measure_s=plan.measure_s,
        command=plan.command,
        stacklab_version=session.stacklab_version,
        planned=len(session.cells),
        completed=len(completed),
        failed=len(session.runs) - len(completed),
        missing=len(session.cells) - len(session.runs),
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


def _stack_view(stack: Stack, runs: list[Completed]) -> StackView:
    installed = runs[0].server.packages if runs else {}
    named = {_normal(requirement) for requirement in stack.requirements}
    return StackView(
        stack=stack,
        python=runs[0].server.python if runs else None,
        packages={name: version for name, version in installed.items() if _normal(name) in named},
        all_packages=installed,
        boot_s=estimate([run.server.boot_s for run in runs]),
    )


def _scenario_view(scenario: Scenario, plan: Plan) -> ScenarioView:
    served_by = {cell.stack for cell in plan.cells if cell.scenario == scenario.name}
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
