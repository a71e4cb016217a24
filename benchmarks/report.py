"""Time and memory of a report on five million requests: `python benchmarks/report.py [REQUESTS]`.

Writes a session of made-up requests (10 stacks, 5 rounds), then lets the real program render it.
Goal: 10 s or less, 1 GiB or less, for 5 million.
"""

import resource
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from stacklab.catalog import catalogue, workspace
from stacklab.effects.machine.host import read_host
from stacklab.model.measured.record import (
    ROW,
    Completed,
    DriverReport,
    DriverSecond,
    Outcome,
    Phase,
    PhaseSpan,
    Role,
    ServerFacts,
    Usage,
)
from stacklab.model.plan import Cell, Plan, lay_out
from stacklab.store import schema
from stacklab.store.journal import Journal
from stacklab.units import BYTES_PER_MIB, NS_PER_S

STACKS, ROUNDS = 10, 5
START_NS = 1_000 * NS_PER_S


def main(requests: str = "5000000") -> None:
    """Write the session, render it, print what that took."""
    with tempfile.TemporaryDirectory() as folder:
        session = write_session(Path(folder), int(requests) // (STACKS * ROUNDS))
        for kind in ("json", "html"):
            started = time.perf_counter()
            command = [
                sys.executable,
                "-m",
                "stacklab",
                "report",
                str(session),
                "--format",
                kind,
                "-o",
                f"{folder}/{kind}",
            ]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            elapsed_s = time.perf_counter() - started
            peak_mib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 / BYTES_PER_MIB
            print(f"{int(requests):,} requests as {kind}: {elapsed_s:.1f} s, at most {peak_mib:.0f} MiB so far")


def write_session(results: Path, per_run: int) -> Path:
    """A session whose runs all have so many requests."""
    there_is = catalogue.read(workspace.find(Path.cwd()))
    first = next(iter(there_is.stacks.values()))
    stacks = tuple(replace(first, name=f"stack-{number}") for number in range(STACKS))
    scenarios = (there_is.scenarios["json"],)
    cells, skipped = lay_out(stacks, scenarios, there_is.contract, rounds=ROUNDS, seed=1)
    measure_s = per_run / 20_000
    plan = Plan(
        preset="standard",
        rounds=ROUNDS,
        seed=1,
        warmup_s=0,
        measure_s=measure_s,
        command="stacklab run",
        contract=there_is.contract,
        stacks=stacks,
        scenarios=scenarios,
        cells=cells,
        skipped=skipped,
    )
    journal = Journal.create(results, plan, read_host(), started_at="2026-11-20T10:15:00Z")
    chance = np.random.default_rng(1)
    span = PhaseSpan(phase=Phase.MEASURE, start_ns=START_NS, end_ns=START_NS + round(measure_s * NS_PER_S))
    for cell in cells:
        folder = journal.start(cell)
        schema.write_requests(made_up_rows(per_run, span, chance), ["json"], folder / "requests.parquet")
        schema.write_usage(made_up_usage(span), folder / "usage.parquet")
        journal.keep(completed(cell, span, per_run), {})
    return journal.folder


def made_up_rows(count: int, span: PhaseSpan, chance: np.random.Generator) -> np.ndarray:
    """Requests of 16 connections, with service times from a log-normal law."""
    rows = np.zeros(count, dtype=list(ROW))
    rows["intended_ns"] = np.sort(chance.integers(span.start_ns, span.end_ns, count))
    rows["sent_ns"] = rows["intended_ns"] + 5_000
    rows["received_ns"] = -1
    rows["read_ns"] = rows["sent_ns"] + (chance.lognormal(-1, 0.5, count) * 1_000_000).astype(np.int64)
    rows["connection"] = np.arange(count) % 16
    rows["bytes"], rows["status"], rows["worker"] = 27, 200, 4711
    rows["phase_outcome"] = Phase.MEASURE << 4 | Outcome.OK
    return rows


def made_up_usage(span: PhaseSpan) -> list[Usage]:
    """Looks five times a second at a server and a driver that are busy all the time."""
    times = range(span.start_ns, span.end_ns + 1, NS_PER_S // 5)
    return [
        Usage(t_ns=t_ns, role=role, pid=4711 + role, run_ns=t_ns - START_NS, delay_ns=0, rss_bytes=50 << 20)
        for t_ns in times
        for role in (Role.SERVER, Role.DRIVER)
    ]


def completed(cell: Cell, span: PhaseSpan, count: int) -> Completed:
    """The record of one such run."""
    second = DriverSecond(start_ns=span.start_ns, cpu_s=0.5, run_queue_delay_s=0.0)
    return Completed(
        cell=cell,
        started_at="2026-11-20T10:15:00Z",
        server=ServerFacts(argv=(), python="CPython 3.13.0", packages={}, cpus=(0,), boot_s=0.4),
        driver=DriverReport(
            driver="reactor",
            versions={},
            spans=(span,),
            intended=count,
            seconds=(second,),
            connects=16,
            gc_collections=0,
            dropped_timers=0,
            kernel_timestamps=False,
        ),
        driver_cpus=(1,),
        served=count,
        overhead_s=1.0,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
