"""The driver's handle: a real locust sends what was ordered, and a driver that goes wrong fails its cell."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from stacklab.catalog.workspace import reference
from stacklab.effects.driver import Driver
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.errors import StageError
from stacklab.model.measured.record import ROW, Phase, PhaseSpan
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.order import Order, PlannedRequest

DEADLINE_S = 30.0
NULL_SERVER = reference() / "targets" / "backends" / "null_server.py"
HTTP_LOAD = reference() / "scenarios" / "users" / "http.py"


def order_for(port: int, folder: Path) -> Order:
    """A third of a second of two connections in a closed loop."""
    return Order(
        host="127.0.0.1",
        port=port,
        shots=(PlannedRequest(endpoint="json", target="/json"),),
        load=Closed(connections=2),
        warmup_s=0.1,
        measure_s=0.2,
        drain_s=1.0,
        timeout_s=5.0,
        keep_alive=True,
        seed=1,
        rows_path=str(folder / "rows.npy"),
        report_path=str(folder / "report.json"),
    )


def ignore(spans: tuple[PhaseSpan, ...]) -> None:
    pass


@pytest.fixture
def order(supervisor: Supervisor, tmp_path: Path, heard: Callable[[Child, str], str]) -> Order:
    """For a server that does nothing but answer."""
    server = supervisor.spawn([sys.executable, str(NULL_SERVER)], name="null server", log=tmp_path / "server.log")
    return order_for(int(heard(server, "ready").split()[0]), tmp_path)


def test_locust_sends_what_was_ordered(supervisor: Supervisor, tmp_path: Path, order: Order) -> None:
    with Driver.start(supervisor, locustfile=HTTP_LOAD, log=tmp_path / "driver.log") as driver:
        report = driver.drive(order, tmp_path / "order.json", on_spans=ignore, deadline_s=DEADLINE_S)
    rows = np.load(order.rows_path)

    assert (rows.dtype, len(rows)) == (np.dtype([*ROW]), report.intended)


def test_the_spans_are_told_before_the_load_ends(supervisor: Supervisor, tmp_path: Path, order: Order) -> None:
    told: list[PhaseSpan] = []
    with Driver.start(supervisor, locustfile=HTTP_LOAD, log=tmp_path / "driver.log") as driver:

        def note(spans: tuple[PhaseSpan, ...]) -> None:
            assert not Path(order.report_path).exists()
            told.extend(spans)

        driver.drive(order, tmp_path / "order.json", on_spans=note, deadline_s=DEADLINE_S)

    assert [span.phase for span in told] == [Phase.WARMUP, Phase.MEASURE]


def test_the_driver_has_ended_when_its_block_ends(supervisor: Supervisor, tmp_path: Path) -> None:
    with Driver.start(supervisor, locustfile=HTTP_LOAD, log=tmp_path / "driver.log") as driver:
        driver.wait_until_ready()

    assert not Path(f"/proc/{driver.pid}").exists()


def test_locust_sees_none_of_its_variables_and_no_proxy(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCUST_USERS", "17")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Driver.start(supervisor, locustfile=HTTP_LOAD, log=tmp_path / "driver.log") as driver:
        driver.wait_until_ready()
        seen = Path(f"/proc/{driver.pid}/environ").read_text()

    assert "LOCUST_USERS" not in seen
    assert "http_proxy" not in seen


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        ("dies", "it ended with exit code 9"),
        ("dies at once", "it ended with exit code 1"),
        ("is mute", "it has been silent for too long"),
        ("fails", "the server is gone"),
        ("babbles", "it said b'hello' instead of spans"),
        ("skips", "it said done instead of spans"),
        ("has no phases", "it does not say when its phases are"),
        ("leaves no report", "it left no report that can be read"),
    ],
)
def test_a_driver_that_goes_wrong_fails_with_the_reason(
    behaviour: str,
    reason: str,
    supervisor: Supervisor,
    programs: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STAND_IN", behaviour)
    deadline_s = 0.2 if behaviour == "is mute" else DEADLINE_S
    driver = Driver.start(supervisor, locustfile=programs / "driver_stand_in.py", log=tmp_path / "driver.log")
    with driver, pytest.raises(StageError) as raised:
        driver.drive(order_for(9, tmp_path), tmp_path / "order.json", on_spans=ignore, deadline_s=deadline_s)

    assert raised.value.reason == f"the driver failed: {reason}"


def test_the_tail_of_the_drivers_log_goes_with_the_failure(
    supervisor: Supervisor, programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN", "dies at once")
    driver = Driver.start(supervisor, locustfile=programs / "driver_stand_in.py", log=tmp_path / "driver.log")
    with driver, pytest.raises(StageError) as raised:
        driver.wait_until_ready()

    assert "no module named so" in raised.value.log_tail
