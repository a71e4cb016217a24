"""The results of a session: every cell judged, the noise floors, and the ranks. Words belong to the report."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from stacklab.analysis.instructions.result import CountResult, count_result
from stacklab.analysis.metrics import Metric, load_kind, primary
from stacklab.analysis.rounds.cell import CellResult, cell_result
from stacklab.analysis.rounds.contests import Floors, Ranking, noise_floors, standings
from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.rounds.relative import Turn, with_relative_values
from stacklab.analysis.rounds.stopping import narrow, ratios_narrow
from stacklab.analysis.session import SessionReader, evidence
from stacklab.model.measured.counting import Count
from stacklab.model.measured.record import Completed, Failed, Gil, Host
from stacklab.model.measured.verdict import Estimate
from stacklab.model.own_app import AppFacts
from stacklab.model.plan import MARGIN, TWIN_SUFFIX, Plan, Skipped, Variant
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract
from stacklab.model.traffic.scenario import Scenario


@dataclass(frozen=True, kw_only=True, slots=True)
class StackResult:
    """A stack with what really ran."""

    stack: Stack
    python: str | None
    packages: Mapping[str, str]
    """Only those that its requirements name."""
    all_packages: Mapping[str, str]
    boot_s: Estimate | None
    variant: Variant | None = None
    """Its requested differences from another stack; None for a stack as its file defines it."""
    gil: Gil | None = None
    """As a worker of the first round reported it; None if none could."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionFacts:
    """What was run, when, and how to repeat it."""

    name: str
    started_at: str
    preset: str
    rounds: int
    seed: int
    warmup_s: float
    """The minimum, unless the scenario has its own."""
    measure_s: float
    command: str
    stacklab_version: str
    planned: int
    completed: int
    failed: int
    missing: int
    """Cells of the plan that were not run: the session was interrupted."""
    server_cpus: tuple[int, ...]
    driver_cpus: tuple[int, ...]
    driver: str
    driver_versions: Mapping[str, str]
    warmup_at_most_s: float | None = None
    """The longest wait for a plateau that ends the warm-up; None if the warm-up is fixed."""
    rounds_added: int = 0
    """The number of rounds that the stopping rule added."""
    until: float | None = None
    """The stopping rule: how far the interval of a primary metric may reach to either side, relative to its value."""
    until_reached: bool | None = None
    """Whether every cell's interval is within it; None without such a rule."""
    budget_s: float | None = None
    ceiling_rps: float | None = None
    """The highest request rate of the driver on this machine; None if it was not calibrated before the session."""
    app: AppFacts | None = None
    """The own app that was measured; None: those of the catalogue."""
    margin: float = MARGIN
    """The relative difference within which two stacks are called the same, as the plan fixed it."""
    set_aside: int = 0
    """Runs that something else disturbed; each was measured again, and both are kept."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SessionResult:
    """One session, judged."""

    session: SessionFacts
    host: Host
    contract: Contract
    stacks: tuple[StackResult, ...]
    scenarios: tuple[Scenario, ...]
    cells: tuple[CellResult, ...]
    skipped: tuple[Skipped, ...]
    noise_floors: Floors
    """The noise floor of every compared metric; empty if no stack was measured twice."""
    ranks: tuple[Ranking, ...]
    """Empty if there are too few rounds to tell stacks apart."""
    sees: Floors = field(default_factory=dict)
    """What four of five such sessions detect in each metric that ranks, all comparisons together."""
    alarms: tuple[tuple[str, Metric], ...] = ()
    """Scenarios and metrics in which the stack that was measured twice differs from itself."""
    counts: tuple[CountResult, ...] = ()
    """Instructions per request, of stacks and scenarios that were counted."""
    twins: tuple[CellResult, ...] = ()
    """The stack that was measured twice, under its other name: shown beside the cells, never ranked."""


def judge(session: SessionReader) -> SessionResult:
    """Summarise every run, one at a time, and judge what they say together.

    Raises:
        UsageError: a file of the session is missing, broken or of another kind.
    """
    plan = session.plan
    completed = [run for run in session.runs if isinstance(run, Completed)]
    # a session of capacity has loads that differ from boot to boot, and no cells to rank
    ranked = () if plan.capacity is not None else plan.scenarios
    judged = [cell for scenario in ranked for cell in _cells(session, scenario)]
    cells, twins = (tuple(cell for cell in judged if cell.twin is twin) for twin in (False, True))
    told = standings(plan.scenarios, cells, twins, margin=plan.margin)
    return SessionResult(
        session=replace(
            _facts(session, completed),
            until_reached=None if plan.until is None else _reached(plan, [*cells, *twins], until=plan.until),
        ),
        host=session.host,
        contract=plan.contract,
        stacks=tuple(
            _stack(
                stack,
                plan.variants.get(stack.name),
                [run for run in completed if run.cell.stack == stack.name],
                [count for count in session.counts if count.stack == stack.name and count.python],
            )
            for stack in plan.stacks
        ),
        scenarios=plan.scenarios,
        cells=cells,
        skipped=plan.skipped,
        noise_floors=noise_floors(cells, twins),
        ranks=told.ranks,
        sees=told.sees,
        alarms=told.alarms,
        twins=twins,
        counts=tuple(map(count_result, session.counts)),
    )


def _cells(session: SessionReader, scenario: Scenario) -> tuple[CellResult, ...]:
    """Every stack that the plan measures under the scenario, judged beside the others, and the twin as well."""
    turns: list[Turn] = []
    for twin in (False, True):
        planned = {cell.stack for cell in session.plan.served if (cell.scenario, cell.twin) == (scenario.name, twin)}
        every = [
            evidence(session, stack, scenario, twin=twin) for stack in session.plan.stacks if stack.name in planned
        ]
        for place, one in enumerate(every):
            cell = cell_result(replace(one, peers=(*every[:place], *every[place + 1 :])))
            turns.append(Turn(cell, one.summaries))
    return with_relative_values(turns)


def _facts(session: SessionReader, completed: Sequence[Completed]) -> SessionFacts:
    plan, first = session.plan, completed[0] if completed else None
    failed = sum(isinstance(run, Failed) for run in session.runs)
    return SessionFacts(
        name=session.name,
        started_at=session.started_at,
        preset=plan.preset,
        rounds=session.rounds,
        rounds_added=session.rounds - plan.rounds,
        until=plan.until,
        budget_s=plan.budget_s,
        margin=plan.margin,
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


def _reached(plan: Plan, cells: Sequence[CellResult], *, until: float) -> bool:
    """Whether the stopping rule ended the session, rather than its budget."""
    turned = {cell.scenario for cell in cells if cell.relative}
    alone = [_primary(cell, plan.scenario(cell.scenario)) for cell in cells if cell.scenario not in turned]
    return narrow([tuple(values.values()) for values in alone], until=until) and all(
        ratios_narrow(
            {
                f"{cell.stack}{TWIN_SUFFIX if cell.twin else ''}": _primary(cell, plan.scenario(name))
                for cell in cells
                if cell.scenario == name
            },
            until=until,
        )
        for name in turned
    )


def _primary(cell: CellResult, scenario: Scenario) -> Mapping[int, float]:
    """The values by round of the first primary metric that the cell has."""
    known = (cell.by_round(metric) for metric in primary(load_kind(scenario.load)))
    return next((values for values in known if values), {})


def _stack(stack: Stack, variant: Variant | None, runs: Sequence[Completed], counts: Sequence[Count]) -> StackResult:
    ran = [(run.server.python, run.server.packages) for run in runs[:1]]
    ran += [(count.python, count.packages) for count in counts]
    python, installed = ran[0] if ran else (None, {})
    named = {_normal(requirement) for requirement in stack.all_requirements}
    return StackResult(
        stack=stack,
        python=python,
        packages={name: version for name, version in installed.items() if _normal(name) in named},
        all_packages=installed,
        boot_s=estimate([run.server.boot_s for run in runs]),
        variant=variant,
        gil=runs[0].server.gil if runs else None,
    )


def _normal(requirement: str) -> str:
    """The name of a distribution as the package index compares it (PEP 503), without extras and version."""
    name = re.match(r"[\w.-]*\w", requirement.strip())
    return re.sub(r"[-_.]+", "-", name[0]).lower() if name else ""
