"""Backends of a session: what endpoints send requests to, each started when first needed, on the driver's cores.

They belong to the session's supervisor like every other child, so none outlives the command. One that has ended is
started again for the next cell; one that is unavailable fails each time with the reason.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from stacklab.effects.backends.delays import DelayService
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.errors import StageError
from stacklab.model.measured.record import BackendCount
from stacklab.model.traffic.contract import Backend


class Service(Protocol):
    """A backend that runs."""

    @property
    def program(self) -> str:
        """What it is, in words."""

    @property
    def variables(self) -> Mapping[str, str]:
        """What servers find it by."""

    @property
    def secrets(self) -> Collection[str]:
        """What no file of a session may name."""

    @property
    def pid(self) -> int | None:
        """Root of the processes that it takes; None where it is the user's."""

    def alive(self) -> bool:
        """Whether it runs."""

    def count(self) -> BackendCount:
        """What it has counted so far. Raises StageError if it does not say."""

    def close(self) -> None:
        """Hang up."""


@dataclass(frozen=True, kw_only=True)
class Backends:
    """Those that run."""

    supervisor: Supervisor
    folder: Path
    """For their logs; gone when the command ends."""
    cache: Path
    """Where PostgreSQL and its table are kept from one command to the next."""
    programs: Path
    """``targets/backends``."""
    cpus: tuple[int, ...]
    dsn: str | None = None
    """The user's own PostgreSQL."""
    _running: dict[Backend, Service] = field(default_factory=dict)
    _failed: dict[Backend, StageError] = field(default_factory=dict)

    def require(self, backend: Backend) -> Service:
        """Have it run. Raises StageError that says why it does not."""
        if backend in self._failed:
            raise self._failed[backend]
        running = self._running.get(backend)
        if running is None or not running.alive():
            if running is not None:
                running.close()
            try:
                running = self._running[backend] = self._start(backend)
            except StageError as error:
                self._failed[backend] = error
                raise
        return running

    def close(self) -> None:
        """Hang up; the supervisor ends what was started."""
        for one in self._running.values():
            one.close()

    def count(self, backend: Backend) -> BackendCount | None:
        """What it has counted so far; None where it does not say."""
        with suppress(StageError):
            return self._running[backend].count()
        return None

    def program(self, backend: Backend) -> str:
        """What it is, in words."""
        return self._running[backend].program

    @property
    def variables(self) -> Mapping[str, str]:
        """What servers find them by."""
        return {name: value for one in self._running.values() for name, value in one.variables.items()}

    @property
    def pids(self) -> tuple[int, ...]:
        """The roots of their process trees; the user's own PostgreSQL has none here."""
        return tuple(one.pid for one in self._running.values() if one.pid is not None)

    @property
    def secrets(self) -> Collection[str]:
        """What no file of a session may name."""
        return tuple(word for one in self._running.values() for word in one.secrets)

    def _start(self, backend: Backend) -> Service:
        log = self.folder / f"{backend}.log"
        log.unlink(missing_ok=True)  # of one that has ended: it must not say that this one listens
        if backend is Backend.DELAYS:
            return DelayService.start(self.supervisor, programs=self.programs, log=log, cpus=self.cpus)
        # It takes a fifth of a second to import psycopg, for which no session without a database has to wait.
        from stacklab.effects.backends.postgres import Postgres  # noqa: PLC0415 (see above)

        if self.dsn is not None:
            return Postgres(self.dsn, child=None)
        return Postgres.start(self.supervisor, programs=self.programs, log=log, cpus=self.cpus, cache=self.cache)
