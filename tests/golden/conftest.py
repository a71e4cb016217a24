"""A small session made of arithmetic: every number in the golden files follows from what stands here."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from stacklab.model.measured.counting import Count, CountedStretch, CountEffort, CountSource, FunctionCount, SeedCount
from stacklab.model.measured.profile import Profile, Recording, Sampled, Slice, ThreadUse, Ticks
from stacklab.model.measured.record import (
    Completed,
    DriverReport,
    DriverSecond,
    Failed,
    FailedResponse,
    Gil,
    Host,
    Outcome,
    Phase,
    PhaseSpan,
    Ran,
    Role,
    Row,
    Run,
    ServerFacts,
    Stage,
    Usage,
)
from stacklab.model.plan import Cell, Plan, PlannedRun, Skipped, Variant
from stacklab.model.stack import Family, Interface, Stack, Waits
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario

MS = 1_000_000
S = 1000 * MS
WARM, BEGIN, END, STOP = 9 * S, 10 * S, 12 * S, 13 * S
"""The phases of every run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing")


@dataclass(frozen=True)
class Pace:
    """How a stack answers in this made-up world."""

    latency_ms: float
    cpu_us: float
    rss_mib: int = 60
    errors: int = 0
    """Every so many requests, one is answered with another status; 0 for never."""


PACES = {
    "fast": Pace(2.0, 50.0),
    "fast-too": Pace(2.02, 51.0),
    "slow": Pace(5.0, 180.0, 150),
    "liar": Pace(0.5, 9.0, errors=3),
}


FAILED_RESPONSES = (
    FailedResponse(endpoint="json", outcome=Outcome.STATUS, status=503, body='{"error": "try again | <later>"}'),
)

VARIANTS = {"fast-too": Variant(of="fast", requirements={"uvicorn": "uvicorn==0.30.6"})}
OLDER = {"uvicorn": "0.30.6", "h11": "0.14.0"}
"""The version that was varied, and one that came along with it."""


@dataclass(frozen=True)
class MadeSession:
    """What ``report.build`` reads of a session, held in memory."""

    plan: Plan
    host: Host
    runs: tuple[Run, ...]
    profiles: tuple[Profile, ...]
    name: str = "20261120T101500Z-7f3a"
    started_at: str = "2026-11-20T10:15:00Z"
    stacklab_version: str = "0.1.0"
    discarded: tuple[PlannedRun, ...] = ()
    counts: tuple[Count, ...] = ()

    @property
    def rounds(self) -> int:
        return self.plan.rounds

    @property
    def cells(self) -> tuple[PlannedRun, ...]:
        return self.plan.cells

    @property
    def missing(self) -> tuple[PlannedRun, ...]:
        done = {run.cell for run in self.runs}
        return tuple(cell for cell in self.cells if cell not in done)

    def requests(self, run: Completed) -> Mapping[str, Any]:
        """Latencies spread evenly over powers of the golden ratio's multiples: no generator, the same everywhere."""
        scenario, pace = self.plan.scenario(run.cell.scenario), _pace(run.cell)
        if isinstance(scenario.load, Open):
            rows = _open_rows(scenario.load, pace, run.cell.round)
        else:
            rows = _closed_rows(scenario.load, pace, run.cell.round)
        return {**rows, "endpoint": (np.arange(len(rows["read_ns"])) % len(scenario.calls)).astype(np.int16)}

    def chunks(self, run: Completed) -> Mapping[str, Any] | None:
        return None

    def slices(self, run: Completed) -> Mapping[str, Any] | None:
        return None

    def last_log_line(self, run: Completed) -> str:
        return "ServiceError: try again"

    def endpoints(self, run: Completed) -> Any:
        return np.full(len(self.requests(run)["read_ns"]), "json", dtype=object)

    def rows(self, run: Ran) -> tuple[Row, ...]:
        raise AssertionError("no program was run")

    def usage(self, run: Completed) -> Mapping[str, Any]:
        rows = self.requests(run)
        work_ns = int(np.count_nonzero(_within(rows["read_ns"])) * _pace(run.cell).cpu_us * 1000)
        return _looks(work_ns, _pace(run.cell).rss_mib << 20)

    def speedscope(self, profile: Profile, recording: Recording | None) -> Mapping[str, Any]:
        frames = [
            {"name": "run", "file": "uvicorn/server.py", "line": 1},
            {"name": "spin", "file": "./work.py", "line": 9},
        ]
        stacks = [[0, 1], [0]]
        thread = {"pid": 41, "tid": 41, "thread": "MainThread", "unit": "none"}
        return {"shared": {"frames": frames}, "profiles": [{**thread, "samples": stacks, "weights": [600, 300]}]}


def _pace(cell: Cell) -> Pace:
    """A stack that is measured once more is one percent slower: noise, if ever there was any."""
    pace = PACES[cell.stack]
    return replace(pace, latency_ms=pace.latency_ms * 1.01, cpu_us=pace.cpu_us * 1.01) if cell.twin else pace


def _open_rows(load: Open, pace: Pace, number: int) -> Mapping[str, Any]:
    count = round(load.rate * 3)
    intended = WARM + np.arange(count) * (3 * S // count)
    return _rows(intended, intended + 20_000, _spread(count, pace, number), pace)


def _closed_rows(load: Closed, pace: Pace, number: int) -> Mapping[str, Any]:
    """Each connection sends as soon as it is answered."""
    count = round(3 * S / (pace.latency_ms * MS) * 1.1)
    took = np.stack([_spread(count, pace, number + connection) for connection in range(load.connections)])
    ends = WARM + np.cumsum(took, axis=1)
    starts, ends, took = (values[ends - took < END] for values in (ends - took, ends, took))
    order = np.argsort(starts, kind="stable")
    return _rows(starts[order], starts[order], took[order], pace)


def _spread(count: int, pace: Pace, number: int) -> Any:
    """From 0.8 of the pace's latency up to 4.8 of it, most of them near the low end; rounds differ by a percent."""
    share = ((np.arange(count) + number * 7) * 0.6180339887498949) % 1.0
    return ((0.8 + 0.4 * share + 3.6 * share**40) * pace.latency_ms * (1 + number % 3 / 100) * MS).astype(np.int64)


def _rows(intended: Any, sent: Any, took: Any, pace: Pace) -> Mapping[str, Any]:
    count = len(intended)
    outcome = np.full(count, Outcome.OK, dtype=np.uint8)
    if pace.errors:
        outcome[:: pace.errors] = Outcome.STATUS
    return {
        "phase": np.where(intended < BEGIN, Phase.WARMUP, Phase.MEASURE).astype(np.uint8),
        "outcome": outcome,
        "status": np.where(outcome == Outcome.OK, 200, 503).astype(np.uint16),
        "bytes": np.full(count, 140, dtype=np.uint32),
        "connection": (np.arange(count) % 8 + 1).astype(np.uint32),
        "worker": np.full(count, 4321, dtype=np.uint32),
        "intended_ns": intended,
        "sent_ns": sent,
        "received_ns": np.full(count, -1),
        "read_ns": sent + took,
    }


def _within(times_ns: Any) -> Any:
    return (times_ns >= BEGIN) & (times_ns < END)


def _looks(work_ns: int, rss_bytes: int) -> Mapping[str, Any]:
    """Looks at the borders of the window: one process each, and a host with nothing else to do."""
    driver_ns = S // 2
    server = Usage(t_ns=BEGIN, role=Role.SERVER, pid=4321, cpu_user_ns=0, cpu_system_ns=0, run_ns=0, delay_ns=0)
    server = replace(server, switches_voluntary=0, switches_involuntary=0, rss_bytes=rss_bytes, threads=1, files=12)
    driver = replace(server, role=Role.DRIVER, pid=4300)
    host = Usage(t_ns=BEGIN, role=Role.HOST, pid=0, steal_ns=0, busy_ns=0)
    looks = (
        server,
        driver,
        host,
        replace(
            server,
            t_ns=END,
            cpu_user_ns=work_ns * 3 // 4,
            cpu_system_ns=work_ns // 4,
            run_ns=work_ns,
            delay_ns=S // 100,
            switches_voluntary=900,
            switches_involuntary=100,
            pss_bytes=rss_bytes // 2,
        ),
        replace(driver, t_ns=END, cpu_user_ns=driver_ns, run_ns=driver_ns, delay_ns=S // 100),
        replace(host, t_ns=END, busy_ns=work_ns + driver_ns + S // 10),
    )
    return {
        field.name: np.array([-1 if (value := getattr(look, field.name)) is None else value for look in looks])
        for field in fields(Usage)
    }


def _stack(name: str, *, waits: Waits = Waits.COOPERATIVE) -> Stack:
    return Stack(
        name=name,
        summary=f"The {name} stack.",
        family=Family.EVENT_LOOP if waits is Waits.COOPERATIVE else Family.PROCESSES,
        interface=Interface.ASGI,
        waits=waits,
        app="app:app",
        argv=("{python}", "-m", "server"),
        requirements=("uvicorn[standard]==0.54.0",),
    )


def _completed(cell: Cell, *, served: int | None) -> Completed:
    return Completed(
        cell=cell,
        started_at="2026-11-20T10:15:00Z",
        server=ServerFacts(
            argv=("{python}", "-m", "server"),
            python="CPython 3.13.0",
            packages=OLDER if cell.stack in VARIANTS else {"uvicorn": "0.54.0", "h11": "0.16.0"},
            gil=Gil(on=True),
            cpus=(0,),
            boot_s=0.4 + cell.round / 100,
        ),
        driver=DriverReport(
            driver="reactor",
            versions={"locust": "2.47.0"},
            spans=(
                PhaseSpan(phase=Phase.WARMUP, start_ns=WARM, end_ns=BEGIN),
                PhaseSpan(phase=Phase.MEASURE, start_ns=BEGIN, end_ns=END),
                PhaseSpan(phase=Phase.DRAIN, start_ns=END, end_ns=STOP),
            ),
            intended=0,
            seconds=(DriverSecond(start_ns=BEGIN, cpu_s=0.25, run_queue_delay_s=0.01),),
            connects=8,
            gc_collections=0,
            dropped_timers=0,
            kernel_timestamps=False,
            failures=FAILED_RESPONSES,
        ),
        driver_cpus=(1,),
        served=served,
        overhead_s=1.2,
    )


def _run(cell: Cell) -> Run:
    failed = partial(Failed, cell=cell, started_at="2026-11-20T10:15:00Z", log_tail=("Traceback", "ImportError: x"))
    if cell.stack == "broken":
        return failed(stage=Stage.BOOT, reason="broken did not boot: ImportError: x")
    if (cell.stack, cell.scenario, cell.round) == ("slow", "echo", 2):
        return failed(stage=Stage.DRIVE, reason="the server died under load")
    return _completed(cell, served=None)


@pytest.fixture
def session() -> MadeSession:
    """Every kind of stack a page must show.

    One measured twice, one that ties with it, a slow one with a failed round, one that answers errors, one that does
    not boot.
    """
    stacks = tuple(
        _stack(name, waits=Waits.BLOCKING if name == "slow" else Waits.COOPERATIVE)
        for name in ("fast", "fast-too", "slow", "liar", "broken")
    )
    scenarios = (
        Scenario(
            name="echo", summary="As fast as it goes", calls=(CallSpec(endpoint="json"),), load=Closed(connections=8)
        ),
        Scenario(
            name="echo-open",
            summary="At a rate of its own",
            calls=(CallSpec(endpoint="pause", query="ms=1"),),
            load=Open(rate=600),
        ),
    )
    contract = Contract(
        endpoints={
            "json": Endpoint(
                path="/json", exercises="a serialiser", content_type="application/json", answers={"": "{}"}
            ),
            "pause": Endpoint(
                path="/pause",
                exercises="the loop",
                content_type="text/plain",
                answers={"ms=1": "ok"},
                waits_cooperatively=True,
            ),
        }
    )
    cells = tuple(
        Cell(stack=stack.name, scenario=scenario.name, round=number, twin=again)
        for number in (1, 2, 3)
        for stack in stacks
        for scenario in scenarios
        for again in (False, True)
        if (stack.name, scenario.name) != ("broken", "echo-open") and (stack.name == "fast" or not again)
    )
    plan = Plan(
        preset="quick",
        rounds=3,
        seed=7,
        warmup_s=1.0,
        measure_s=2.0,
        command="stacklab run --stack 'fast*'",
        contract=contract,
        stacks=stacks,
        scenarios=scenarios,
        cells=cells,
        twin="fast",
        variants=VARIANTS,
        skipped=(Skipped(stack="broken", scenario="echo-open", reason="pause exists for ASGI only"),),
    )
    host = Host(
        system="Linux 6.18.44",
        machine="x86_64",
        processor="Example 9000",
        cores=2,
        memory_bytes=8 << 30,
        governor="performance",
        turbo=None,
        virtual="kvm",
        clock_source="tsc",
        settings={"net.core.somaxconn": "4096"},
    )
    sampled = Sampled(
        tool="py-spy 0.4.3",
        recordings={Recording.GIL: Ticks(taken=2000), Recording.ALL: Ticks(taken=500)},
        span=Slice(length_s=5.0, cpu_ns=2_500_000_000, requests=25_000),
        without=(Slice(length_s=2.0, cpu_ns=980_000_000, requests=10_000),),
        threads=(ThreadUse(pid=41, tid=41, cpu_ns=2_500_000_000, system_ns=250_000_000),),
    )
    profile = Profile(
        stack="fast", scenario="echo", started_at="2026-11-20T10:20:00Z", seconds=5.0, rate_hz=400, sampled=sampled
    )
    counts = (_count("fast", 200_000), _count("slow", 210_000), replace(_count("liar", 1), failed="not steady"))
    return MadeSession(plan=plan, host=host, runs=tuple(map(_run, cells)), profiles=(profile,), counts=counts)


def _count(stack: str, cost: int) -> Count:
    """Instructions per request that rise a little with the hash seed."""
    nothing = CountedStretch(requests=0, instructions=0, took_s=1.0)
    return Count(
        stack=stack,
        scenario="echo",
        started_at="2026-11-20T10:30:00Z",
        source=CountSource.CALLGRIND,
        effort=CountEffort(hash_seeds=(0, 1, 2)),
        tool="valgrind-3.19.0",
        python="CPython 3.13.0",
        packages={"uvicorn": "0.54.0"},
        seeds=tuple(
            SeedCount(
                hash_seed=seed,
                boot_s=3.0,
                idle=nothing,
                batches=tuple(
                    CountedStretch(requests=number, instructions=number * (cost + 100 * seed), took_s=1.0)
                    for number in (100, 100, 100)
                ),
            )
            for seed in range(3)
        ),
        functions=(
            FunctionCount(name="_PyEval_EvalFrameDefault", object="python3.13", instructions=225 * cost),
            FunctionCount(name="malloc", object="libc.so.6", instructions=45 * cost),
        ),
        objects={"python3.13": 675 * cost, "libc.so.6": 225 * cost},
    )
