"""What a session can see: `python benchmarks/sensitivity.py [SESSIONS] [PRESET]`, on a machine that does nothing else.

Plants apps that burn more processor time for each request beside one that is the same under another name, and counts in
how many sessions each is told from the original. A session of the standard preset takes eight to ten minutes.
Goal: 5 % more CPU per request is found by CPU per request in 9 of 10 sessions, 10 % less throughput by throughput in 9
of 10, and what is the same is told apart in at most 1 of 10, by either.

The server is the limit: one that idles between requests spends most of its processor time on falling asleep and waking
up, which neighbours change by more than any app does.
"""

import shutil
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from stacklab.analysis.metrics import BY_KEY, CPU
from stacklab.analysis.results import SessionResult, judge
from stacklab.analysis.rounds.paired import compare
from stacklab.catalog import workspace
from stacklab.model.verdict import Comparison, Verdict
from stacklab.store.session import StoredSession, locate
from stacklab.units import NS_PER_US

STACK = "uvicorn-uvloop-starlette"
SCENARIO = "json"
ORIGINAL, SAME = "planted", "planted-same"
APP = '''"""The original app, and a loop before each request."""

import os

from app import app as original

TURNS = int(os.environ["PLANTED_TURNS"])


async def app(scope, receive, send):
    for _ in range(TURNS):
        pass
    await original(scope, receive, send)
'''


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What is planted, and the number that shall find it, or shall find nothing."""

    title: str
    stack: str
    metric: str
    more_cpu: float = 0.0
    """Of the original's CPU per request."""


TRIALS = (
    Trial(title="5 % more CPU per request", stack="planted-5", metric="cpu_us_per_request", more_cpu=0.05),
    # Where the server is the limit, a ninth more work is a tenth less throughput.
    Trial(title="10 % less throughput", stack="planted-10", metric="throughput_rps", more_cpu=1 / 9),
    Trial(title="the same, by CPU per request", stack=SAME, metric="cpu_us_per_request"),
    Trial(title="the same, by throughput", stack=SAME, metric="throughput_rps"),
)


def main(sessions: str = "10", preset: str = "standard") -> None:
    """Run the sessions and print what each found of each trial."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        prepare(place)
        once_us = cpu_us(place)
        for trial in TRIALS:
            plant(place, trial.stack, round(once_us * trial.more_cpu / turn_us()))
        print(f"{once_us:.1f} µs a request under {SCENARIO}, {sessions} sessions of the {preset} preset")
        found = [session(place, preset) for _ in range(int(sessions))]
    for trial, verdicts in zip(TRIALS, zip(*found, strict=True), strict=True):
        apart = sum(verdict in {Verdict.FASTER, Verdict.SLOWER} for verdict in verdicts)
        print(f"{trial.title}: told apart in {apart} of {len(verdicts)} sessions")


def prepare(place: Path) -> None:
    """A workspace with the original alone."""
    for name in ("targets", "scenarios"):
        shutil.copytree(workspace.reference() / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "targets/apps/starlette/planted_app.py").write_text(APP)
    plant(place, ORIGINAL, 0)


def plant(place: Path, name: str, turns: int) -> None:
    """A stack that differs from the others by the length of a loop."""
    text = (place / f"targets/stacks/{STACK}.toml").read_text().replace("/app:app", "/planted_app:app")
    (place / f"targets/stacks/{name}.toml").write_text(f'env = {{ PLANTED_TURNS = "{turns}" }}\n{text}')


def cpu_us(place: Path) -> float:
    """The original's CPU per request while nobody disturbs it: the least of some short rounds."""
    words = ("--stack", ORIGINAL, "--rounds", "8", "--warmup", "1", "--measure", "1", "--no-noise-floor")
    (cell,) = measure(place, *words).cells
    if cell.of(CPU) is None:
        raise SystemExit("CPU time cannot be read on this machine")
    return min(cell.by_round(CPU).values())


def turn_us(turns: int = 1_000_000) -> float:
    """CPU of one turn of an empty loop, undisturbed as well."""

    def once() -> int:
        started_ns = time.process_time_ns()
        for _ in range(turns):
            pass
        return time.process_time_ns() - started_ns

    return min(once() for _ in range(50)) / turns / NS_PER_US


def session(place: Path, preset: str) -> tuple[Verdict, ...]:
    """One session: what was planted beside the original, by what the session knows of its own noise."""
    result = measure(place, "--stack", "planted*", "--preset", preset)
    cells = {cell.stack: cell for cell in result.cells}
    floors = result.noise_floors.get(SCENARIO, {})
    found = []
    for trial in TRIALS:
        metric, floor = BY_KEY[trial.metric], floors.get(trial.metric)
        candidate, baseline = (cells[name].by_round(metric) for name in (trial.stack, ORIGINAL))
        one = compare(candidate, baseline, more_is_better=metric.more_is_better, floor=floor)
        print(f"  {trial.title}: {said(one)}; floor {floor or 0:.1%}", flush=True)
        found.append(one.verdict)
    return tuple(found)


def said(one: Comparison) -> str:
    """Ratio, interval and verdict."""
    return f"{one.ratio or 0:.3f} ({one.low or 0:.3f} to {one.high or 0:.3f}): {one.verdict}"


def measure(place: Path, *words: str) -> SessionResult:
    """Run a session and summarise it."""
    command = [sys.executable, "-m", "stacklab", "run", "--scenario", SCENARIO, *words]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return judge(StoredSession.open(locate(place / "results", None)))


if __name__ == "__main__":
    main(*sys.argv[1:])
