"""How fast and how true the driver is: `python benchmarks/driver.py [closed] [open] [kept] [theory]`, or all of them.

closed   as many requests as it can, on 32 connections, against wrk, FastHttpUser and HttpUser: in turn, medians of five
open     Poisson arrivals at 1, 5, 20 and 50 thousand a second: how late they are sent, and what that costs
kept     memory for each request, and the way of a million rows into Parquet
theory   mean waits at a server of one thread against queueing theory, by formula and by Lindley's recursion

The server is nginx (`return 200`) or, without it, the null server; it has the first core, the driver the second.
wrk and nginx are Debian packages: `apt-get install wrk nginx-light`. Goals: docs/method.md.
"""

import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from stacklab.analysis.instrument.fidelity import waits_ns
from stacklab.catalog.workspace import reference
from stacklab.driver.loop.rows import Rows
from stacklab.driver.pacing.schedule import arrivals as arrivals_of
from stacklab.effects.clock import wait_for
from stacklab.effects.driver import Driver
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire.ready import free_port, is_taken
from stacklab.model.measured.record import DriverReport, Outcome, Phase
from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.store.schema import read_raw_rows, write_requests
from stacklab.units import NS_PER_MS, NS_PER_S, NS_PER_US

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPUS, DRIVER_CPUS = CPUS[:1], CPUS[1:2] or CPUS
ROUNDS = 5
SECONDS = 3.0
CONNECTIONS = 32
SERVICE_US = 5000
SCHEDULES = 200
DEADLINE_S = 60.0

NGINX = """
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off; keepalive_requests 1000000000;
    client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
    uwsgi_temp_path {folder}; scgi_temp_path {folder};
    server {{ listen 127.0.0.1:{port} backlog=1024; location / {{ return 200 "Hello, World!"; }} }}
}}
"""

LOCUSTFILE = """
from locust import {user}, task

class Visitor({user}):
    @task
    def visit(self):
        self.client.get("/")
"""

Sent = tuple[NDArray[np.void], DriverReport]


class Bench:
    """A folder, a server, and ways to send to it."""

    def __init__(self, supervisor: Supervisor, folder: Path) -> None:
        """Nothing runs yet."""
        self.folder = folder
        self._supervisor = supervisor
        self._port = 0

    def start(self, argv: list[str], *, name: str, cpus: list[int]) -> Child:
        """Start a program on its core."""
        return self._supervisor.spawn(argv, name=name, log=self.folder / f"{name}.log", cwd=self.folder, cpus=cpus)

    @contextmanager
    def served(self, argv: list[str] | None = None) -> Iterator[str]:
        """Have a server, nginx if there is one, for as long as the block lasts; yield its name."""
        self._port = free_port()
        if argv is None and shutil.which("nginx"):
            (self.folder / "nginx.conf").write_text(NGINX.format(folder=self.folder, port=self._port), encoding="ascii")
            argv = ["nginx", "-c", str(self.folder / "nginx.conf"), "-e", str(self.folder / "error.log")]
        elif argv is None:
            print("nginx is not installed: the null server takes its place")
            null_server = reference() / "targets" / "backends" / "null_server.py"
            argv = [sys.executable, str(null_server), "--port", str(self._port)]
        else:
            argv = [*argv, str(self._port)]
        server = self.start(argv, name="server", cpus=SERVER_CPUS)
        if not wait_for(lambda: is_taken("127.0.0.1", self._port) or None, deadline_s=DEADLINE_S):
            sys.exit("\n".join(("the server does not listen", *server.tail())))
        try:
            yield Path(argv[0]).name
        finally:
            server.stop()

    def reactor(self, load: Load, *, seconds: float = SECONDS, target: str = "/") -> Sent:
        """Send with stacklab's own user, as the harness does."""
        order = self._order(load, seconds, target)
        log = self.folder / "driver.log"
        locustfile = reference() / "scenarios" / "users" / "http.py"
        with Driver.start(self._supervisor, locustfile=locustfile, log=log, cpus=DRIVER_CPUS) as driver:
            report = driver.drive(
                order, self.folder / "order.json", on_spans=lambda _: None, deadline_s=seconds + DEADLINE_S
            )
        return read_raw_rows(Path(order.rows_path)), report

    def plain(self, user: str) -> Sent:
        """Send with one of locust's own users."""
        order = self._order(Closed(connections=CONNECTIONS), SECONDS, "/")
        (self.folder / "order.json").write_bytes(TypeAdapter(Order).dump_json(order))
        (self.folder / "plain.py").write_text(LOCUSTFILE.format(user=user), encoding="ascii")
        words = ["-m", "stacklab.driver", "-f", "plain.py", "--headless", "--only-summary", "--order", "order.json"]
        users = ["--users", str(CONNECTIONS), "--spawn-rate", str(CONNECTIONS)]
        locust = self.start([sys.executable, *words, *users], name="locust", cpus=DRIVER_CPUS)
        locust.wait(SECONDS + DEADLINE_S)
        report = TypeAdapter(DriverReport).validate_json(Path(order.report_path).read_bytes())
        return read_raw_rows(Path(order.rows_path)), report

    def wrk(self) -> float:
        """Send with wrk, one thread; requests a second."""
        words = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS:.0f}s", f"http://127.0.0.1:{self._port}/"]
        child = self.start(words, name="wrk", cpus=DRIVER_CPUS)
        child.wait(SECONDS + DEADLINE_S)
        return float(re.findall(r"Requests/sec:\s*([\d.]+)", "\n".join(child.tail()))[-1])

    def _order(self, load: Load, seconds: float, target: str) -> Order:
        return Order(
            host="127.0.0.1",
            port=self._port,
            shots=(PlannedRequest(endpoint="all", target=target),),
            load=load,
            warmup_s=0.5,
            measure_s=seconds,
            drain_s=5.0,
            timeout_s=10.0,
            keep_alive=True,
            seed=20,
            rows_path=str(self.folder / "rows.npy"),
            report_path=str(self.folder / "report.json"),
        )


def measured(sent: Sent) -> NDArray[Any]:
    """The rows of the measured window, in the order of their intended start."""
    rows = sent[0][sent[0]["phase_outcome"] >> 4 == Phase.MEASURE]
    return np.sort(rows, order="intended_ns")


def rate(sent: Sent) -> float:
    """Answers a second, of those that were right."""
    span = sent[1].spans[Phase.MEASURE]
    right = np.sum(measured(sent)["phase_outcome"] & 0x0F == Outcome.OK)
    return float(right) / (span.end_ns - span.start_ns) * NS_PER_S


def waited(report: DriverReport) -> float:
    """Seconds in which the driver was ready to run and did not: somebody else had its core."""
    return sum(second.run_queue_delay_s or 0.0 for second in report.seconds)


def core(report: DriverReport) -> float:
    """The driver's share of a core in the measured window."""
    span = report.spans[Phase.MEASURE]
    seconds = [second for second in report.seconds if span.start_ns <= second.start_ns < span.end_ns]
    return sum(second.cpu_s for second in seconds) / sum(second.wall_s for second in seconds)


def closed(bench: Bench) -> None:
    """Compare ceilings, in turn, so that a drift of the machine hits all alike."""
    ways: dict[str, Callable[[], float]] = {
        "reactor": lambda: rate(bench.reactor(Closed(connections=CONNECTIONS))),
        "FastHttpUser": lambda: rate(bench.plain("FastHttpUser")),
        "HttpUser": lambda: rate(bench.plain("HttpUser")),
    }
    if shutil.which("wrk"):
        ways = {"wrk": bench.wrk} | ways
    else:
        print("wrk is not installed: the reactor is compared with locust's own users only")
    with bench.served() as server:
        rounds = [{name: way() for name, way in ways.items()} for _ in range(ROUNDS)]
    print(f"\nclosed loop, {CONNECTIONS} connections, {server}, {ROUNDS} rounds of {SECONDS:.0f} s")
    for name in ways:
        rates = [each[name] for each in rounds]
        shares = statistics.median(each["reactor"] / each[name] for each in rounds)
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        print(f"  {name:<13} {statistics.median(rates):>9,.0f}/s ({spread}); the reactor sends {shares:.2f} of it")


def open_loops(bench: Bench) -> None:
    """Measure how late requests are sent."""
    with bench.served() as server:
        print(f"\nopen loop, Poisson, 64 connections, {server}, {SECONDS:.0f} s each, {ROUNDS} runs:")
        print("the median of each column, and the run in which the driver waited least for its core")
        print("  rate/s            lag P50   P99  P99.9 µs   read lag P50   P99 µs   on time   driver core")
        for offered in (1_000, 5_000, 20_000, 50_000):
            runs = [bench.reactor(Open(rate=float(offered))) for _ in range(ROUNDS)]
            quietest = min(runs, key=lambda run: waited(run[1]))
            for what, found in (
                ("median", np.median([_lateness(run) for run in runs], axis=0)),
                ("quietest", _lateness(quietest)),
            ):
                lag50, lag99, lag999, read50, read99, on_time, share = found
                lags = f"{lag50:>9.0f} {lag99:>5.0f} {lag999:>9.0f} {read50:>14.0f} {read99:>8.0f}"
                print(f"  {offered:>6,} {what:<8} {lags} {on_time:>9.2%} {share:>12.0%}")


def _lateness(sent: Sent) -> tuple[float, ...]:
    rows = measured(sent)
    lag_us = (rows["sent_ns"] - rows["intended_ns"]) / NS_PER_US
    stamped = rows[rows["received_ns"] > 0]
    read_us = (stamped["read_ns"] - stamped["received_ns"]) / NS_PER_US
    # sent within the window it was meant for: what "achieved" means
    on_time = float(np.mean((rows["sent_ns"] > 0) & (rows["sent_ns"] < sent[1].spans[Phase.MEASURE].end_ns)))
    return (*np.quantile(lag_us, (0.5, 0.99, 0.999)), *np.quantile(read_us, (0.5, 0.99)), on_time, core(sent[1]))


def kept(bench: Bench) -> None:
    """Weigh a million rows, and write them."""
    million = 1_000_000
    before = resident()
    rows = Rows()
    for number in range(million):
        rows.add(number, number + 1, -1, number + 2, 13, number % 32 + 1, 4711, 200, 0, Phase.MEASURE << 4)
    grown = resident() - before
    since = time.perf_counter()
    rows.save(bench.folder / "million.npy")
    saved_s = time.perf_counter() - since
    write_requests(read_raw_rows(bench.folder / "million.npy"), ("all",), bench.folder / "million.parquet")
    print(f"\nrecording: {grown / million:.0f} bytes a request, and 10 more for each that is planned in an open loop")
    print(f"a million rows: {saved_s:.2f} s to the file, {time.perf_counter() - since:.2f} s to Parquet")


def resident() -> int:
    """Bytes of this process in memory."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def theory(bench: Bench) -> None:
    """Compare mean waits with what they must be."""
    program = reference() / "targets" / "backends" / "delays.py"
    target = f"/?us={SERVICE_US}"
    seconds = 20.0
    print(f"\na server of one thread, {SERVICE_US / 1000:.0f} ms a request, Poisson, {seconds:.0f} s each")
    print(f"  load   mean wait ms: measured   Lindley   Lindley, {SCHEDULES} other schedules   formula")
    for load in (0.3, 0.5, 0.7, 0.85):
        with bench.served([sys.executable, str(program), "one", "--port"]):
            # beyond the service time: the way there and back, if nobody waits; and what else holds the server up
            alone = bench.reactor(Closed(connections=1), target=target)
            around_ms = float(np.mean(latencies_ms(measured(alone)) - services_ms(measured(alone))))
            busy = bench.reactor(Closed(connections=2), target=target)
            held_ms = 1000 / rate(busy) - float(np.mean(services_ms(measured(busy))))
            arrivals = Open(rate=load / SERVICE_US * 1e6, connections=64)
            rows = measured(bench.reactor(arrivals, seconds=seconds, target=target))
        found = float(np.mean(latencies_ms(rows) - services_ms(rows))) - around_ms
        gaps_ms = np.diff(rows["intended_ns"]) / NS_PER_MS
        held = services_ms(rows) + held_ms
        waits_ms = waits_ns(rows["intended_ns"], held * NS_PER_MS) / NS_PER_MS
        # Pollaczek and Khinchine's formula; with a service time that never varies it is that of M/D/1
        utilisation = float(np.mean(held) / np.mean(gaps_ms))
        formula = utilisation * float(np.mean(held**2) / np.mean(held)) / (2 * (1 - utilisation))
        others = waits_elsewhere_ms(arrivals, float(np.mean(held)), seconds=seconds)
        print(f"  {load:.2f} {found:>23.2f} {np.mean(waits_ms):>9.2f} {others:>30.2f} {formula:>9.2f}")


def waits_elsewhere_ms(load: Open, service_ms: float, *, seconds: float) -> float:
    """Mean wait over many schedules of the same law: one schedule of 20 s may lie a quarter off the formula."""
    times = (arrivals_of(load, Phase.MEASURE, seconds=seconds, seed=seed) for seed in range(SCHEDULES))
    waits = [waits_ns(at_ns, np.full(len(at_ns), service_ms * NS_PER_MS)) / NS_PER_MS for at_ns in times]
    return float(np.mean(np.concatenate(waits)))


def latencies_ms(rows: NDArray[Any]) -> NDArray[np.float64]:
    """From the intended start."""
    return np.asarray((rows["read_ns"] - rows["intended_ns"]) / NS_PER_MS)


def services_ms(rows: NDArray[Any]) -> NDArray[np.float64]:
    """What the server of ``theory`` says each request took: it names that instead of its process."""
    return np.asarray(rows["worker"] / 1000)


PARTS = {"closed": closed, "open": open_loops, "kept": kept, "theory": theory}


def main(*names: str) -> None:
    """Run the parts that are named, or all."""
    if unknown := set(names) - set(PARTS):
        sys.exit(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    with tempfile.TemporaryDirectory() as folder, Supervisor() as supervisor:
        bench = Bench(supervisor, Path(folder))
        for name in names or PARTS:
            PARTS[name](bench)


if __name__ == "__main__":
    main(*sys.argv[1:])
