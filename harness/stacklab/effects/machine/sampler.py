"""Samples what a server, its driver, its backends and the host use, from a thread, while a cell is measured.

A program of a claim stands where the server does, and has no driver.
"""

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from stacklab.effects.clock import now_ns
from stacklab.effects.machine.instructions import Instructions
from stacklab.effects.machine.sample import proportional_set_size, sample_host, sample_process
from stacklab.model.measured.record import Role, Usage
from stacklab.procfs import tree
from stacklab.units import NS_PER_S, Nanoseconds, Seconds, ns_from_s


class UsageSampler:
    """A context manager that samples process trees and the host every so often, and at exact moments.

    ``every_s`` None: only at its begin and at the moments that are asked for. Sampling takes time from the driver, on
    whose processor the harness runs.
    """

    def __init__(
        self,
        server_pid: int,
        driver_pid: int | None = None,
        *,
        backends: Iterable[int] = (),
        every_s: Seconds | None = 0.2,
    ) -> None:
        of_driver = () if driver_pid is None else ((Role.DRIVER, driver_pid),)
        of_backends = ((Role.BACKEND, pid) for pid in backends)
        self._roots = ((Role.SERVER, server_pid), *of_driver, *of_backends)
        self._every_ns = None if every_s is None else ns_from_s(every_s)
        self._rows: list[Usage] = []
        self._asked: dict[Nanoseconds, bool] = {}
        """Moments to sample, and whether the proportional set size is wanted."""
        self._ended = False
        self._news = threading.Condition()
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="watch")

    def __enter__(self) -> Self:
        """Take the first sample, and go on."""
        (_, server), *_ = self._roots
        self._instructions = Instructions(tree(server))
        self._running = self._pool.submit(self._run)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Take the samples that are due, and no more."""
        with self._news:
            self._ended = True
            self._news.notify()
        self._pool.shutdown()
        self._instructions.close()
        self._running.result()  # what went wrong in the thread goes wrong here

    def sample_at(self, t_ns: Nanoseconds, *, pss: bool = False) -> None:
        """Ask for one more sample at this moment, or at once if it has passed; ``pss``: with proportional set sizes."""
        with self._news:
            self._asked[t_ns] = pss
            self._news.notify()

    def rows(self) -> tuple[Usage, ...]:
        """All samples so far, in the order they were taken; the rows of one sample share their time."""
        return tuple(self._rows)

    def _run(self) -> None:
        """Sample whenever a moment comes, until the end; a moment that has come is sampled even then."""
        regular_ns: Nanoseconds | None = now_ns()
        while True:
            with self._news:
                while (due_ns := self._due_ns(regular_ns)) is None or due_ns > now_ns():
                    if self._ended:
                        return
                    self._news.wait(None if due_ns is None else (due_ns - now_ns()) / NS_PER_S)
                pss = self._asked.pop(due_ns, False)
            self._sample(pss=pss)
            if due_ns == regular_ns:  # from now on: a late sample is not made up for by a hasty one
                regular_ns = None if self._every_ns is None else now_ns() + self._every_ns

    def _due_ns(self, regular_ns: Nanoseconds | None) -> Nanoseconds | None:
        """The next moment to sample; None if there is none yet."""
        return min(self._asked if regular_ns is None else (regular_ns, *self._asked), default=None)

    def _sample(self, *, pss: bool) -> None:
        """One row a process of all trees, and one of the host."""
        t_ns = now_ns()
        samples = [sample_process(pid, role, t_ns) for role, root in self._roots for pid in tree(root)]
        rows = [replace(row, instructions=self._instructions.of(row.pid)) for row in samples if row is not None]
        rows.append(sample_host(t_ns))
        if pss:  # after all counters, because it takes long
            rows = [replace(row, pss_bytes=proportional_set_size(row.pid)) if row.pid else row for row in rows]
        self._rows += rows
