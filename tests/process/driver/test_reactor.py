"""The reactor against a real server: every request is one row, whatever the server does to it."""

import errno
import select
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from stacklab.driver.control.channel import CommandLineChannel
from stacklab.driver.drive import drive
from stacklab.driver.pacing.schedule import ALL_OF_IT
from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.errors import UsageError
from stacklab.model.measured.record import DriverReport, Outcome, Phase, PhaseSpan
from stacklab.model.traffic.load import Arrivals, Closed, Load, Open, Overload
from stacklab.model.traffic.order import Between, Order, PlannedRequest
from stacklab.model.traffic.warmup import Plateau, WarmupEnd
from stacklab.store.schema import read_chunks, write_chunks
from stacklab.units import ns_from_s

SHORT = 0.4
"""Seconds of load: enough to see what happens, no more."""

SLOW = 150
"""As in the program."""

WAITS = Plateau(at_most_s=15.0)
"""Longer than it ever takes."""

Sent = tuple[NDArray[Any], DriverReport]
Hear = Callable[[Child, str], str]


@pytest.fixture
def server(supervisor: Supervisor, programs: Path, tmp_path: Path) -> Child:
    return supervisor.spawn([sys.executable, str(programs / "driver_answers.py")], name="answers", log=tmp_path / "log")


@pytest.fixture
def order(server: Child, heard: Hear, tmp_path: Path) -> Order:
    return Order(
        host="127.0.0.1",
        port=int(heard(server, "ready")),
        shots=(shot("/right"),),
        load=Closed(connections=2),
        warmup_s=0.0,
        measure_s=SHORT,
        drain_s=0.5,
        timeout_s=0.2,
        keep_alive=True,
        seed=1,
        rows_path=str(tmp_path / "rows.npy"),
        report_path=str(tmp_path / "report.json"),
    )


def shot(path: str, *, body: str | None = "Hello, World!") -> PlannedRequest:
    return PlannedRequest(endpoint=path.strip("/"), target=path, expect_body=body)


def waiter(fd: int) -> Callable[[], None]:
    waiting = select.poll()
    waiting.register(fd, select.POLLIN)

    def wait() -> None:
        waiting.poll()

    return wait


class Listener(CommandLineChannel):
    """Does something when the start is fixed."""

    def __init__(self, on_start: Callable[[], None]) -> None:
        super().__init__(None)
        self._on_start = on_start

    def announce(self, spans: Sequence[PhaseSpan]) -> None:
        self._on_start()


def send(order: Order, *, on_start: Callable[[], None] = lambda: None) -> Sent:
    report = drive(order, ALL_OF_IT, Listener(on_start), waiter=waiter, versions={})
    return np.load(order.rows_path), report


def open_files() -> list[Path]:
    return sorted(Path("/proc/self/fd").iterdir())


def outcomes(rows: NDArray[Any]) -> set[Outcome]:
    return {Outcome(value) for value in np.unique(rows["phase_outcome"] & 0x0F)}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/right", Outcome.OK),
        ("/pieces", Outcome.OK),
        ("/chunked", Outcome.OK),
        ("/interim", Outcome.OK),
        ("/closes", Outcome.OK),
        ("/unframed", Outcome.OK),
        ("/wrong", Outcome.BODY),
        ("/excess", Outcome.BODY),
        ("/error", Outcome.STATUS),
        ("/short", Outcome.RESET),
        ("/not-http", Outcome.RESET),
        ("/hangs-up", Outcome.RESET),
        ("/resets", Outcome.RESET),
        ("/never", Outcome.TIMEOUT),
    ],
)
@pytest.mark.parametrize("load", [Closed(connections=2), Open(rate=50.0, connections=50)], ids=["closed", "open"])
def test_whatever_the_server_does_every_request_has_its_outcome(
    order: Order, load: Load, path: str, expected: Outcome
) -> None:
    rows, report = send(replace(order, load=load, shots=(shot(path),), measure_s=0.2))

    assert {expected} == outcomes(rows)
    assert 0 < report.intended == len(rows)


def test_a_body_of_a_megabyte_is_read_whole(order: Order) -> None:
    rows, _ = send(replace(order, shots=(shot("/large", body="x" * 1_000_000),), timeout_s=5.0))

    assert {Outcome.OK} == outcomes(rows)
    assert {1_000_000} == set(rows["bytes"])


def test_a_closed_loop_stays_on_its_connections(order: Order) -> None:
    rows, report = send(order)

    assert {1, 2} == set(rows["connection"])
    assert report.connects == 2


def test_without_keep_alive_every_request_has_a_connection_of_its_own(order: Order) -> None:
    rows, report = send(replace(order, keep_alive=False))

    assert len(rows) == len(np.unique(rows["connection"])) == report.connects


def test_a_connection_that_the_server_closes_is_opened_again(order: Order) -> None:
    rows, report = send(replace(order, shots=(shot("/every-third-hangs-up"),)))

    assert {Outcome.OK, Outcome.RESET} == outcomes(rows)
    assert report.connects > 2


def test_every_answer_names_the_process_that_gave_it(order: Order, server: Child) -> None:
    rows, _ = send(order)

    assert {server.pid} == set(rows["worker"])


@pytest.mark.parametrize("path", ["/strange", "/beyond"])
def test_an_answer_that_names_what_is_no_process_names_none(order: Order, path: str) -> None:
    rows, _ = send(replace(order, shots=(shot(path),)))

    assert {Outcome.OK} == outcomes(rows)
    assert {0} == set(rows["worker"])


def test_requests_begin_in_the_phase_they_were_intended_for(order: Order) -> None:
    rows, report = send(replace(order, load=Open(rate=500.0), warmup_s=0.5))
    warmup, measure, drain = report.spans
    in_warmup = rows["phase_outcome"] >> 4 == Phase.WARMUP

    assert (measure.start_ns, measure.end_ns) == (warmup.end_ns, drain.start_ns)
    assert np.all(rows["intended_ns"][in_warmup] < measure.start_ns)
    assert np.all(rows["intended_ns"][~in_warmup] >= measure.start_ns)
    assert np.all(rows["intended_ns"] < measure.end_ns)


@pytest.mark.parametrize("load", [Closed(connections=16), Open(rate=200.0)], ids=["closed", "open"])
def test_a_server_that_gets_faster_is_waited_for(order: Order, load: Load) -> None:
    """Of its slow answers none is measured, though they go on beyond the lower bound."""
    rows, report = send(replace(order, load=load, shots=(shot("/warms-up"),), warmup_s=0.4, plateau=WAITS))
    slow = np.sort(rows, order="sent_ns")[:SLOW]
    warmup, measure, _ = report.spans

    assert report.warmup_end is WarmupEnd.PLATEAU
    assert {Phase.WARMUP} == set(slow["phase_outcome"] >> 4)
    assert warmup.length_s > 0.4
    assert measure.length_s == SHORT


def test_a_server_that_never_settles_is_measured_after_the_upper_bound(order: Order) -> None:
    bounds = Plateau(at_most_s=1.5)
    rows, report = send(
        replace(order, load=Open(rate=300.0), shots=(shot("/never-settles"),), warmup_s=0.4, plateau=bounds)
    )

    assert report.warmup_end is WarmupEnd.DRIFTING
    assert report.spans[0].length_s >= 1.5
    assert np.any(rows["phase_outcome"] >> 4 == Phase.MEASURE)


def test_the_window_meets_the_same_arrivals_however_long_the_warmup_was(order: Order) -> None:
    shots = tuple(replace(shot(path, body=None), endpoint=path) for path in ("/right", "/pieces"))
    asked = replace(order, load=Open(rate=500.0), shots=shots)
    starts = []
    for warmup in ({"warmup_s": 0.1}, {"warmup_s": 0.3}, {"warmup_s": 0.2, "plateau": Plateau(at_most_s=0.6)}):
        rows, report = send(replace(asked, **warmup))
        measured = np.sort(rows[rows["phase_outcome"] >> 4 == Phase.MEASURE], order="intended_ns")
        since = measured["intended_ns"] - report.spans[1].start_ns
        starts.append(list(zip(since.tolist(), measured["endpoint"].tolist(), strict=True)))

    assert starts[0] == starts[1] == starts[2]


def test_the_driver_goes_on_sending_until_the_window_begins(order: Order) -> None:
    """From the end of the test to the window takes a while, in which a server must not cool down."""
    load = Open(rate=200.0, arrivals=Arrivals.CONSTANT)
    rows, report = send(replace(order, load=load, warmup_s=0.2, plateau=Plateau(at_most_s=0.2)))
    starts = np.sort(rows["intended_ns"])

    assert np.all(np.diff(starts) <= ns_from_s(1 / 200) + 1)
    assert starts[0] == report.spans[0].start_ns


def test_a_request_is_intended_then_sent_then_received_then_read(order: Order) -> None:
    rows, report = send(replace(order, load=Open(rate=500.0)))
    stamped = rows[rows["received_ns"] > 0]

    assert report.kernel_timestamps
    assert np.all(rows["intended_ns"] <= rows["sent_ns"])
    assert np.all(stamped["sent_ns"] <= stamped["received_ns"])
    assert np.all(stamped["received_ns"] <= stamped["read_ns"])
    assert len(stamped) >= len(rows) // 2


def test_a_closed_loop_asks_for_no_kernel_timestamps(order: Order) -> None:
    rows, report = send(order)

    assert not report.kernel_timestamps
    assert {-1} == set(rows["received_ns"])


def test_the_same_seed_intends_the_same_starts(order: Order) -> None:
    first, second = (np.sort(send(replace(order, load=Open(rate=500.0)))[0]["intended_ns"]) for _ in range(2))

    assert np.array_equal(np.diff(first), np.diff(second))


def test_weights_decide_how_often_a_shot_is_sent(order: Order) -> None:
    shots = (shot("/right"), replace(shot("/pieces"), weight=3))
    rows, _ = send(replace(order, shots=shots, load=Open(rate=1000.0)))

    assert np.mean(rows["endpoint"] == 1) == pytest.approx(0.75, abs=0.1)


def test_queries_vary(order: Order) -> None:
    varied = replace(shot("/right"), vary={"id": Between(low=1, high=100)})
    rows, _ = send(replace(order, shots=(varied,)))

    assert {Outcome.OK} == outcomes(rows)


def test_think_time_holds_a_connection_back(order: Order) -> None:
    rows, _ = send(replace(order, load=Closed(connections=1, think_s=0.05)))
    rows = np.sort(rows, order="intended_ns")

    assert np.all(rows["intended_ns"][1:] - rows["read_ns"][:-1] >= ns_from_s(0.05))


def test_what_is_still_in_flight_after_the_drain_is_censored(order: Order) -> None:
    rows, _ = send(replace(order, shots=(shot("/never"),), measure_s=0.3, drain_s=0.3, timeout_s=60.0))

    assert {Outcome.CENSORED} == outcomes(rows)
    assert np.all(rows["read_ns"] - rows["intended_ns"] >= ns_from_s(0.3))


def test_an_open_loop_that_falls_behind_censors_what_it_could_not_send(order: Order) -> None:
    load = Open(rate=500.0, arrivals=Arrivals.CONSTANT, connections=3)
    rows, report = send(replace(order, load=load, shots=(shot("/never"),), timeout_s=60.0, drain_s=0.1))

    assert (200, 200) == (report.intended, len(rows))
    assert np.sum(rows["sent_ns"] < 0) == 197


@pytest.mark.parametrize(
    ("overload", "deadline_s"), [(Overload.MAX_IN_FLIGHT, None), (Overload.DEADLINE, 0.05)], ids=["at once", "late"]
)
def test_the_overload_policy_sheds_and_counts(order: Order, overload: Overload, deadline_s: float | None) -> None:
    load = Open(rate=200.0, connections=3, overload=overload, deadline_s=deadline_s)
    rows, report = send(replace(order, load=load, shots=(shot("/never"),)))

    assert {Outcome.TIMEOUT, Outcome.SHED} <= outcomes(rows)
    assert report.intended == len(rows)


def test_what_waits_for_a_connection_is_sent_when_a_timeout_frees_it(order: Order) -> None:
    load = Open(rate=50.0, arrivals=Arrivals.CONSTANT, connections=1)
    rows, _ = send(replace(order, load=load, shots=(shot("/never"),), timeout_s=0.1, drain_s=0.4))

    assert np.sum(rows["sent_ns"] > 0) >= 4


def test_the_moments_of_every_answer_in_pieces_are_noted(order: Order) -> None:
    events = replace(shot("/events", body="data: 0\n\ndata: 1\n\ndata: 2\n\n"), piece_end="\n\n")
    rows, _ = send(replace(order, shots=(events, shot("/right"))))
    moments = np.load(order.chunks_path)
    watched = rows[rows["endpoint"] == 0]
    path = Path(order.rows_path).with_name("pieces.parquet")
    write_chunks(moments, rows, path)
    found = read_chunks(path)
    whose = np.sort(rows, order="intended_ns")[found["request"]]

    assert {Outcome.OK} == outcomes(rows)
    assert len(moments) == 4 * len(watched) > 0
    assert {0} == set(whose["endpoint"])
    assert np.array_equal(np.tile(np.arange(4), len(watched)), found["piece"])
    assert np.all((whose["sent_ns"] <= found["read_ns"]) & (found["read_ns"] <= whose["read_ns"]))


def test_what_does_not_come_in_pieces_leaves_no_file_of_them(order: Order) -> None:
    send(order)

    assert not Path(order.chunks_path).exists()


@pytest.mark.parametrize("path", ["/echo", "/echo-pings"])
@pytest.mark.parametrize("load", [Closed(connections=2), Open(rate=50.0)], ids=["closed", "open"])
def test_messages_go_over_a_websocket_that_stays_open(order: Order, load: Load, path: str) -> None:
    echo = PlannedRequest(endpoint="websocket", target=path, message="Hello")
    rows, report = send(replace(order, load=load, shots=(echo, replace(echo, message="Bye")), timeout_s=5.0))

    assert {Outcome.OK} == outcomes(rows)
    assert {len("Hello"), len("Bye")} == set(rows["bytes"])
    assert len(np.unique(rows["connection"])) == report.connects <= len(rows) // 2


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/echo-closes", {Outcome.OK, Outcome.RESET}), ("/right", {Outcome.STATUS}), ("/never", {Outcome.TIMEOUT})],
)
def test_a_websocket_that_is_closed_or_refused_is_opened_again(order: Order, path: str, expected: set[Outcome]) -> None:
    rows, report = send(replace(order, shots=(PlannedRequest(endpoint="websocket", target=path, message="Hello"),)))

    assert expected == outcomes(rows)
    assert report.connects > 2


def test_a_session_has_a_connection_of_its_own(order: Order) -> None:
    load = Open(rate=100.0, requests_per_session=3)
    rows, report = send(replace(order, load=load))
    _, requests = np.unique(rows["connection"], return_counts=True)

    assert report.connects == len(requests)
    assert np.median(requests) == 3


def test_a_server_that_dies_is_refused_connections_and_they_are_counted(order: Order, server: Child) -> None:
    rows, report = send(order, on_start=server.stop)

    assert {Outcome.REFUSED} == outcomes(rows)
    assert 0 < report.intended == len(rows)


@pytest.mark.parametrize(
    ("code", "limit"),
    [
        (errno.EADDRNOTAVAIL, "ip_local_port_range"),
        (errno.EMFILE, "ulimit -n"),
        (errno.ENFILE, "fs.file-max"),
        (errno.ENOBUFS, "tcp_mem"),
    ],
)
def test_a_limit_of_this_machine_is_no_error_of_the_server(
    order: Order, monkeypatch: pytest.MonkeyPatch, code: int, limit: str
) -> None:
    def exhausted(*_: object) -> None:
        raise OSError(code, "as the kernel says it")

    monkeypatch.setattr("stacklab.driver.loop.connection._socket", exhausted)

    with pytest.raises(UsageError, match=limit):
        send(order)


def test_a_target_that_nobody_serves_is_named(order: Order, server: Child) -> None:
    server.stop()

    with pytest.raises(UsageError, match=rf"127.0.0.1:{order.port} cannot be connected to \(Connection refused\)"):
        send(order)


def test_an_order_without_shots_is_refused(order: Order) -> None:
    with pytest.raises(UsageError, match="there is nothing to send"):
        send(replace(order, shots=()))


def test_no_descriptor_stays_open(order: Order) -> None:
    send(order)
    before = open_files()
    send(order)

    assert before == open_files()


def test_the_driver_notes_what_every_second_cost(order: Order) -> None:
    _, report = send(replace(order, warmup_s=0.5))
    bounds = [second.start_ns for second in report.seconds]

    assert report.spans[0].start_ns == bounds[0]
    assert all(second.cpu_s >= 0 and second.wall_s <= 1.5 for second in report.seconds)
    assert report.gc_collections == 0
