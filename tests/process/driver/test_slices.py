"""Slices of load to a real server: what each holds, and what happens between them."""

import select
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from stacklab.driver.interleave import SlicedServer
from stacklab.effects.clock import wait_for
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.model.measured.record import Outcome, outcomes_of
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.model.traffic.slices import SLICE, SliceTarget

CONNECTIONS = 2
LENGTH_S = 0.03

Hear = Callable[[Child, str], str]


@pytest.fixture
def server(supervisor: Supervisor, programs: Path, tmp_path: Path) -> Child:
    return supervisor.spawn([sys.executable, str(programs / "driver_answers.py")], name="answers", log=tmp_path / "log")


@pytest.fixture(name="sliced")
def _sliced(server: Child, heard: Hear, tmp_path: Path) -> Iterator[Callable[..., SlicedServer]]:
    port = int(heard(server, "ready"))
    made: list[SlicedServer] = []

    def start(path: str, *, goes_on: bool = False) -> SlicedServer:
        rows, cut = str(tmp_path / "rows.npy"), str(tmp_path / "slices.npy")
        order = Order(
            host="127.0.0.1",
            port=port,
            shots=(PlannedRequest(endpoint="answers", target=path, expect_body="Hello, World!"),),
            load=Closed(connections=CONNECTIONS),
            warmup_s=0.0,
            measure_s=1.0,
            drain_s=0.5,
            timeout_s=0.5,
            keep_alive=True,
            seed=1,
            rows_path=rows,
            report_path=str(tmp_path / "report.json"),
        )
        target = SliceTarget(
            host=order.host, port=port, pid=server.pid, rows_path=rows, slices_path=cut, goes_on=goes_on
        )
        made.append(SlicedServer(order, target, waiter, group=int(goes_on)))
        return made[-1]

    yield start
    for one in made:
        closing(one).__exit__(None, None, None)


def waiter(fd: int) -> Callable[[], None]:
    waiting = select.poll()
    waiting.register(fd, select.POLLIN)

    def wait() -> None:
        waiting.poll()

    return wait


def has_ended(sock: socket.socket | None) -> bool:
    """Whether the server has closed the connection; nothing of what it sent is taken away."""
    if sock is None:
        return True
    try:
        return sock.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False


def test_connections_that_a_server_closed_while_idle_are_opened_anew_before_the_slice(
    sliced: Callable[..., SlicedServer],
) -> None:
    one = sliced("/impatient")
    one.slice(0, 0, LENGTH_S)
    pool = one.reactor.pool
    assert wait_for(lambda: all(has_ended(connection.sock) for connection in pool) or None, deadline_s=10)

    one.slice(1, 0, LENGTH_S)

    begin_ns = one.slices[1][[name for name, _ in SLICE].index("start_ns")]
    assert 2 * CONNECTIONS == one.reactor.connects
    assert {Outcome.OK} == {Outcome(found) for found in np.unique(outcomes_of(one.rows.since(0)["phase_outcome"]))}
    assert all(connection.opened_ns < begin_ns for connection in pool)


def test_connections_that_stayed_open_are_used_again(sliced: Callable[..., SlicedServer]) -> None:
    one = sliced("/right")

    for sweep in range(3):
        one.slice(sweep, 0, LENGTH_S)

    assert CONNECTIONS == one.reactor.connects


def test_counters_are_read_when_the_server_sleeps(sliced: Callable[..., SlicedServer]) -> None:
    one = sliced("/right")
    one.slice(0, 0, LENGTH_S)

    assert 0 == one.fall_asleep().awake


def test_a_server_that_is_in_two_groups_leaves_the_rows_and_slices_of_both(
    sliced: Callable[..., SlicedServer],
) -> None:
    first, second = sliced("/right"), sliced("/right", goes_on=True)
    first.slice(0, 0, LENGTH_S)
    first.save()
    second.slice(100, 0, LENGTH_S)
    second.save()

    rows, cut = np.load(second.order.rows_path), np.load(second.target.slices_path)
    assert len(first.rows) + len(second.rows) == len(rows)
    assert [(0, 0), (1, 100)] == [(int(one["group"]), int(one["sweep"])) for one in cut]
    assert 2 * CONNECTIONS == len(np.unique(rows["connection"]))
