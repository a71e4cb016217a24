"""Verifying over the wire: every fault is named, and every request is counted."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.effects.http import NoAnswer, ask
from stacklab.effects.port import free_port, is_taken
from stacklab.effects.process import Child, Supervisor
from stacklab.effects.ready import first_answer
from stacklab.effects.verify import breaches_over_the_wire, served, served_since
from stacklab.model.contract import Exchange

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
        first_answer(child, HOST, port, ANYTHING, deadline_s=DEADLINE_S)
        return port

    return start


def test_a_server_that_keeps_the_contract_has_no_faults(serve: Serve) -> None:
    assert breaches_over_the_wire(HOST, serve("good"), [HELLO, HELLO]) == ()


def test_every_fault_is_named(serve: Serve) -> None:
    other = Exchange(summary="other", target="/other", status=(404,), body="wrong")

    assert breaches_over_the_wire(HOST, serve("wrong"), [HELLO, other]) == (
        "hello (GET /): body b'wrong' instead of b'Hello'",
        "other (GET /other): status 200 instead of 404",
    )


def test_one_connection_serves_all_questions(serve: Serve) -> None:
    port = serve("good")
    before = int(ask(HOST, port, Exchange(summary="", target="/connections")).body)
    breaches_over_the_wire(HOST, port, [HELLO] * 5)

    assert int(ask(HOST, port, Exchange(summary="", target="/connections")).body) == before + 2


def test_a_server_that_hangs_up_after_each_answer_is_asked_again(serve: Serve) -> None:
    assert breaches_over_the_wire(HOST, serve("curt"), [HELLO] * 3) == ()


def test_a_server_that_is_not_there_is_a_fault() -> None:
    assert breaches_over_the_wire(HOST, free_port(), [HELLO]) == ("hello (GET /): no answer: connection refused",)


def test_no_answer_tells_why() -> None:
    with pytest.raises(NoAnswer, match="connection refused"):
        ask(HOST, free_port(), HELLO)


def test_a_port_where_somebody_listens_is_taken(serve: Serve) -> None:
    assert is_taken(HOST, serve("good"))


def test_a_free_port_is_not_taken() -> None:
    assert not is_taken(HOST, free_port())


def test_the_requests_between_two_counts_are_counted(serve: Serve) -> None:
    port = serve("good")
    before = served(HOST, port)
    assert before is not None
    breaches_over_the_wire(HOST, port, [HELLO] * 7)

    assert served_since(HOST, port, before) == dict.fromkeys(before, 7)


def test_an_app_that_cannot_count_says_nothing_of_it(serve: Serve) -> None:
    assert served(HOST, serve("uncounted")) is None


def test_all_workers_show_and_count(
    supervisor: Supervisor, programs: Path, tmp_path: Path, heard: Callable[[Child, str], str]
) -> None:
    port = free_port()
    argv = [sys.executable, str(programs / "counting_workers.py"), str(port)]
    heard(supervisor.spawn(argv, name="workers", log=tmp_path / "log"), "ready")
    before = served(HOST, port, workers=3)
    assert before is not None
    for _ in range(20):
        ask(HOST, port, ANYTHING)
    since = served_since(HOST, port, before)
    assert since is not None

    assert (len(before), sum(since.values())) == (3, 20)
