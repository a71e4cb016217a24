"""The folders that are stacklab's own: one that stays, and those that a command has while it runs.

Whoever is killed leaves its folder behind. Each is locked for as long as its process lives, so that the next command
finds the ones that nobody holds, and removes them.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

from stacklab.units import Seconds

PREFIX: Final = "stacklab-scratch-"

YOUNG_S: Final[Seconds] = 60.0
"""A folder that nobody holds and that is younger may have been made just now, and be locked in a moment."""


def cache() -> Path:
    """What may be made again, and is kept to save that: environments, byte code, the database's files."""
    return user_cache_path("stacklab")


@contextmanager
def scratch() -> Iterator[Path]:
    """An empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        with _held(folder, fcntl.LOCK_EX):
            _sweep(folder.parent)
            yield folder


def _sweep(parent: Path) -> None:
    for folder in parent.glob(f"{PREFIX}*"):
        # Another's, just gone, or in use: all of them are left alone.
        with suppress(OSError), _held(folder, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_ours:
            if is_ours and time.time() - folder.stat().st_mtime > YOUNG_S:
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _held(folder: Path, how: int) -> Iterator[bool]:
    """Lock a folder, until this process dies at the latest. Yields whether it is this user's."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, how)
        yield os.fstat(handle).st_uid == os.getuid()
    finally:
        os.close(handle)
