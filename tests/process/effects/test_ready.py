"""Readiness is a verified answer; whatever keeps it from coming is named."""

import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stacklab.effects.processes.supervisor import Child, Supervisor
from stacklab.effects.wire.ready import first_response, free_port
from stacklab.errors import StageError
from stacklab.model.traffic.exchange import Exchange

HOST = "127.0.0.1"
HELLO = Exchange(summary="hello", target="/", content_type="text/plain", body="Hello")
DEADLINE_S = 20.0
SHORT_S = 0.5

Serve = Callable[[str], tuple[Child, int]]


@pytest.fixture
def serve(supervisor: Supervisor, programs: Path, tmp_path: Path) -> Serve:
    """``serve(behaviour)`` starts server.py: the child and its port."""

    def start(behaviour: str) -> tuple[Child, int]:
        port = free_port()
        argv = [sys.executable, str(programs / "server.py"), str(port), behaviour]
        return supervisor.spawn(argv, name="server", log=tmp_path / "server.log"), port

    return start


@pytest.fixture
def listening(serve: Serve, heard: Callable[[Child, str], str]) -> Serve:
    """The same, as soon as it listens: what follows has little time."""

    def start(behaviour: str) -> tuple[Child, int]:
        child, port = serve(behaviour)
        heard(child, "listening")
        return child, port

    return start


def failure(child: Child, port: int, *, deadline_s: float) -> StageError:
    """The error that waiting for this server ends with."""
    with pytest.raises(StageError) as raised:
        first_response(child, HOST, port, HELLO, deadline_s=deadline_s)
    return raised.value


def test_a_good_answer_is_returned(serve: Serve) -> None:
    child, port = serve("good")

    assert first_response(child, HOST, port, HELLO, deadline_s=DEADLINE_S).body == b"Hello"


def test_a_server_that_answers_500_first_is_waited_for(serve: Serve) -> None:
    child, port = serve("failing")

    assert first_response(child, HOST, port, HELLO, deadline_s=DEADLINE_S).status == 200


def test_a_server_that_listens_late_is_waited_for(serve: Serve, heard: Callable[[Child, str], str]) -> None:
    child, port = serve("late")
    heard(child, "ready")
    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(first_response, child, HOST, port, HELLO, deadline_s=DEADLINE_S)
        os.kill(child.pid, signal.SIGUSR1)

        assert waiting.result().status == 200


def test_a_server_that_never_listens_is_refused(serve: Serve) -> None:
    reason = failure(*serve("deaf"), deadline_s=SHORT_S).reason

    assert reason == "server gave no correct response within 0.5 s: connection refused"


def test_a_server_that_never_answers_says_nothing_whole(listening: Serve) -> None:
    reason = failure(*listening("mute"), deadline_s=SHORT_S).reason

    assert reason.startswith("server gave no correct response within 0.5 s: nothing whole within 0.")


def test_half_an_answer_is_none(listening: Serve) -> None:
    reason = failure(*listening("cut"), deadline_s=SHORT_S).reason

    assert reason == "server gave no correct response within 0.5 s: IncompleteRead(5 bytes read, 5 more expected)"


def test_a_wrong_answer_is_named_as_it_differs(listening: Serve) -> None:
    reason = failure(*listening("wrong"), deadline_s=SHORT_S).reason

    assert reason == "server gave no correct response within 0.5 s: hello (GET /): body b'wrong' instead of b'Hello'"


def test_a_server_that_dies_before_it_listens_gives_its_reason(serve: Serve) -> None:
    reason = failure(*serve("broken"), deadline_s=DEADLINE_S).reason

    assert (
        reason == "server exited with code 1 before it served; "
        "its log says: ModuleNotFoundError: No module named 'flask'"
    )


def test_the_tail_of_the_log_goes_with_the_failure(serve: Serve) -> None:
    tail = failure(*serve("broken"), deadline_s=DEADLINE_S).log_tail

    assert tail[0] == "ready"


def test_a_server_that_dies_while_it_is_asked_tells_its_exit_code(serve: Serve) -> None:
    assert "exited with code 7" in failure(*serve("dying"), deadline_s=DEADLINE_S).reason


def test_a_server_that_is_killed_tells_the_signal(serve: Serve) -> None:
    child, port = serve("deaf")
    os.kill(child.pid, signal.SIGSEGV)

    assert "was ended by SIGSEGV" in failure(child, port, deadline_s=DEADLINE_S).reason


def test_a_server_that_finds_its_port_taken_says_so(serve: Serve, supervisor: Supervisor, programs: Path) -> None:
    first, port = serve("good")
    first_response(first, HOST, port, HELLO, deadline_s=DEADLINE_S)
    argv = [sys.executable, str(programs / "server.py"), str(port), "good"]
    second = supervisor.spawn(argv, name="second", log=first.log.with_name("second.log"))
    second.wait(DEADLINE_S)

    assert failure(second, port, deadline_s=DEADLINE_S).address_in_use


def test_the_answer_of_another_server_is_none_of_ones_own(serve: Serve) -> None:
    stranger, port = serve("good")
    first_response(stranger, HOST, port, HELLO, deadline_s=DEADLINE_S)
    child, _ = serve("deaf")

    assert "already taken" in failure(child, port, deadline_s=DEADLINE_S).reason
