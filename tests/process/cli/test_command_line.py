"""The command line as a user meets it: a real program, real stacks, and a sentence for every bad input."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.model.measured.record import Completed
from stacklab.model.traffic.warmup import Plateau, WarmupEnd
from stacklab.store.session import StoredSession, locate

ROOT = Path(__file__).resolve().parents[3]
BARE = ("--stack", "gunicorn-sync-bare", "--scenario", "json")
SHORT = ("--rounds", "1", "--warmup", "0.1", "--measure", "0.3")
FIXED = {WarmupEnd.FIXED}
TESTED = set(WarmupEnd) - FIXED

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="stacklab")
def _stacklab(tmp_path: Path) -> Program:
    def run(*words: str, cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "stacklab", *words],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture(name="mine")
def _mine(tmp_path: Path) -> Path:
    """A workspace of one's own with one small stack."""
    for name in ("targets", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "--stack", "gunicorn-gevnt-flask"), "did you mean 'gunicorn-gevent-flask'?"),
        (("run", "--scenario", "jsom"), "did you mean 'json'?"),
        (("run", *BARE, "--measure", "-1"), "'--measure': -1.0 is not in the range x>0"),
        (("run", *BARE, "--warmup", "-1"), "'--warmup': -1.0 is not in the range x>=0"),
        (("run", *BARE, "--measure", "inf"), "'--measure': inf is not a finite number"),
        (("run", *BARE, "--rounds", "0"), "--rounds"),
        (("run", *BARE, "--until", "much"), "'much' is not a share such as 3% or 0.03"),
        (("run", *BARE, "--until", "300%"), "'300%' is not a share such as 3% or 0.03"),
        (("run", *BARE, "--until", "3%", "--budget", "0"), "'--budget': 0.0 is not in the range x>0"),
        (("run", *BARE, "--budget", "60"), "--budget limits the rounds that --until adds"),
        (("run", *BARE, "--server-cpus", "a"), "not a list of processors"),
        (("run", *BARE, "--server-cpus", "3-1"), "'3-1' is not a list of processors"),
        (("run", *BARE, "--server-cpus", "4095"), "4095"),
        (("run", "--stack", "gunicorn-sync-bare", "--scenario", "blocking-mistake"), "does not exist for WSGI"),
        (("run", "--resume", "nosuch"), "there is no session 'nosuch'"),
        (("run", "--resume", "latest", "--preset", "quick"), "--preset cannot be combined with --resume"),
        (("run", "--resume", "latest", "--app", "a:b", "--path", "/"), "--app cannot be combined with --resume"),
        (("reproduce", "--resume", "latest", "wellons-flood"), "[CLAIM]... cannot be combined with --resume"),
        (("run", *BARE, *SHORT, "--python", "/no/such/python"), "python could not be started: No such file"),
        (("run", *BARE, *SHORT, "--python", "9.9"), "there is no python9.9"),
        (("run", *BARE, "--results", "/proc/nosuch"), "choose another folder with --results"),
        (("report",), "there is no session yet; `stacklab run` creates one"),
        (("report", "nosuch"), "there is no session 'nosuch'"),
        (("report", "."), "not a session"),
        (("report", str(ROOT / "results" / "reference"), "-o", "/proc/nosuch"), "choose another with -o"),
        (("profile", "--seconds", "nan"), "'--seconds': nan is not a finite number"),
        (("init", "/proc/nosuch"), "cannot be written (No such file or directory); choose another folder\n"),
        (("profile", "--session", "nosuch"), "there is no session 'nosuch'"),
        (("frobnicate",), "no command 'frobnicate'"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(stacklab: Program, words: tuple[str, ...], says: str) -> None:
    done = stacklab(*words)

    assert (2, False) == (done.returncode, "Traceback" in done.stderr)
    assert says in done.stderr


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        ("targets/stacks/gunicorn-sync-bare.toml", "summary = ", "summary ", "not valid TOML"),
        ("targets/stacks/gunicorn-sync-bare.toml", "summary = ", "worker = 2\nsummary = ", "did you mean `workers`?"),
        ("scenarios/json-open.toml", "rate = ", "rate = 0 #", "load.rate: 0.0 is not above zero"),
        ("scenarios/json-open.toml", "rate = ", "rate = inf #", "`load.rate`: write a finite number"),
        ("scenarios/json.toml", 'endpoint = "json"', 'endpoint = "jsno"', "did you mean 'json'?"),
    ],
)
def test_a_wrong_toml_is_named_with_its_key(
    stacklab: Program, mine: Path, file: str, old: str, new: str, says: str
) -> None:
    change(mine / file, old, new)

    done = stacklab("run", *BARE, cwd=mine)

    assert (2, True) == (done.returncode, Path(file).name in done.stderr)
    assert says in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("wsgi_app:app", "wsgi_nosuch:app", "ModuleNotFoundError: No module named 'wsgi_nosuch'"),
        ("wsgi_app:app", "wsgi_app:nosuch", "nosuch"),
        ("gunicorn==", "gunicorn==999.", "cannot be made"),
    ],
)
def test_a_stack_that_cannot_boot_says_why(stacklab: Program, mine: Path, old: str, new: str, says: str) -> None:
    change(mine / "targets/stacks/gunicorn-sync-bare.toml", old, new)

    done = stacklab("run", *BARE, *SHORT, cwd=mine)

    assert (2, False) == (done.returncode, "Traceback (most recent" in done.stderr.split("failed")[0])
    assert says in done.stderr


def test_a_failed_stack_does_not_keep_the_others_from_running(stacklab: Program, mine: Path) -> None:
    change(mine / "targets/stacks/gunicorn-sync-bare.toml", "wsgi_app:app", "wsgi_nosuch:app")

    stacklab("run", *BARE, "--stack", "uvicorn-uvloop-bare", *SHORT, cwd=mine)

    reported = json.loads(stacklab("report", "--format", "json", cwd=mine).stdout)
    assert {"gunicorn-sync-bare": True, "uvicorn-uvloop-bare": False} == {
        cell["stack"]: "failed" in cell for cell in reported["cells"]
    }


def test_an_app_may_lie_directly_in_the_folder_of_apps(stacklab: Program, mine: Path) -> None:
    apps = mine / "targets/apps"
    for file in (apps / "bare").glob("wsgi_*.py"):
        file.rename(apps / file.name)
    change(mine / "targets/stacks/gunicorn-sync-bare.toml", "bare/wsgi_app:app", "wsgi_app:app")

    done = stacklab("check", "gunicorn-sync-bare", cwd=mine)

    assert (0, "") == (done.returncode, done.stderr)


def test_a_port_that_is_taken_is_named(stacklab: Program) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        done = stacklab("run", *BARE, *SHORT, "--port", port)

    assert (2, True) == (done.returncode, f"port {port} is already taken" in done.stderr)


@pytest.mark.parametrize(
    ("stated", "plateau", "ends"), [((), Plateau(at_most_s=1.0), TESTED), (("--warmup", "0.1"), None, FIXED)]
)
def test_a_warmup_ends_by_a_test_unless_its_length_is_stated(
    stacklab: Program, tmp_path: Path, stated: tuple[str, ...], plateau: Plateau | None, ends: set[WarmupEnd]
) -> None:
    """The rule is stored with the plan, and what it led to with the run."""
    words = ("--preset", "quick", "--rounds", "1", "--measure", "0.3", "--no-noise-floor", "--repeat-disturbed", "0")
    stacklab("run", *BARE, *words, *stated)

    session = StoredSession.open(locate(tmp_path / "results", None))
    (run,) = session.runs
    assert isinstance(run, Completed)
    assert plateau == session.plan.plateau
    assert run.driver.warmup_end in ends
    assert run.driver.spans[0].length_s >= session.plan.warmup_s


def test_from_plan_to_page(stacklab: Program, tmp_path: Path) -> None:
    stacklab("run", *BARE, *SHORT, "--stack", "uvicorn-uvloop-starlette")

    done = stacklab("report")

    (session,) = (plan.parent for plan in (tmp_path / "results").glob("*/plan.json"))
    assert (0, True) == (done.returncode, (session / "report.html").is_file())
    assert "uvicorn-uvloop-starlette" in (session / "report.html").read_text()


def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(stacklab: Program, tmp_path: Path) -> None:
    words = (*BARE, "--no-noise-floor", "--rounds", "3", "--warmup", "0.1", "--measure", "0.3")
    with subprocess.Popen(
        [sys.executable, "-m", "stacklab", "run", *words], cwd=tmp_path, stderr=subprocess.PIPE, text=True
    ) as program:
        assert program.stderr is not None
        for line in program.stderr:
            if line.startswith("1/3"):
                program.send_signal(signal.SIGINT)
                break
        rest = program.stderr.read()

    assert (130, True) == (program.returncode, "stacklab run --resume" in rest)
    resumed = stacklab("run", "--resume", "latest")
    assert (0, True) == (resumed.returncode, " cells, 0 failed" in resumed.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a disk that is small enough to fill")
def test_a_full_disk_ends_the_run_with_a_sentence(stacklab: Program, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24k", "tmpfs", small], check=True)
    try:
        done = stacklab("run", *BARE, *SHORT, "--results", str(small))
    finally:
        subprocess.run(["umount", small], check=True)

    assert (2, False) == (done.returncode, "Traceback" in done.stderr)
    assert "the disk is full; free some space and resume with --resume" in done.stderr
