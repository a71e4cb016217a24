"""Runs a program of a claim to its end: pinned, under the supervisor, with a limit of time."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from stacklab.effects.clock import now_ns
from stacklab.effects.process import Supervisor
from stacklab.errors import StageError
from stacklab.units import NS_PER_S, Seconds


def run_to_its_end(
    argv: Sequence[str],
    *,
    supervisor: Supervisor,
    log: Path,
    cwd: Path,
    env: Mapping[str, str],
    cpus: Collection[int],
    deadline_s: Seconds,
) -> tuple[int, Seconds]:
    """Its exit code, and how long it took. Whatever it started is gone when this returns.

    Raises StageError if it takes too long.
    """
    name, start_ns = Path(argv[1]).name, now_ns()
    child = supervisor.spawn(argv, name=name, log=log, cwd=cwd, env=env, cpus=cpus)
    try:
        returncode = child.wait(deadline_s)
        took_s = (now_ns() - start_ns) / NS_PER_S
        if returncode is None:
            raise StageError(f"{name} did not end within {deadline_s:g} s", log_tail=child.tail())
    finally:
        child.stop()
    return returncode, took_s
