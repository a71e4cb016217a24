"""Counting instructions under valgrind's callgrind: the one place that knows valgrind, and vgdb, which commands it.

A server boots under valgrind with counting off, which is five times as slow as without valgrind; while it counts, it
is fifty times as slow. What it executes is the same: callgrind interprets every instruction, whatever else the machine
does meanwhile. ``callgrind_control`` is a script around vgdb; vgdb itself commands one process at a time, says whether
it was heard, and keeps its pipes in a folder of ours. A reading asks for the totals, which takes 10 ms and makes the
server execute a thousand instructions; a dump, which says where they were executed, takes as long as forty of them.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from stacklab.effects.processes.supervisor import run
from stacklab.errors import StageError
from stacklab.units import Seconds

SLOWER: Final = 20.0
"""How much longer a boot may take than without valgrind, on a machine that does something else as well."""

ENVIRONMENT: Final = {
    "UV_USE_IO_URING": "0",  # valgrind does not know it
    "GLIBC_TUNABLES": "glibc.malloc.arena_max=1",  # which arena a thread gets is chance
    "GUNICORN_CMD_ARGS": "--timeout 600",  # its master would take a slow worker for one that hangs, and end it
}
"""Of every counted server: programs that do not know a variable are not touched by it."""

COMMAND_S: Final[Seconds] = 60.0
"""What one command may take: a dump takes 0.3 s, and the process may wait for a core."""

INTERRUPT_MS: Final = 1
"""How long vgdb waits for a process that sleeps in the kernel before it interrupts it."""

FIRST_HEARD_S: Final = 20
"""Seconds until a process that was just forked opens its pipes to vgdb."""

INSTALL: Final = "valgrind is not installed; install it (Debian's package: valgrind)"


def refusal() -> str | None:
    """Why nothing can be counted under valgrind here; None where it can."""
    return None if shutil.which("valgrind") and shutil.which("vgdb") else INSTALL


def version() -> str:
    """``valgrind-3.19.0``."""
    return run(["valgrind", "--version"], timeout_s=COMMAND_S).output.strip()


def command(folder: Path) -> tuple[str, ...]:
    """What stands before the command line of a server; ``folder`` gets the dumps and the pipes."""
    return (
        "valgrind",
        "--tool=callgrind",
        "--instr-atstart=no",
        "--trace-children=yes",
        "--fair-sched=try",
        "--max-stackframe=8368224",  # what greenlets move the stack pointer by
        "--dump-line=no",
        f"--callgrind-out-file={folder / 'dump'}.%p",
        f"--vgdb-prefix={folder / 'vgdb'}",
        "--quiet",
    )


class Callgrind:
    """Commands the processes of a server that was started with ``command``."""

    def __init__(self, folder: Path, pids: Callable[[], Sequence[int]]) -> None:
        """``pids`` gives the processes of the server."""
        self._folder = folder
        self._pids = pids
        self._counted: tuple[int, ...] = ()

    def start(self) -> None:
        """Count from now on, and from zero."""
        self._counted = tuple(self._pids())
        for pid in self._counted:
            self._command(pid, "instrumentation on")
            self._command(pid, "zero")

    def statuses(self) -> tuple[str, ...]:
        """What each process has executed since the start, as callgrind prints it. Raises StageError without an answer.

        Raises StageError, too, where other processes serve than those that count.
        """
        if tuple(self._pids()) != self._counted:
            raise StageError("the server started or ended processes meanwhile, so its instructions cannot be counted")
        return tuple(self._command(pid, "status internal") for pid in self._counted)

    def dumps(self) -> tuple[str, ...]:
        """Where each process executed it, as callgrind writes it; counting starts at zero again."""
        for pid in self._counted:
            self._command(pid, "dump")
        return tuple(self._dump_of(pid) for pid in self._counted)

    def _dump_of(self, pid: int) -> str:
        dumps = [path for path in self._folder.glob(f"dump.{pid}.*") if path.suffix[1:].isdecimal()]
        if not dumps:
            raise StageError(f"valgrind left no dump of process {pid}")
        newest = max(dumps, key=lambda path: int(path.suffix[1:]))
        text = newest.read_text(encoding="utf-8", errors="replace")
        for path in dumps:
            path.unlink()
        return text

    def _command(self, pid: int, words: str) -> str:
        """What a process answers."""
        finished = run(
            [
                "vgdb",
                f"--pid={pid}",
                f"--vgdb-prefix={self._folder / 'vgdb'}",
                f"--wait={FIRST_HEARD_S}",
                f"--max-invoke-ms={INTERRUPT_MS}",
                words,
            ],
            timeout_s=COMMAND_S,
        )
        if finished.returncode != 0:
            last = (finished.output.strip().splitlines() or ["nothing"])[-1]
            raise StageError(f"valgrind did not hear `{words}` in process {pid}; vgdb printed: {last}")
        return finished.output
