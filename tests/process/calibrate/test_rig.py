"""The rig on which the driver is tried: real servers, real loads, and a sentence for every bad target."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from stacklab.analysis.instrument import fidelity
from stacklab.calibrate import calibration, selftests
from stacklab.calibrate.ceiling import closed_loop, open_loop
from stacklab.calibrate.rig import Rig
from stacklab.calibrate.target import NamedTarget, null_server, of_url
from stacklab.effects.processes.supervisor import Supervisor
from stacklab.effects.wire.ready import free_port
from stacklab.errors import StageError, UsageError
from stacklab.model.measured.calibration import SelfTestResult, SelfTestVerdict
from stacklab.model.traffic.load import Open
from stacklab.model.traffic.order import PlannedRequest
from stacklab.report.calibration import document

PLAIN = PlannedRequest(endpoint="null", target="/")


@pytest.fixture(name="rig")
def _bench(supervisor: Supervisor, tmp_path: Path) -> Rig:
    return Rig(supervisor=supervisor, folder=tmp_path, server_cpus=(), driver_cpus=())


@pytest.fixture(name="aim")
def _aim(rig: Rig) -> Iterator[NamedTarget]:
    with rig.serve("null_server") as server:
        yield NamedTarget(server.at(PLAIN), "null server")


def test_a_closed_loop_finds_a_rate(rig: Rig, aim: NamedTarget) -> None:
    found, _ = closed_loop(rig, aim.target, seconds=0.5)

    assert found.rps > 100


def test_an_open_loop_finds_how_late_requests_are_sent(rig: Rig, aim: NamedTarget) -> None:
    found = open_loop(rig, aim.target, rate=200, seconds=0.5)

    assert 0 < found.p50 <= found.p99 <= found.p999


def test_a_target_that_never_answers_rightly_has_no_ceiling(rig: Rig) -> None:
    with rig.serve("delays", "many") as server, pytest.raises(StageError, match="gave no correct response under load"):
        closed_loop(rig, server.at(PlannedRequest(endpoint="error", target="/?end=error")), seconds=0.2)


def test_a_server_that_does_not_start_fails_with_its_reason(rig: Rig) -> None:
    with pytest.raises(StageError, match="delays server ended before it listened"), rig.serve("delays", "few"):
        pass


def test_without_a_faster_loop_the_null_server_runs_on_the_harness_interpreter(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StageError("no index can be reached")

    monkeypatch.setattr("stacklab.effects.environments.environment.provide", refuse)
    with null_server(rig, cache=tmp_path) as aim:
        name = aim.name

    assert "null server on the harness's own interpreter" == name


def test_what_goes_wrong_beside_a_load_is_not_lost(rig: Rig, aim: NamedTarget) -> None:
    def break_down(_: int) -> None:
        raise StageError("it broke")

    with pytest.raises(StageError, match="it broke"):
        rig.send(Open(rate=100.0), aim.target, measure_s=0.2, beside=break_down)


def test_a_calibration_names_each_step_and_has_all_numbers(
    rig: Rig, aim: NamedTarget, monkeypatch: pytest.MonkeyPatch
) -> None:
    def two_of_a_kind() -> Iterator[selftests.SelfTest]:
        yield selftests.SelfTest("good", lambda _: SelfTestResult(name="good", passed=True, text="Yes.", numbers={}))
        yield selftests.SelfTest("broken", lambda _: _raise(StageError("the server ended")))

    monkeypatch.setattr(selftests, "self_tests", two_of_a_kind)
    monkeypatch.setattr(calibration, "RATES", (200,))
    told: list[str] = []
    made = calibration.calibrate(rig, nullcontext(aim), seconds=0.5, on_step=told.append)

    assert list(calibration.steps()) == told
    assert (["200"], [True, False]) == (
        list(document(made)["dispatch_lag_us"]),
        [test["passed"] for test in document(made)["self_tests"]],
    )
    assert made.self_tests[1].text.startswith("It could not be done: the server ended. (Second attempt")
    assert json.dumps(document(made), allow_nan=False)


@pytest.mark.parametrize(("outcomes", "passed"), [((True,), True), ((False, True), True), ((False, False), False)])
def test_a_self_test_that_fails_once_is_repeated(outcomes: tuple[bool, ...], passed: bool, rig: Rig) -> None:
    left = list(outcomes)
    self_test = selftests.SelfTest("x", lambda _: SelfTestResult(name="x", passed=left.pop(0), text="", numbers={}))

    assert (passed, []) == (selftests.attempt(self_test, rig).passed, left)


@pytest.mark.parametrize(
    ("stolen", "answer"),
    [
        ((0.5, 0.25), SelfTestVerdict.CANNOT_TELL),
        ((0.5, 0.0), SelfTestVerdict.FAILED),
        ((0.0, 0.5), SelfTestVerdict.FAILED),
    ],
)
def test_only_a_driver_that_was_robbed_both_times_cannot_be_judged(
    stolen: tuple[float, float], answer: SelfTestVerdict, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = list(stolen)
    monkeypatch.setattr(selftests, "steal_share", lambda *_, **__: left.pop(0))
    self_test = selftests.SelfTest("x", lambda _: SelfTestResult(name="x", passed=False, text="", numbers={}))

    found = selftests.attempt(self_test, rig)

    assert (answer, min(stolen), []) == (fidelity.answer(found), found.stolen, left)


@pytest.mark.parametrize(
    "self_test",
    [
        selftests.SelfTest(
            "lost", lambda _: SelfTestResult(name="lost", passed=False, text="", numbers={}), timed=False
        ),
        selftests.SelfTest("broken", lambda _: _raise(StageError("the server ended"))),
    ],
    ids=lambda self_test: self_test.name,
)
def test_a_lost_request_and_a_load_that_broke_are_not_excused_by_stolen_time(
    self_test: selftests.SelfTest, rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selftests, "steal_share", lambda *_, **__: 0.5)

    assert fidelity.answer(selftests.attempt(self_test, rig)) is SelfTestVerdict.FAILED


def _raise(error: Exception) -> SelfTestResult:
    raise error


@pytest.fixture(name="answering")
def _answering(rig: Rig) -> Iterator[Callable[[str], str]]:
    """The URL of a server that gives an answer of this kind."""
    with rig.serve("delays", "many") as server:
        yield lambda end: f"http://127.0.0.1:{server.port}/?end={end}"


def test_a_server_of_the_users_that_answers_is_a_target(answering: Callable[[str], str]) -> None:
    url = answering("right")

    assert url == of_url(url).name


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("error", "its status is 500 instead of 200; name a path that is served"),
        ("hangs-up", "start the server, or correct the URL"),
    ],
)
def test_a_server_that_does_not_answer_well_is_no_target(end: str, says: str, answering: Callable[[str], str]) -> None:
    with pytest.raises(UsageError, match=says):
        of_url(answering(end))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--target", "http://example.com/"), "is not an IPv4 loopback address"),
        (("--target", f"http://127.0.0.1:{free_port()}/"), "connection refused; start the server"),
        (("--results", "/proc/nosuch"), "choose another folder with --results"),
        (("--seconds", "60"), "--seconds"),
        (("--driver-cpus", "4095"), "4095"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "stacklab", "calibrate", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (2, False) == (done.returncode, "Traceback" in done.stderr)
    assert says in done.stderr
