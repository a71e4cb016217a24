"""The delay service that endpoints ask: ``targets/backends/delays.py``, and the log that it keeps."""

import json
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final, Self

from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire.http import send
from stacklab.effects.wire.ready import LOOPBACK, wait_for_ready
from stacklab.errors import StageError
from stacklab.model.measured.record import BackendCount
from stacklab.model.traffic.exchange import Exchange
from stacklab.units import Seconds

LISTENS_S: Final[Seconds] = 10.0
"""It has no more to do until then than to import asyncio."""


class DelayService:
    """One that runs, for as long as its supervisor does."""

    program: Final = "the delay service, started by stacklab, over TCP"
    secrets: Final = ()

    def __init__(self, child: Child, port: int) -> None:
        """It listens on the port."""
        self._child = child
        self._port = port
        self.variables: Mapping[str, str] = {"DELAYS_URL": f"http://{LOOPBACK}:{port}"}

    @classmethod
    def start(cls, supervisor: Supervisor, *, programs: Path, log: Path, cpus: Collection[int]) -> Self:
        """Start it on a free port. Raises StageError, with the tail of its log, if it does not listen."""
        argv = (sys.executable, "-I", str(programs / "delays.py"), "many", "--host", LOOPBACK)
        child = supervisor.spawn(argv, name="delays", log=log, cpus=cpus)
        return cls(child, int(wait_for_ready(child, deadline_s=LISTENS_S)))

    @property
    def pid(self) -> int | None:
        """Root of the processes that it takes."""
        return self._child.pid

    def alive(self) -> bool:
        """Whether it runs."""
        return self._child.returncode() is None

    def close(self) -> None:
        """Nothing is kept open; its supervisor ends it."""

    def allow(self, jobs: int) -> None:
        """Let it work on at most ``jobs`` requests at once; 0: on any number."""
        self._ask(f"/at-once?jobs={jobs}")

    def count(self) -> BackendCount:
        """What it has counted so far. Raises StageError if it does not say."""
        log = self._ask("/log")
        return BackendCount(queries=log["requests"], connections=log["connections"], most_at_once=log["most_at_once"])

    def _ask(self, target: str) -> Mapping[str, int]:
        response = send(LOOPBACK, self._port, Exchange(summary="delays", target=target))
        try:
            counts: Mapping[str, int] = json.loads(response.body)
        except ValueError as error:
            raise StageError(
                f"the delay service responded with {response.body!r}", log_tail=self._child.tail()
            ) from error
        return counts
