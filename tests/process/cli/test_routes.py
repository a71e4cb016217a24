"""Each route of one's own app by itself: what is reported is what the rows say, and what the app itself counted."""

import json
import os
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uv

from stacklab.analysis.run.columns import Window, measured_window
from stacklab.columns import Columns
from stacklab.frames import load
from stacklab.model.measured.record import Completed, Outcome, Phase
from stacklab.store.session import StoredSession, locate
from stacklab.units import NS_PER_MS

WEIGHTS = {"/fast": 6, "/medium": 3, "/slow": 1}
APP = """
app = "three_routes:app"
servers = ["uvicorn-asyncio"]

[load]
kind = "open"
rate = 300
"""
SHORT = ("--rounds", "1", "--warmup", "0.2", "--measure", "4", "--no-noise-floor", "--repeat-disturbed", "0")


@dataclass(frozen=True)
class Measured:
    """One session of the app, and what the app says of it."""

    folder: Path
    run: Completed
    rows: Columns
    window: Window
    notes: tuple[tuple[int, str, bool], ...]
    """When each request began, its path, and whether it failed."""

    def said(self, *words: str) -> str:
        return _stacklab(self.folder, "report", *words).stdout

    def of(self, path: str) -> Any:
        """The measured rows of one route."""
        return (self.rows["phase"] == Phase.MEASURE) & (self.rows["endpoint"] == list(WEIGHTS).index(path))

    @property
    def noted(self) -> tuple[Counter[str], Counter[str]]:
        """By the path: the requests that the app began in the window, and those that it failed."""
        began = [(path, failed) for at_ns, path, failed in self.notes if self.window.holds(np.array(at_ns))]
        return Counter(path for path, _ in began), Counter(path for path, failed in began if failed)


def _stacklab(folder: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", *words],
        cwd=folder,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


@pytest.fixture(name="measured", scope="module")
def _measured(tmp_path_factory: pytest.TempPathFactory, programs: Path) -> Measured:
    folder = tmp_path_factory.mktemp("routes")
    subprocess.run([uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder / ".venv"], check=True)
    shutil.copy(programs / "apps" / "three_routes.py", folder)
    asked = "".join(f'\n[[requests]]\npath = "{path}"\nweight = {weight}\n' for path, weight in WEIGHTS.items())
    (folder / "app.toml").write_text(APP + asked)
    _stacklab(folder, "run", "--app", "app.toml", *SHORT, NOTES=str(folder / "notes"), XDG_STATE_HOME=str(folder))
    session = StoredSession.open(locate(folder / "results", None))
    (run,) = session.runs
    assert isinstance(run, Completed)
    notes = tuple(
        (int(at_ns), path, failed == "1")
        for at_ns, path, failed in (line.split() for line in (folder / "notes").read_text().splitlines())
    )
    return Measured(folder, run, session.requests(run), measured_window(run), notes)


@pytest.fixture(name="routes", scope="module")
def _routes(measured: Measured) -> dict[str, dict[str, Any]]:
    (cell,) = json.loads(measured.said("--format", "json"))["cells"]
    return {one["path"]: one for one in cell["routes"]}


def test_every_route_has_the_requests_and_failures_of_its_rows_and_of_the_app(
    measured: Measured, routes: dict[str, dict[str, Any]]
) -> None:
    requests, failures = measured.noted

    assert set(WEIGHTS) == set(routes)
    for path, one in routes.items():
        own = measured.of(path)
        wrong = own & (measured.rows["outcome"] != Outcome.OK)
        assert (int(own.sum()), int(wrong.sum())) == (one["requests"], one["errors"])
        assert one["requests"] == pytest.approx(requests[path], rel=0.02)
        assert one["errors"] == pytest.approx(failures[path], abs=1)
    assert sum(failures.values()) > 2


def test_the_quantiles_of_every_route_are_those_of_its_rows(
    measured: Measured, routes: dict[str, dict[str, Any]]
) -> None:
    for path, one in routes.items():
        own = measured.of(path)
        right = measured.rows["outcome"][own] == Outcome.OK
        took_ms = np.sort((measured.rows["read_ns"] - measured.rows["intended_ns"])[own][right]) / NS_PER_MS
        for name, share in (("p50", 0.5), ("p90", 0.9)):
            wanted = float(np.quantile(np.append(took_ms, [np.inf] * int((~right).sum())), share, method="higher"))
            assert one["latency_ms"][name]["value"] == pytest.approx(wanted, rel=0.02)


def test_methods_and_weights_are_shown(routes: dict[str, dict[str, Any]]) -> None:
    assert WEIGHTS == {path: one["weight"] for path, one in routes.items()}
    assert {"GET"} == {one["method"] for one in routes.values()}


def test_a_failure_is_told_with_its_first_body_and_the_line_of_the_log(measured: Measured) -> None:
    (cell,) = json.loads(measured.said("--format", "json"))["cells"]
    (failure,) = cell["failures"]

    assert ("/medium", "status", 500) == (failure["route"], failure["outcome"], failure["status"])
    assert ('{"error": "shelf 7 is empty"}', "StockError: shelf 7 is empty") == (
        failure["first_body"],
        failure["server_log"],
    )
    assert failure["requests"] == cell["errors"]


@pytest.mark.parametrize("kind", ["text", "md"])
def test_the_tables_say_the_same(measured: Measured, routes: dict[str, dict[str, Any]], kind: str) -> None:
    said = " ".join(measured.said("--format", kind).replace("|", " ").replace("\\", "").split())

    for path, one in routes.items():
        median = f"{one['latency_ms']['p50']['value']:.3g}"
        assert f"GET {path}, weight {WEIGHTS[path]} uvicorn-asyncio {one['requests']} {one['errors']}" in said
        assert median in said
    assert "500 Internal Server Error" in said
    assert '{"error": "shelf 7 is empty"}' in said


def test_the_page_says_the_same(measured: Measured, routes: dict[str, dict[str, Any]]) -> None:
    measured.said("--format", "html", "--output", str(measured.folder / "page.html"))
    page = (measured.folder / "page.html").read_text()

    for path in routes:
        assert f"<td><code>GET {path}</code></td>" in page
    assert "StockError: shelf 7 is empty" in page


def test_frames_say_the_same(measured: Measured, routes: dict[str, dict[str, Any]]) -> None:
    session = load("latest", results=measured.folder / "results")
    medians = session.routes.xs("p50", level="metric")["value"].droplevel(["scenario", "stack"])

    assert {path: one["latency_ms"]["p50"]["value"] for path, one in routes.items()} == pytest.approx(
        dict(medians), rel=1e-4
    )
    assert ([500], ['{"error": "shelf 7 is empty"}']) == (
        session.failures["status"].tolist(),
        session.failures["body"].tolist(),
    )
