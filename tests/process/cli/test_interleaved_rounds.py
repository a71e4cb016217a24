"""Real servers that take turns: every request is in one slice, and what is measured twice is one and the same."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from stacklab.analysis.results import SessionResult, judge
from stacklab.effects.clock import wait_for
from stacklab.model.measured.record import Completed, Phase
from stacklab.store.session import PLAN, RUN, StoredSession, locate

STACKS = ("gunicorn-sync-bare", "uvicorn-uvloop-starlette")
SHORT = ("--rounds", "1", "--measure", "0.3", "--no-noise-floor")
WORDS = ("--rounds", "2", "--warmup", "0.3", "--measure", "1.2", "--scenario", "json")


def command(folder: Path, *words: str) -> list[str]:
    chosen = [word for name in STACKS for word in ("--stack", name)]
    return [sys.executable, "-m", "stacklab", "run", *chosen, *WORDS, "--results", str(folder), *words]


@pytest.fixture(scope="module", name="session")
def _session(tmp_path_factory: pytest.TempPathFactory) -> StoredSession:
    folder = tmp_path_factory.mktemp("results")
    done = subprocess.run(command(folder), check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return StoredSession.open(locate(folder, None))


@pytest.fixture(scope="module", name="result")
def _result(session: StoredSession) -> SessionResult:
    return judge(session)


def completed(session: StoredSession) -> list[Completed]:
    return [run for run in session.runs if isinstance(run, Completed)]


def test_every_cell_is_measured_together_with_the_others_of_its_round(session: StoredSession) -> None:
    assert [3] * 6 == [run.together for run in completed(session)]


def test_every_request_was_counted_by_the_app(session: StoredSession) -> None:
    sent = [int(np.count_nonzero(session.requests(run)["sent_ns"] >= 0)) for run in completed(session)]

    assert sent == [run.served for run in completed(session)]


def test_every_measured_request_lies_in_a_slice_of_its_own_server(session: StoredSession) -> None:
    for run in completed(session):
        slices, rows = session.slices(run), session.requests(run)
        assert slices is not None
        measured = rows["phase"] == Phase.MEASURE
        place = np.searchsorted(slices["start_ns"], rows["intended_ns"][measured], side="right") - 1
        assert (place >= 0).all()
        assert (rows["read_ns"][measured] <= slices["end_ns"][place]).all()


def test_no_two_servers_have_their_slice_at_once(session: StoredSession) -> None:
    for number in (1, 2):
        spans = sorted(
            (int(start), int(end))
            for run in completed(session)
            if run.cell.round == number and (slices := session.slices(run)) is not None
            for start, end in zip(slices["start_ns"], slices["end_ns"], strict=True)
        )
        assert all(end <= begin for (_, end), (begin, _) in pairwise(spans))


def test_slices_and_what_lies_between_them_use_no_more_than_the_process_did(session: StoredSession) -> None:
    """The kernel's steps of 10 ms know all that a process used; slices, and what lies between them, cannot be more."""
    for run in completed(session):
        slices, usage = session.slices(run), session.usage(run)
        assert slices is not None
        mine = usage["role"] == 0
        seen = [
            int((usage["cpu_user_ns"] + usage["cpu_system_ns"])[mine & (usage["pid"] == pid)].max())
            for pid in np.unique(usage["pid"][mine])
        ]
        assert slices["cpu_ns"].sum() + slices["idle_cpu_ns"][1:].sum() < sum(seen)
        assert (slices["cpu_ns"] > 0).all()


def test_stacks_that_took_turns_are_compared_by_their_slices(result: SessionResult) -> None:
    cells: Mapping[str, object] = {cell.stack: cell for cell in result.cells}

    assert set(STACKS) == set(cells)
    # a round in which the machine disturbed nearly every sweep is not compared, and for no stack
    compared = [set(cell.relative.get("cpu_us_per_request", ())) for cell in (*result.cells, *result.twins)]
    assert compared[0]
    assert all(compared[0] == rounds <= {1, 2} for rounds in compared)


def test_servers_that_share_a_port_have_whole_runs_and_the_run_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])

    done = subprocess.run(command(tmp_path, *SHORT, "--port", port), check=False, capture_output=True, text=True)

    assert "One server at a time, in whole runs, under json: all servers use the same port." in unwrapped(done.stderr)
    assert [1] * 2 == [run.together for run in completed(StoredSession.open(locate(tmp_path, None)))]


def test_whole_runs_can_be_asked_for(tmp_path: Path) -> None:
    done = subprocess.run(command(tmp_path, *SHORT, "--whole-runs"), check=False, capture_output=True, text=True)

    assert "whole runs" not in unwrapped(done.stderr)
    assert [1] * 2 == [run.together for run in completed(StoredSession.open(locate(tmp_path, None)))]


def unwrapped(text: str) -> str:
    return " ".join(text.split())


def test_a_kill_loses_the_running_round_alone_and_resuming_measures_it(tmp_path: Path) -> None:
    program = subprocess.Popen(command(tmp_path, "--no-noise-floor"), stderr=subprocess.DEVNULL)
    assert wait_for(lambda: sorted(tmp_path.glob(f"*/*/*/r01/{RUN}"))[1:] or None, deadline_s=120)
    os.kill(program.pid, signal.SIGKILL)
    program.wait()
    kept = {path: path.read_bytes() for path in tmp_path.glob(f"*/*/*/*/{RUN}")}
    folder = next(tmp_path.glob(f"*/{PLAN}")).parent

    resumed = [sys.executable, "-m", "stacklab", "run", "--resume", folder.name, "--results", str(tmp_path)]
    assert subprocess.run(resumed, check=False, stderr=subprocess.DEVNULL).returncode == 0

    assert 4 == len([*tmp_path.glob(f"*/*/*/*/{RUN}")])
    assert kept == {path: path.read_bytes() for path in kept}
    assert {2} == {json.loads(path.read_text())["record"]["together"] for path in tmp_path.glob(f"*/*/*/*/{RUN}")}


def test_nine_servers_take_turns_in_two_groups_around_one_that_is_in_both(tmp_path: Path) -> None:
    backlogs = ",".join(str(256 + number) for number in range(8))
    words = ("--stack", STACKS[0], "--vary", f"backlog={backlogs}", "--rounds", "1", "--warmup", "0.1")
    program = [sys.executable, "-m", "stacklab", "run", *words, "--measure", "0.3", "--scenario", "json"]
    subprocess.run([*program, "--results", str(tmp_path)], check=True, capture_output=True)
    session = StoredSession.open(locate(tmp_path, None))

    groups, counted = [], []
    for run in completed(session):
        slices = session.slices(run)
        assert slices is not None
        groups.append(tuple(np.unique(slices["group"]).tolist()))
        counted.append(int(np.count_nonzero(session.requests(run)["sent_ns"] >= 0)) == run.served)
    assert {(0,): 4, (1,): 4, (0, 1): 1} == Counter(groups)
    assert [True] * 9 == counted
    assert {9} == {run.together for run in completed(session)}
