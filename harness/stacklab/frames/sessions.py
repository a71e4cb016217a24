"""A folder of sessions: opened one by one, and read only as far as a frame needs."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

import pandas as pd

from stacklab.catalog import workspace
from stacklab.errors import UsageError
from stacklab.frames.session import Session
from stacklab.store import session as store
from stacklab.store.folder import PLAN


def sessions(folder: str | Path | None = None) -> "Sessions":
    """All sessions below a folder, by default the ``results`` of the workspace.

    Raises:
        stacklab.errors.UsageError: there is no such folder.
    """
    found = workspace.find(Path.cwd()).results if folder is None else Path(folder)
    if not found.is_dir():
        raise UsageError(f"{found}: there is no such folder")
    return Sessions(found)


class Sessions(Mapping[str, Session]):
    """Sessions by name, in the order of their names. None is opened before it is asked for."""

    def __init__(self, folder: Path) -> None:
        """Look for plans, and read none."""
        self._folders = {path.parent.name: path.parent for path in sorted(folder.glob(f"*/{PLAN}"))}
        self._opened: dict[str, Session] = {}

    def __getitem__(self, name: str) -> Session:
        """Open one."""
        if name not in self._opened:
            self._opened[name] = Session(store.StoredSession.open(self._folders[name]))
        return self._opened[name]

    def __iter__(self) -> Iterator[str]:
        """Name after name."""
        return iter(self._folders)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._folders)

    @cached_property
    def cells(self) -> pd.DataFrame:
        """``Session.cells`` of all of them, with the session as the first level of the index."""
        return self._together(lambda one: one.cells)

    @cached_property
    def rounds(self) -> pd.DataFrame:
        """``Session.rounds`` of all of them, with the session as the first level of the index."""
        return self._together(lambda one: one.rounds)

    @cached_property
    def caveats(self) -> pd.DataFrame:
        """``Session.caveats`` of all of them, with the session as the first level of the index."""
        return self._together(lambda one: one.caveats)

    def _together(self, of: Callable[[Session], pd.DataFrame]) -> pd.DataFrame:
        frames = {name: of(session) for name, session in self.items()}
        if not frames:
            raise UsageError("there is no session to read; `stacklab run` creates one")
        together = pd.concat(frames, names=["session"])
        together.attrs = next(iter(frames.values())).attrs
        return together
