"""SQL over the sessions of a folder. The one door to DuckDB, which reads the Parquet files where they lie.

``requests`` and ``usage`` hold the columns of their files as results/README.md explains them, and in front of these
which run a row belongs to; ``cells`` is that of ``stacklab.sessions(folder)``; ``sessions`` has a row for each session.
A view is made only if the statement names it: cells take seconds for each session, rows take none before they are read.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pandas as pd

from stacklab.errors import UsageError
from stacklab.frames.sessions import sessions
from stacklab.model.measured.record import Completed, Role
from stacklab.store.session import PLAN, REQUESTS, USAGE, StoredSession
from stacklab.units import NS_PER_MS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXTRA: Final = "`stacklab query` needs DuckDB; install it with `pip install 'stacklab[query]'`"

SelectedRow: TypeAlias = tuple[object, ...]

RUN: Final = "runs.session, runs.stack, runs.scenario, runs.round"


def ask(folder: Path, statement: str) -> pd.DataFrame:
    """The rows that one SQL statement selects from the sessions below ``folder``.

    Raises:
        stacklab.errors.UsageError: DuckDB is not installed, there is no session, or the statement is wrong.
    """
    try:
        import duckdb  # noqa: PLC0415 (an extra: everything else works without it)
    except ImportError as error:
        raise UsageError(EXTRA) from error
    if not any(folder.glob(f"*/{PLAN}")):
        raise UsageError(f"{folder}: there is no session yet; `stacklab run` creates one")
    with duckdb.connect() as connection:
        try:
            kinds = [one.type for one in connection.extract_statements(statement)]
            if kinds != [duckdb.StatementType.SELECT]:
                raise UsageError("a query is one statement, and begins with `select` or `with`")
            for name in sorted(connection.get_table_names(statement) & VIEWS.keys()):
                VIEWS[name](connection, folder)
            found: pd.DataFrame = connection.sql(statement).df()
        except duckdb.Error as error:
            raise UsageError(str(error).strip().partition("\n")[0]) from error
    return found


def rows_of(found: pd.DataFrame) -> list[SelectedRow]:
    """The rows as Python values, None where one is missing."""
    plain = found.astype(object).where(found.notna(), None)
    return list(plain.itertuples(index=False, name=None))


def _requests(connection: "DuckDBPyConnection", folder: Path) -> None:
    latency = f"case when outcome = 'ok' then (read_ns - intended_ns) / {NS_PER_MS}.0 end as latency_ms"
    _rows(connection, folder, "requests", REQUESTS, f"files.* exclude (filename), {latency}")


def _usage(connection: "DuckDBPyConnection", folder: Path) -> None:
    roles = " ".join(f"when {role.value} then '{role.name.lower()}'" for role in Role)
    _rows(connection, folder, "usage", USAGE, f"files.* exclude (filename) replace (case role {roles} end as role)")


def _rows(connection: "DuckDBPyConnection", folder: Path, view: str, file: str, columns: str) -> None:
    """A view of all files of that name, each row with the run that it belongs to."""
    runs = pd.DataFrame(_runs(folder, file), columns=pd.Index(["filename", "session", "stack", "scenario", "round"]))
    if runs.empty:
        raise UsageError(f"{folder}: no session has a {file}, so there is no `{view}` to select from")
    connection.register(f"runs_of_{view}", runs)
    files = connection.read_parquet(list(runs["filename"]), filename=True, union_by_name=True)
    files.create_view(f"files_of_{view}")
    connection.execute(
        f"create view {view} as select {RUN}, {columns} from files_of_{view} as files "  # noqa: S608 (words of this file)
        f"join runs_of_{view} as runs using (filename)"
    )


def _runs(folder: Path, file: str) -> Iterator[tuple[str, str, str, str, int]]:
    for session in _sessions_of(folder):
        for run in session.runs:
            path = session.folder / run.cell.folder / file
            if isinstance(run, Completed) and path.is_file():
                yield str(path), session.name, run.cell.name, run.cell.scenario, run.cell.round


def _cells(connection: "DuckDBPyConnection", folder: Path) -> None:
    connection.register("cells", sessions(folder).cells.reset_index())


def _sessions(connection: "DuckDBPyConnection", folder: Path) -> None:
    rows = [
        {
            "session": session.name,
            "started_at": pd.Timestamp(session.started_at),
            "stacklab": session.stacklab_version,
            "preset": session.plan.preset,
            "rounds": session.rounds,
            "system": session.host.system,
            "machine": session.host.machine,
            "processor": session.host.processor,
            "cores": session.host.cores,
            "memory_bytes": session.host.memory_bytes,
        }
        for session in _sessions_of(folder)
    ]
    connection.register("sessions", pd.DataFrame(rows))


def _sessions_of(folder: Path) -> Iterator[StoredSession]:
    for plan in sorted(folder.glob(f"*/{PLAN}")):
        yield StoredSession.open(plan.parent)


VIEWS: Final[Mapping[str, Callable[["DuckDBPyConnection", Path], Any]]] = {
    "requests": _requests,
    "usage": _usage,
    "cells": _cells,
    "sessions": _sessions,
}
"""What a statement can select from, and how it comes to be."""
