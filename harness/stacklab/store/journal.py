"""Writes a session, cell by cell.

Rule 1: ``run.json`` is written last, by rename: a folder without it is not a run.
Rule 2: a kill at any moment loses at most the running cell.
"""

import secrets
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from stacklab.model.measured.counting import Count
from stacklab.model.measured.profile import Profile
from stacklab.model.measured.record import CHUNK, Failed, Host, Run, Stage, Usage
from stacklab.model.plan import Cell, Extent, Plan, PlannedRun, cells_through
from stacklab.model.traffic.slices import SLICE
from stacklab.store import documents, door, schema
from stacklab.store.documents import writing
from stacklab.store.folder import PLAN, make
from stacklab.store.redaction import clean_count, clean_profile, clean_run, clean_texts
from stacklab.store.session import (
    CHUNKS,
    COUNT,
    DISCARDED,
    HOST,
    PROFILE,
    REQUESTS,
    ROUNDS,
    RUN,
    SLICES,
    USAGE,
    StoredSession,
    rounds_of,
)
from stacklab.version import __version__


class Journal:
    """The writing side of one session folder."""

    def __init__(self, folder: Path, plan: Plan) -> None:
        """Go on writing in ``folder``, which ``create`` or ``resume`` has prepared."""
        self.folder = folder
        self.plan = plan
        self._given_up: set[str] = set()
        """Claims that cannot be tested here, as one of their programs has said since this was made."""

    @classmethod
    def create(cls, results: Path, plan: Plan, host: Host, *, started_at: str, label: str | None = None) -> "Journal":
        """Start a session folder named after its start, a random suffix, and its label if it has one."""
        door.insist_on_names(plan)
        stamp = started_at.replace("-", "").replace(":", "")
        folder = results / "-".join(filter(None, (stamp, secrets.token_hex(2), label)))
        make(results)
        with writing(folder):
            folder.mkdir(parents=True)
            documents.write(folder / HOST, host, Host)
            documents.write(folder / PLAN, plan, Plan, stacklab=__version__, started_at=started_at)
        return cls(folder, plan)

    @classmethod
    def resume(cls, folder: Path) -> "Journal":
        """Go on where an earlier run of the same plan stopped."""
        return cls(folder, StoredSession.open(folder).plan)

    @property
    def rounds(self) -> int:
        """Rounds of the plan, and those added to it."""
        return rounds_of(self.folder, self.plan)

    def missing(self) -> tuple[PlannedRun, ...]:
        """The cells that have no run yet, in running order; none of claims that were given up."""
        cells = cells_through(self.plan, self.rounds)
        return tuple(
            cell
            for cell in cells
            if cell.claim not in self._given_up and not (self.folder / cell.folder / RUN).is_file()
        )

    def pending(self) -> Iterator[PlannedRun]:
        """The missing cells, round by round. One that is discarded meanwhile comes again, near its peers.

        That is behind the last of its scenario, or at the end of its round in plans that shuffle all cells of a round.
        """
        rounds: dict[tuple[str | None, int], list[PlannedRun]] = {}
        for cell in self.missing():
            rounds.setdefault((cell.claim, cell.round), []).append(cell)
        for cells in rounds.values():
            for place, cell in enumerate(cells):  # grows while it is read
                if cell.claim in self._given_up:
                    break
                if (self.folder / cell.folder / RUN).is_file():
                    continue  # measured together with another one
                yield cell
                if not (self.folder / cell.folder / RUN).is_file():
                    cells.insert(self._again_at(cells, place), cell)

    def _again_at(self, cells: Sequence[PlannedRun], place: int) -> int:
        """Where in its round the cell at this place is measured again."""
        cell = cells[place]
        if not self.plan.by_scenario or not isinstance(cell, Cell) or cell.claim is not None:
            return len(cells)
        return 1 + max(at for at, one in enumerate(cells) if isinstance(one, Cell) and one.scenario == cell.scenario)

    def group(self, cell: PlannedRun) -> tuple[Cell, ...]:
        """The missing cells that take turns with this one: of its scenario and round, itself among them."""
        if not isinstance(cell, Cell):
            return ()
        return tuple(
            one
            for one in self.missing()
            if isinstance(one, Cell) and (one.claim, one.scenario, one.round) == (cell.claim, cell.scenario, cell.round)
        )

    def add_round(self) -> None:
        """One more round, by the rule of the plan; its cells are missing from now on."""
        with writing(self.folder):
            documents.write(self.folder / ROUNDS, Extent(rounds=self.rounds + 1), Extent)

    def attempts_discarded(self, cell: PlannedRun | None = None) -> int:
        """How many runs were discarded: of this cell, or of all."""
        pattern = f"*/*/*{DISCARDED}*" if cell is None else f"{cell.folder}{DISCARDED}*"
        return len(tuple(self.folder.glob(pattern)))

    def discard(self, cell: PlannedRun) -> None:
        """Keep a disturbed run beside the one that will take its place; the cell is missing from now on."""
        folder = self.folder / cell.folder
        with writing(folder):
            self._inside(folder).rename(f"{folder}{DISCARDED}{self.attempts_discarded(cell) + 1}")

    def start(self, where: PlannedRun | Profile | Count) -> Path:
        """An empty folder for one attempt; what an interrupted attempt left there is removed."""
        folder = self._inside(self.folder / where.folder)
        with writing(folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        return folder

    def keep(self, run: Run, redactions: Mapping[str, str]) -> None:
        """Finish a cell. ``places`` are the folders of this machine that its texts may name, and words for them."""
        folder = self._inside(self.folder / run.cell.folder)
        with writing(folder):
            clean_texts(folder, redactions)
            documents.write(folder / RUN, clean_run(run, redactions), Run)
        if isinstance(run, Failed) and run.stage is Stage.HERE and run.cell.claim is not None:
            self._given_up.add(run.cell.claim)

    def keep_profile(self, profile: Profile, redactions: Mapping[str, str]) -> None:
        """Finish a profile, as ``keep`` finishes a cell."""
        folder = self._inside(self.folder / profile.folder)
        with writing(folder):
            clean_texts(folder, redactions)
            documents.write(folder / PROFILE, clean_profile(profile, redactions), Profile)

    def keep_count(self, count: Count, redactions: Mapping[str, str]) -> None:
        """Finish a count, as ``keep`` finishes a cell."""
        folder = self._inside(self.folder / count.folder)
        with writing(folder):
            clean_texts(folder, redactions)
            documents.write(folder / COUNT, clean_count(count, redactions), Count)

    def _inside(self, folder: Path) -> Path:
        """A folder to write to, which no link may lead out of the session."""
        return door.inside(self.folder, folder)


def keep_rows(folder: Path, *, raw: Path, endpoints: Iterable[str]) -> None:
    """Turn the raw rows of the driver into ``requests.parquet``."""
    with writing(folder):
        schema.write_requests(schema.read_raw_rows(raw), tuple(endpoints), folder / REQUESTS)


def keep_chunks(folder: Path, *, raw: Path, rows: Path) -> None:
    """Turn the moments that the driver noted, beside its raw rows, into ``pieces.parquet``."""
    with writing(folder):
        schema.write_chunks(schema.read_raw_rows(raw, CHUNK), schema.read_raw_rows(rows), folder / CHUNKS)


def keep_slices(folder: Path, *, raw: Path) -> None:
    """Turn the slices that the driver noted into ``slices.parquet``."""
    with writing(folder):
        schema.write_slices(schema.read_raw_rows(raw, SLICE), folder / SLICES)


def keep_usage(folder: Path, samples: Iterable[Usage], *, goes_on: bool = False) -> None:
    """Write ``usage.parquet``; behind what is there, if it goes on."""
    with writing(folder):
        schema.write_usage(samples, folder / USAGE, goes_on=goes_on)


def keep_freeze(folder: Path, packages: Mapping[str, str]) -> None:
    """Write ``freeze.txt``: what the server's environment held, as pip would list it."""
    with writing(folder):
        (folder / "freeze.txt").write_text("".join(f"{name}=={version}\n" for name, version in packages.items()))
