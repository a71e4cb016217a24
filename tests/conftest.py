"""Guards that keep tests honest: who may start processes, what must be gone afterwards, which environment they see."""

import ctypes
import os
import shutil
import signal
import subprocess  # noqa: TID251 (to forbid it)
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stacklab.catalog.workspace import reference
from stacklab.effects.clock import wait_for
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.procfs import tree

MAY_START_PROCESSES = {"process", "conformance", "docs"}

CHANGES_PROGRAMS = ("STACKLAB_", "GITHUB_", "LOCUST_", "PYTHON", "GUNICORN_", "UVICORN_", "FLASK_", "WEB_CONCURRENCY")
"""Environment variables of the developer that would change what the programs under test do, by their beginning."""

CHANGES_TERMINALS = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE")

DEADLINE_S = 20.0
"""For things that happen at once on an idle machine."""

PR_SET_CHILD_SUBREAPER = 36


def pytest_configure() -> None:
    """Signals that whoever started the tests ignores, as nohup does, are not ignored in what the tests start.

    That a signal is ignored outlives exec, and that it is handled does not: a handler that does nothing keeps it from
    the tests and lets their programs begin with the default.
    """
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, lambda *_: None)


@pytest.fixture(autouse=True)
def _scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a developer has set is no input of a test."""
    for name in os.environ:
        if name.startswith(CHANGES_PROGRAMS) or name in CHANGES_TERMINALS:
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _no_processes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pure code is tested without processes; a test that starts one by accident would be slow and unsafe."""
    if MAY_START_PROCESSES.isdisjoint(request.path.parts):

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(f"tests that start processes belong to {' or '.join(sorted(MAY_START_PROCESSES))}")

        monkeypatch.setattr(subprocess, "Popen", refuse)


@pytest.fixture(autouse=True)
def _no_survivors(request: pytest.FixtureRequest) -> Iterator[None]:
    """No process that a test has started, or one that those have started, outlives it.

    The test run is made the reaper of orphans, so that a process which lost its parent is found all the same.
    """
    if MAY_START_PROCESSES.isdisjoint(request.path.parts):
        yield
        return
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(tree(os.getpid()))
    yield
    wait_for(lambda: None if _alive(before) else True, deadline_s=DEADLINE_S)
    survivors = {pid: _command(pid) for pid in _alive(before)}
    for pid in survivors:
        os.kill(pid, signal.SIGKILL)

    assert survivors == {}


def _alive(before: set[int]) -> list[int]:
    """Descendants that have not ended; orphans that have are reaped."""
    alive = []
    for pid in set(tree(os.getpid())) - before:
        try:
            reaped, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # the child of a child, or reaped meanwhile
            reaped = 0 if Path(f"/proc/{pid}").exists() else pid
        if not reaped:
            alive.append(pid)
    return alive


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return "ended meanwhile"


@pytest.fixture(scope="session")
def programs() -> Path:
    """The folder of the small programs that tests start."""
    return Path(__file__).parent / "programs"


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    """Ends what a test has started."""
    with Supervisor() as owner:
        yield owner


@pytest.fixture
def heard() -> Callable[[Child, str], str]:
    """``heard(child, word)`` waits until the child has written a line that begins with the word: the rest of it."""

    def hear(child: Child, word: str) -> str:
        def rest() -> str | None:
            return next((line[len(word) :].strip() for line in child.tail() if line.startswith(word)), None)

        line = wait_for(rest, deadline_s=DEADLINE_S)
        assert line is not None, (child.name, child.returncode(), child.tail())
        return line

    return hear


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of one's own, a copy of the reference's, in which the test stands."""
    for folder in ("targets", "scenarios"):
        shutil.copytree(reference() / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.chdir(tmp_path)
    return tmp_path
