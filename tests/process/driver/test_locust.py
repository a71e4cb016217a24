"""The driver as what it is: a locust process, alone, under the harness, or as several that share a load."""

import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import TypeAdapter

from stacklab.catalog.workspace import reference
from stacklab.effects.clock import wait_for
from stacklab.effects.driver import Driver
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.errors import StageError
from stacklab.model.measured.record import DriverReport, Phase, PhaseSpan
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.order import Order, PlannedRequest
from stacklab.model.traffic.warmup import Plateau, WarmupEnd
from stacklab.procfs import tree

LOCUSTFILE = reference() / "scenarios" / "users" / "http.py"
HEADLESS = ("--headless", "--only-summary", "--loglevel", "INFO")
TWO = ("--processes", "2", "--users", "2", "--spawn-rate", "2")
DEADLINE_S = 60.0
ORDER = TypeAdapter(Order)
REPORT = TypeAdapter(DriverReport)

PLAIN = """
from locust import {user}, task

class Visitor({user}):
    @task
    def visit(self):
        self.client.get("/right")
        self.client.get("/error", name="broken")
        self.client.get("/strange")
"""


@pytest.fixture
def server(supervisor: Supervisor, programs: Path, tmp_path: Path) -> Child:
    return supervisor.spawn(
        [sys.executable, str(programs / "driver_answers.py")], name="answers", log=tmp_path / "server.log"
    )


@pytest.fixture
def order(server: Child, heard: Callable[[Child, str], str], tmp_path: Path) -> Order:
    return Order(
        host="127.0.0.1",
        port=int(heard(server, "ready")),
        shots=(PlannedRequest(endpoint="right", target="/right"),),
        load=Open(rate=300.0),
        warmup_s=0.2,
        measure_s=0.8,
        drain_s=0.5,
        timeout_s=2.0,
        keep_alive=True,
        seed=1,
        rows_path=str(tmp_path / "rows.npy"),
        report_path=str(tmp_path / "report.json"),
    )


@pytest.fixture
def order_path(order: Order, tmp_path: Path) -> Path:
    path = tmp_path / "order.json"
    path.write_bytes(ORDER.dump_json(order))
    return path


@pytest.fixture
def driver(supervisor: Supervisor, tmp_path: Path) -> Driver:
    return Driver.start(supervisor, locustfile=LOCUSTFILE, log=tmp_path / "driver.log")


def locust(
    supervisor: Supervisor, tmp_path: Path, *arguments: str, locustfile: Path = LOCUSTFILE, module: str = "locust"
) -> Child:
    argv = [sys.executable, "-m", module, "-f", str(locustfile), *HEADLESS, *arguments]
    return supervisor.spawn(argv, name="locust", log=tmp_path / "driver.log", cwd=tmp_path)


def left_behind(order: Order) -> tuple[NDArray[Any], DriverReport]:
    return np.load(order.rows_path), REPORT.validate_json(Path(order.report_path).read_bytes())


def test_under_the_harness_spans_are_told_before_they_begin_and_rows_are_left(
    driver: Driver, order: Order, tmp_path: Path
) -> None:
    told: list[tuple[PhaseSpan, ...]] = []
    with driver:
        report = driver.drive(order, tmp_path / "order.json", on_spans=told.append, deadline_s=DEADLINE_S)

    assert report.spans[:2] == told[0]
    assert len(np.load(order.rows_path)) == report.intended
    assert {"python", "locust", "gevent", "httptools"} == set(report.versions)


def test_after_its_work_the_driver_exits_with_0_although_requests_failed(
    driver: Driver, order: Order, tmp_path: Path
) -> None:
    failing = replace(order, shots=(PlannedRequest(endpoint="broken", target="/error"),))
    with driver:
        driver.drive(failing, tmp_path / "order.json", on_spans=lambda _: None, deadline_s=DEADLINE_S)

        assert driver._child.wait(DEADLINE_S) == 0


def test_what_cannot_be_sent_is_told_the_harness_in_a_sentence(
    driver: Driver, order: Order, server: Child, tmp_path: Path
) -> None:
    server.stop()

    with driver, pytest.raises(StageError, match="cannot be connected to"):
        driver.drive(order, tmp_path / "order.json", on_spans=lambda _: None, deadline_s=DEADLINE_S)


def test_the_end_of_the_harness_ends_a_driver_that_waits(driver: Driver) -> None:
    driver.wait_until_ready()
    driver._control.close()

    assert driver._child.wait(DEADLINE_S) == 3


def test_the_end_of_the_harness_ends_a_driver_that_sends(driver: Driver, order: Order, tmp_path: Path) -> None:
    class GoneError(Exception):
        pass

    def leave(_: tuple[PhaseSpan, ...]) -> None:
        driver._control.close()
        raise GoneError

    with pytest.raises(GoneError):
        driver.drive(replace(order, measure_s=600.0), tmp_path / "order.json", on_spans=leave, deadline_s=DEADLINE_S)

    assert driver._child.wait(DEADLINE_S) == 3


def test_alone_it_sends_the_order_of_the_command_line_and_says_what_it_wrote(
    supervisor: Supervisor, order: Order, order_path: Path, tmp_path: Path
) -> None:
    child = locust(supervisor, tmp_path, "--order", str(order_path))

    assert child.wait(DEADLINE_S) == 0

    rows, report = left_behind(order)

    assert len(rows) == report.intended
    assert any(f"{report.intended} requests are in {order.rows_path}" in line for line in child.tail(100))


def test_locust_counts_what_was_sent_and_exits_with_1_if_requests_failed(
    supervisor: Supervisor, order: Order, tmp_path: Path
) -> None:
    shots = (PlannedRequest(endpoint="right", target="/right"), PlannedRequest(endpoint="broken", target="/error"))
    path = tmp_path / "order.json"
    path.write_bytes(ORDER.dump_json(replace(order, shots=shots)))
    child = locust(supervisor, tmp_path, "--order", str(path), "--json-file", str(tmp_path / "stats"))

    assert child.wait(DEADLINE_S) == 1

    rows, _ = left_behind(order)
    stats = {entry["name"]: entry for entry in json.loads((tmp_path / "stats.json").read_text())}

    assert stats["right"]["num_requests"] == np.sum(rows["endpoint"] == 0)
    assert stats["right"]["num_failures"] == 0
    assert stats["broken"]["num_failures"] == np.sum(rows["endpoint"] == 1)


def test_without_an_order_it_says_how_to_give_one(supervisor: Supervisor, tmp_path: Path) -> None:
    child = locust(supervisor, tmp_path)

    assert child.wait(DEADLINE_S) == 1
    assert any("name the file of an order with --order" in line for line in child.tail(100))


def test_an_order_with_an_impossible_rate_is_refused_by_its_key(
    supervisor: Supervisor, order_path: Path, tmp_path: Path
) -> None:
    content = json.loads(order_path.read_text())
    content["load"]["rate"] = 0.0
    order_path.write_text(json.dumps(content))
    child = locust(supervisor, tmp_path, "--order", str(order_path))

    assert child.wait(DEADLINE_S) == 1
    assert any("load.Open: Value error, rate: 0.0 is not above zero" in line for line in child.tail(100))


def test_processes_that_share_a_load_send_exactly_the_schedule_of_one(
    supervisor: Supervisor, order: Order, order_path: Path, tmp_path: Path
) -> None:
    """And note the pieces of their answers under the numbers of their connections."""
    order = replace(order, shots=(*order.shots, PlannedRequest(endpoint="events", target="/events", piece_end="\n\n")))
    order_path.write_bytes(ORDER.dump_json(order))
    alone = locust(supervisor, tmp_path, "--order", str(order_path))

    assert alone.wait(DEADLINE_S) == 0

    one, _ = left_behind(order)
    shared = locust(supervisor, tmp_path, "--order", str(order_path), *TWO)

    assert shared.wait(DEADLINE_S) == 0

    two, report = left_behind(order)

    assert report.processes == 2
    assert np.array_equal(np.diff(np.sort(one["intended_ns"])), np.diff(np.sort(two["intended_ns"])))
    assert report.connects == len(np.unique(two["connection"]))
    pieces, watched = np.load(order.chunks_path), two[two["endpoint"] == 1]
    assert len(pieces) == 4 * len(watched) > 0
    assert set(pieces["connection"]) == set(watched["connection"])


def test_processes_that_share_a_load_begin_to_measure_together_when_all_are_warm(
    supervisor: Supervisor, order: Order, tmp_path: Path
) -> None:
    """The window has the very schedule that one process would have sent."""
    path = tmp_path / "order.json"
    path.write_bytes(ORDER.dump_json(replace(order, plateau=Plateau(at_most_s=2.0))))
    words = ("--order", str(path))
    starts = []
    for more in ((), TWO):
        child = locust(supervisor, tmp_path, *words, *more)

        assert child.wait(DEADLINE_S) == 0

        rows, report = left_behind(order)
        measured = np.sort(rows["intended_ns"][rows["phase_outcome"] >> 4 == Phase.MEASURE])
        starts.append((measured - report.spans[Phase.MEASURE].start_ns).tolist())

        assert report.warmup_end in {WarmupEnd.PLATEAU, WarmupEnd.DRIFTING, WarmupEnd.UNCLEAR}
        assert len(rows) == report.intended

    assert starts[0] == starts[1]


@pytest.mark.parametrize("processes", [(), TWO], ids=["one process", "two"])
@pytest.mark.parametrize(
    ("warmup_s", "plateau", "last"),
    [(0.2, None, Phase.MEASURE), (600.0, None, Phase.WARMUP), (600.0, Plateau(at_most_s=900.0), Phase.WARMUP)],
    ids=["measuring", "warming up", "waiting for a plateau"],
)
def test_what_was_sent_before_locust_was_stopped_is_kept(
    supervisor: Supervisor,
    order: Order,
    tmp_path: Path,
    warmup_s: float,
    plateau: Plateau | None,
    last: Phase,
    processes: tuple[str, ...],
) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(ORDER.dump_json(replace(order, warmup_s=warmup_s, plateau=plateau, measure_s=600.0)))
    child = locust(supervisor, tmp_path, "--order", str(path), "--run-time", "2s", *processes)

    assert child.wait(DEADLINE_S) == 0

    rows, report = left_behind(order)

    assert report.interrupted
    assert report.spans[-1].phase is last
    assert 0 < len(rows) == report.intended
    assert rows["intended_ns"].max() <= report.spans[-1].end_ns


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_and_what_was_sent_is_kept(
    supervisor: Supervisor, order: Order, tmp_path: Path, number: signal.Signals
) -> None:
    """Ctrl-C in the middle of a busy closed loop."""
    path = tmp_path / "order.json"
    path.write_bytes(ORDER.dump_json(replace(order, load=Closed(connections=4), measure_s=600.0)))
    child = locust(supervisor, tmp_path, "--order", str(path))

    assert wait_for(lambda: any("measured for" in line for line in child.tail(100)) or None, deadline_s=DEADLINE_S)

    os.kill(child.pid, number)
    child.wait(DEADLINE_S)
    rows, report = left_behind(order)

    assert report.interrupted
    assert 0 < len(rows) == report.intended


def test_a_process_of_several_that_is_killed_ends_the_load_with_a_sentence(
    supervisor: Supervisor, order: Order, tmp_path: Path
) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(ORDER.dump_json(replace(order, measure_s=600.0)))
    child = locust(supervisor, tmp_path, "--order", str(path), *TWO)

    assert wait_for(lambda: any("measured for" in line for line in child.tail(100)) or None, deadline_s=DEADLINE_S)

    (_, *workers) = tree(child.pid)
    os.kill(workers[-1], signal.SIGKILL)

    assert child.wait(DEADLINE_S) == 1
    assert any(f"process {workers[-1]} of the driver ended before it was done" in line for line in child.tail(100))


def test_a_driver_that_is_stopped_fails_its_cell(driver: Driver, order: Order, tmp_path: Path) -> None:
    """What it measured until then is no measurement of what was asked for."""
    with driver, pytest.raises(StageError, match="locust was stopped before all was sent"):
        driver.drive(
            replace(order, measure_s=600.0),
            tmp_path / "order.json",
            on_spans=lambda _: os.kill(driver.pid, signal.SIGTERM),
            deadline_s=DEADLINE_S,
        )


@pytest.mark.parametrize("user", ["FastHttpUser", "HttpUser"])
def test_a_plain_locustfile_leaves_rows_under_the_name_of_its_client(
    supervisor: Supervisor, order: Order, order_path: Path, tmp_path: Path, user: str
) -> None:
    locustfile = tmp_path / "plain.py"
    locustfile.write_text(PLAIN.format(user=user))
    child = locust(
        supervisor,
        tmp_path,
        "--order",
        str(order_path),
        "--users",
        "2",
        locustfile=locustfile,
        module="stacklab.driver",
    )

    # requests failed, and that is what locust's exit code says
    assert child.wait(DEADLINE_S) == 1

    rows, report = left_behind(order)
    measured = rows[rows["phase_outcome"] >> 4 == Phase.MEASURE]

    assert (user, ("/right", "broken", "/strange")) == (report.driver, report.endpoints)
    assert {(0, 200), (1, 500), (2, 200)} == set(
        zip(measured["endpoint"].tolist(), measured["status"].tolist(), strict=True)
    )
    assert {0} == set(measured["worker"][measured["endpoint"] == 2])
    assert np.all(measured["read_ns"] < report.spans[-1].end_ns)
    assert {0, 1} == set((measured["phase_outcome"] & 0x0F).tolist())
