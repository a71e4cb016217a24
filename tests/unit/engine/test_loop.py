"""The loop does its effects in one order, turns failures into results, and stores each before it goes on."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, cycle, repeat
from pathlib import Path

import numpy as np
import pytest

from made import HOST
from stacklab.engine import loop
from stacklab.engine.orders import order_for, schedule_seed, serving
from stacklab.engine.together import measure_together
from stacklab.engine.world import EndedProgram, Server
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.measured.profile import Profile, Recording, Sampled, Slice, Ticks
from stacklab.model.measured.record import (
    ROW,
    BackendCount,
    BackendUse,
    Completed,
    DriverReport,
    Failed,
    Gil,
    Outcome,
    Phase,
    PhaseSpan,
    Role,
    Run,
    ServerFacts,
    Stage,
    Usage,
)
from stacklab.model.plan import Cell, Plan, PlannedRun, lay_out
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.traffic.contract import Backend, Contract, Endpoint
from stacklab.model.traffic.exchange import Exchange
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.order import Order
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.model.traffic.slices import SlicedOrder
from stacklab.model.traffic.warmup import Plateau
from stacklab.store.documents import FORMAT_VERSION
from stacklab.store.journal import Journal, keep_rows, keep_usage
from stacklab.store.session import StoredSession

SAMPLED = Sampled(
    tool="py-spy 0.4.3",
    recordings={recording: Ticks(taken=300) for recording in Recording},
    span=Slice(length_s=3.0, cpu_ns=600_000_000, requests=1000),
)
REPORT = DriverReport(
    driver="reactor",
    versions={},
    spans=(
        PhaseSpan(phase=Phase.WARMUP, start_ns=0, end_ns=750_000_000),
        PhaseSpan(phase=Phase.MEASURE, start_ns=750_000_000, end_ns=2_750_000_000),
        PhaseSpan(phase=Phase.DRAIN, start_ns=2_750_000_000, end_ns=2_800_000_000),
    ),
    intended=3,
    seconds=(),
    connects=1,
    gc_collections=0,
    dropped_timers=0,
    kernel_timestamps=False,
)
ECHO = Endpoint(path="/echo", exercises="", messages=("Hello",))
FACTS = ServerFacts(argv=(), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.5)


def plan_of(*names: str, rounds: int = 1) -> Plan:
    stacks = tuple(
        Stack(
            name=name,
            summary="",
            family=Family.PROCESSES,
            interface=Interface.WSGI,
            waits=Waits.BLOCKING,
            app="a:b",
            argv=("{python}",),
            requirements=(),
        )
        for name in names
    )
    scenario = Scenario(
        name="json", summary="", calls=(CallSpec(endpoint="json", query="n=2"),), load=Closed(connections=2)
    )
    endpoint = Endpoint(path="/json", exercises="", content_type="application/json", answers={"n=2": "{}"})
    contract = Contract(endpoints={"json": endpoint})
    cells, skipped = lay_out(stacks, [scenario], contract, rounds=rounds, seed=1)
    return Plan(
        preset="quick",
        rounds=rounds,
        seed=1,
        warmup_s=0.5,
        measure_s=2,
        command="stacklab run",
        contract=contract,
        stacks=stacks,
        scenarios=(scenario,),
        cells=cells,
        skipped=skipped,
    )


class FakeWorld:
    """Writes down what it is asked to do; ``breaks`` names what raises."""

    driver_cpus = (1,)

    def __init__(self, breaks: str = "", *, counted: dict[int, int] | None = None) -> None:
        self.log: list[str] = []
        self.backend_counts: Iterator[BackendCount] = iter(())
        self.orders: list[Order] = []
        self.sliced: list[SlicedOrder] = []
        self.given: list[Mapping[str, str]] = []
        self._breaks = breaks
        self._counted = counted
        self._verified = 0
        self._now = 0

    def _do(self, what: str) -> None:
        self.log.append(what)
        if what == self._breaks:
            raise StageError(f"{what} broke", log_tail=("the last line",))

    def utc_now(self) -> str:
        return "2026-11-20T10:15:00Z"

    def now_ns(self) -> int:
        self._now += 4_000_000_000
        return self._now

    def provide(self, stack: Stack) -> None:
        self._do("provide")

    def start_backends(self, backends: Collection[Backend], scenario: Scenario) -> None:
        if backends:
            self._do("start " + " ".join(backends))

    def backend_count(self, backend: Backend) -> BackendCount | None:
        self.log.append(f"counted {backend}")
        return next(self.backend_counts, None)

    def backend_program(self, backend: Backend) -> str:
        return "a program"

    @contextmanager
    def start_driver(self, scenario: Scenario, folder: Path) -> Iterator[str]:
        self._do("start driver")
        try:
            yield "driver"
        finally:
            self.log.append("dismiss")

    @contextmanager
    def boot(
        self, stack: Stack, first: Exchange, folder: Path, *, variables: Mapping[str, str] | None = None
    ) -> Iterator[Server]:
        self.given.append(variables or {})
        self._do("boot")
        try:
            yield Server(host="127.0.0.1", port=8000, pid=7, facts=FACTS)
        finally:
            self.log.append("stop")

    def mismatches(self, server: Server, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
        self._verified += 1
        self._do(f"verify {self._verified}")
        return ("json: another body",) if self._breaks == f"breach {self._verified}" else ()

    def served(self, server: Server, workers: int) -> dict[int, int] | None:
        self._do("count")
        return self._counted

    def served_since(self, server: Server, before: Mapping[int, int]) -> dict[int, int] | None:
        self._do("count since")
        return dict.fromkeys(before, 3)

    def gil(self, server: Server) -> Gil:
        self._do("gil")
        return Gil(on=True)

    def drive(self, driver: str, server: Server, order: Order, folder: Path) -> DriverReport:
        self._do("drive")
        self.orders.append(order)
        return REPORT

    def profile(self, driver: str, server: Server, order: Order, profile: Profile, folder: Path) -> Sampled:
        self._do("sample")
        self.orders.append(order)
        return SAMPLED

    def begin_to_stop(self, server: Server) -> None:
        self._do("begin to stop")

    def interleave(
        self, driver: str, servers: Sequence[Server], sliced: SlicedOrder, folders: Sequence[Path]
    ) -> Sequence[DriverReport]:
        self._do(f"interleave {len(servers)}")
        self.sliced.append(sliced)
        return [REPORT for _ in servers]

    def slice_paths(self, index: int) -> tuple[str, str]:
        return f"rows-{index}", f"slices-{index}"

    def provide_program(self, arm: ProgramArm) -> None:
        self._do("provide program")

    def run_program(self, arm: ProgramArm, *, seed: int, folder: Path) -> EndedProgram:
        self._do("execute")
        return EndedProgram(returncode=0, said=(), python="CPython 3.13.0", packages={}, cpus=(0,), took_s=1.0)

    def redactions(self) -> dict[str, str]:
        return {"/home/me": "<home>"}

    def scratch_paths(self) -> tuple[str, str]:
        return "rows", "report"


CELL = Cell(stack="one", scenario="json", round=1)


def test_a_cell_is_verified_before_and_after_and_everything_ends(tmp_path: Path) -> None:
    world = FakeWorld(counted={7: 10})

    loop.measure(CELL, plan_of("one"), world, tmp_path)

    wanted = "provide,start driver,boot,verify 1,count,drive,count since,gil,verify 2,stop,dismiss"
    assert wanted.split(",") == world.log


def test_the_counts_of_all_workers_are_added(tmp_path: Path) -> None:
    run = loop.measure(CELL, plan_of("one"), FakeWorld(counted={7: 10, 8: 20}), tmp_path)

    assert isinstance(run, Completed)
    assert run.served == 6


def plan_with_a_database() -> Plan:
    """A plan whose scenario asks PostgreSQL: once for each of two queries that are verified, and once a request."""
    plan = plan_of("one")
    endpoint = replace(
        plan.contract.endpoints["json"],
        answers={"n=1": "{}", "n=2": "{}"},
        part="database",
        backend=Backend.POSTGRES,
        queries=1,
    )
    core = Endpoint(path="/plain", exercises="", answers={"": "plain"})
    (stack,) = plan.stacks
    return replace(
        plan,
        contract=Contract(endpoints={"plain": core, "json": endpoint}),
        stacks=(replace(stack, serves=("database", "stream")),),
    )


def test_a_backend_is_asked_what_it_has_counted_before_the_server_starts_and_after_it_has_ended(tmp_path: Path) -> None:
    world = FakeWorld(counted={7: 10})

    loop.measure(CELL, plan_with_a_database(), world, tmp_path)

    wanted = (
        "provide,start postgres,counted postgres,start driver,boot,verify 1,count,drive,count since,gil,verify 2,"
        "stop,dismiss,counted postgres"
    )
    assert wanted.split(",") == world.log


def test_what_a_backend_saw_is_kept_with_what_the_contract_promises_for_the_verifications(tmp_path: Path) -> None:
    world = FakeWorld(counted={7: 10})
    world.backend_counts = iter(
        (BackendCount(queries=100, connections=3), BackendCount(queries=107, connections=11, most_at_once=2))
    )

    run = loop.measure(CELL, plan_with_a_database(), world, tmp_path)

    seen = BackendCount(queries=7, connections=8, most_at_once=2)
    expected = BackendUse(backend=Backend.POSTGRES, program="a program", verifying=4, seen=seen)
    assert isinstance(run, Completed)
    assert (expected,) == run.backends


def test_a_backend_that_does_not_say_what_it_has_counted_leaves_no_count(tmp_path: Path) -> None:
    run = loop.measure(CELL, plan_with_a_database(), FakeWorld(counted={7: 10}), tmp_path)

    assert isinstance(run, Completed)
    assert [None] == [use.seen for use in run.backends]


def test_a_backend_that_is_not_there_is_a_result_of_its_stage(tmp_path: Path) -> None:
    run = loop.measure(CELL, plan_with_a_database(), FakeWorld("start postgres"), tmp_path)

    assert isinstance(run, Failed)
    assert (Stage.ENVIRONMENT, "start postgres broke") == (run.stage, run.reason)


def test_a_server_is_started_with_the_parts_that_its_scenario_asks_for() -> None:
    stack, _ = serving("one", "json", plan_with_a_database())

    assert ("database",) == stack.serves


def test_an_app_that_cannot_count_has_no_count(tmp_path: Path) -> None:
    run = loop.measure(CELL, plan_of("one"), FakeWorld(counted=None), tmp_path)

    assert isinstance(run, Completed)
    assert run.served is None


def test_the_overhead_is_what_warmup_and_measurement_do_not_explain(tmp_path: Path) -> None:
    run = loop.measure(CELL, plan_of("one"), FakeWorld(), tmp_path)

    assert isinstance(run, Completed)
    assert run.overhead_s == 4 - 0.75 - 2


@pytest.mark.parametrize(
    ("breaks", "stage"),
    [
        ("provide", Stage.ENVIRONMENT),
        ("start driver", Stage.DRIVE),
        ("boot", Stage.BOOT),
        ("verify 1", Stage.VERIFY_BEFORE),
        ("breach 1", Stage.VERIFY_BEFORE),
        ("drive", Stage.DRIVE),
        ("verify 2", Stage.VERIFY_AFTER),
        ("breach 2", Stage.VERIFY_AFTER),
    ],
)
def test_whatever_breaks_is_a_result_that_names_its_stage(tmp_path: Path, breaks: str, stage: Stage) -> None:
    world = FakeWorld(breaks)

    run = loop.measure(CELL, plan_of("one"), world, tmp_path)

    assert isinstance(run, Failed)
    assert (stage, world.log.count("boot")) == (run.stage, world.log.count("stop") + (breaks == "boot"))


def test_a_breach_of_the_contract_names_the_difference(tmp_path: Path) -> None:
    run = loop.measure(CELL, plan_of("one"), FakeWorld("breach 1"), tmp_path)

    assert isinstance(run, Failed)
    assert run.reason == "the contract is broken: json: another body"


def test_a_stack_that_does_not_boot_is_a_result_and_the_plan_goes_on(tmp_path: Path) -> None:
    plan = plan_of("one", "two", rounds=2)
    journal = Journal.create(tmp_path, plan, HOST, started_at="2026-11-20T10:15:00Z")

    runs = list(loop.run_plan(plan, FakeWorld("boot"), journal, on_start=lambda _: None))

    assert [("failed", cell) for cell in plan.cells] == [(run.kind, run.cell) for run in runs]


def test_each_run_is_stored_before_the_next_begins(tmp_path: Path) -> None:
    plan = plan_of("one", "two")
    journal = Journal.create(tmp_path, plan, HOST, started_at="2026-11-20T10:15:00Z")
    stored: list[int] = []

    def count_runs(_: PlannedRun) -> None:
        stored.append(len(list(journal.folder.glob("*/*/r*/run.json"))))

    list(loop.run_plan(plan, FakeWorld(), journal, on_start=count_runs))

    assert stored == [0, 1]


def test_a_resumed_plan_runs_only_what_is_missing(tmp_path: Path) -> None:
    plan = plan_of("one", "two", "three")
    journal = Journal.create(tmp_path, plan, HOST, started_at="2026-11-20T10:15:00Z")
    first = next(loop.run_plan(plan, FakeWorld(), journal, on_start=lambda _: None))

    rest = list(loop.run_plan(plan, FakeWorld(), Journal.resume(journal.folder), on_start=lambda _: None))

    assert list(plan.cells) == [first.cell, *(run.cell for run in rest)]


def test_the_driver_is_told_what_the_contract_wants() -> None:
    plan = plan_of("one")
    order = order_for(CELL, plan, Server(host="h", port=1, pid=2, facts=FACTS), "rows", "report")

    (shot,) = order.shots
    assert ("/json?n=2", "{}", 0.5, 2) == (shot.target, shot.expect_body, order.warmup_s, order.measure_s)


@pytest.mark.parametrize(("own_s", "plateau"), [(None, Plateau(at_most_s=3)), (0.25, None)])
def test_a_warmup_that_the_scenario_states_is_as_long_as_it_says(own_s: float | None, plateau: Plateau | None) -> None:
    plan = replace(plan_of("one"), plateau=Plateau(at_most_s=3))
    plan = replace(plan, scenarios=(replace(plan.scenarios[0], warmup_s=own_s),))
    order = order_for(CELL, plan, Server(host="", port=1, pid=1, facts=FACTS), "", "")

    assert plateau == order.plateau
    assert order.warmup_at_most_s == (own_s or 3)


def test_all_stacks_of_a_round_meet_the_same_arrivals_and_rounds_differ() -> None:
    seeds = [
        schedule_seed(1, Cell(stack=stack, scenario="json", round=number))
        for stack, number in (("one", 1), ("two", 1), ("one", 2))
    ]

    assert seeds[0] == seeds[1]
    assert seeds[0] != seeds[2]


def test_a_profile_that_fails_says_why(tmp_path: Path) -> None:
    wanted = Profile(stack="one", scenario="json", started_at="now", seconds=3, rate_hz=100)

    taken = loop.profile(wanted, plan_of("one"), FakeWorld("sample"), tmp_path)

    assert taken.failed == "sample broke"


def test_the_load_of_a_profile_outlasts_the_sampling(tmp_path: Path) -> None:
    wanted = Profile(stack="one", scenario="json", started_at="now", seconds=3, rate_hz=100)
    world = FakeWorld()

    loop.profile(wanted, plan_of("one"), world, tmp_path)

    assert [order.measure_s > 3 + 2 * wanted.without_s for order in world.orders] == [True]


def test_a_profile_keeps_what_was_sampled(tmp_path: Path) -> None:
    wanted = Profile(stack="one", scenario="json", started_at="now", seconds=3, rate_hz=100)

    taken = loop.profile(wanted, plan_of("one"), FakeWorld(), tmp_path)

    assert taken == replace(wanted, sampled=SAMPLED)


def test_the_files_of_a_session_name_no_folder_of_the_machine(tmp_path: Path) -> None:
    plan = plan_of("one")
    journal = Journal.create(tmp_path, plan, HOST, started_at="2026-11-20T10:15:00Z")
    list(loop.run_plan(plan, FakeWorld(), journal, on_start=lambda _: None))

    texts = [path.read_text() for path in journal.folder.rglob("*.json")]
    assert len(texts) == 3
    assert not any(str(tmp_path) in text for text in texts)
    assert all(json.loads(text)["format_version"] == FORMAT_VERSION for text in texts)


def test_messages_on_a_websocket_are_sent_as_such_and_not_counted_by_the_app(tmp_path: Path) -> None:
    plan = plan_of("one")
    call = CallSpec(endpoint="echo", body="Hi")
    plan = replace(
        plan,
        contract=Contract(endpoints={"json": plan.contract.endpoints["json"], "echo": ECHO}),
        scenarios=(replace(plan.scenarios[0], calls=(call, replace(call, body=""))),),
    )
    world = FakeWorld(counted={7: 3})

    run = loop.measure(CELL, plan, world, tmp_path)

    assert isinstance(run, Completed)
    assert run.served is None
    assert [("/echo", "Hi"), ("/echo", "Hello")] == [(shot.target, shot.message) for shot in world.orders[0].shots]


S = 1_000_000_000


class MeasuringWorld(FakeWorld):
    """Leaves rows and looks: every run gets so many answers; others use so many cores and steal so many meanwhile."""

    def __init__(self, *, answers: Iterator[int], others: Iterator[float], stolen: Iterator[float]) -> None:
        super().__init__()
        self._answers = answers
        self._others = others
        self._stolen = stolen

    def drive(self, driver: str, server: Server, order: Order, folder: Path) -> DriverReport:
        rows = np.zeros(next(self._answers), dtype=list(ROW))
        rows["read_ns"], rows["phase_outcome"] = 1, Phase.MEASURE << 4 | Outcome.OK
        np.save(folder / "rows.npy", rows)
        keep_rows(folder, raw=folder / "rows.npy", endpoints=("json",))
        keep_usage(folder, looks(others=next(self._others), stolen=next(self._stolen)))
        return replace(REPORT, spans=(PhaseSpan(phase=Phase.MEASURE, start_ns=0, end_ns=S),))


def looks(*, others: float, stolen: float) -> Iterator[Usage]:
    """At the borders of a window of one second, in which server and driver used no processor."""
    for t_ns in (0, S):
        yield Usage(t_ns=t_ns, role=Role.SERVER, pid=1, run_ns=0, delay_ns=0)
        yield Usage(t_ns=t_ns, role=Role.DRIVER, pid=2, run_ns=0, delay_ns=0)
        busy_ns, steal_ns = round(others * t_ns), round(stolen * t_ns)
        yield Usage(t_ns=t_ns, role=Role.HOST, pid=0, busy_ns=busy_ns, steal_ns=steal_ns)


def measuring(*answers: int, others: Iterable[float] = (), stolen: Iterable[float] = ()) -> MeasuringWorld:
    """Answers in turn, and quiet when what others do has come to its end."""
    quiet = repeat(0.0)
    return MeasuringWorld(answers=cycle(answers), others=chain(others, quiet), stolen=chain(stolen, quiet))


def ignore(_: PlannedRun) -> None:
    """Nobody is told."""


def started(folder: Path, plan: Plan) -> Journal:
    return Journal.create(folder, plan, HOST, started_at="2026-11-20T10:15:00Z")


def test_rounds_are_added_until_every_interval_is_narrow(tmp_path: Path) -> None:
    """On paper: 100, 104, 104, 100, 104 are 102.4 +-2.7 %; with one more 104, they are 102.7 +-2.1 %."""
    plan = replace(plan_of("one", rounds=3), until=0.025)
    journal = started(tmp_path, plan)

    runs = list(loop.run_plan(plan, measuring(100, 104, 104), journal, on_start=ignore))

    assert [1, 2, 3, 4, 5, 6] == [run.cell.round for run in runs]
    assert StoredSession.open(journal.folder).rounds == 6


def test_no_round_is_added_that_would_not_fit_in_the_budget(tmp_path: Path) -> None:
    """A run takes 4 s in this world, and so does every question for the time in between."""
    plan = replace(plan_of("one", rounds=3), until=0.001, budget_s=60.0)
    world = measuring(100, 150)

    runs = list(loop.run_plan(plan, world, started(tmp_path, plan), on_start=ignore))

    assert 3 < len(runs) < 15
    assert world.now_ns() / S - 8 <= 60.0


def test_without_a_stopping_rule_no_round_is_added(tmp_path: Path) -> None:
    plan = plan_of("one", rounds=3)

    runs = list(loop.run_plan(plan, measuring(1, 99), started(tmp_path, plan), on_start=ignore))

    assert len(runs) == 3


def test_an_interrupted_round_that_was_added_is_resumed(tmp_path: Path) -> None:
    plan = replace(plan_of("one", "two", rounds=3), until=0.04)
    journal = started(tmp_path, plan)
    running = loop.run_plan(plan, measuring(80, 80, 120, 120), journal, on_start=ignore)
    done = [next(running).cell for _ in range(7)]

    resumed = Journal.resume(journal.folder)
    rest = next(loop.run_plan(plan, measuring(100), resumed, on_start=ignore)).cell

    assert (4, 4) == (done[-1].round, rest.round)
    assert {"one", "two"} == {done[-1].name, rest.name}


@pytest.mark.parametrize(
    "world",
    [measuring(100, others=chain([0.5], repeat(0.1))), measuring(100, stolen=chain([0.04], repeat(0.01)))],
    ids=["by other work", "by the hypervisor"],
)
def test_a_disturbed_run_is_set_aside_and_measured_again_at_the_end_of_its_round(
    world: MeasuringWorld, tmp_path: Path
) -> None:
    plan = replace(plan_of("one", "two", rounds=2), repeat_disturbed=1)
    journal = started(tmp_path, plan)
    order: list[PlannedRun] = []

    list(loop.run_plan(plan, world, journal, on_start=order.append))

    first, second, third, fourth = plan.cells
    assert [first, second, first, third, fourth] == order
    assert (first,) == StoredSession.open(journal.folder).discarded


def test_one_cell_in_five_is_measured_again_at_most(tmp_path: Path) -> None:
    plan = replace(plan_of(*"abcde", rounds=2), repeat_disturbed=2)
    journal = started(tmp_path, plan)

    runs = list(loop.run_plan(plan, measuring(100, others=repeat(0.5)), journal, on_start=ignore))

    assert (10, 2) == (len(runs), len(StoredSession.open(journal.folder).discarded))


def test_a_plan_may_forbid_to_measure_anything_again(tmp_path: Path) -> None:
    plan = plan_of("one")
    journal = started(tmp_path, plan)

    list(loop.run_plan(plan, measuring(100, others=repeat(0.5)), journal, on_start=ignore))

    assert () == StoredSession.open(journal.folder).discarded


PAIR = (CELL, Cell(stack="two", scenario="json", round=1))


def interleaved() -> Plan:
    return replace(plan_of("one", "two"), interleaved=True)


def together(world: FakeWorld, tmp_path: Path) -> tuple[Run, ...]:
    return measure_together(PAIR, interleaved(), world, dict.fromkeys(PAIR, tmp_path))


def test_cells_that_take_turns_are_all_up_before_the_first_request_and_end_together(tmp_path: Path) -> None:
    world = FakeWorld(counted={7: 10})

    runs = together(world, tmp_path)

    boots = "provide,boot,verify 1,count,provide,boot,verify 2,count"
    after = "count since,gil,verify 3,begin to stop,stop,dismiss,count since,gil,verify 4,stop"
    assert f"start driver,{boots},interleave 2,{after}".split(",") == world.log
    assert [(Completed, 2), (Completed, 2)] == [(type(run), getattr(run, "together", None)) for run in runs]


def test_a_server_that_breaks_the_contract_is_a_failed_cell_and_the_other_has_its_turns(tmp_path: Path) -> None:
    world = FakeWorld("breach 2")

    first, second = together(world, tmp_path)

    assert isinstance(first, Completed)
    assert isinstance(second, Failed)
    assert (Stage.VERIFY_BEFORE, True) == (second.stage, "interleave 1" in world.log)


def test_a_driver_that_breaks_fails_every_cell_that_had_its_turns(tmp_path: Path) -> None:
    runs = together(FakeWorld("interleave 2"), tmp_path)

    assert [Stage.DRIVE, Stage.DRIVE] == [run.stage for run in runs if isinstance(run, Failed)]


def test_more_stacks_than_may_be_up_at_once_take_turns_in_groups_around_one_server_that_stays_up(
    tmp_path: Path,
) -> None:
    names = [f"s{number:02d}" for number in range(12)]
    plan = replace(plan_of(*names), interleaved=True)
    world = FakeWorld()

    runs = measure_together(plan.served, plan, world, dict.fromkeys(plan.served, tmp_path))

    first, second = world.sliced
    assert [(Completed, 12)] * 12 == [(type(run), getattr(run, "together", 0)) for run in runs]
    assert (12, ["interleave 7", "interleave 6"]) == (
        world.log.count("boot"),
        [one for one in world.log if one.startswith("interleave")],
    )
    assert [(0, False), (1, True)] == [(one.group, one.targets[0].goes_on) for one in (first, second)]
    assert {one.rows_path for one in first.targets} & {one.rows_path for one in second.targets} == {
        first.targets[0].rows_path
    }
    assert {True} == {isinstance(run, Completed) and run.turns_since_ns == runs[0].turns_since_ns for run in runs}  # type: ignore[union-attr]


def test_what_two_drivers_sent_to_the_server_that_stays_up_is_one_report(tmp_path: Path) -> None:
    names = [f"s{number:02d}" for number in range(12)]
    plan = replace(plan_of(*names), interleaved=True)

    runs = measure_together(plan.served, plan, FakeWorld(), dict.fromkeys(plan.served, tmp_path))

    intended = [run.driver.intended for run in runs if isinstance(run, Completed)]
    assert [3] * 11 + [6] == sorted(intended)


def test_every_server_gets_the_same_load(tmp_path: Path) -> None:
    world = FakeWorld()

    together(world, tmp_path)

    (sliced,) = world.sliced
    (one, other) = map(sliced.of, sliced.targets)
    assert replace(one, rows_path="") == replace(other, rows_path="")


def test_a_plan_of_turns_keeps_every_cell_and_is_done(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, interleaved(), HOST, started_at="2026-11-20T10:15:00Z")
    world = FakeWorld()

    runs = list(loop.run_plan(interleaved(), world, journal, on_start=lambda _: None))

    assert (2, 1, ()) == (len(runs), world.log.count("interleave 2"), journal.missing())


def test_only_cells_that_are_missing_take_turns_after_an_interruption(tmp_path: Path) -> None:
    journal = Journal.create(tmp_path, interleaved(), HOST, started_at="2026-11-20T10:15:00Z")
    journal.start(CELL)
    journal.keep(together(FakeWorld(), tmp_path)[0], {})
    world = FakeWorld()

    list(loop.run_plan(interleaved(), world, journal, on_start=lambda _: None))

    assert (1, ()) == (world.log.count("interleave 1"), journal.missing())
