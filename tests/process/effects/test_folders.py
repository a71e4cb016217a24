"""What a command needs while it runs goes with it, at the latest when the next one comes."""

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stacklab.effects.environments.folders import YOUNG_S, scratch

HOLDS = """
import sys

from stacklab.effects.environments.folders import scratch

with scratch() as folder:
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made meanwhile, here and in children."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


@contextmanager
def holding() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another process, and the folder that it has."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        yield other, Path(other.stdout.readline().strip())


def older(folder: Path) -> None:
    changed = folder.stat().st_mtime - YOUNG_S - 1
    os.utime(folder, (changed, changed))


def test_a_folder_goes_when_its_block_ends(place: Path) -> None:
    with scratch() as folder:
        (folder / "something").touch()

    assert [] == list(place.iterdir())


def test_what_a_killed_process_left_is_removed_by_the_next_and_what_is_in_use_stays(place: Path) -> None:
    theirs = place / "stacklab-mine"
    theirs.mkdir()
    older(theirs)
    with holding() as (killed, left), holding() as (_, held):
        (left / "something").touch()
        older(left)
        older(held)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with scratch() as folder:
            assert {theirs, held, folder} == set(place.iterdir())


def test_what_was_made_just_now_is_left_to_whoever_is_about_to_lock_it(place: Path) -> None:
    with holding() as (killed, left):
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with scratch() as folder:
            assert {left, folder} == set(place.iterdir())
