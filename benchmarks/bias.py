"""What slices do to absolute numbers, family by family, and what idle servers cost the others.

    python benchmarks/bias.py [ROUNDS] [FAMILY ...]

A server is measured in whole windows and in slices between those of two other servers, alternately, so that both meet
the same machine; and in whole windows while the others are stopped (SIGSTOP). Such a block gives one ratio of each.
Prints medians over all blocks of all boots, in slices over whole window, with 95 % intervals from order statistics,
which no robbed block moves; and in the last column, CPU per request beside idle servers over alone.
"""

import math
import os
import random
import select
import signal
import statistics
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from rich.console import Console
from scipy.special import bdtr

from planted import FAMILIES, WORKERS
from stacklab.catalog.catalogue import read
from stacklab.catalog.variants import Axes
from stacklab.catalog.workspace import find, reference
from stacklab.cli.options.axes import Selection
from stacklab.cli.options.effort import Effort
from stacklab.cli.options.placement import Placement
from stacklab.cli.plans import plan_of
from stacklab.cli.preparation import Environments, machine
from stacklab.driver.interleave import SlicedServer
from stacklab.engine.orders import order_for, serving, slice_target
from stacklab.machine import Machine
from stacklab.model.measured.record import Outcome, outcomes_of
from stacklab.model.plan import Cell, Plan
from stacklab.model.traffic.exchange import exchanges
from stacklab.model.traffic.slices import SLICE
from stacklab.procfs import tree
from stacklab.units import NS_PER_MS, NS_PER_S, NS_PER_US

CLOSED, OPEN = "json", "json-open"
OTHERS = ("uvicorn-uvloop-bare", "gunicorn-gthread-django")
BLOCKS = {CLOSED: 5, OPEN: 2}
"""Of a boot: each is one whole window, as much in slices, and one whole window alone."""

WHOLE_S = {CLOSED: 1.2, OPEN: 5.0}
SLICE_S = {CLOSED: 0.06, OPEN: 1.0}
OF_OTHERS_S = {CLOSED: 0.06, OPEN: 0.2}


class Numbers(NamedTuple):
    """Of some slices together."""

    cpu_us: float
    rps: float
    p50_ms: float
    p99_ms: float


def main(rounds: str = "6", *families: str) -> None:
    """Print a row for each family."""
    workspace, console = find(reference()), Console(stderr=True)
    print("| family | CPU per request | throughput | P50 | P99, open loop | beside idle servers |")
    print("| --- | --: | --: | --: | --: | --: |")
    with machine(workspace, Placement()) as here:
        for family in families or FAMILIES:
            stack = FAMILIES[family]
            effort = Effort(preset="quick", noise_floor=False)
            chosen = Selection(stacks=(stack, *OTHERS), scenarios=(CLOSED, OPEN))
            plan = plan_of(read(workspace), chosen, Axes(), effort, Environments(here, console), command="bias")
            workers = WORKERS.get(family, 1)
            plan = replace(
                plan, stacks=tuple(replace(one, workers=workers) if one.name == stack else one for one in plan.stacks)
            )
            closed = [boot(here, plan, stack, CLOSED, number) for number in range(int(rounds))]
            opened = [boot(here, plan, stack, OPEN, number) for number in range(int(rounds))]
            cells = [
                *(said([ratios[of] for one in closed for ratios in one["sliced"]]) for of in range(3)),
                said([ratios[3] for one in opened for ratios in one["sliced"]]),
                said([ratios[0] for one in closed for ratios in one["beside"]]),
            ]
            print(f"| {family} | {' | '.join(cells)} |", flush=True)


def said(logs: Sequence[float]) -> str:
    """The median ratio with its interval; of too few blocks for one, the least and the largest."""
    ordered = sorted(logs)
    outside = sum(float(bdtr(rank, len(ordered), 0.5)) <= 0.025 for rank in range(len(ordered) // 2))
    rank = max(outside, 1)
    ends = (ordered[rank - 1], ordered[-rank])
    return f"{math.exp(statistics.median(ordered)):.3f} ({math.exp(ends[0]):.3f} to {math.exp(ends[1]):.3f})"


def boot(here: Machine, plan: Plan, stack: str, scenario: str, number: int) -> dict[str, list[tuple[float, ...]]]:
    """One boot of all three: of each of its blocks, the log ratios."""
    chance = random.Random(number)  # noqa: S311 (an order, not a secret)
    found: dict[str, list[tuple[float, ...]]] = defaultdict(list)
    with ExitStack() as running:
        cells = [Cell(stack=name, scenario=scenario, round=number + 1) for name in (stack, *OTHERS)]
        servers = [running.enter_context(served(here, plan, cell)) for cell in cells]
        for one in servers:
            one.warm_up(1.0)
            one.fall_asleep()
        for _ in range(BLOCKS[scenario]):
            kinds = ["whole", "sliced", "alone"]
            chance.shuffle(kinds)
            block = {kind: measured(servers, kind, scenario, chance) for kind in kinds}
            found["sliced"].append(apart(block["sliced"], block["whole"]))
            found["beside"].append(apart(block["whole"], block["alone"]))
    return found


def apart(one: Numbers, other: Numbers) -> tuple[float, ...]:
    """The logarithms of the ratios."""
    return tuple(math.log(a / b) for a, b in zip(one, other, strict=True))


@contextmanager
def served(here: Machine, plan: Plan, cell: Cell) -> Iterator[SlicedServer]:
    """A server that is up, and the connections to it."""
    stack, _ = serving(cell.stack, cell.scenario, plan)
    folder = here.folder / f"bias-{cell.stack}"
    folder.mkdir(exist_ok=True)
    rows, cut = str(folder / "rows.npy"), str(folder / "slices.npy")
    with here.boot(stack, next(iter(exchanges(plan.contract, stack))), folder) as server:
        order = order_for(cell, plan, server, rows, str(folder / "report.json"))
        target = slice_target(server, (rows, cut), goes_on=False)
        with closing(SlicedServer(order, target, waiter, group=0)) as sliced:
            yield sliced


def measured(servers: Sequence[SlicedServer], kind: str, scenario: str, chance: random.Random) -> Numbers:
    """The first of the servers in one whole window, or in slices between those of the others."""
    own, *others = servers
    first_slice, first_row = len(own.slices), len(own.rows)
    if kind == "sliced":
        for sweep in range(round(WHOLE_S[scenario] / SLICE_S[scenario])):
            turn = list(servers)
            chance.shuffle(turn)
            for position, one in enumerate(turn):
                length_s = SLICE_S[scenario] if one is own else OF_OTHERS_S[scenario]
                one.slice(sweep, position, length_s * (chance.uniform(0.8, 1.2) if scenario == CLOSED else 1))
    else:
        with stopped(others if kind == "alone" else []):
            own.slice(0, 0, WHOLE_S[scenario])
    return numbers(own, first_slice, first_row)


def numbers(own: SlicedServer, first_slice: int, first_row: int) -> Numbers:
    """What its latest slices say together."""
    cut = np.array(own.slices[first_slice:], dtype=np.dtype(list(SLICE)))
    rows = own.rows.since(first_row)
    right = outcomes_of(rows["phase_outcome"]) == Outcome.OK
    place = np.searchsorted(cut["start_ns"], rows["intended_ns"], side="right") - 1
    counts = right & (rows["intended_ns"] >= cut["measured_ns"][place])
    latency_ms = (rows["read_ns"] - rows["intended_ns"])[counts] / NS_PER_MS
    seconds = float((cut["end_ns"] - cut["measured_ns"]).sum()) / NS_PER_S
    return Numbers(
        cpu_us=float(cut["cpu_ns"].sum()) / NS_PER_US / max(int(right.sum()), 1),
        rps=float(counts.sum()) / seconds,
        p50_ms=float(np.quantile(latency_ms, 0.5)),
        p99_ms=float(np.quantile(latency_ms, 0.99)),
    )


@contextmanager
def stopped(servers: Sequence[SlicedServer]) -> Iterator[None]:
    """These servers get no processor while the block runs."""
    pids = [pid for one in servers for pid in tree(one.target.pid)]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def waiter(fd: int) -> Callable[[], None]:
    """Wait for a reactor in this process, which has no other work."""
    waiting = select.poll()
    waiting.register(fd, select.POLLIN)

    def wait() -> None:
        waiting.poll()

    return wait


if __name__ == "__main__":
    main(*sys.argv[1:])
