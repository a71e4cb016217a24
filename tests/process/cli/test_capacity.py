"""The search for a capacity: a server whose service time is known, two boots, and what the session holds of them."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import uv

from stacklab.analysis.capacity.boots import capacities
from stacklab.analysis.run.columns import measured_window
from stacklab.model.measured.capacity import RungKind
from stacklab.model.measured.record import Completed, Outcome
from stacklab.store.session import StoredSession, locate
from stacklab.units import NS_PER_MS, NS_PER_S

LIMIT_MS = 40.0
ASKED = ("--app", "one_thread:app", "--path", "/", "--server", "uvicorn-asyncio")


@dataclass(frozen=True)
class Searched:
    """A session of capacity."""

    folder: Path
    done: subprocess.CompletedProcess[str]

    @property
    def session(self) -> StoredSession:
        return StoredSession.open(locate(self.folder / "results", None))

    def runs(self, scenario: str) -> list[Completed]:
        found = [run for run in self.session.runs if isinstance(run, Completed) and run.cell.scenario == scenario]
        return sorted(found, key=lambda run: run.cell.round)


def _stacklab(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", *words],
        cwd=folder,
        env=os.environ | {"XDG_STATE_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Path:
    folder = tmp_path_factory.mktemp("capacity")
    subprocess.run([uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder / ".venv"], check=True)
    shutil.copy(programs / "apps" / "one_thread.py", folder)
    return folder


@pytest.fixture(name="searched", scope="module")
def _searched(folder: Path) -> Searched:
    words = ("--slo", f"p99<{LIMIT_MS:g}ms", "--slo", "errors<1%", "--boots", "2", "--budget", "40")
    return Searched(folder, _stacklab(folder, "capacity", *ASKED, *words))


def test_every_boot_has_a_burst_and_a_ladder_that_follows_from_it(searched: Searched) -> None:
    bursts, climbs = searched.runs("own-maximum"), searched.runs("own")

    assert (2, 2) == (len(bursts), len(climbs)), searched.done.stderr
    for climb in climbs:
        assert climb.ladder is not None
        assert 0 < climb.ladder.maximum_rps < 250  # 4 ms each, one at a time
        assert climb.ladder.seconds == pytest.approx(measured_window(climb).length_s)


def test_every_rung_was_offered_its_share_of_the_maximum(searched: Searched) -> None:
    for climb in searched.runs("own"):
        assert climb.ladder is not None
        intended = (searched.session.requests(climb)["intended_ns"] - measured_window(climb).start_ns) / NS_PER_S
        begin = 0.0
        for rung in climb.ladder.rungs:
            wanted = rung.level * climb.ladder.maximum_rps * rung.seconds
            offered = np.count_nonzero((intended >= begin) & (intended < begin + rung.seconds))
            assert offered == pytest.approx(wanted, abs=6 * wanted**0.5 + 3)
            begin += rung.seconds


def test_late_requests_are_those_of_the_rows(searched: Searched) -> None:
    found = next(one for one in capacities(searched.session) if one.promise.limit_ms is not None)

    for boot, climb in zip(found.boots, searched.runs("own"), strict=True):
        assert climb.ladder is not None
        rows, window = searched.session.requests(climb), measured_window(climb)
        took_ms = (rows["read_ns"] - rows["intended_ns"]) / NS_PER_MS
        late = (took_ms > LIMIT_MS) | (rows["outcome"] != Outcome.OK)
        begin_ns, expected = float(window.start_ns), 0
        for rung in climb.ladder.rungs:
            end_ns = begin_ns + rung.seconds * NS_PER_S
            own = (rows["intended_ns"] >= begin_ns) & (rows["intended_ns"] < end_ns)
            expected += int(np.count_nonzero(own & late)) if rung.kind is RungKind.TRIAL else 0
            begin_ns = end_ns
        assert sum(trial.bad for trial in boot.trials) == pytest.approx(expected, abs=2)


def test_every_rendering_has_the_capacity_of_each_promise(searched: Searched) -> None:
    document = json.loads(_stacklab(searched.folder, "report", "--format", "json").stdout)
    said = _stacklab(searched.folder, "report", "--format", "text").stdout
    page = searched.folder / "page.html"
    _stacklab(searched.folder, "report", "--output", str(page))

    assert [f"p99<{LIMIT_MS:g}ms", "errors<1%"] == [one["promise"] for one in document["capacity"]]
    assert all(one["trials"] and one["maximum_rps"]["n"] == 2 for one in document["capacity"])
    assert "fewer than three boots were measured" in " ".join(said.split())
    assert 'id="capacity"' in page.read_text()


def test_a_session_that_is_complete_has_nothing_to_resume(searched: Searched) -> None:
    before = {run.cell.folder: run.started_at for run in searched.session.runs}
    _stacklab(searched.folder, "capacity", "--resume", "latest")

    assert before == {run.cell.folder: run.started_at for run in searched.session.runs}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--slo", "p99<50"), "name the unit of 50"),
        ((), "name the promise to keep with --slo"),
        (("--slo", "p99<50ms", "--budget", "5"), "5 boots take 90 s at least; raise it"),
    ],
)
def test_what_makes_no_sense_is_told_in_one_sentence(folder: Path, words: tuple[str, ...], says: str) -> None:
    done = _stacklab(folder, "capacity", *ASKED, *words)

    assert 2 == done.returncode
    assert says in done.stderr.splitlines()[-1]
