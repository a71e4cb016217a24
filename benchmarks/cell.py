"""Time per cell beyond warm-up and measurement, in seconds: `python benchmarks/cell.py [STACK] [ROUNDS]`.

Runs a real session in a temporary folder and prints what each run recorded of itself.
Goal: a median of 2 s or less for uvicorn-uvloop-starlette.
"""

import statistics
import subprocess  # noqa: TID251 (a program that starts the program)
import sys
import tempfile
from pathlib import Path

from stacklab.model.record import Completed
from stacklab.store.session import StoredSession, locate


def main(stack: str = "uvicorn-uvloop-starlette", rounds: str = "10") -> None:
    """Measure and print."""
    words = ("run", "--stack", stack, "--scenario", "json", "--rounds", rounds, "--warmup", "0.5", "--measure", "1")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "stacklab", *words], cwd=folder, check=True)
        session = StoredSession.open(locate(Path(folder) / "results", None))
        overheads = sorted(run.overhead_s for run in session.runs if isinstance(run, Completed))
    print(f"{stack}: {len(overheads)} cells, seconds beyond warm-up and measurement:")
    print(f"median {statistics.median(overheads):.2f}, least {overheads[0]:.2f}, most {overheads[-1]:.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
