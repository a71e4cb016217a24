"""What sessions can see: differences are planted, and each question is put to so many sessions of its own.

    python benchmarks/sensitivity.py [SESSIONS] [--neighbour] [QUESTION ...]
    python benchmarks/sensitivity.py --table

A session compares two stacks that take turns: an original, and the same with something planted. With ``--neighbour``,
benchmarks/neighbour.py keeps every core busy in bursts meanwhile. Every session is a line of measured/sensitivity.csv,
written when it ends, so that a table of hours can be made in parts. A question is put until the file holds so many
sessions of it. ``--table`` prints in how many the two were told apart.
"""

import csv
import os
import shutil
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.comparison.result import MetricComparison
from stacklab.analysis.metrics import CPU, P99, THROUGHPUT, Metric
from stacklab.analysis.results import judge
from stacklab.catalog import workspace
from stacklab.model.measured.verdict import Verdict
from stacklab.store.session import StoredSession, locate
from stacklab.units import NS_PER_US

STACK = "uvicorn-uvloop-starlette"
ORIGINAL, PLANTED = "planted-not", "planted"
APP = '''"""The original app, a loop before each request, and a stall before one request in so many."""

import os
import time

from app import app as original

TURNS = int(os.environ["PLANTED_TURNS"])
STALL_EVERY = int(os.environ["PLANTED_STALL_EVERY"])
served = 0


async def app(scope, receive, send):
    global served
    served += 1
    for _ in range(TURNS):
        pass
    if STALL_EVERY and served % STALL_EVERY == 0:
        time.sleep(0.01)
    await original(scope, receive, send)
'''


MEASURED = Path(__file__).parent / "measured" / "sensitivity.csv"
COLUMNS = ("commit", "time", "load", "neighbour", "question", "metric", "ratio", "low", "high", "sees", "verdict")
"""``load`` is the load average of the minute before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is planted, the metric that shall find it, and how long one session measures both stacks together."""

    title: str
    metric: Metric | None
    """None: any."""
    scenario: str
    rounds: int
    measure_s: float
    """Of each stack in each round."""
    more_cpu: float = 0.0
    """Of the original's CPU per request."""
    stall_every: int = 0

    @property
    def seconds(self) -> float:
        """Time of measuring."""
        return 2 * self.rounds * self.measure_s


QUESTIONS = {
    "cpu-5": Question(
        title="+5 % CPU per request", metric=CPU, scenario="json", rounds=10, measure_s=3.0, more_cpu=0.05
    ),
    "cpu-2": Question(
        title="+2 % CPU per request", metric=CPU, scenario="json", rounds=30, measure_s=3.0, more_cpu=0.02
    ),
    # Where the server is the limit, a ninth more work is a tenth less throughput.
    "throughput-10": Question(
        title="10 % less throughput", metric=THROUGHPUT, scenario="json", rounds=10, measure_s=1.5, more_cpu=1 / 9
    ),
    "same": Question(
        title="the same under another name, all metrics", metric=None, scenario="json", rounds=10, measure_s=3.0
    ),
    "p99": Question(
        title="P99 doubled by a stall of 10 ms in 50 requests",
        metric=P99,
        scenario="json-open",
        rounds=10,
        measure_s=3.0,
        stall_every=50,
    ),
}


def main(*words: str) -> None:
    """Put every question until it has been put so often, and print the table."""
    wanted = next((int(word) for word in words if word.isdigit()), 10)
    chosen = [word for word in words if word in QUESTIONS] or list(QUESTIONS)
    beside = "--neighbour" in words
    if "--table" not in words:
        with tempfile.TemporaryDirectory() as folder:
            put(Path(folder), {name: wanted - asked(name, beside) for name in chosen}, beside=beside)
    for name, question in QUESTIONS.items():
        for neighbours in (False, True):
            if number := asked(name, neighbours):
                where = "beside the neighbour" if neighbours else "quiet"
                print(f"{question.title}, {question.seconds:.0f} s, {where}: {apart(name, neighbours)} of {number}")


def put(place: Path, missing: Mapping[str, int], *, beside: bool) -> None:
    """So many sessions of each question."""
    prepare(place)
    once_us = cpu_us(place)
    print(f"{once_us:.1f} µs a request of the original", flush=True)
    with neighbour() if beside else nobody():
        for name, number in missing.items():
            question = QUESTIONS[name]
            plant(place, PLANTED, round(once_us * question.more_cpu / turn_us()), question.stall_every)
            for _ in range(number):
                load = os.getloadavg()[0]
                found = session(place, question)
                keep(
                    [
                        [commit(), time.strftime("%F %H:%M:%S"), f"{load:.1f}", int(beside), name, *line(one)]
                        for one in found
                    ]
                )
                print(f"  {question.title}: {'; '.join(said(one) for one in found)}", flush=True)


def rows() -> list[dict[str, str]]:
    """Those of all sessions."""
    if not MEASURED.exists():
        return []
    with MEASURED.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def keep(lines: Sequence[Sequence[object]]) -> None:
    """Append them to the file."""
    begin = not MEASURED.exists()
    with MEASURED.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([COLUMNS, *lines] if begin else lines)


def sessions(name: str, beside: bool) -> list[list[dict[str, str]]]:
    """The rows of each session of a question."""
    own = [row for row in rows() if (row["question"], row["neighbour"]) == (name, str(int(beside)))]
    return [list(group) for _, group in groupby(own, key=itemgetter("commit", "time"))]


def asked(name: str, beside: bool) -> int:
    """How often a question has been put."""
    return len(sessions(name, beside))


def apart(name: str, beside: bool) -> int:
    """In how many sessions the two were told apart, by any of the metrics."""
    told = {str(Verdict.FASTER), str(Verdict.SLOWER)}
    return sum(any(row["verdict"] in told for row in session) for session in sessions(name, beside))


def line(one: MetricComparison) -> list[object]:
    """What the file has of a metric."""
    numbers = (one.ratio, one.low, one.high, one.sees)
    return [one.metric.key, *("" if number is None else f"{number:.4f}" for number in numbers), str(one.verdict)]


def commit() -> str:
    """What is measured with."""
    done = subprocess.run(
        [shutil.which("git") or "git", "describe", "--always", "--dirty"],
        cwd=MEASURED.parent,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode().strip()


def prepare(place: Path) -> None:
    """A workspace with the original."""
    for name in ("targets", "scenarios"):
        shutil.copytree(workspace.reference() / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place / "targets/apps/starlette/planted_app.py").write_text(APP)
    plant(place, ORIGINAL, 0, 0)


def plant(place: Path, name: str, turns: int, stall_every: int) -> None:
    """A stack that differs from the original by the length of a loop, and by a stall in so many requests."""
    text = (
        (place / f"targets/stacks/{STACK}.toml").read_text().replace("starlette/app:app", "starlette/planted_app:app")
    )
    variables = f'env = {{ PLANTED_TURNS = "{turns}", PLANTED_STALL_EVERY = "{stall_every}" }}\n'
    (place / f"targets/stacks/{name}.toml").write_text(variables + text)


def cpu_us(place: Path) -> float:
    """The original's CPU per request while nobody disturbs it: the least of some short rounds."""
    measure(place, "--stack", ORIGINAL, "--scenario", "json", "--rounds", "8", "--warmup", "1", "--measure", "1")
    (cell,) = judge(StoredSession.open(locate(place / "results", None))).cells
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


def session(place: Path, question: Question) -> list[MetricComparison]:
    """One session of two stacks that take turns: what was found by the metric that is asked for, or by each."""
    rounds, seconds = str(question.rounds), str(question.measure_s)
    stacks = ("--stack", ORIGINAL, "--stack", PLANTED)
    measure(
        place, *stacks, "--scenario", question.scenario, "--rounds", rounds, "--warmup", "0.5", "--measure", seconds
    )
    result = judge(StoredSession.open(locate(place / "results", None)))
    (pair,) = compare_stacks(result, ORIGINAL, PLANTED).pairs
    return [one for one in pair.metrics if question.metric in {None, one.metric}]


def said(one: MetricComparison) -> str:
    """Metric, ratio, interval, verdict, and what such a session detects."""
    low, high = one.interval or (0.0, 0.0)
    return (
        f"{one.metric.key} {one.ratio or 0:.3f} ({low:.3f} to {high:.3f}): {one.verdict}; detects {one.sees or 0:.1%}"
    )


def measure(place: Path, *words: str) -> None:
    """Run a session."""
    command = [sys.executable, "-m", "stacklab", "run", "--no-noise-floor", *words]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)


@contextmanager
def neighbour() -> Iterator[None]:
    """Somebody else's bursts on every core, for as long as the block lasts."""
    program = Path(__file__).parent / "neighbour.py"
    with subprocess.Popen([sys.executable, str(program), "36000"]) as busy:
        try:
            yield
        finally:
            busy.terminate()


@contextmanager
def nobody() -> Iterator[None]:
    """A machine as it is."""
    yield


if __name__ == "__main__":
    main(*sys.argv[1:])
