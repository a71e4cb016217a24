"""Runs a program of a claim to its end: pinned, watched, under the supervisor, with a limit of time."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from stacklab.effects.clock import now_ns
from stacklab.effects.machine.sampler import UsageSampler
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.errors import StageError
from stacklab.model.measured.record import Usage
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
) -> tuple[int, Seconds, tuple[Usage, ...]]:
    """Run it: its exit code, how long it took, and samples of what its processes and the host used meanwhile.

    Whatever it started is gone when this returns. Raises StageError if it takes too long.
    """
    name, start_ns = Path(argv[1]).name, now_ns()
    child = supervisor.spawn(argv, name=name, log=log, cwd=cwd, env=env, cpus=cpus)
    try:
        with UsageSampler(child.pid) as sampler:
            returncode = child.wait(deadline_s)
        took_s = (now_ns() - start_ns) / NS_PER_S
        if returncode is None:
            raise StageError(f"{name} did not end within {deadline_s:g} s", log_tail=child.tail())
    finally:
        child.stop()
    return returncode, took_s, sampler.rows()
