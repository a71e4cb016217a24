"""The program between the supervisor and one child: ends the child's whole process tree when told to, or when orphaned.

Run as ``python -I -S warden.py CONTROL_FD GRACE_S CPUS ARGV…``. Standard library only and few imports, because every
start waits for it: about 15 ms.

Rule 1: the end of the control socket is the order to end the tree. An order and the death of the supervisor, by
        whatever signal, are therefore the same event, and take the same path.
Rule 2: no descendant escapes by changing its session or by losing its parent: this process is the reaper of them all
        (``PR_SET_CHILD_SUBREAPER``), so orphans become its children and not those of init.
Rule 3: when the program has ended, whatever it left behind is ended too.
Rule 4: if this process is killed, the kernel kills the program (``PR_SET_PDEATHSIG``), and the supervisor its group.

It says ``started PID`` or ``failed REASON`` on the control socket, later ``exited CODE`` (negative: the number of the
signal that ended the program, as in ``subprocess``). It closes the socket, by ending, when the whole tree is gone.
"""

# pathlib and contextlib are not imported, which would make every start some milliseconds longer:
# ruff: noqa: PTH123, PTH208, SIM105

import ctypes
import os
import select
import signal
import sys
import time

PR_SET_PDEATHSIG = 1  # these two: linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36

ORDERS_TO_END = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)

AS_BY_DEFAULT = (*ORDERS_TO_END, signal.SIGCHLD, signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that a program could find ignored, which outlives exec: the last two Python ignores, the others whoever
started the harness, such as nohup, a shell that runs it in the background, or a CI runner. A program in a session of
its own gets none of them from a terminal, and has to do the same whoever started the harness."""


def main(control: int, grace_s: float, cpus: set[int], argv: list[str]) -> None:
    """Start the program, wait for its end or for the order, and leave nothing behind."""
    os.set_inheritable(control, False)
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # while it is ignored, the kernel reaps, and no exit code is left
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    program, reason = _start(argv, cpus)
    if program == 0:
        _say(control, f"failed {reason}")
        return
    # Descriptors that were handed through belong to the program alone: their other ends then see its death at once.
    os.closerange(3, control)
    os.closerange(control + 1, os.sysconf("SC_OPEN_MAX"))
    wakeup = _open_wakeup()
    _say(control, f"started {program}")

    code = _wait(program, wakeup, control=control)
    if code is None:
        os.kill(program, signal.SIGTERM)
        code = _wait(program, wakeup, deadline=time.monotonic() + grace_s)
    if code is None:
        os.kill(program, signal.SIGKILL)
        code = _wait(program, wakeup)
    _say(control, f"exited {code}")
    _end_the_rest(wakeup)


def _start(argv: list[str], cpus: set[int]) -> tuple[int, str]:
    """Fork and become the program: its pid, or 0 and why it could not be executed."""
    warden = os.getpid()
    reason, failed = os.pipe2(os.O_CLOEXEC)
    pid = os.fork()
    if pid == 0:
        try:
            _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != warden:  # it died before the line above took effect
                os._exit(1)
            os.setsid()
            for number in AS_BY_DEFAULT:
                signal.signal(number, signal.SIG_DFL)
            if cpus:
                os.sched_setaffinity(0, cpus)
            os.execvp(argv[0], argv)  # noqa: S606 (an argument vector: no shell is wanted)
        except OSError as error:
            os.write(failed, str(error.strerror).encode())
        finally:
            os._exit(127)  # as shells say "could not be executed"
    os.close(failed)
    message = os.read(reason, 1024).decode()  # nothing, when exec succeeded and so closed the pipe
    os.close(reason)
    return (0, message) if message else (pid, "")


def _open_wakeup() -> int:
    """A pipe that receives the number of every signal that arrives."""
    wakeup, signalled = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(signalled)
    for number in (*ORDERS_TO_END, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return wakeup


def _wait(program: int, wakeup: int, *, control: int | None = None, deadline: float | None = None) -> int | None:
    """Reap until the program has ended: its exit code; None if the order to end or the deadline comes first.

    Without a control socket the order has already been given, and signals that repeat it change nothing.
    """
    watched = [wakeup] if control is None else [wakeup, control]
    while True:
        code = _reap(program)
        remaining = None if deadline is None else deadline - time.monotonic()
        if code is not None or (remaining is not None and remaining <= 0):
            return code
        readable, _, _ = select.select(watched, [], [], remaining)
        ordered = wakeup in readable and not set(os.read(wakeup, 512)).isdisjoint(ORDERS_TO_END)
        if control is not None and (ordered or control in readable):
            return None


def _reap(program: int) -> int | None:
    """Bury every child that has ended, orphans included; the exit code of the program if it was among them."""
    code = None
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == program:
            code = os.waitstatus_to_exitcode(status)
        if pid in (0, program):
            return code


def _end_the_rest(wakeup: int) -> None:
    """Kill what is left until nothing is: the program was asked politely, what it forgot is not."""
    while True:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return  # no child left: and no descendant, since orphans become children of this process
        for pid in _descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        # One that was killed may have forked after it was listed: look again when a child dies, and anyway soon.
        if select.select([wakeup], [], [], 0.01)[0]:
            os.read(wakeup, 512)


def _descendants() -> list[int]:
    """Every process below this one, parents before their children."""
    children: dict[int, list[int]] = {}
    for name in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(name))
    found = [os.getpid()]
    for pid in found:
        found += children.get(pid, [])
    return found[1:]


def _prctl(option: int, value: int) -> None:
    """Call prctl(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


def _say(control: int, message: str) -> None:
    """Tell the supervisor, if it is still there."""
    try:
        os.write(control, message.encode())
    except (BrokenPipeError, ConnectionResetError):
        pass


if __name__ == "__main__":
    main(
        int(sys.argv[1]),
        float(sys.argv[2]),
        {int(cpu) for cpu in sys.argv[3].split(",") if cpu},
        sys.argv[4:],
    )
