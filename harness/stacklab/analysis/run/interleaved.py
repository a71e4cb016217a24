"""A run that was measured in slices, in turn with others: which slices count, and the run as if they were one piece.

Rule 1: a slice that the machine disturbed is left out with its whole sweep, for every stack alike, so that leaving out
    favours nobody. The rule looks at what the kernel says of the machine, never at how fast anybody was. Ratios within
    sweeps are medians, which need nothing to be left out (``analysis.rounds.relative``).
Rule 2: slices are laid end to end. Rows, window and counters of the run are those of the slices that count, so that
    everything else that is said of a run is said of this one in the same way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from stacklab.analysis.run.columns import Window, one_of
from stacklab.analysis.run.resources import HostUsage, TreeUsage
from stacklab.columns import MISSING, Column, Columns, Mask
from stacklab.model.measured.record import ANSWERED, Outcome, Phase
from stacklab.units import NS_PER_MS, NS_PER_S, NS_PER_US, Nanoseconds

STOLEN: Final = 0.10
"""Share of a slice that a hypervisor may take. It counts in steps of 10 ms: any step in a short slice is more."""

MORE_THAN_USUAL: Final = 1.5
"""How many times longer than in the median slice of its round a server, or the driver, may wait for a processor.

What it usually waits is its own doing, because threads and workers share a core, or that of a neighbour that is always
there, and whom all stacks meet alike."""

ROBBED: Final = 0.10
"""Share of a slice that a server may wait beyond that; it decides where the usual wait is short."""

FEWEST_FOR_A_MEDIAN: Final = 8

DRIVER_ROBBED: Final = 0.05
"""The same of the driver."""

A_TURN_NS: Final[Nanoseconds] = 8 * NS_PER_MS
"""What one other task may take at once, two ticks of a kernel that has 250 a second: every machine runs some, and in a
slice of 50 ms a single one of them would be more than these shares. The median over the sweeps does not feel it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SliceNumbers:
    """What the slices say one by one, in the order of time; NaN where one has no such number."""

    group: Column
    sweep: Column
    position: Column
    throughput_rps: Column
    cpu_us_per_request: Column
    p50_ms: Column


@dataclass(frozen=True, kw_only=True, slots=True)
class Slices:
    """The slices of one run, in the order of time, and which of them count."""

    columns: Columns
    counts: Mask

    @property
    def kept(self) -> Columns:
        """Those that count."""
        return {name: column[self.counts] for name, column in self.columns.items()}

    @property
    def total_ns(self) -> Nanoseconds:
        """Length of those that count, together."""
        kept = self.kept
        return int((kept["end_ns"] - kept["measured_ns"]).sum())

    def stitched(self, requests: Columns) -> tuple[Columns, Window]:
        """The requests of the slices that count, laid end to end from zero on, and the window that they fill."""
        kept = self.kept
        begins, ends = kept["measured_ns"], kept["end_ns"]
        offsets = np.concatenate(([0], np.cumsum(ends - begins)))
        intended = requests["intended_ns"]
        place = np.searchsorted(begins, intended, side="right") - 1
        inside = (
            (place >= 0) & (intended <= ends[np.maximum(place, 0)])
            if len(begins)
            else np.zeros(len(intended), dtype=np.bool_)
        )
        inside &= requests["phase"] == Phase.MEASURE
        shift = (offsets[:-1] - begins)[place[inside]] if len(begins) else np.empty(0, dtype=np.int64)
        moved = {name: column[inside] for name, column in requests.items()}
        for name in ("intended_ns", "sent_ns", "received_ns", "read_ns"):
            moved[name] = np.where(moved[name] == MISSING, MISSING, moved[name] + shift)
        # what ends with its slice lies within the window, which is open at its end
        return moved, Window(0, int(offsets[-1]) + 1)

    def numbers(self, requests: Columns) -> SliceNumbers:
        """The numbers of each slice, those in doubt among them, from the requests meant to start in its measured part.

        Ratios within sweeps are told by medians, which a slice in doubt does not move.
        """
        every, measured = self.columns, requests["phase"] == Phase.MEASURE
        intended, outcome = requests["intended_ns"][measured], requests["outcome"][measured]
        took_ms = (requests["read_ns"][measured] - intended) / NS_PER_MS
        ok, answered = outcome == Outcome.OK, one_of(outcome, ANSWERED)
        took_ms = np.where(ok, took_ms, np.inf)
        begins = np.searchsorted(intended, every["measured_ns"])
        ends = np.searchsorted(intended, every["end_ns"], side="right")
        seconds = (every["end_ns"] - every["measured_ns"]) / NS_PER_S
        whole_s = (every["end_ns"] - every["start_ns"]) / NS_PER_S
        cpu_us = np.where(every["cpu_ns"] == MISSING, np.nan, every["cpu_ns"] / NS_PER_US)
        right, done = (_counts(column, begins, ends) for column in (ok, answered))
        medians = [
            float(np.median(took_ms[begin:end])) if end - begin >= FEWEST_FOR_A_MEDIAN else np.nan
            for begin, end in zip(begins, ends, strict=True)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            # what is cut off at the begin of a slice costs processor time as well
            return SliceNumbers(
                group=every["group"],
                sweep=every["sweep"],
                position=every["position"],
                throughput_rps=right / seconds,
                cpu_us_per_request=cpu_us / np.where(done > 0, done * (whole_s / seconds), np.nan),
                p50_ms=np.where(np.isfinite(medians), medians, np.nan),
            )

    def server(self, seen: TreeUsage) -> TreeUsage:
        """What the server used in its slices; sizes, and the proportion of user and system time, as they were seen."""
        kept = self.kept
        cpu_ns = _total(kept["cpu_ns"])
        return replace(
            seen,
            cpu_ns=seen.cpu_ns if cpu_ns is None else cpu_ns,
            from_schedstat=cpu_ns is not None,
            delay_ns=_total(kept["delay_ns"]),
            switches_voluntary=_total(kept["switches_voluntary"]),
            switches_involuntary=_total(kept["switches_involuntary"]),
            instructions=None,
        )

    def driver(self, seen: TreeUsage) -> TreeUsage:
        """What the driver used in them."""
        kept = self.kept
        return replace(seen, cpu_ns=_total(kept["driver_cpu_ns"]), delay_ns=_total(kept["driver_delay_ns"]))

    def host(self, seen: HostUsage, *, ours_ns: float | None, own_ns: float | None, whole: Window) -> HostUsage:
        """What the machine did in as much time as the slices last.

        ``ours_ns`` is what server, peers and driver used over the whole window, idle times included, ``own_ns`` what
        server and driver used in these slices; the rest of the machine is taken to be as busy in them as at any time.
        """
        share = self.total_ns / whole.length_ns if whole.length_ns else 0.0

        def scaled(value: float | None) -> float | None:
            return None if value is None else value * share

        busy = seen.busy_ns
        if busy is not None and ours_ns is not None and own_ns is not None:
            busy = max(busy - ours_ns, 0.0) * share + own_ns
        return replace(
            seen,
            busy_ns=busy,
            steal_ns=scaled(seen.steal_ns),
            cpu_pressure_ns=None,  # servers that share a core wait for each other, which is no pressure from outside
            memory_pressure_ns=scaled(seen.memory_pressure_ns),
            io_pressure_ns=scaled(seen.io_pressure_ns),
        )

    @property
    def lost_share(self) -> float:
        """The share of the slices that do not count."""
        return 1.0 - float(self.counts.mean()) if len(self.counts) else 0.0

    @property
    def idle_share(self) -> float | None:
        """Processor time that the server used while it was sent nothing, over that time: 1.0 is one core."""
        used = self.columns["idle_cpu_ns"]
        gaps = self.columns["start_ns"][1:] - self.columns["end_ns"][:-1]
        known = used[1:] != MISSING
        return float(used[1:][known].sum() / gaps[known].sum()) if known.any() and gaps[known].sum() > 0 else None


def sweeps_in_doubt(group: Sequence[Columns], *, cores: int) -> frozenset[int]:
    """The sweeps in which the machine disturbed any slice, of all stacks that took turns."""
    return frozenset(int(sweep) for slices in group for sweep in slices["sweep"][_disturbed(slices, cores=cores)])


def slices_of(columns: Columns, in_doubt: frozenset[int]) -> Slices:
    """The slices of one of them, without the sweeps in doubt."""
    return Slices(columns=columns, counts=~np.isin(columns["sweep"], list(in_doubt)))


def _counts(column: Column, begins: Column, ends: Column) -> Column:
    total = np.concatenate(([0], np.cumsum(column)))
    counts: Column = total[ends] - total[begins]
    return counts


def _disturbed(slices: Columns, *, cores: int) -> Mask:
    length = np.maximum(slices["end_ns"] - slices["start_ns"], 1)
    stolen, server, driver = (
        np.where(slices[name] == MISSING, 0, slices[name]) / length
        for name in ("steal_ns", "delay_ns", "driver_delay_ns")
    )
    turn = A_TURN_NS / length
    found: Mask = (
        (stolen / cores > STOLEN)
        | _beyond(server, np.maximum(ROBBED, turn))
        | _beyond(driver, np.maximum(DRIVER_ROBBED, turn))
    )
    return found


def _beyond(waited: Column, allowed: Column) -> Mask:
    usual = float(np.median(waited)) if len(waited) else 0.0
    found: Mask = waited > MORE_THAN_USUAL * usual + allowed
    return found


def _total(column: Column) -> float | None:
    """The sum; None where any of it is unknown."""
    return None if (column == MISSING).any() or not len(column) else float(column.sum())
