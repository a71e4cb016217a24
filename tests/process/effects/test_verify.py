"""Verifying over the wire: every fault is named, and every request is counted."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire.http import NoResponse, send
from stacklab.effects.wire.ready import first_response, free_port, is_taken
from stacklab.effects.wire.verify import check, miscounts, served, served_since
from stacklab.model.traffic.exchange import Exchange

HOST = "127.0.0.1"
DEADLINE_S = 20.0
ANYTHING = Exchange(summary="anything", target="/")
HELLO = Exchange(summary="hello", target="/", body="Hello")

Serve = Callable[[str], int]


@pytest.fixture
def serve(supervisor: Supervisor, programs: Path, tmp_path: Path) -> Serve:
    """``serve(behaviour)`` starts server.py and waits until it serves: its port."""

    def start(behaviour: str) -> int:
        port = free_port()
        argv = [sys.executable, str(programs / "server.py"), str(port), behaviour]
        child = supervisor.spawn(argv, name="server", log=tmp_path / "server.log")
        first_response(child, HOST, port, ANYTHING, deadline_s=DEADLINE_S)
        return port

    return start


def test_a_server_that_keeps_the_contract_has_no_faults(serve: Serve) -> None:
    assert check(HOST, serve("good"), [HELLO, HELLO]).mismatches == ()


def test_every_fault_is_named(serve: Serve) -> None:
    other = Exchange(summary="other", target="/other", status=(404,), body="wrong")

    assert check(HOST, serve("wrong"), [HELLO, other]).mismatches == (
        "hello (GET /): body b'wrong' instead of b'Hello'",
        "other (GET /other): status 200 instead of 404",
    )


def test_one_connection_serves_all_questions(serve: Serve) -> None:
    port = serve("good")
    before = int(send(HOST, port, Exchange(summary="", target="/connections")).body)
    check(HOST, port, [HELLO] * 5)

    assert int(send(HOST, port, Exchange(summary="", target="/connections")).body) == before + 2


@pytest.mark.parametrize(("in_chunks", "lengths"), [(False, "[100000]"), (True, "[65536, 34464]")])
def test_a_body_is_sent_with_its_length_or_in_chunks(serve: Serve, in_chunks: bool, lengths: str) -> None:
    upload = Exchange(
        summary="upload", target="/", method="POST", sends=b"x" * 100_000, in_chunks=in_chunks, body=lengths
    )

    assert check(HOST, serve("good"), [upload, HELLO, upload]).mismatches == ()


def test_a_server_that_hangs_up_after_each_answer_is_asked_again(serve: Serve) -> None:
    assert check(HOST, serve("curt"), [HELLO] * 3).mismatches == ()


def test_a_server_that_is_not_there_is_a_fault() -> None:
    assert check(HOST, free_port(), [HELLO]).mismatches == ("hello (GET /): no response: connection refused",)


def test_no_answer_tells_why() -> None:
    with pytest.raises(NoResponse, match="connection refused"):
        send(HOST, free_port(), HELLO)


def test_a_port_where_somebody_listens_is_taken(serve: Serve) -> None:
    assert is_taken(HOST, serve("good"))


def test_a_free_port_is_not_taken() -> None:
    assert not is_taken(HOST, free_port())


def test_the_requests_between_two_counts_are_counted(serve: Serve) -> None:
    port = serve("good")
    before = served(HOST, port)
    assert before is not None
    check(HOST, port, [HELLO] * 7)

    assert served_since(HOST, port, before) == dict.fromkeys(before, 7)


def test_requests_that_an_app_does_not_count_are_named(serve: Serve) -> None:
    other = Exchange(summary="other", target="/other")

    assert miscounts(HOST, serve("forgetful"), [HELLO, other, HELLO]) == (
        "other (GET /other): it is counted 0 times instead of once",
    )


@pytest.mark.parametrize("behaviour", ["good", "curt", "uncounted"])
def test_an_app_that_counts_each_request_once_or_not_at_all_has_no_miscounts(serve: Serve, behaviour: str) -> None:
    assert miscounts(HOST, serve(behaviour), [HELLO] * 3) == ()


def test_an_app_that_cannot_count_says_nothing_of_it(serve: Serve) -> None:
    assert served(HOST, serve("uncounted")) is None


@pytest.fixture(name="three_workers")
def _three_workers(supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]) -> int:
    """The port of a server with three workers, each of which counts."""
    port = free_port()
    argv = [sys.executable, str(programs / "counting_workers.py"), str(port)]
    heard(supervisor.spawn(argv, name="workers", log=tmp_path / "log"), "ready")
    return port


def test_what_was_served_is_not_known_while_a_worker_does_not_show(three_workers: int) -> None:
    assert served(HOST, three_workers, workers=4) is None


def test_what_a_worker_that_is_gone_has_served_is_not_known(three_workers: int) -> None:
    before = served(HOST, three_workers, workers=3)
    assert before is not None
    gone = max(before) + 1

    assert served_since(HOST, three_workers, {**before, gone: 100}) is None


def test_all_workers_show_and_count(three_workers: int) -> None:
    port = three_workers
    before = served(HOST, port, workers=3)
    assert before is not None
    for _ in range(20):
        send(HOST, port, ANYTHING)
    since = served_since(HOST, port, before)
    assert since is not None

    assert (len(before), sum(since.values())) == (3, 20)
