"""What a session can see: `python benchmarks/sensitivity.py [SESSIONS] [PRESET]`, on a machine that does nothing else.

Plants an app that burns more processor time for each request beside one that is the same under another name, and counts
in how many sessions each is told from the original. A session of the standard preset takes five minutes of each kind.
Goal: 5 % more CPU per request is found by CPU per request in 9 of 10 sessions, 10 % less throughput by throughput in 9
of 10, and what is the same is told apart in at most 1 of 10.
"""

import shutil
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from stacklab.analysis.comparison import compare
from stacklab.catalog import workspace
from stacklab.model.verdict import Comparison, Verdict
from stacklab.report.build import build_view
from stacklab.report.ranks import MORE_IS_BETTER, by_round
from stacklab.report.view import View
from stacklab.store.session import Session, locate
from stacklab.units import NS_PER_US

STACK = "uvicorn-uvloop-starlette"
ORIGINAL, SAME, SLOWER = "planted", "planted-same", "planted-slower"
APP = '''"""The original app, and a loop before each request."""

import os

from starlette_app import app as original

TURNS = int(os.environ["PLANTED_TURNS"])


async def app(scope, receive, send):
    for _ in range(TURNS):
        pass
    await original(scope, receive, send)
'''


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """One slowdown, and the number that shall find it."""

    title: str
    scenario: str
    metric: str
    more_cpu: float
    """Of the original's CPU per request."""


TRIALS = (
    Trial(title="5 % more CPU per request", scenario="json-open", metric="cpu_us_per_request", more_cpu=0.05),
    # Where the server is the limit, a ninth more work is a tenth less throughput.
    Trial(title="10 % less throughput", scenario="json", metric="throughput_rps", more_cpu=1 / 9),
)


def main(sessions: str = "10", preset: str = "standard") -> None:
    """Run the sessions of every trial and print what they found."""
    for trial in TRIALS:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            prepare(place)
            turns = round(cpu_us(place, trial) * trial.more_cpu / turn_us())
            plant(place, turns)
            print(f"{trial.title}, looked for in {trial.metric} under {trial.scenario} ({turns} turns of a loop)")
            found = [session(place, trial, preset) for _ in range(int(sessions))]
        for name in (SLOWER, SAME):
            apart = sum(verdicts[name].verdict in {Verdict.FASTER, Verdict.SLOWER} for verdicts in found)
            print(f"  {name}: told apart in {apart} of {len(found)} sessions")


def prepare(place: Path) -> None:
    """A workspace with the original alone."""
    for name in ("targets", "scenarios"):
        shutil.copytree(workspace.reference() / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "targets/apps/planted_app.py").write_text(APP)
    plant(place, 0)


def plant(place: Path, turns: int) -> None:
    """Three stacks that differ by the length of a loop, two of them not even by that."""
    text = (place / f"targets/stacks/{STACK}.toml").read_text().replace("starlette_app:app", "planted_app:app")
    for name, length in ((ORIGINAL, 0), (SAME, 0), (SLOWER, turns)):
        (place / f"targets/stacks/{name}.toml").write_text(f'{text}env = {{ PLANTED_TURNS = "{length}" }}\n')


def cpu_us(place: Path, trial: Trial) -> float:
    """The original's CPU per request under this scenario, from three short rounds."""
    words = ("--stack", ORIGINAL, "--rounds", "3", "--warmup", "1", "--measure", "2", "--no-noise-floor")
    (cell,) = measure(place, trial, *words).cells
    if cell.cpu_us_per_request is None:
        raise SystemExit("CPU time cannot be read on this machine")
    return cell.cpu_us_per_request.value


def turn_us(turns: int = 1_000_000) -> float:
    """CPU of one turn of an empty loop."""

    def once() -> int:
        started_ns = time.process_time_ns()
        for _ in range(turns):
            pass
        return time.process_time_ns() - started_ns

    return median(once() for _ in range(9)) / turns / NS_PER_US


def session(place: Path, trial: Trial, preset: str) -> dict[str, Comparison]:
    """One session: each of the two beside the original, by what a session knows of its own noise."""
    view = measure(place, trial, "--stack", "planted*", "--preset", preset)
    values = {cell.stack: by_round(cell, trial.metric) for cell in view.cells}
    floor = (view.noise_floor or {}).get(trial.scenario, {}).get(trial.metric)
    found = {
        name: compare(values[name], values[ORIGINAL], more_is_better=trial.metric in MORE_IS_BETTER, floor=floor)
        for name in (SLOWER, SAME)
    }
    print(f"  floor {floor or 0:.1%}; " + "; ".join(f"{name} {said(one)}" for name, one in found.items()), flush=True)
    return found


def said(one: Comparison) -> str:
    """Ratio, interval and verdict."""
    return f"{one.ratio or 0:.3f} ({one.low or 0:.3f} to {one.high or 0:.3f}): {one.verdict}"


def measure(place: Path, trial: Trial, *words: str) -> View:
    """Run a session and summarise it."""
    command = [sys.executable, "-m", "stacklab", "run", "--scenario", trial.scenario, *words]
    subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return build_view(Session.open(locate(place / "results", None)))


if __name__ == "__main__":
    main(*sys.argv[1:])
