"""Traffic of one's own, from TOML to rows: mixed calls that vary, sessions, and plain locustfiles."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stacklab.columns import Columns
from stacklab.model.measured.record import Completed, Outcome
from stacklab.store.session import StoredSession, locate

ROOT = Path(__file__).resolve().parents[3]
WORDS = ("--rounds", "1", "--warmup", "0.2", "--measure", "1", "--no-noise-floor", "--repeat-disturbed", "0")

MIXED = """
summary = "Three reads to one computation of a size that varies"
timeout_s = 5

[[calls]]
endpoint = "json"
weight = 3
headers = { accept-language = "en" }

[[calls]]
endpoint = "cpu"
vary = { steps = { low = 10, high = 20 } }

[load]
kind = "open"
rate = 200
"""

SESSIONS = """
summary = "Sessions of four requests each"
calls = [{ endpoint = "plain" }]

[load]
kind = "open"
rate = 50
requests_per_session = 4
"""

PLAIN = """
summary = "Locust's own client"
calls = [{ endpoint = "json" }]
user = "plain"
users = 3

[load]
kind = "closed"
connections = 3
"""

PLAIN_USER = """
from locust import FastHttpUser, task


class Reader(FastHttpUser):
    @task
    def read(self):
        self.client.get("/json", name="json")
"""

Measured = Callable[[str], tuple[Completed, Columns]]


@pytest.fixture(name="measured")
def _measured(tmp_path: Path) -> Measured:
    """Measure a scenario on the barest stack."""
    for name in ("targets", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    (tmp_path / "scenarios/users/plain.py").write_text(PLAIN_USER)

    def measure(scenario: str) -> tuple[Completed, Columns]:
        (tmp_path / "scenarios/own.toml").write_text(scenario)
        words = ("run", "--stack", "uvicorn-uvloop-bare", "--scenario", "own", *WORDS)
        subprocess.run([sys.executable, "-m", "stacklab", *words], cwd=tmp_path, check=True, timeout=120)
        session = StoredSession.open(locate(tmp_path / "results", None))
        (run,) = session.runs
        assert isinstance(run, Completed)
        return run, session.requests(run)

    return measure


def test_calls_come_in_the_proportion_of_their_weights(measured: Measured) -> None:
    run, rows = measured(MIXED)

    of_cpu = float(np.mean(rows["endpoint"] == 1))
    assert {Outcome.OK} == set(rows["outcome"].tolist())
    assert (True, run.served) == (0.1 < of_cpu < 0.4, len(rows["outcome"]))


def test_a_session_makes_its_requests_on_one_connection(measured: Measured) -> None:
    _, rows = measured(SESSIONS)

    numbers, counts = np.unique(rows["connection"], return_counts=True)
    assert len(numbers) > 20
    assert np.mean(counts == 4) > 0.9  # the last ones are cut off by the end


def test_a_plain_locustfile_is_a_closed_loop_whose_client_is_named(measured: Measured) -> None:
    run, rows = measured(PLAIN)

    assert ("FastHttpUser" in run.driver.driver, {Outcome.OK}) == (True, set(rows["outcome"].tolist()))
    assert len(rows["outcome"]) == run.driver.intended > 100
    assert sum(second.cpu_s for second in run.driver.seconds) > 0
