"""The door to perf events: a counter that every machine has proves it; that of instructions may be refused."""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from stacklab.effects.clock import wait_for
from stacklab.effects.machine import instructions
from stacklab.effects.machine.instructions import Counter, Event, Instructions, refusal
from stacklab.effects.machine.sampler import UsageSampler
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.model.measured.record import Role
from stacklab.units import NS_PER_S

NOBODY = 2**22 + 1
"""No process has this number: it is above the kernel's limit."""
DEADLINE_S = 20.0
BUSY_S = 0.1
BURN = f"import time\nwhile time.process_time() < {BUSY_S}: pass"


def burn() -> int:
    """Keep the processor busy: how long, in nanoseconds of this thread."""
    began_ns = time.thread_time_ns()
    while time.thread_time_ns() - began_ns < BUSY_S * NS_PER_S:
        pass
    return time.thread_time_ns() - began_ns


@pytest.fixture
def tasks() -> Iterator[Instructions]:
    """Nanoseconds of this process on a processor, in place of instructions."""
    with closing(Instructions([os.getpid()], Event.TASK_CLOCK)) as counting:
        yield counting


def test_a_counter_counts_what_its_thread_does() -> None:
    with closing(Counter(0, Event.TASK_CLOCK)) as counter:
        burnt_ns = burn()
        counted = counter.read()

    assert counted is not None
    assert counted >= 0.9 * burnt_ns  # two clocks of the kernel, which agree where nothing interrupts


def test_threads_that_are_there_are_counted(
    supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]
) -> None:
    child = supervisor.spawn([sys.executable, str(programs / "threads.py")], name="threads", log=tmp_path / "log")
    heard(child, "ready")
    with closing(Instructions([child.pid], Event.TASK_CLOCK)) as counting:
        grown = wait_for(lambda: (counting.of(child.pid) or 0) > BUSY_S * NS_PER_S or None, deadline_s=DEADLINE_S)

    assert grown


def test_threads_that_begin_later_are_counted(tasks: Instructions) -> None:
    before = tasks.of(os.getpid())
    later = threading.Thread(target=burn)
    later.start()
    later.join()
    after = tasks.of(os.getpid())

    assert before is not None
    assert after is not None
    assert after - before >= BUSY_S * NS_PER_S


def test_processes_that_begin_later_are_counted_with_who_began_them(tasks: Instructions) -> None:
    before_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    subprocess.run([sys.executable, "-c", BURN], check=True)
    child_s = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before_s
    counted = tasks.of(os.getpid())

    assert counted is not None
    assert counted >= child_s * NS_PER_S


def test_what_is_not_counted_is_not_known(tasks: Instructions) -> None:
    assert tasks.of(NOBODY) is None
    assert Instructions([NOBODY], Event.TASK_CLOCK).of(NOBODY) is None


def test_no_descriptor_stays_open() -> None:
    before = sorted(Path("/proc/self/fd").iterdir())
    Instructions([os.getpid()], Event.TASK_CLOCK).close()
    Instructions([os.getpid()]).close()

    assert before == sorted(Path("/proc/self/fd").iterdir())


def test_where_a_counter_is_refused_for_one_process_none_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sum of the others would be a number, and wrong."""

    class Refusing(Counter):
        opened = 0

        def __init__(self, tid: int, event: Event) -> None:
            Refusing.opened += 1
            if Refusing.opened > 1:
                raise PermissionError
            super().__init__(tid, event)

    monkeypatch.setattr(instructions, "Counter", Refusing)
    counting = Instructions([os.getpid(), os.getppid()], Event.TASK_CLOCK)

    assert counting.of(os.getpid()) is None


def test_a_processor_that_is_not_known_is_refused_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instructions, "SYSCALLS", {})

    assert refusal() == "This kernel has no perf events, or a sandbox blocks them."


def test_instructions_of_a_server_are_a_number_or_refused_and_never_zero(
    supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]
) -> None:
    child = supervisor.spawn([sys.executable, str(programs / "threads.py")], name="threads", log=tmp_path / "log")
    heard(child, "ready")
    with UsageSampler(child.pid, os.getpid(), every_s=0.05) as watch:
        burn()
    looks = [look for look in watch.rows() if look.role is Role.SERVER]

    assert looks
    if refusal() is None:
        assert (looks[-1].instructions or 0) > 0
    else:
        assert {None} == {look.instructions for look in looks}
