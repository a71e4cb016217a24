"""Children: each begins as it should, and none outlives its supervisor, whatever it does about it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import stacklab.effects.processes.supervisor
from stacklab.effects.clock import wait_for
from stacklab.effects.processes.supervisor import Child, Supervisor, run
from stacklab.errors import StageError
from stacklab.procfs import tree

DEADLINE_S = 20.0

Hear = Callable[[Child, str], str]


class Spawn:
    """Starts a program of the tests."""

    def __init__(self, supervisor: Supervisor, programs: Path, folder: Path) -> None:
        self._supervisor, self._programs, self._folder = supervisor, programs, folder

    def __call__(self, program: str, **options: object) -> Child:
        argv = [sys.executable, str(self._programs / f"{program}.py")]
        return self._supervisor.spawn(argv, name=program, log=self._folder / f"{program}.log", **options)  # type: ignore[arg-type] # whatever spawn takes


@pytest.fixture
def spawn(supervisor: Supervisor, programs: Path, tmp_path: Path) -> Spawn:
    return Spawn(supervisor, programs, tmp_path)


def is_alive(pid: int) -> bool:
    """Whether a process exists and is not only waiting to be reaped."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def members(family: Child) -> list[int]:
    """The processes of family.py that it did not become itself."""
    return [int(line.split()[1]) for line in family.tail() if line.startswith("member")]


def whole_family(spawn: Spawn, heard: Hear) -> tuple[Child, list[int]]:
    """family.py with its three members."""
    family = spawn("family")
    heard(family, "ready")
    found = wait_for(lambda: members(family) if len(members(family)) == 3 else None, deadline_s=DEADLINE_S)
    assert found is not None, family.tail()
    return family, found


def test_a_child_is_the_program_itself(spawn: Spawn, heard: Hear) -> None:
    child = spawn("polite")
    heard(child, "ready")
    command = Path(f"/proc/{child.pid}/cmdline").read_text()

    assert command.rstrip("\0").endswith("polite.py")


def test_a_child_finds_nothing_to_read(spawn: Spawn, heard: Hear) -> None:
    assert json.loads(heard(spawn("speak"), "found"))["stdin"] == ""


def test_a_child_has_a_session_of_its_own(spawn: Spawn, heard: Hear) -> None:
    assert json.loads(heard(spawn("speak"), "found"))["leads_session"] is True


def test_a_child_runs_on_the_processors_it_was_given(spawn: Spawn, heard: Hear) -> None:
    last = max(os.sched_getaffinity(0))

    assert json.loads(heard(spawn("speak", cpus={last}), "found"))["cpus"] == [last]


def test_a_child_runs_in_the_folder_it_was_given(spawn: Spawn, heard: Hear, tmp_path: Path) -> None:
    assert json.loads(heard(spawn("speak", cwd=tmp_path), "found"))["folder"] == str(tmp_path.resolve())


def test_a_child_sees_only_the_environment_it_was_given(spawn: Spawn, heard: Hear) -> None:
    seen = json.loads(heard(spawn("speak", env={"FLAVOUR": "salt"}), "found"))["environment"]

    assert {"FLAVOUR": "salt"} == {name: value for name, value in seen.items() if name != "LC_CTYPE"}


@pytest.fixture
def deaf() -> Iterator[None]:
    """Ignores and blocks signals, as a caller may have done."""
    numbers = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("deaf")
def test_a_child_hears_signals_that_the_caller_ignores(spawn: Spawn, heard: Hear) -> None:
    seen = json.loads(heard(spawn("speak"), "found"))

    assert ([], []) == (seen["ignored"], seen["blocked"])


def test_stderr_goes_to_the_log_as_well(spawn: Spawn, heard: Hear) -> None:
    child = spawn("speak")

    assert heard(child, "on stderr") == ""


def test_a_child_that_is_polite_dies_politely(spawn: Spawn, heard: Hear) -> None:
    child = spawn("polite")
    heard(child, "ready")
    child.stop()

    assert child.tail() == ("ready", "bye")


def test_a_child_that_ignores_the_request_is_killed(spawn: Spawn, heard: Hear) -> None:
    child = spawn("stubborn")
    heard(child, "ready")
    child.stop()

    assert child.returncode() == -signal.SIGKILL


def test_what_is_killed_says_no_last_word(spawn: Spawn, heard: Hear) -> None:
    child = spawn("polite")
    heard(child, "ready")
    child.kill()
    child.stop()

    assert child.tail() == ("ready",)


def test_stopping_ends_the_whole_family(spawn: Spawn, heard: Hear) -> None:
    family, found = whole_family(spawn, heard)
    family.stop()

    assert [] == [pid for pid in (family.pid, *found) if is_alive(pid)]


def test_stopping_twice_changes_nothing(spawn: Spawn, heard: Hear) -> None:
    child = spawn("polite")
    heard(child, "ready")
    child.stop()
    code = child.returncode()
    child.stop()

    assert child.returncode() == code


def test_a_daemon_ends_with_the_program_that_left_it(spawn: Spawn, heard: Hear) -> None:
    child = spawn("daemon")
    daemon = int(heard(child, "daemon"))

    assert wait_for(lambda: None if is_alive(daemon) else True, deadline_s=DEADLINE_S)


def test_a_program_that_ends_by_itself_has_its_exit_code(spawn: Spawn) -> None:
    assert spawn("daemon").wait(DEADLINE_S) == 0


def test_a_program_that_runs_has_no_exit_code(spawn: Spawn) -> None:
    assert spawn("polite").returncode() is None


def test_a_program_that_was_killed_tells_the_signal(spawn: Spawn, heard: Hear) -> None:
    child = spawn("polite")
    heard(child, "ready")
    os.kill(child.pid, signal.SIGSEGV)

    assert child.wait(DEADLINE_S) == -signal.SIGSEGV


def test_a_flood_of_output_goes_to_the_log_whole(spawn: Spawn) -> None:
    child = spawn("flood")
    child.wait(DEADLINE_S)

    assert child.log.stat().st_size == 16 * 1024 * 1024


def test_the_tail_is_the_end_of_the_log(spawn: Spawn) -> None:
    child = spawn("flood")
    child.wait(DEADLINE_S)

    assert [line.split()[1] for line in child.tail(2)] == ["262142", "262143"]


def test_a_program_that_does_not_exist_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"server \(gunicorn\) could not be started: No such file or directory"):
        supervisor.spawn([str(tmp_path / "gunicorn")], name="server", log=tmp_path / "log")


def test_a_program_that_may_not_be_executed_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    (tmp_path / "gunicorn").touch(mode=0o644)

    with pytest.raises(StageError, match=r"server \(gunicorn\) could not be started: Permission denied"):
        supervisor.spawn([str(tmp_path / "gunicorn")], name="server", log=tmp_path / "log")


def test_a_folder_that_does_not_exist_is_named(supervisor: Supervisor, tmp_path: Path) -> None:
    with pytest.raises(StageError, match="nowhere"):
        supervisor.spawn([sys.executable], name="server", log=tmp_path / "log", cwd=tmp_path / "nowhere")


def test_leaving_the_supervisor_ends_everything_even_by_an_exception(
    programs: Path, tmp_path: Path, heard: Hear
) -> None:
    supervisor = Supervisor()
    family, found = whole_family(Spawn(supervisor, programs, tmp_path), heard)
    with pytest.raises(KeyboardInterrupt), supervisor:
        raise KeyboardInterrupt

    assert [] == [pid for pid in (family.pid, *found) if is_alive(pid)]


def test_a_program_and_its_workers_die_with_their_warden(spawn: Spawn, heard: Hear) -> None:
    child = spawn("busy_workers")
    heard(child, "ready")
    pids = tree(child.pid)
    child._warden.kill()
    code = child.wait(DEADLINE_S)
    assert wait_for(lambda: None if any(map(is_alive, pids)) else True, deadline_s=DEADLINE_S)

    assert (code, len(pids)) == (-signal.SIGKILL, 2)


def test_a_warden_that_was_stopped_ends_with_all_that_is_below_it(
    spawn: Spawn, heard: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    family, found = whole_family(spawn, heard)
    monkeypatch.setattr(stacklab.effects.processes.supervisor, "GRACE_S", 0.1)  # it does nothing in that time
    family._warden.send_signal(signal.SIGSTOP)
    family.stop()

    assert wait_for(
        lambda: not any(map(is_alive, (family._warden.pid, family.pid, *found))) or None, deadline_s=DEADLINE_S
    )


@pytest.fixture
def harness(programs: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """harness.py: a server with workers, locust and py-spy under one supervisor."""
    argv = [sys.executable, str(programs / "harness.py"), str(programs), str(tmp_path)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_survives_the_harness(how: signal.Signals, harness: subprocess.Popen[str]) -> None:
    assert harness.stdout is not None
    word, *rest = harness.stdout.readline().split()
    pids = {int(pid) for pid in rest}
    assert (word, len(pids)) == ("alive", 6)  # the server, its three, locust, py-spy
    harness.send_signal(how)

    assert wait_for(lambda: None if any(map(is_alive, pids)) else True, deadline_s=DEADLINE_S)


def test_a_short_command_gives_what_it_wrote(programs: Path) -> None:
    finished = run([sys.executable, "-c", "import sys; print('out'); sys.exit('err')"], timeout_s=DEADLINE_S)

    assert (finished.returncode, sorted(finished.output.split())) == (1, ["err", "out"])


def test_a_short_command_that_takes_too_long_is_ended(programs: Path) -> None:
    with pytest.raises(StageError, match="did not finish within"):
        run([sys.executable, str(programs / "polite.py")], timeout_s=0.2)
