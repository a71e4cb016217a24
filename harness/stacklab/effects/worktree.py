"""Commits of the user's repository, each in a worktree of its own that is gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stacklab.effects.environments.folders import scratch
from stacklab.effects.processes.supervisor import Finished, run
from stacklab.errors import UsageError
from stacklab.units import Seconds

GIT_S: Final[Seconds] = 120.0
"""How long a checkout may take."""


def commit_of(folder: Path, ref: str) -> str:
    """The commit that a ref means in the repository of a folder. Raises UsageError where there is none."""
    found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if found.returncode != 0:
        raise UsageError(f"{folder}: there is no commit {ref!r}; in a shallow clone, fetch it first")
    return found.output.strip()


def top_of(folder: Path) -> Path:
    """The folder of the repository. Raises UsageError where there is none."""
    found = _git(folder, "rev-parse", "--show-toplevel")
    if found.returncode != 0:
        raise UsageError(f"{folder}: it belongs to no git repository, which --git-ref needs")
    return Path(found.output.strip())


@contextmanager
def worktree(top: Path, commit: str) -> Iterator[Path]:
    """A checkout of the commit."""
    with scratch() as parent:
        folder = parent / commit[:12]
        made = _git(top, "worktree", "add", "--detach", "--quiet", str(folder), commit)
        if made.returncode != 0:
            raise UsageError(f"{top}: commit {commit[:12]} cannot be checked out: {made.output.strip()}")
        try:
            yield folder
        finally:
            _git(top, "worktree", "remove", "--force", str(folder))


def _git(folder: Path, *words: str) -> Finished:
    return run(["git", "-C", str(folder), *words], timeout_s=GIT_S)
