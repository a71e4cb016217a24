"""The one door to child processes: every child belongs to a supervisor, and none outlives it.

Each child runs under a small program of its own, ``warden.py``, which knows the whole tree below it and ends it when
the control socket between the two closes. That is how a child is stopped, and that is what happens by itself when the
harness dies, even of SIGKILL.
"""

import os
import signal
import socket
import subprocess  # noqa: TID251 (this module is the door)
import sys
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

from stacklab.effects.clock import now_ns
from stacklab.effects.environments.folders import scratch
from stacklab.effects.processes import warden
from stacklab.errors import StageError
from stacklab.procfs import tree
from stacklab.units import NS_PER_S, Nanoseconds, Seconds, ns_from_s

GRACE_S: Final = 2.0
"""Between SIGTERM and SIGKILL. Ctrl-C has 5 s for everything."""

WARDEN_S: Final = 10.0
"""How long a warden may take for its own part, on a machine under load."""

TAIL_BYTES: Final = 64 * 1024


class Child:
    """A program that was started, with the tree of processes below it."""

    def __init__(
        self, *, name: str, pid: int, log: Path, control: socket.socket, warden: subprocess.Popen[bytes]
    ) -> None:
        self.name = name
        self.pid = pid
        """Process id of the program itself."""
        self.log = log
        self._control = control
        self._warden = warden
        self._returncode: int | None = None
        self._gone = False

    @property
    def gone(self) -> bool:
        """Whether the whole tree is known to have ended."""
        return self._gone

    def returncode(self) -> int | None:
        """Exit code of the program (negative: the signal that ended it), or None while it runs."""
        return self.wait(0.0)

    def wait(self, deadline_s: Seconds) -> int | None:
        """Exit code as soon as the program ends, or None if it still runs at the deadline."""
        deadline_ns = now_ns() + ns_from_s(deadline_s)
        while self._returncode is None and self._listen(deadline_ns):
            pass
        return self._returncode

    def tail(self, lines: int = 20) -> tuple[str, ...]:
        """The last lines of its log, oldest first."""
        with self.log.open("rb") as log:
            log.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            return tuple(log.read().decode(errors="replace").splitlines()[-lines:])

    def order_end(self) -> None:
        """Begin to end the tree and do not wait for it: SIGTERM to the program, later SIGKILL to what is left."""
        with suppress(OSError):  # the warden has ended by itself: there is nothing left to order
            self._control.shutdown(socket.SHUT_WR)

    def kill(self) -> None:
        """End the program and its process group with SIGKILL, for one that has nothing left to write; then ``stop``."""
        if self._returncode is None and not self._gone:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """End the whole tree, and return when it is gone. The second time there is nothing to do.

        A warden that does not do its part, because somebody stopped it, is ended with all that is below it.
        """
        self.order_end()
        if not self._ends_within(GRACE_S + WARDEN_S):
            for pid in tree(self._warden.pid):  # the warden first: it must not start to bury meanwhile
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        if not self._ends_within(WARDEN_S):
            raise StageError(
                f"{self.name}: process {self.pid} does not end; check what it is waiting for, and end it by hand"
            )

    def _ends_within(self, duration_s: Seconds) -> bool:
        deadline_ns = now_ns() + ns_from_s(duration_s)
        while not self._gone and self._listen(deadline_ns):
            pass
        return self._gone

    def _listen(self, deadline_ns: Nanoseconds) -> bool:
        """Take in one message of the warden, or its end. False if there is none before the deadline."""
        if self._gone:
            return False
        self._control.settimeout(max(0, deadline_ns - now_ns()) / NS_PER_S)
        try:
            message = self._control.recv(256).decode()
        except (TimeoutError, BlockingIOError):
            return False
        if message:
            self._returncode = int(message.removeprefix("exited "))
        else:
            self._bury()
        return True

    def _bury(self) -> None:
        """The warden has ended: with the whole tree gone before it, or because somebody killed it."""
        self._gone = True
        self._control.close()
        self._warden.wait()
        if self._returncode is None:
            self._returncode = -signal.SIGKILL  # by PR_SET_PDEATHSIG; its workers are in its process group
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)


class Supervisor:
    """Owner of every child that is started through it; a context manager that ends them all, on every path."""

    def __init__(self) -> None:
        self._children: list[Child] = []
        self._adding = Lock()
        """Several threads may start children."""

    def __enter__(self) -> Self:
        """Own nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End all children at once, so that the graces they need run side by side."""
        with ExitStack() as stack:  # stops the others too when one of them cannot be stopped
            for child in self._children:
                child.order_end()
                stack.callback(child.stop)

    def spawn(
        self,
        argv: Sequence[str],
        *,
        name: str,
        log: Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        cpus: Collection[int] | None = None,
        pass_fds: Collection[int] = (),
    ) -> Child:
        """Start a program in a session of its own, stdin empty, stdout and stderr appended to the log.

        It is running when this returns. ``env`` None: the harness's own environment. ``cpus`` None: not pinned.
        Raises StageError if it cannot be executed, OSError if the log cannot be written.
        """
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # keeps messages apart
        with ExitStack() as undo:
            undo.enter_context(control)
            with theirs, log.open("ab") as output:
                try:
                    process = subprocess.Popen(
                        [*_warden(theirs.fileno(), cpus or ()), *argv],
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=subprocess.STDOUT,
                        cwd=cwd,
                        env=env,
                        pass_fds=(theirs.fileno(), *pass_fds),
                        start_new_session=True,  # Ctrl-C in the terminal is for the harness alone
                    )
                except OSError as error:
                    raise StageError(f"{name} could not be started: {error.filename}: {error.strerror}") from error
            undo.callback(process.wait)
            undo.callback(control.close)  # first, since it is what ends the warden
            control.settimeout(WARDEN_S)
            said, _, rest = control.recv(4096).decode().partition(" ")
            if said != "started":
                program = Path(argv[0]).name
                what = name if name == program else f"{name} ({program})"
                raise StageError(f"{what} could not be started: {rest or 'its warden was killed'}")
            child = Child(name=name, pid=int(rest), log=log, control=control, warden=process)
            with self._adding:
                self._children = [*(one for one in self._children if not one.gone), child]
            undo.pop_all()
        return child


def _warden(control: int, cpus: Collection[int]) -> tuple[str, ...]:
    """The command line of a warden, to which that of its program is added."""
    pinned = ",".join(map(str, sorted(cpus)))
    return (sys.executable, "-I", "-S", str(warden.__file__), str(control), str(GRACE_S), pinned)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finished:
    """A short command that has ended: its exit code, and what it wrote to stdout and stderr."""

    returncode: int
    output: str


def run(
    argv: Sequence[str], *, timeout_s: Seconds, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Finished:
    """Run a short command to its end. Raises StageError if it cannot be executed or takes too long."""
    name = Path(argv[0]).name
    with scratch() as folder, Supervisor() as supervisor:
        log = folder / "output"
        child = supervisor.spawn(argv, name=name, log=log, cwd=cwd, env=env)
        returncode = child.wait(timeout_s)
        if returncode is None:
            raise StageError(f"`{name}` did not finish within {timeout_s:g} s", log_tail=child.tail())
        return Finished(returncode=returncode, output=log.read_text(errors="replace"))


def without_randomisation() -> tuple[str, ...]:
    """What stands before a command line so that addresses are the same each time; nothing where that is forbidden.

    Containers may forbid it, and util-linux may be missing.
    """
    prefix = ("setarch", "-R")
    try:
        allowed = run([*prefix, "true"], timeout_s=WARDEN_S).returncode == 0
    except StageError:
        return ()
    return prefix if allowed else ()
