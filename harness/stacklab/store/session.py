"""Reads a session: a folder with a plan, a host, and a folder for every run."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from stacklab.columns import Columns
from stacklab.errors import UsageError
from stacklab.model.measured.counting import Count
from stacklab.model.measured.profile import Profile, Recording
from stacklab.model.measured.record import Completed, Failed, Host, Ran, Row, Run, Stage
from stacklab.model.names import shown
from stacklab.model.plan import Extent, Plan, PlannedRun, cells_through
from stacklab.model.server_log import told_last
from stacklab.model.traffic.route import endpoint_names
from stacklab.store import documents, door, schema
from stacklab.store.folder import PLAN as PLAN  # noqa: PLC0414 (part of the files of a session)
from stacklab.store.folder import locate as locate  # noqa: PLC0414 (who opens a session locates it first)
from stacklab.store.program_output import ROWS, read_rows

HOST: Final = "host.json"
PAGE: Final = "report.html"
"""What ``report`` writes into the folder of a session."""
RUN: Final = "run.json"
PROFILE: Final = "profile.json"
COUNT: Final = "count.json"
"""Only where instructions were counted."""
REQUESTS: Final = "requests.parquet"
CHUNKS: Final = "pieces.parquet"
"""Only where responses came in chunks."""
USAGE: Final = "usage.parquet"
SERVER_LOG: Final = "server.log"
LOG_TAIL_BYTES: Final = 64 * 1024
"""The end of a log in which its last error is looked for."""
SLICES: Final = "slices.parquet"
"""Only where the run was measured in slices, in turn with others."""
OLD_SAMPLES: Final = "speedscope.json"
ROUNDS: Final = "rounds.json"
"""Only where rounds were added to those of the plan."""
_LONGEST_FACT: Final = 100
"""Letters of what stands beside a record."""

DISCARDED: Final = "-disturbed"
"""Behind the folder of a run that was measured again, with the number of the attempt."""


@dataclass(frozen=True)
class StoredSession:
    """All runs of one plan on one host. Rows are read when they are asked for, one run at a time."""

    folder: Path
    plan: Plan
    host: Host
    started_at: str
    stacklab_version: str

    @classmethod
    def open(cls, folder: Path) -> "StoredSession":
        """Read the plan and the host. Raises ``UsageError`` for what is not a session, or one of a newer format."""
        if not (folder / PLAN).exists():
            raise UsageError(f"{folder}: not a session (there is no {PLAN} in it)")
        plan: Plan
        host: Host
        plan, beside = documents.read(door.inside(folder, folder / PLAN), Plan)
        door.insist_on_plan(folder / PLAN, plan)
        host, _ = documents.read(door.inside(folder, folder / HOST), Host)
        return cls(
            folder=folder,
            plan=plan,
            host=host,
            started_at=str(beside.get("started_at", ""))[:_LONGEST_FACT],
            stacklab_version=str(beside.get("stacklab", ""))[:_LONGEST_FACT],
        )

    @property
    def name(self) -> str:
        """The name of the folder, as it may be shown."""
        return shown(self.folder.resolve().name)

    @property
    def rounds(self) -> int:
        """Rounds of the plan, and those that its stopping rule has added."""
        return rounds_of(self.folder, self.plan)

    @property
    def cells(self) -> tuple[PlannedRun, ...]:
        """The cells of all these rounds, in running order."""
        return cells_through(self.plan, self.rounds)

    @cached_property
    def discarded(self) -> tuple[PlannedRun, ...]:
        """The cells that were disturbed and measured again, one entry for each attempt that is kept beside the run."""
        planned = {cell.folder: cell for cell in self.cells}
        kept = sorted(path.parent for path in self.folder.glob(f"*/*/*{DISCARDED}*/{RUN}"))
        cells = (planned.get(str(path.relative_to(self.folder)).partition(DISCARDED)[0]) for path in kept)
        return tuple(cell for cell in cells if cell is not None)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs there are, in the order of the plan."""
        return tuple(self._run(cell) for cell in self.cells if (self.folder / cell.folder / RUN).exists())

    def _run(self, cell: PlannedRun) -> Run:
        path = self._path(cell.folder, RUN)
        run: Run
        run, _ = documents.read(path, Run)
        door.insist_on_place(path, cell, run.cell)
        return run

    @property
    def missing(self) -> tuple[PlannedRun, ...]:
        """The cells of the plan that were not run: the session was interrupted. Claims that were given up have none."""
        done = {run.cell for run in self.runs}
        given_up = {run.cell.claim for run in self.runs if isinstance(run, Failed) and run.stage is Stage.HERE}
        return tuple(cell for cell in self.cells if cell not in done and cell.claim not in given_up)

    def requests(self, run: Completed) -> Columns:
        """The columns of the run's requests; ``endpoint`` is an index into ``endpoint_names``.

        Raises:
            UsageError: the file is gone or broken.
        """
        read = partial(schema.read_requests, endpoints=endpoint_names(run, self.plan))
        columns: Columns = self._columns(run, REQUESTS, read)
        return columns

    def chunks(self, run: Completed) -> Columns | None:
        """When the chunks of the run's responses came; None where none were watched."""
        if not (self.folder / run.cell.folder / CHUNKS).exists():
            return None
        columns: Columns = self._columns(run, CHUNKS, schema.read_chunks)
        return columns

    def slices(self, run: Completed) -> Columns | None:
        """The slices that the run was measured in, in the order of time; None where it was measured in one piece."""
        if not (self.folder / run.cell.folder / SLICES).exists():
            return None
        columns: Columns = self._columns(run, SLICES, schema.read_slices)
        return columns

    def last_log_line(self, run: Completed) -> str:
        """The last line of the server's log that tells of an error, else its last line; empty where there is none."""
        path = self._path(run.cell.folder, SERVER_LOG)
        try:
            door.insist_on_file(path, most_bytes=door.MOST_BYTES_OF_ROWS)
            with path.open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LOG_TAIL_BYTES))
                return shown(told_last(log.read().decode(errors="replace").splitlines()))
        except OSError:
            return ""

    def endpoints(self, run: Completed) -> NDArray[np.object_]:
        """The name of the endpoint that each of these requests asked."""
        names: NDArray[np.object_] = self._columns(run, REQUESTS, schema.read_endpoints)
        return names

    def rows(self, run: Ran) -> tuple[Row, ...]:
        """What a program of a claim measured, in the order in which it was printed."""
        return read_rows(self._path(run.cell.folder, ROWS))

    def usage(self, run: Completed | Ran) -> Columns:
        """The columns of the samples of the process trees and the host."""
        columns: Columns = self._columns(run, USAGE, schema.read_usage)
        return columns

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles there are, by stack and scenario."""
        found: tuple[Profile, ...] = self._beside(f"profile*/{PROFILE}", Profile)
        return found

    @cached_property
    def counts(self) -> tuple[Count, ...]:
        """The counts of instructions there are, by stack and scenario."""
        found: tuple[Count, ...] = self._beside(f"count/{COUNT}", Count)
        return found

    def speedscope(self, profile: Profile, recording: Recording | None) -> Mapping[str, Any]:
        """The samples of one recording of a profile; None: of a profile that an older stacklab took."""
        path = self._path(profile.folder, OLD_SAMPLES if recording is None else recording.file)
        document: Mapping[str, Any] = documents.read_json(path, most_bytes=door.MOST_BYTES_OF_SAMPLES)
        door.insist_on_samples(path, document)
        return document

    def _path(self, folder: str, name: str) -> Path:
        """A file of the session. Raises ``UsageError`` where it leads out of it."""
        return door.inside(self.folder, self.folder / folder / name)

    def _beside(self, pattern: str, kind: Any) -> Any:
        """The records of separate runs, by stack and scenario."""
        found = []
        for path in sorted(self.folder.glob(f"*/*/{pattern}")):
            record, _ = documents.read(door.inside(self.folder, path), kind)
            door.insist_on_place(path, str(path.parent.relative_to(self.folder)), record.folder)
            found.append(record)
        return tuple(found)

    def _columns(self, run: Completed | Ran, name: str, read: Any) -> Any:
        path = self._path(run.cell.folder, name)
        try:
            door.insist_on_file(path, most_bytes=door.MOST_BYTES_OF_ROWS)
            return read(path)
        except FileNotFoundError as error:
            raise UsageError(f"{path}: not found; {_again(path)}") from error
        except (OSError, ValueError, OverflowError, schema.ParquetError) as error:
            raise UsageError(f"{path}: cannot be read ({shown(str(error))}); {_again(path)}") from error


def _again(path: Path) -> str:
    return f"remove {path.parent}, and `--resume` measures it again"


def rounds_of(folder: Path, plan: Plan) -> int:
    """How many rounds the session has by now."""
    if not (folder / ROUNDS).exists():
        return plan.rounds
    extent: Extent
    extent, _ = documents.read(door.inside(folder, folder / ROUNDS), Extent)
    door.insist_on_rounds(folder / ROUNDS, extent.rounds)
    return extent.rounds
