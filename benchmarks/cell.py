"""Time per stack and round beyond what is measured, in seconds: `python benchmarks/cell.py [ROUNDS] [STACK ...]`.

Runs a real session in a temporary folder, and prints what each round recorded of itself. Of one stack, a round is a
whole run: everything but warm-up and window. Of several, it is everything but the slices, divided by the stacks.
Goals: a median of 2 s or less for a whole run, and of 1.5 s or less for stacks that take turns, their warm-up included.
"""

import statistics
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
from pathlib import Path

from stacklab.analysis.rounds.stopping import duration_s
from stacklab.model.measured.record import Completed
from stacklab.store.session import StoredSession, locate
from stacklab.units import NS_PER_S

STACKS = (
    "gunicorn-sync-flask",
    "gunicorn-gthread-flask",
    "gunicorn-gevent-flask",
    "uvicorn-uvloop-starlette",
    "uvicorn-uvloop-fastapi-threads",
)


def main(rounds: str = "6", *stacks: str) -> None:
    """Measure and print."""
    chosen = [word for name in stacks or STACKS for word in ("--stack", name)]
    sizes = ("--rounds", rounds, "--warmup", "0.3", "--measure", "1", "--no-noise-floor")
    with tempfile.TemporaryDirectory() as folder:
        words = ("run", *chosen, "--scenario", "json", *sizes)
        subprocess.run([sys.executable, "-m", "stacklab", *words], cwd=folder, check=True)
        session = StoredSession.open(locate(Path(folder) / "results", None))
        runs = [run for run in session.runs if isinstance(run, Completed)]
        beyond = sorted(beyond_s(session, run) for run in runs)
    print(f"{len(beyond)} stacks and rounds, {runs[0].together} at once, seconds beyond what is measured:")
    print(f"median {statistics.median(beyond):.2f}, least {beyond[0]:.2f}, most {beyond[-1]:.2f}")


def beyond_s(session: StoredSession, run: Completed) -> float:
    """The share of a stack in the time of its round, less its slices; of a whole run, less warm-up and window."""
    slices = session.slices(run)
    if slices is None:
        return run.overhead_s
    return duration_s(run) - float((slices["end_ns"] - slices["start_ns"]).sum()) / NS_PER_S


if __name__ == "__main__":
    main(*sys.argv[1:])
