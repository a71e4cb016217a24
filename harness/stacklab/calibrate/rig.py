"""A test rig: small servers on the server's processors, and the driver sending to them from its own."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from stacklab.catalog.workspace import reference
from stacklab.columns import Column
from stacklab.effects.clock import pause_until
from stacklab.effects.driver import Driver
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire.ready import LOOPBACK, wait_for_ready
from stacklab.model.measured.record import DriverReport, PhaseSpan
from stacklab.model.traffic.load import Load
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.store.schema import read_raw_rows
from stacklab.units import Nanoseconds, Seconds

LISTENS_S: Final[Seconds] = 10.0
"""A server of the rig has no more to do until then than to import asyncio."""
SEED: Final = 20
"""Every calibration sends the same schedules."""


class Sent(NamedTuple):
    """One load that was sent."""

    rows: Column
    """``record.ROW``, in the order of their intended start."""
    report: DriverReport


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """Where a load goes."""

    host: str
    port: int
    shots: tuple[PlannedRequest, ...]


class RigServer:
    """A server of the rig."""

    def __init__(self, start: Callable[[int], Child]) -> None:
        """``start`` starts it on a port, 0 for any."""
        self._start = start
        self._child = start(0)
        self.port = int(wait_for_ready(self._child, deadline_s=LISTENS_S))

    def at(self, *shots: PlannedRequest) -> Target:
        """These requests to this server."""
        return Target(host=LOOPBACK, port=self.port, shots=shots)

    def stall(self, start_ns: Nanoseconds, end_ns: Nanoseconds) -> None:
        """Let it stand still in between, and come back when that is over."""
        pause_until(start_ns)
        os.kill(self._child.pid, signal.SIGSTOP)
        try:
            pause_until(end_ns)
        finally:
            os.kill(self._child.pid, signal.SIGCONT)

    def restart(self, at_ns: Nanoseconds) -> None:
        """End it then, and start it again on its port."""
        pause_until(at_ns)
        self._child.stop()
        self._child = self._start(self.port)
        wait_for_ready(self._child, deadline_s=LISTENS_S)

    def stop(self) -> None:
        """End it."""
        self._child.stop()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rig:
    """Where servers and driver of a trial run."""

    supervisor: Supervisor
    folder: Path
    """For logs and raw rows; gone when the trial ends."""
    server_cpus: tuple[int, ...]
    driver_cpus: tuple[int, ...]

    @contextmanager
    def serve(self, program: str, *words: str, python: Path | None = None) -> Iterator[RigServer]:
        """Run ``targets/backends/<program>.py``; ``python`` None: on the harness's own interpreter."""

        def start(port: int) -> Child:
            path = reference() / "targets" / "backends" / f"{program}.py"
            return self.supervisor.spawn(
                [str(python or sys.executable), "-I", str(path), *words, "--host", LOOPBACK, "--port", str(port)],
                name=program,
                log=_emptied(self.folder / f"{program}.log"),
                cpus=self.server_cpus,
            )

        served = RigServer(start)
        try:
            yield served
        finally:
            served.stop()

    def send(
        self,
        load: Load,
        target: Target,
        *,
        measure_s: Seconds,
        warmup_s: Seconds = 0.0,
        timeout_s: Seconds = 10.0,
        user: str = "http",
        beside: Callable[[Nanoseconds], None] | None = None,
    ) -> Sent:
        """Send a load with the user class of ``scenarios/users/<user>.py``.

        ``beside`` runs meanwhile, from when the start is fixed, and is told the start.
        """
        order = Order(
            host=target.host,
            port=target.port,
            shots=target.shots,
            load=load,
            warmup_s=warmup_s,
            measure_s=measure_s,
            drain_s=5.0,
            timeout_s=timeout_s,
            keep_alive=True,
            seed=SEED,
            rows_path=str(self.folder / "rows.npy"),
            report_path=str(self.folder / "report.json"),
        )
        with ThreadPoolExecutor(max_workers=1) as pool, self._driver(user) as driver:
            meanwhile: list[Future[None]] = []

            def on_spans(spans: tuple[PhaseSpan, ...]) -> None:
                if beside is not None:
                    meanwhile.append(pool.submit(beside, spans[0].start_ns))

            report = driver.drive(order, self.folder / "order.json", on_spans=on_spans)
            for future in meanwhile:
                future.result()
        rows = read_raw_rows(Path(order.rows_path))
        rows.sort(order="intended_ns", kind="stable")
        return Sent(rows, report)

    def _driver(self, user: str) -> Driver:
        return Driver.start(
            self.supervisor,
            locustfile=reference() / "scenarios" / "users" / f"{user}.py",
            log=self.folder / "driver.log",
            cpus=self.driver_cpus,
        )


def _emptied(log: Path) -> Path:
    """The log of the server before this one must not say that this one listens."""
    log.unlink(missing_ok=True)
    return log
