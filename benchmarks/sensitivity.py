"""What sessions can see: differences are planted, and each question is put to so many sessions of its own.

    python benchmarks/sensitivity.py [SESSIONS] [--neighbour] [QUESTION ...]
    python benchmarks/sensitivity.py --table

A session compares two stacks that take turns: an original, and the same with something planted. With ``--neighbour``,
benchmarks/neighbour.py keeps every core busy in bursts meanwhile. Every session is a line of measured/sensitivity.csv,
written when it ends, so that a table of hours can be made in parts. A question is put until the file holds so many
sessions of it. ``--table`` prints in how many the two were told apart, and measures nothing.
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

from planted import FAMILIES, ORIGINAL, WORKERS, Planting, turn_us
from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.comparison.result import MetricComparison
from stacklab.analysis.metrics import CPU, P99, THROUGHPUT, Metric
from stacklab.analysis.results import judge
from stacklab.model.measured.verdict import Verdict
from stacklab.store.session import StoredSession, locate

PLANTED = "planted"
STACK = FAMILIES["uvloop"]
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
    stack: str = STACK
    workers: int = 1

    @property
    def arms(self) -> tuple[str, str]:
        """The names of both stacks in a session."""
        workers = "" if self.workers == 1 else f",workers={self.workers}"
        return ORIGINAL + workers, PLANTED + workers

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
} | {
    family.replace(" ", "-"): Question(
        title=f"+5 % CPU per request, {family}",
        metric=CPU,
        scenario="json",
        rounds=10,
        measure_s=3.0,
        more_cpu=0.05,
        stack=stack,
        workers=WORKERS.get(family, 1),
    )
    for family, stack in FAMILIES.items()
}


def main(*words: str) -> None:
    """Put every question until it has been put so often, and print the table."""
    wanted = next((int(word) for word in words if word.isdigit()), 10)
    chosen = [word for word in words if word in QUESTIONS] or list(QUESTIONS)
    beside = "--neighbour" in words
    if "--table" not in words:
        for stack, workers in dict.fromkeys((QUESTIONS[name].stack, QUESTIONS[name].workers) for name in chosen):
            missing = {
                name: wanted - asked(name, beside)
                for name in chosen
                if (QUESTIONS[name].stack, QUESTIONS[name].workers) == (stack, workers)
            }
            if max(missing.values()) > 0:
                with tempfile.TemporaryDirectory() as folder:
                    put(Planting(Path(folder), stack), missing, beside=beside)
    print("| Planted | Measured, s | Told apart, quiet | Told apart, beside the neighbour |")
    print("| --- | --: | --: | --: |")
    for name, question in QUESTIONS.items():
        asked_here = [asked(name, where) for where in (False, True)]
        if any(asked_here):
            found = [f"{apart(name, where)} of {count}" for where, count in zip((False, True), asked_here, strict=True)]
            print(f"| {question.title} | {question.seconds:.0f} | {' | '.join(found)} |")


def put(planting: Planting, missing: Mapping[str, int], *, beside: bool) -> None:
    """So many sessions of each question, all of one stack."""
    planting.prepare()
    once_us = cpu_us(planting.place, QUESTIONS[next(iter(missing))])
    print(f"{once_us:.1f} µs a request of {planting.stack}", flush=True)
    with neighbour() if beside else nobody():
        for name, number in missing.items():
            question = QUESTIONS[name]
            turns = round(once_us * question.more_cpu / turn_us())
            planting.plant(PLANTED, turns=turns, stall_every=question.stall_every)
            for _ in range(number):
                load = os.getloadavg()[0]
                found = session(planting.place, question)
                head = [commit(), time.strftime("%F %H:%M:%S"), f"{load:.1f}", int(beside), name]
                keep([[*head, *line(one)] for one in found])
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
    MEASURED.parent.mkdir(exist_ok=True)
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
        cwd=Path(__file__).parent,
        check=True,
        capture_output=True,
    )
    return done.stdout.decode().strip()


def cpu_us(place: Path, question: Question) -> float:
    """The original's CPU per request while nobody disturbs it: the least of some short rounds."""
    name, _ = question.arms
    measure(place, question, ORIGINAL, "--scenario", "json", "--rounds", "8", "--warmup", "1", "--measure", "1")
    found = judge(StoredSession.open(locate(place / "results", None)))
    (cell,) = (one for one in found.cells if one.stack == name)
    if cell.of(CPU) is None:
        raise SystemExit("CPU time cannot be read on this machine")
    return min(cell.by_round(CPU).values())


def session(place: Path, question: Question) -> list[MetricComparison]:
    """One session of two stacks that take turns: what was found by the metric that is asked for, or by each."""
    rounds, seconds = str(question.rounds), str(question.measure_s)
    sized = ("--scenario", question.scenario, "--rounds", rounds, "--warmup", "0.5", "--measure", seconds)
    measure(place, question, ORIGINAL, "--stack", PLANTED, *sized)
    result = judge(StoredSession.open(locate(place / "results", None)))
    (pair,) = compare_stacks(result, *question.arms).pairs
    return [one for one in pair.metrics if question.metric in {None, one.metric}]


def said(one: MetricComparison) -> str:
    """Metric, ratio, interval, verdict, and what such a session detects."""
    low, high = one.interval or (0.0, 0.0)
    return (
        f"{one.metric.key} {one.ratio or 0:.3f} ({low:.3f} to {high:.3f}): {one.verdict}; detects {one.sees or 0:.1%}"
    )


def measure(place: Path, question: Question, stack: str, *words: str) -> None:
    """Run a session."""
    workers = () if question.workers == 1 else ("--vary", f"workers={question.workers}")
    command = [sys.executable, "-m", "stacklab", "run", "--no-noise-floor", "--stack", stack, *words, *workers]
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
