"""Every stack of the catalogue, measured for real: what the file says was sent is what the server counted."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.model.measured.record import Completed, Outcome, Run
from stacklab.store.session import StoredSession, locate

PLAIN = ("--no-noise-floor", "--repeat-disturbed", "0")
NAMES = tuple(catalogue.read(workspace.find(Path(__file__).parent)).stacks)


@pytest.fixture(scope="module", name="session")
def _session(tmp_path_factory: pytest.TempPathFactory) -> StoredSession:
    """All stacks under one scenario, one short round."""
    folder = tmp_path_factory.mktemp("every-stack")
    words = ("run", "--scenario", "json", "--rounds", "1", "--warmup", "0.1", "--measure", "0.3", *PLAIN)
    subprocess.run([sys.executable, "-m", "stacklab", *words], cwd=folder, check=True, timeout=900)
    return StoredSession.open(locate(folder / "results", None))


def run_of(session: StoredSession, stack: str) -> Run:
    (run,) = (run for run in session.runs if run.cell.name == stack)
    return run


@pytest.mark.parametrize("stack", NAMES)
def test_requests_in_the_file_are_the_requests_that_the_server_counted(session: StoredSession, stack: str) -> None:
    run = run_of(session, stack)

    assert isinstance(run, Completed)
    outcomes = session.requests(run)["outcome"]
    assert ({Outcome.OK}, run.served, run.served) == (set(outcomes.tolist()), len(outcomes), run.driver.intended)


@pytest.mark.parametrize("stack", NAMES)
def test_the_answers_came_from_processes_of_the_server(session: StoredSession, stack: str) -> None:
    run = run_of(session, stack)

    assert isinstance(run, Completed)
    usage = session.usage(run)
    of_the_server = set(usage["pid"][usage["role"] == 0].tolist())
    assert set(session.requests(run)["worker"].tolist()) <= of_the_server


def test_the_files_of_the_session_name_no_folder_of_the_machine(session: StoredSession) -> None:
    texts = [path for path in session.folder.rglob("*") if path.suffix in {".json", ".log", ".txt"}]

    places = (str(Path.home()), sys.prefix, str(session.folder))
    assert len(texts) > 3 * len(NAMES)  # of every run at least a record, and two logs of its server
    assert [] == [path.name for path in texts if any(place in path.read_text() for place in places)]
