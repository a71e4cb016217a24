"""What counting can see: `python benchmarks/count.py [SESSIONS] [STACK]...`, on any machine with valgrind, busy or not.

Plants apps that execute 1 % more instructions for each request beside one that is the same under another name, and
counts in how many sessions each is told from the original, for servers of every kind.
Goal: 1 % more is found in 10 of 10 sessions, what is the same is told apart by 0.5 % in none, in 60 s a stack.

A planted loop stands in the app, in Python. What its turns execute is counted beforehand, in a program that does
nothing else and by the same interpreter, so that what was planted is known without the sessions that look for it.
"""

import re
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from planted import ORIGINAL, Planting
from stacklab.analysis.instructions.contrast import MARGIN, CountContrast, contrast
from stacklab.analysis.instructions.result import CountResult, count_result
from stacklab.catalog import workspace
from stacklab.catalog.catalogue import read
from stacklab.effects.environments import folders
from stacklab.environments import StackEnvironments
from stacklab.model.measured.verdict import Verdict
from stacklab.store.session import StoredSession, locate

STACKS = (
    "uvicorn-uvloop-starlette",
    "gunicorn-sync-flask",
    "gunicorn-gthread-flask",
    "gunicorn-gevent-flask",
    "uvicorn-uvloop-fastapi-threads",
)
SCENARIO = "json"
SAME, MORE = "planted-same", "planted-more"
PLANTED = 0.01
FIRST_GUESS = 50
"""Turns; the first ones are dearer than the rest, and so are those beyond 256, whose numbers are made anew."""

CALLS = 1000
LOOP = """import sys

TURNS, CALLS = map(int, sys.argv[1:])

def app():
    for _ in range(TURNS):
        pass

for _ in range(CALLS):
    app()
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What one session found."""

    planted: float
    """What ``more`` executes more than the original, relative to it."""
    more: CountContrast
    same: CountContrast
    took_s: float
    """A stack."""


def main(sessions: str = "10", *stacks: str) -> None:
    """Count every stack so often, and print what was told apart, and how often the intervals hold what is true."""
    table = []
    for stack in stacks or STACKS:
        with tempfile.TemporaryDirectory() as folder:
            trials = of_stack(stack, Path(folder), sessions=int(sessions))
        table.append((stack, trials))
    print(f"\n{'':32}+{PLANTED:.0%} found   the same told apart   the truth within   widest ±   s a stack (most)")
    for stack, trials in table:
        n = len(trials)
        found = sum(one.more.verdict is Verdict.SLOWER for one in trials)
        apart = sum(one.same.verdict in {Verdict.FASTER, Verdict.SLOWER} for one in trials)
        intervals = [(one, true) for trial in trials for one, true in ((trial.more, trial.planted), (trial.same, 0.0))]
        held = sum(
            one.low is not None and one.high is not None and one.low - 1 <= true <= one.high - 1
            for one, true in intervals
        )
        widest = max(half(one) for one, _ in intervals)
        took = sorted(trial.took_s for trial in trials)
        print(
            f"{stack:32}{found:3} of {n:<3}  {apart:11} of {n:<3}     {held:7} of {2 * n:<3}      {widest:5.2%}"
            f"      {took[n // 2]:.0f} ({took[-1]:.0f})"
        )


def of_stack(stack: str, place: Path, *, sessions: int) -> list[Trial]:
    """Plant into one stack and count it."""
    planting = Planting(place, stack)
    planting.prepare()
    planting.plant(SAME)
    (base,) = count(place, (ORIGINAL,), "--seeds", "2")
    python = interpreter(stack, place)
    wanted = PLANTED * (base.middle or 0)
    turns = round(FIRST_GUESS * wanted / of_loop(python, FIRST_GUESS))
    turns += round((wanted - of_loop(python, turns)) / of_loop(python, turns) * turns)
    planting.plant(MORE, turns=turns)
    executed = of_loop(python, turns)
    print(f"{stack}: {base.middle or 0:,.0f} instructions a request; planted are {turns} turns with {executed:,.0f}")
    trials = []
    for _ in range(sessions):
        began = time.monotonic()
        original, same, more = count(place, (ORIGINAL, SAME, MORE))
        took_s = (time.monotonic() - began) / 3
        one = Trial(
            planted=executed / (original.middle or 1),
            more=contrast(original, more),
            same=contrast(original, same),
            took_s=took_s,
        )
        print(
            f"  {one.planted:+.2%} planted {said(one.more)}; same {said(one.same)}; {took_s:.0f} s a stack", flush=True
        )
        trials.append(one)
    return trials


def interpreter(stack: str, place: Path) -> str:
    """The Python of the stack's environment."""
    ours = workspace.Workspace(targets=place / "targets", scenarios=place / "scenarios", results=place / "results")
    environments = StackEnvironments(workspace=ours, cache=folders.cache() / "environments", temporary=place)
    return str(environments.of_stack(read(ours).stacks[stack]).python)


def of_loop(python: str, turns: int) -> float:
    """What a call of a function with so many turns executes more than one without turns."""
    return _of_call(python, turns) - _of_call(python, 0)


@cache
def _of_call(python: str, turns: int) -> float:
    once, thrice = (_of_program(python, turns, calls) for calls in (CALLS, 3 * CALLS))
    return (thrice - once) / (2 * CALLS)


def _of_program(python: str, turns: int, calls: int) -> int:
    """What callgrind counts from a program's first instruction to its last."""
    valgrind = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
    done = subprocess.run(
        [*valgrind, python, "-I", "-S", "-c", LOOP, str(turns), str(calls)],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONHASHSEED": "0", "PATH": "/usr/bin:/bin"},
    )
    collected = re.search(r"Collected : (\d+)", done.stderr)
    if collected is None:
        raise SystemExit(done.stderr)
    return int(collected[1])


def count(place: Path, names: Sequence[str], *words: str) -> tuple[CountResult, ...]:
    """Count these stacks in one session."""
    command = [sys.executable, "-m", "stacklab", "count", *names, "--scenario", SCENARIO, *words]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True, text=True)
    if done.returncode not in {0, 1}:
        raise SystemExit(done.stderr)
    found = {one.stack: count_result(one) for one in StoredSession.open(locate(place / "results", None)).counts}
    for one in found.values():
        if one.failed is not None:
            print(f"  {one.stack}: {one.failed}")
    return tuple(found[name] for name in names)


def said(one: CountContrast) -> str:
    """Ratio, interval and verdict."""
    if one.ratio is None or one.low is None or one.high is None:
        return f"none ({one.why})"
    verdicts = {Verdict.SLOWER: "more", Verdict.FASTER: "less", Verdict.SAME: f"the same within {MARGIN:.1%}"}
    verdict = verdicts.get(one.verdict, "cannot say") if one.verdict is not None else "none"
    return f"{one.ratio - 1:+.2%} ({one.low - 1:+.2%} to {one.high - 1:+.2%}): {verdict}"


def half(one: CountContrast) -> float:
    """Half the width of an interval; without one, everything."""
    return 1.0 if one.low is None or one.high is None else (one.high - one.low) / 2


if __name__ == "__main__":
    main(*sys.argv[1:])
