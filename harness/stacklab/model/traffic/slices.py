"""Interleaved load: several servers get short slices of it in turn, so that all of them meet the same machine."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Final, NamedTuple

from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.model.traffic.order import Order
from stacklab.units import Seconds

SHORTEST_S: Final[Seconds] = 0.03
"""Of a slice: shorter ones cost more in switching than they gain in likeness."""

LONGEST_S: Final[Seconds] = 0.3

REQUESTS: Final = 30
"""That a server answers in a slice, within the two bounds."""

OPEN_S: Final[Seconds] = 1.0
"""Of a slice of an open loop."""

CUT_S: Final[Seconds] = 0.1
"""Of a slice of an open loop, from its begin: the server wakes up, and nothing of it is measured."""

FEWEST_SWEEPS: Final = 6
"""In a round, however long a slice is."""

SPREAD: Final = 0.2
"""Slices of a closed loop are longer or shorter by up to this share, so that none keeps step with a clock."""

SLICE: tuple[tuple[str, str], ...] = (
    ("group", "<i8"),
    ("sweep", "<i8"),
    ("position", "<i8"),
    ("start_ns", "<i8"),
    ("measured_ns", "<i8"),
    ("end_ns", "<i8"),
    ("cpu_ns", "<i8"),
    ("idle_cpu_ns", "<i8"),
    ("delay_ns", "<i8"),
    ("switches_voluntary", "<i8"),
    ("switches_involuntary", "<i8"),
    ("steal_ns", "<i8"),
    ("driver_cpu_ns", "<i8"),
    ("driver_delay_ns", "<i8"),
)
"""One slice of one server, columns as NumPy types; -1 where a counter could not be read.

``group`` counts the groups of a round from 0, and ``sweep`` the sweeps of a round, with gaps between groups; in a sweep
every server of its group has one slice, and ``position`` is its place there. Times are
CLOCK_MONOTONIC: ``measured_ns`` is where the measured part begins, ``end_ns`` when the last of its requests had ended.
``cpu_ns``, ``delay_ns`` and the switches are those of the server's process tree from ``start_ns`` until it slept again;
``idle_cpu_ns`` is what it has used since its slice before, while it was sent nothing. ``steal_ns`` is the machine's, in
steps of 10 ms; the driver's are those of its process and of its thread.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceTarget:
    """One of the servers."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    host: str
    port: int
    pid: int
    """The root of its process tree."""
    rows_path: str
    """Where the driver leaves its raw rows."""
    slices_path: str
    """Where the driver leaves its slices, as a NumPy file of ``SLICE``."""
    goes_on: bool = False
    """Whether the server has been in a group before: its rows and slices are added to those in the files."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SlicedOrder:
    """The load of one round of one scenario, for all of its servers."""

    __pydantic_config__: ClassVar[dict[str, object]] = {"extra": "forbid", "strict": True}

    order: Order
    """What every server gets: host, port and the path of the rows are those of its target. ``warmup_s`` and
    ``measure_s`` are those of each server, its slices together."""
    targets: tuple[SliceTarget, ...]
    group: int = 0
    """Which group of its round it is."""

    def __post_init__(self) -> None:
        """Refuse a load that cannot be cut."""
        reason = why_not_sliced(self.order.load)
        if reason:
            raise ValueError(f"load: {reason}")

    def of(self, target: SliceTarget) -> Order:
        """The order of one server."""
        return replace(self.order, host=target.host, port=target.port, rows_path=target.rows_path)


def why_not_sliced(load: Load) -> str:
    """Why such a load has to be sent in one piece; empty where it can be cut into slices."""
    if load.steps:
        return "it changes in steps, which a slice would cut through"
    if isinstance(load, Closed):
        return "its connections pause between requests, and would all pause together" if load.think_s else ""
    return "its sessions last for several requests" if load.requests_per_session > 1 else ""


class WarmPace(NamedTuple):
    """How fast a server was in its warm-up."""

    responses_per_s: float
    median_s: Seconds
    """Latency."""


def slice_s(load: Load, pace: WarmPace) -> Seconds:
    """For how long requests are sent in a slice; it ends when the last of them is answered, one latency later.

    As short as the work allows, so that a sweep is short as well: each connection has two turns or more.
    """
    if isinstance(load, Open):
        return OPEN_S
    by_requests = REQUESTS / pace.responses_per_s - pace.median_s if pace.responses_per_s > 0 else LONGEST_S
    return min(max(SHORTEST_S, by_requests, pace.median_s), LONGEST_S)


class Cut(NamedTuple):
    """How a round is cut."""

    sweeps: int
    lengths_s: tuple[Seconds, ...]
    """For how long requests are sent in a slice of each server."""


def cut(load: Load, paces: Sequence[WarmPace], *, measure_s: Seconds) -> Cut:
    """As many sweeps as the slowest server needs for ``measure_s``, and slices in which every other one has as long.

    Slices as short as each server allows would leave a fast one, beside a slow one, with a fraction of the time that
    was asked for.
    """
    closed = not isinstance(load, Open)
    drains = [pace.median_s if closed else -CUT_S for pace in paces]
    needs = [slice_s(load, pace) + drain for pace, drain in zip(paces, drains, strict=True)]
    sweeps = max(FEWEST_SWEEPS, round(measure_s / max(needs)))
    share = measure_s / sweeps if closed else 0.0
    return Cut(sweeps, tuple(max(need, share) - drain for need, drain in zip(needs, drains, strict=True)))


def most_sweeps(*, measure_s: Seconds) -> int:
    """More than a round of any load has."""
    return max(FEWEST_SWEEPS, round(measure_s / SHORTEST_S)) + 1


def orders(servers: int, count: int, *, seed: int) -> Iterator[tuple[int, ...]]:
    """In which order the servers have their turn, sweep by sweep.

    Blocks of as many sweeps as there are servers are random Latin squares: in each block every server has every
    position once, so that no position favours anybody, and who follows whom is left to chance.
    """
    chance = random.Random(seed)  # noqa: S311 (an order that can be reproduced, not a secret)
    block: list[tuple[int, ...]] = []
    for _ in range(count):
        if not block:
            first = chance.sample(range(servers), servers)
            block = [tuple(first[turn:] + first[:turn]) for turn in range(servers)]
            chance.shuffle(block)
        yield block.pop()
