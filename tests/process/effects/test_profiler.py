"""Profiles of real processes, and of one that may not be looked into."""

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.profiler import record
from stacklab.errors import StageError
from stacklab.report.profile.flamegraph import fold
from stacklab.report.profile.layers import Layer, layer_of


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "profile.json"


@pytest.fixture
def profile(supervisor: Supervisor, programs: Path, out: Path, heard: Callable[[Child, str], str]) -> str:
    """The text of a profile of busy_workers.py."""
    argv = [sys.executable, str(programs / "busy_workers.py")]
    child = supervisor.spawn(argv, name="workers", log=out.with_name("log"))
    heard(child, "ready")
    record(child.pid, seconds=1, rate=50, out=out, supervisor=supervisor, log=out.with_name("profiler.log"))
    return out.read_text()


def test_every_process_of_the_tree_is_sampled(profile: str) -> None:
    assert len(json.loads(profile)["profiles"]) == 2


def test_a_function_that_is_busy_is_seen(profile: str) -> None:
    assert "work_hard" in {frame["name"] for frame in json.loads(profile)["shared"]["frames"]}


def test_a_profile_holds_no_path_of_the_machine(profile: str, programs: Path) -> None:
    assert str(programs.parent) not in profile
    assert sys.executable not in profile


def test_server_loop_framework_and_app_are_in_their_layers(
    supervisor: Supervisor, programs: Path, out: Path, heard: Callable[[Child, str], str], tmp_path: Path
) -> None:
    argv = [sys.executable, str(programs / "serving_shop.py"), str(tmp_path)]
    child = supervisor.spawn(argv, name="shop", log=out.with_name("log"))
    with socket.create_connection(("127.0.0.1", int(heard(child, "port")))) as client:
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        record(child.pid, seconds=1, rate=50, out=out, supervisor=supervisor, log=out.with_name("profiler.log"))

    frames = fold(json.loads(out.read_text()))[0][0].split(";")

    assert [Layer.LOOP, Layer.STDLIB, Layer.SERVER, Layer.FRAMEWORK, Layer.APP] == [
        next(layer_of(frame) for frame in frames if f"({file}:" in frame)
        for file in (
            "asyncio/runners.py",
            "socketserver.py",
            "wsgiref/handlers.py",
            "flask/app.py",
            "./shop/orders.py",
        )
    ]


def test_a_process_that_may_not_be_looked_into_is_explained(
    supervisor: Supervisor, programs: Path, out: Path, heard: Callable[[Child, str], str]
) -> None:
    # Only one process may trace another, so what its parent traces is refused to py-spy.
    argv = [sys.executable, str(programs / "traced.py")]
    child = supervisor.spawn(argv, name="traced", log=out.with_name("log"))
    pid = int(heard(child, "traced"))

    with pytest.raises(StageError, match=r"^py-spy may not attach to the server: .*root"):
        record(pid, seconds=1, rate=50, out=out, supervisor=supervisor, log=out.with_name("profiler.log"))


def test_a_process_that_is_not_python_is_named_as_such(supervisor: Supervisor, programs: Path, out: Path) -> None:
    child = supervisor.spawn(["sleep", "60"], name="sleep", log=out.with_name("log"))

    with pytest.raises(StageError, match="No python processes found"):
        record(child.pid, seconds=1, rate=50, out=out, supervisor=supervisor, log=out.with_name("profiler.log"))
