"""What processes use: looks at real ones, which are busy, idle, many, or gone."""

import os
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from stacklab.effects.clock import now_ns, wait_for
from stacklab.effects.machine.sample import proportional_set_size, sample_host, sample_process, steal_share
from stacklab.effects.machine.sampler import UsageSampler
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.model.measured.record import Role, Usage
from stacklab.procfs import sleeps, tree
from stacklab.units import NS_PER_MS, NS_PER_S

DEADLINE_S = 20.0
NOBODY = 2**22 + 1
"""No process has this number: it is above the kernel's limit."""


@pytest.fixture
def family(supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]) -> Child:
    """A program with two children of its own, and one that lost its parent."""
    child = supervisor.spawn([sys.executable, str(programs / "family.py")], name="family", log=tmp_path / "log")
    heard(child, "ready")
    return child


@pytest.fixture
def threads(supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]) -> Child:
    """A program with one busy thread and three that wait."""
    child = supervisor.spawn([sys.executable, str(programs / "threads.py")], name="threads", log=tmp_path / "log")
    heard(child, "ready")
    return child


def look(pid: int) -> Usage:
    """A look at a process that lives."""
    usage = sample_process(pid, Role.SERVER, now_ns())
    assert usage is not None
    return usage


def test_a_tree_begins_with_its_root(family: Child) -> None:
    assert tree(family.pid)[0] == family.pid


def test_a_tree_holds_the_children(family: Child) -> None:
    assert len(tree(family.pid)) == 3


def test_the_tree_of_nobody_is_empty() -> None:
    assert tree(NOBODY) == ()


def test_threads_are_counted(threads: Child) -> None:
    assert look(threads.pid).threads == 4


def test_time_on_a_processor_is_that_of_all_threads(threads: Child) -> None:
    first = look(threads.pid).run_ns
    assert first is not None

    def has_grown() -> bool | None:
        now = look(threads.pid).run_ns
        return True if now is not None and now > first + 20 * NS_PER_MS else None

    assert wait_for(has_grown, deadline_s=DEADLINE_S)


def test_time_since_the_start_agrees_with_the_schedulers(threads: Child) -> None:
    def ratio() -> float | None:
        usage = look(threads.pid)
        assert usage.cpu_user_ns is not None
        assert usage.cpu_system_ns is not None
        assert usage.run_ns is not None
        enough = usage.run_ns > NS_PER_S // 4
        return (usage.cpu_user_ns + usage.cpu_system_ns) / usage.run_ns if enough else None

    assert wait_for(ratio, deadline_s=DEADLINE_S) == pytest.approx(1.0, abs=0.25)


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = look(os.getpid()).files
    assert before is not None
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert look(os.getpid()).files == before + 2


def test_memory_is_at_least_what_was_filled() -> None:
    filled = b"x" * (32 * 1024 * 1024)

    assert (look(os.getpid()).rss_bytes or 0) > len(filled)


def test_a_process_that_has_gone_is_none() -> None:
    assert sample_process(NOBODY, Role.SERVER, now_ns()) is None


def test_a_process_that_waits_to_be_reaped_uses_no_memory() -> None:
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
    usage, size = look(ended), proportional_set_size(ended)
    os.waitpid(ended, 0)

    assert (usage.rss_bytes, size) == (0, None)


def test_the_host_was_busy_since_it_started() -> None:
    assert (sample_host(now_ns()).busy_ns or 0) > 0


def test_stolen_time_is_a_share_of_all_processors() -> None:
    """On paper: 40 ms of two seconds on two processors."""
    before, after = (
        Usage(t_ns=t_ns, role=Role.HOST, pid=0, steal_ns=steal_ns)
        for t_ns, steal_ns in ((NS_PER_S, 5 * NS_PER_MS), (3 * NS_PER_S, 45 * NS_PER_MS))
    )

    assert steal_share(before, after, cores=2) == pytest.approx(0.01)


def test_the_host_counts_connections_that_a_full_queue_turned_away() -> None:
    """Linux takes one connection more than the queue of one; of those that come after, each is a drop."""
    before = sample_host(now_ns()).listen_overflows
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as callers:
        for _ in range(4):
            caller = callers.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(full.getsockname())
        grown = wait_for(
            lambda: (sample_host(now_ns()).listen_overflows or 0) - (before or 0) or None, deadline_s=DEADLINE_S
        )

    assert (grown or 0) > 0


def test_a_watch_sees_both_trees_and_the_host(family: Child, threads: Child) -> None:
    with UsageSampler(family.pid, threads.pid) as watch:
        wait_for(lambda: watch.rows() or None, deadline_s=DEADLINE_S)
    first = watch.rows()[0].t_ns
    seen = [row.role for row in watch.rows() if row.t_ns == first]

    assert seen == [Role.SERVER] * 3 + [Role.DRIVER, Role.HOST]


def test_a_watch_sees_what_the_server_asks(family: Child, threads: Child) -> None:
    with UsageSampler(family.pid, NOBODY, backends=[threads.pid]) as watch:
        watch.sample_at(now_ns())

    assert threads.pid in {row.pid for row in watch.rows() if row.role is Role.BACKEND}


def test_a_look_that_was_asked_for_is_taken_at_its_time_or_later(family: Child) -> None:
    moment = now_ns() + 50 * NS_PER_MS
    with UsageSampler(family.pid, NOBODY, every_s=None) as watch:
        watch.sample_at(moment)
        wait_for(lambda: len({row.t_ns for row in watch.rows()}) == 2 or None, deadline_s=DEADLINE_S)
    times = sorted({row.t_ns for row in watch.rows()})

    assert times[0] < moment <= times[1]


def test_a_look_at_a_moment_that_has_passed_is_not_lost(family: Child) -> None:
    with UsageSampler(family.pid, NOBODY, every_s=None) as watch:
        watch.sample_at(now_ns())

    assert len({row.t_ns for row in watch.rows()}) == 2


def test_proportional_set_sizes_are_read_where_they_are_asked_for(family: Child) -> None:
    with UsageSampler(family.pid, NOBODY, every_s=None) as watch:
        watch.sample_at(now_ns(), pss=True)
    sizes = [row.pss_bytes is not None for row in watch.rows() if row.role is Role.SERVER]

    assert sizes == [False] * 3 + [True] * 3


def test_a_server_that_dies_is_no_more_seen(family: Child) -> None:
    with UsageSampler(family.pid, NOBODY, every_s=None) as watch:
        family.stop()
        watch.sample_at(now_ns())
    last = watch.rows()[-1].t_ns

    assert [row.role for row in watch.rows() if row.t_ns == last] == [Role.HOST]


def test_looking_goes_on_while_nothing_is_asked(family: Child) -> None:
    with UsageSampler(family.pid, NOBODY, every_s=0.01) as watch:
        assert wait_for(lambda: len({row.t_ns for row in watch.rows()}) >= 5 or None, deadline_s=DEADLINE_S)


def test_a_family_that_waits_sleeps(family: Child) -> None:
    assert wait_for(lambda: sleeps(family.pid) or None, deadline_s=DEADLINE_S)


def test_one_busy_thread_keeps_a_program_awake(threads: Child) -> None:
    assert not sleeps(threads.pid)
