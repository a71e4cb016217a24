"""Profiles of real processes, and of one that may not be looked into."""

import json
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.analysis.profiles.attribution import Seen, attribute, total
from stacklab.analysis.profiles.samples import CallStack, Sample, samples
from stacklab.catalog.layers import read_layers
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.profiler import Recorded, record
from stacklab.errors import StageError
from stacklab.model.layers import Layer
from stacklab.model.measured.profile import Recording
from stacklab.units import NS_PER_S

Heard = Callable[[Child, str], str]
Take = Callable[..., Recorded]


@pytest.fixture
def take(supervisor: Supervisor, tmp_path: Path) -> Take:
    """Profile a process for a second."""
    return lambda pid: record(pid, seconds=1, rate=200, folder=tmp_path, supervisor=supervisor)


@pytest.fixture
def started(supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Heard) -> Callable[..., Child]:
    """Start one of the programs and wait until it is ready."""

    def start(name: str, *arguments: str) -> Child:
        argv = [sys.executable, str(programs / name), *arguments]
        child = supervisor.spawn(argv, name=name, log=tmp_path / "log")
        heard(child, "ready")
        return child

    return start


def recorded(folder: Path, recording: Recording) -> tuple[Sample, ...]:
    return samples(json.loads((folder / recording.file).read_text()))


def attributed(taken: Recorded, folder: Path) -> dict[CallStack, float]:
    length_ns = taken.clock.end_ns - taken.clock.begin_ns
    holding, standing = (
        Seen(recorded(folder, one), length_ns / taken.ticks[one].taken) for one in (Recording.GIL, Recording.ALL)
    )
    return total(attribute(holding, standing, taken.clock.uses()).values())


def test_every_process_of_the_tree_is_sampled(started: Callable[..., Child], take: Take, tmp_path: Path) -> None:
    take(started("busy_workers.py").pid)

    assert len({sample.pid for sample in recorded(tmp_path, Recording.GIL)}) == 2


def test_a_profile_holds_no_path_of_the_machine(
    started: Callable[..., Child], take: Take, programs: Path, tmp_path: Path
) -> None:
    take(started("busy_workers.py").pid)
    text = "".join((tmp_path / recording.file).read_text() for recording in Recording)

    assert "work_hard" in text
    assert str(programs.parent) not in text
    assert sys.executable not in text


def test_one_thread_that_works_gets_the_time_and_sixteen_that_wait_get_none(
    started: Callable[..., Child], take: Take, tmp_path: Path
) -> None:
    taken = take(started("profiled/pool_of_threads.py").pid)

    found = attributed(taken, tmp_path)
    busy = sum(ns for stack, ns in found.items() if any(frame.startswith("work_hard ") for frame in stack))
    waited = [sample for sample in recorded(tmp_path, Recording.ALL) if "wait_in_a_queue" in str(sample.stack)]
    assert len({sample.tid for sample in waited}) == 15
    assert busy > 0.95 * sum(found.values())


def test_the_threads_of_the_kernel_are_those_of_the_samples(
    started: Callable[..., Child], take: Take, tmp_path: Path
) -> None:
    child = started("profiled/pool_of_threads.py")
    taken = take(child.pid)

    (busiest, *_) = sorted(taken.clock.uses(), key=lambda use: -use.cpu_ns)
    assert (busiest.pid, busiest.tid) == (child.pid, child.pid)
    assert {(sample.pid, sample.tid) for sample in recorded(tmp_path, Recording.GIL)} == {(child.pid, child.pid)}


def test_a_worker_that_ends_and_one_that_begins_are_noticed(
    started: Callable[..., Child], supervisor: Supervisor, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    mark.touch()
    child = started("profiled/early_end.py", str(mark))

    taken = record(
        child.pid,
        seconds=2,
        rate=100,
        folder=tmp_path,
        supervisor=supervisor,
        on_begin=mark.unlink,
    )

    assert len(taken.clock.ended) == len(taken.clock.joined) == 1
    assert taken.clock.cpu_ns > 0
    assert {*taken.clock.joined} < {sample.pid for sample in recorded(tmp_path, Recording.ALL)}


def test_a_server_that_ends_leaves_a_profile_until_then(
    started: Callable[..., Child], supervisor: Supervisor, tmp_path: Path
) -> None:
    child = started("busy_workers.py")

    taken = record(child.pid, seconds=60, rate=100, folder=tmp_path, supervisor=supervisor, on_begin=child.order_end)

    assert len(taken.clock.ended) == 2
    assert taken.ticks[Recording.GIL].taken < 60 * 100
    assert (taken.clock.end_ns - taken.clock.begin_ns) < 60 * NS_PER_S


def test_server_loop_framework_and_app_are_in_their_layers(
    supervisor: Supervisor, programs: Path, heard: Heard, take: Take, tmp_path: Path
) -> None:
    argv = [sys.executable, str(programs / "profiled" / "serving_shop.py"), str(tmp_path)]
    child = supervisor.spawn(argv, name="shop", log=tmp_path / "log")
    with socket.create_connection(("127.0.0.1", int(heard(child, "port")))) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        take(child.pid)

    layers = read_layers()
    (frames, *_) = sorted(recorded(tmp_path, Recording.GIL), key=lambda sample: -sample.times)
    assert [Layer.LOOP, Layer.SERVER, Layer.SERVER, Layer.FRAMEWORK, Layer.APP] == [
        next(layers.of(frame) for frame in frames.stack if f"({file}:" in frame)
        for file in (
            "asyncio/runners.py",
            "socketserver.py",
            "wsgiref/handlers.py",
            "flask/app.py",
            "./shop/orders.py",
        )
    ]


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="takes a capability away")
def test_a_process_that_may_not_be_looked_into_is_explained(
    started: Callable[..., Child], supervisor: Supervisor, programs: Path, heard: Heard, tmp_path: Path
) -> None:
    # Without CAP_SYS_PTRACE, nobody may look into a process that has more capabilities.
    target = started("busy_workers.py")
    without = [shutil.which("setpriv"), "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace"]
    argv = [
        *map(str, without),
        sys.executable,
        str(programs / "profiled" / "profiling.py"),
        str(target.pid),
        str(tmp_path),
    ]
    child = supervisor.spawn(argv, name="profiling", log=tmp_path / "refusal")

    assert re.match(r"py-spy may not attach to the server: .*root", heard(child, "refused"))


def test_a_process_that_is_not_python_is_named_as_such(supervisor: Supervisor, take: Take, tmp_path: Path) -> None:
    child = supervisor.spawn(["sleep", "60"], name="sleep", log=tmp_path / "log")

    with pytest.raises(StageError, match="No python processes found"):
        take(child.pid)
