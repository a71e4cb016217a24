"""Reads a session: a folder with a plan, a host, and a folder for every run."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from stacklab.errors import UsageError
from stacklab.model.plan import Cell, Extent, Plan, cells_through
from stacklab.model.record import Completed, Host, Profile, Run
from stacklab.store import documents, schema

PLAN: Final = "plan.json"
HOST: Final = "host.json"
RUN: Final = "run.json"
PROFILE: Final = "profile.json"
REQUESTS: Final = "requests.parquet"
USAGE: Final = "usage.parquet"
SPEEDSCOPE: Final = "speedscope.json"
ROUNDS: Final = "rounds.json"
"""Only where rounds were added to those of the plan."""
SET_ASIDE: Final = "-disturbed"
"""Behind the folder of a run that was measured again, with the number of the attempt."""


@dataclass(frozen=True)
class Session:
    """All runs of one plan on one host. Rows are read when they are asked for, one run at a time."""

    folder: Path
    plan: Plan
    host: Host
    started_at: str
    stacklab_version: str

    @classmethod
    def open(cls, folder: Path) -> "Session":
        """Read the plan and the host. Raises ``UsageError`` for what is not a session, or one of a newer format."""
        if not (folder / PLAN).is_file():
            raise UsageError(f"{folder}: not a session (there is no {PLAN} in it)")
        plan: Plan
        host: Host
        plan, beside = documents.read(folder / PLAN, Plan)
        host, _ = documents.read(folder / HOST, Host)
        return cls(
            folder=folder,
            plan=plan,
            host=host,
            started_at=str(beside.get("started_at", "")),
            stacklab_version=str(beside.get("stacklab", "")),
        )

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @property
    def rounds(self) -> int:
        """Rounds of the plan, and those that its stopping rule has added."""
        return rounds_of(self.folder, self.plan)

    @property
    def cells(self) -> tuple[Cell, ...]:
        """The cells of all these rounds, in running order."""
        return cells_through(self.plan, self.rounds)

    @cached_property
    def set_aside(self) -> tuple[Cell, ...]:
        """The cells that were disturbed and measured again, one entry for each attempt that is kept beside the run."""
        paths = sorted(self.folder.glob(f"*/*/*{SET_ASIDE}*/{RUN}"))
        return tuple(documents.read(path, Run)[0].cell for path in paths)

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """The runs there are, in the order of the plan."""
        found = (self.folder / cell.folder / RUN for cell in self.cells)
        return tuple(documents.read(path, Run)[0] for path in found if path.is_file())

    @property
    def missing(self) -> tuple[Cell, ...]:
        """The cells of the plan that were not run: the session was interrupted."""
        done = {run.cell for run in self.runs}
        return tuple(cell for cell in self.cells if cell not in done)

    def requests(self, run: Completed) -> schema.Columns:
        """The columns of the run's requests. Raises ``UsageError`` where the file is gone or broken."""
        return self._columns(run, REQUESTS, schema.read_requests)

    def usage(self, run: Completed) -> schema.Columns:
        """The columns of the run's looks at the process trees and the host."""
        return self._columns(run, USAGE, schema.read_usage)

    @cached_property
    def profiles(self) -> tuple[Profile, ...]:
        """The profiles there are, by stack and scenario."""
        paths = sorted(self.folder.glob(f"*/*/profile/{PROFILE}"))
        return tuple(documents.read(path, Profile)[0] for path in paths)

    def speedscope(self, profile: Profile) -> Mapping[str, Any]:
        """The samples of a profile, as py-spy wrote them."""
        document: Mapping[str, Any] = documents.read_json(self.folder / profile.folder / SPEEDSCOPE)
        return document

    def _columns(self, run: Completed, name: str, read: Any) -> schema.Columns:
        path = self.folder / run.cell.folder / name
        try:
            columns: schema.Columns = read(path)
        except (OSError, schema.ParquetError) as error:
            raise UsageError(f"{path}: cannot be read ({error}); is the session complete?") from error
        return columns


def rounds_of(folder: Path, plan: Plan) -> int:
    """How many rounds the session has by now."""
    if not (folder / ROUNDS).is_file():
        return plan.rounds
    extent: Extent
    extent, _ = documents.read(folder / ROUNDS, Extent)
    return extent.rounds


def locate(results: Path, name: str | None) -> Path:
    """The session folder that is meant: a path, the name of a session, or the newest for ``latest`` or None."""
    if name not in {None, "latest"}:
        found = next((path for path in (Path(str(name)), results / str(name)) if path.is_dir()), None)
        if found is None:
            raise UsageError(f"{results}: there is no session {name!r}; `latest` is the newest")
        return found
    sessions = sorted(path.parent for path in results.glob(f"*/{PLAN}") if path.parent.name != "reference")
    if not sessions:
        raise UsageError(f"{results}: there is no session yet; `stacklab run` makes one")
    return sessions[-1]
