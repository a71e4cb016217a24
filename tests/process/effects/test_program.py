"""A program of a claim beside others: what they do is seen, and what it does itself is not taken for theirs."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

from stacklab.analysis.validity.rules.program import caveats_of_program, watched
from stacklab.effects.processes.program import run_to_its_end
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.model.measured.record import Role
from stacklab.store.journal import keep_usage
from stacklab.store.schema import read_usage

WORK = "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass"
"""Half a second of a processor, however long that takes."""

CPUS = (min(os.sched_getaffinity(0)),)


def test_a_program_that_shares_its_processor_is_doubted(
    supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]
) -> None:
    busy = supervisor.spawn(
        [sys.executable, str(programs / "busy_core.py"), str(CPUS[0])], name="busy core", log=tmp_path / "busy"
    )
    heard(busy, "ready")

    returncode, _, samples = run_to_its_end(
        (sys.executable, "-c", WORK),
        supervisor=supervisor,
        log=tmp_path / "log",
        cwd=tmp_path,
        env={},
        cpus=CPUS,
        deadline_s=30.0,
    )
    keep_usage(tmp_path, samples)
    seen = watched(read_usage(tmp_path / "usage.parquet"))

    assert 0 == returncode
    assert {Role.SERVER, Role.HOST} == {sample.role for sample in samples}
    assert seen is not None
    assert {"host-busy", "program-delayed"} <= {caveat.kind for caveat in caveats_of_program(seen, cores=1)}
