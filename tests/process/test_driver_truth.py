"""The driver on trial: can what it records be true? The same questions for which method.md gives the theory.

Bounds are generous, for machines that are busy with other things; ``benchmarks/driver.py`` states what is reached.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter
from scipy import stats

from stacklab.driver.drive import drive
from stacklab.driver.principal import CommandLine
from stacklab.driver.schedule import ALL_OF_IT
from stacklab.effects.clock import now_ns, pause_until, wait_for
from stacklab.effects.process import Child, Supervisor
from stacklab.model.load import Closed, Open
from stacklab.model.order import Order, Shot
from stacklab.model.record import Outcome, PhaseSpan
from stacklab.units import NS_PER_MS, NS_PER_S, NS_PER_US, ns_from_s

Hear = Callable[[Child, str], str]
Rows = NDArray[Any]

STALL_S = 0.5
SERVICE_US = 5000
DEADLINE_S = 60.0

PLAIN = """
from locust import FastHttpUser, constant_throughput, task

class Visitor(FastHttpUser):
    wait_time = constant_throughput({rate})

    @task
    def visit(self):
        self.client.get("/?us=0")
"""


class Servers:
    """Starts servers whose service times the requests name."""

    def __init__(self, start: Callable[[str, int], Child], heard: Hear) -> None:
        self._start = start
        self._heard = heard
        self.last: Child

    def serve(self, kind: str, port: int = 0) -> int:
        """Start one that works on ``one`` request at a time, or on ``many``; return its port when it listens."""
        self.last = self._start(kind, port)
        return int(self._heard(self.last, "ready"))


@pytest.fixture
def servers(supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Hear) -> Servers:
    def start(kind: str, port: int) -> Child:
        argv = [sys.executable, str(programs / "driver_delays.py"), kind, str(port)]
        return supervisor.spawn(argv, name="delays", log=tmp_path / "server.log")

    return Servers(start, heard)


def order(port: int, tmp_path: Path, load: Open | Closed, *, us: Sequence[int] = (0,), measure_s: float) -> Order:
    return Order(
        host="127.0.0.1",
        port=port,
        shots=(Shot(endpoint="delay", target="/", vary={"us": tuple(map(str, us))}),),
        load=load,
        warmup_s=0.0,
        measure_s=measure_s,
        drain_s=5.0,
        timeout_s=10.0,
        keep_alive=True,
        seed=11,
        rows_path=str(tmp_path / "rows.npy"),
        report_path=str(tmp_path / "report.json"),
    )


def waiter(fd: int) -> Callable[[], None]:
    waiting = select.poll()
    waiting.register(fd, select.POLLIN)

    def wait() -> None:
        waiting.poll()

    return wait


class Listener(CommandLine):
    """Does something beside the load, in a thread of its own, from when the start is fixed."""

    def __init__(self, beside: Callable[[int], None]) -> None:
        super().__init__(None)
        self._beside = beside
        self.thread = threading.Thread()

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        self.thread = threading.Thread(target=self._beside, args=(spans[0].start_ns,))
        self.thread.start()


def send(asked: Order, *, beside: Callable[[int], None] = lambda _: None) -> Rows:
    """Send, and return the rows as they were intended, first to last."""
    listener = Listener(beside)
    drive(asked, ALL_OF_IT, listener, waiter=waiter, versions={})
    listener.thread.join()
    return np.sort(np.load(asked.rows_path), order="intended_ns")


def latencies_ns(rows: Rows) -> NDArray[np.int64]:
    latency: NDArray[np.int64] = rows["read_ns"] - rows["intended_ns"]
    return latency


def services_ns(rows: Rows) -> NDArray[np.int64]:
    """What each request took at the server, as the server says."""
    return rows["worker"].astype(np.int64) * NS_PER_US


def waits_ns(arrivals_ns: NDArray[np.int64], services_ns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Lindley's recursion: how long each request waits for those before it, first come first served."""
    waits = np.zeros(len(arrivals_ns))
    for n in range(1, len(arrivals_ns)):
        waits[n] = max(0.0, waits[n - 1] + services_ns[n - 1] - (arrivals_ns[n] - arrivals_ns[n - 1]))
    return waits


def stall(pid: int, start_ns: int) -> None:
    pause_until(start_ns + ns_from_s(0.7))
    os.kill(pid, signal.SIGSTOP)
    pause_until(start_ns + ns_from_s(0.7 + STALL_S))
    os.kill(pid, signal.SIGCONT)


def test_a_stall_is_seen_whole(servers: Servers, tmp_path: Path) -> None:
    rate = 400.0
    asked = order(servers.serve("many"), tmp_path, Open(rate=rate), measure_s=2.0)
    pid = servers.last.pid
    waited_ms = latencies_ns(send(asked, beside=lambda start_ns: stall(pid, start_ns))) / NS_PER_MS
    stalled = waited_ms[waited_ms > 25]

    # those of the last 25 ms of the stall do not show
    assert len(stalled) == pytest.approx(rate * (STALL_S - 0.025), rel=0.3)
    assert stats.kstest(stalled, "uniform", args=(25, 1000 * STALL_S - 25)).statistic < 0.2


def test_the_same_stall_is_all_but_hidden_by_a_closed_loop(
    supervisor: Supervisor, servers: Servers, tmp_path: Path
) -> None:
    users, rate = 4, 400.0
    asked = order(servers.serve("many"), tmp_path, Closed(connections=users), measure_s=2.0)
    (tmp_path / "order.json").write_bytes(TypeAdapter(Order).dump_json(asked))
    (tmp_path / "plain.py").write_text(PLAIN.format(rate=rate / users))
    locust = supervisor.spawn(
        [
            *(sys.executable, "-m", "stacklab.driver", "-f", "plain.py", "--headless", "--only-summary"),
            *("--users", str(users), "--spawn-rate", str(users), "--order", "order.json"),
        ],
        name="locust",
        log=tmp_path / "locust.log",
        cwd=tmp_path,
    )
    pid = servers.last.pid

    assert wait_for(lambda: any("Ramping" in line for line in locust.tail()) or None, deadline_s=DEADLINE_S)
    stall(pid, now_ns())

    assert locust.wait(DEADLINE_S) == 0

    waited_ms = latencies_ns(np.load(asked.rows_path)) / NS_PER_MS

    # 200 requests would have arrived; each user sees the stall once
    assert 1 <= np.sum(waited_ms > 100) <= users


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7, 0.85])
@pytest.mark.parametrize("law", ["fixed", "exponential"])
def test_waits_are_those_of_a_queue_with_one_server(servers: Servers, tmp_path: Path, load: float, law: str) -> None:
    mean_us = SERVICE_US
    drawn = np.random.default_rng(5).exponential(mean_us, size=1000).astype(int)
    us = (mean_us,) if law == "fixed" else tuple(drawn.tolist())
    asked = order(servers.serve("one"), tmp_path, Open(rate=load / mean_us * 1e6), us=us, measure_s=2.5)
    rows = send(asked)
    # what a request costs the server beyond its service time, and the way there and back
    around_ns = int(np.percentile(latencies_ns(rows) - services_ns(rows), 1))
    predicted = waits_ns(rows["intended_ns"], services_ns(rows) + around_ns)
    measured = latencies_ns(rows) - services_ns(rows) - around_ns

    assert np.mean(measured) == pytest.approx(np.mean(predicted), rel=0.35, abs=1.5 * NS_PER_MS)


def test_the_sent_stream_is_the_planned_stream(servers: Servers, tmp_path: Path) -> None:
    rate = 200.0
    rows = send(order(servers.serve("many"), tmp_path, Open(rate=rate), measure_s=4.0))
    gaps_s = np.diff(np.sort(rows["sent_ns"])) / NS_PER_S

    assert np.all(rows["sent_ns"] > 0)
    assert stats.kstest(gaps_s, "expon", args=(0, 1 / rate)).statistic < 0.08


def test_known_delays_with_a_heavy_tail_are_measured_as_they_are(servers: Servers, tmp_path: Path) -> None:
    chance = np.random.default_rng(7)
    usual = chance.normal(20_000, 2_000, size=950)
    tail = np.minimum(50_000 * (1 + chance.pareto(1.5, size=50)), 400_000)
    us = np.concatenate((usual, tail)).astype(int).tolist()
    asked = order(servers.serve("many"), tmp_path, Open(rate=500.0, connections=500), us=us, measure_s=3.0)
    rows = send(asked)
    named_ms = services_ns(rows) / NS_PER_MS
    measured_ms = latencies_ns(rows) / NS_PER_MS

    for quantile in (0.5, 0.9, 0.99, 0.999):
        named, measured = np.quantile(named_ms, quantile), np.quantile(measured_ms, quantile)

        assert measured == pytest.approx(named, rel=0.1, abs=8.0), quantile


def test_nothing_vanishes_while_a_server_restarts(servers: Servers, tmp_path: Path) -> None:
    port = servers.serve("many")
    server = servers.last

    def restart(start_ns: int) -> None:
        pause_until(start_ns + ns_from_s(0.3))
        server.stop()
        servers.serve("many", port)

    asked = order(port, tmp_path, Open(rate=200.0), measure_s=2.0)
    rows = send(asked, beside=restart)
    outcomes = (rows["phase_outcome"] & 0x0F).tolist()

    assert {Outcome.OK, Outcome.REFUSED} <= set(outcomes)
    assert outcomes[0] == outcomes[-1] == Outcome.OK
