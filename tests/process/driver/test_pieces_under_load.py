"""Streams and WebSockets under load, on real stacks: from the scenario to the numbers of the report."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from stacklab.model.measured.record import Completed, Outcome
from stacklab.store.session import StoredSession, locate

STACKS = ("gunicorn-gthread-flask", "uvicorn-uvloop-starlette")
SCENARIOS = ("stream", "websocket")
SHORT = ("--rounds", "1", "--warmup", "0.2", "--measure", "0.8", "--no-noise-floor", "--repeat-disturbed", "0")
PIECES = 5


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One session for all tests of this file."""
    folder = tmp_path_factory.mktemp("pieces")
    words = [f"--{key}={name}" for key, names in (("stack", STACKS), ("scenario", SCENARIOS)) for name in names]
    program = [sys.executable, "-m", "stacklab", "run", *words, *SHORT]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module", name="session")
def _session(folder: Path) -> StoredSession:
    return StoredSession.open(locate(folder / "results", None))


def run_of(session: StoredSession, stack: str, scenario: str) -> Completed:
    (run,) = (run for run in session.runs if (run.cell.name, run.cell.folder.split("/")[1]) == (stack, scenario))
    assert isinstance(run, Completed), run
    return run


@pytest.mark.parametrize("stack", STACKS)
def test_every_right_answer_came_in_its_pieces_one_after_the_other(session: StoredSession, stack: str) -> None:
    run = run_of(session, stack, "stream")
    requests, pieces = session.requests(run), session.chunks(run)
    assert pieces is not None
    right = requests["outcome"][pieces["request"]] == Outcome.OK
    request, piece, read_ns = (pieces[name][right] for name in ("request", "piece", "read_ns"))

    assert np.count_nonzero(requests["outcome"] == Outcome.OK) * (1 + PIECES) == len(request) > 0
    assert np.all(read_ns >= requests["sent_ns"][request])
    assert np.all(read_ns <= requests["read_ns"][request])
    assert np.all(np.diff(read_ns)[np.diff(piece) == 1] >= 0)


def test_a_connection_carries_many_messages_and_the_app_counts_none(session: StoredSession) -> None:
    run = run_of(session, "uvicorn-uvloop-starlette", "websocket")
    requests = session.requests(run)

    assert {int(Outcome.OK)} == set(requests["outcome"].tolist())
    assert run.driver.connects == len(np.unique(requests["connection"])) == 32
    assert len(requests["outcome"]) > 10 * run.driver.connects
    assert (run.served, session.chunks(run)) == (None, None)


def test_a_stack_without_websockets_is_skipped_with_its_reason(session: StoredSession) -> None:
    (skipped,) = session.plan.skipped

    assert ("gunicorn-gthread-flask", "websocket does not exist for WSGI") == (skipped.stack, skipped.reason)


def test_the_report_has_the_numbers_where_there_are_pieces(folder: Path) -> None:
    program = [sys.executable, "-m", "stacklab", "report", "--format", "json"]
    done = subprocess.run(program, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    cells = json.loads(done.stdout)["cells"]
    found = {
        (cell["stack"], cell["scenario"]): [cell[key]["p50"] is not None for key in ("first_byte_ms", "gap_ms")]
        for cell in cells
    }

    assert [True, True] == found.pop(("uvicorn-uvloop-starlette", "stream"))
    assert [False, False] == found.pop(("uvicorn-uvloop-starlette", "websocket"))
    assert {("gunicorn-gthread-flask", "stream")} == found.keys()
