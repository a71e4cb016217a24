"""Versions, settings and interpreters as axes: real environments, one session, and a sentence for every bad input."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.effects.environments.interpreter import find
from stacklab.errors import UsageError
from stacklab.model.measured.record import Completed
from stacklab.model.traffic.load import Open
from stacklab.store.session import StoredSession, locate

HELD = ("--stack", "uvicorn-asyncio-bare-h11", "--scenario", "json")
"""It holds click for uvicorn's sake, and under this scenario it loads no websockets."""

BARE = ("--stack", "gunicorn-sync-bare", "--scenario", "json")
SHORT = ("--rounds", "1", "--warmup", "0.1", "--measure", "0.3", "--no-noise-floor", "--repeat-disturbed", "0")
VERSION = ".".join(map(str, sys.version_info[:2]))

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(name="stacklab")
def _stacklab(tmp_path: Path) -> Program:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        program = [sys.executable, "-m", "stacklab", *words]
        return subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Path:
    """A folder with a package of its own making, as a maintainer has one: it takes the place of ``websockets``."""
    folder = tmp_path / "mine" / "checkout"
    (folder / "src" / "websockets").mkdir(parents=True)
    (folder / "src" / "websockets" / "__init__.py").write_text("")
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[project]\nname = "websockets"\nversion = "99.1"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["src/websockets"]\n'
    )
    return folder


def session_in(folder: Path) -> StoredSession:
    return StoredSession.open(locate(folder / "results", None))


def versions(session: StoredSession, package: str) -> dict[str, str]:
    return {run.cell.name: run.server.packages[package] for run in session.runs if isinstance(run, Completed)}


def test_two_versions_of_a_server_are_measured_in_one_session(stacklab: Program, tmp_path: Path) -> None:
    done = stacklab("run", *BARE, *SHORT, "--with", "gunicorn==23.0.0", "--vary", "backlog=256")

    session = session_in(tmp_path)
    assert {"gunicorn-sync-bare,backlog=256", "gunicorn-sync-bare,backlog=256+gunicorn==23.0.0"} == {
        run.cell.name for run in session.runs
    }
    assert set(session.plan.variants) == {run.cell.name for run in session.runs}, done.stderr


def test_a_package_that_nobody_requires_is_changed_where_it_is_held(stacklab: Program, tmp_path: Path) -> None:
    stacklab("run", *HELD, *SHORT, "--with", "click==8.1.0")

    found = versions(session_in(tmp_path), "click")
    assert "8.1.0" == found.pop("uvicorn-asyncio-bare-h11+click==8.1.0")
    assert {"uvicorn-asyncio-bare-h11"} == found.keys()
    reported = json.loads(stacklab("report", "--format", "json").stdout)
    (kin,) = reported["variants"]
    assert [("click", True)] == [(one["what"], one["asked"]) for one in kin["differences"]]


def test_a_version_is_one_more_interpreter(stacklab: Program, tmp_path: Path) -> None:
    other = next((version for version in ("3.12", "3.13", "3.10") if version != VERSION and _is_there(version)), None)
    if other is None:
        pytest.skip("there is one interpreter here")

    stacklab("run", *BARE, *SHORT, "--python", VERSION, "--python", other)

    ran = {run.cell.name: run.server.python for run in session_in(tmp_path).runs if isinstance(run, Completed)}
    assert {f"gunicorn-sync-bare@{version}": True for version in (VERSION, other)} == {
        name: python.startswith(f"CPython {name.rpartition('@')[2]}.") for name, python in ran.items()
    }


def _is_there(version: str) -> bool:
    try:
        find(version)
    except UsageError:
        return False
    return True


def test_what_cannot_be_had_keeps_nothing_else_from_running(stacklab: Program, tmp_path: Path) -> None:
    done = stacklab("run", *BARE, *SHORT, "--with", "gunicorn==999")

    assert (1, False) == (done.returncode, "Traceback" in done.stderr)
    assert "gunicorn-sync-bare+gunicorn==999 cannot be measured" in done.stderr
    assert "there is no version of gunicorn==999" in done.stderr
    assert {"gunicorn-sync-bare": True, "gunicorn-sync-bare+gunicorn==999": False} == {
        run.cell.name: isinstance(run, Completed) for run in session_in(tmp_path).runs
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--with", "nosuch==1"), "--with: no chosen stack has nosuch"),
        (("--with", "gunicorn=="), "is not a requirement"),
        (("--with", "./nosuch"), "there is no such folder or file"),
        (("--with", "gunicorn==26.0", "--with", "gunicorn==26.0"), "would be measured twice"),
        (("--vary", "frobs=1"), "--vary frobs: no chosen stack or scenario has it"),
        (("--vary", "workers=many"), "workers: 'many' is not a whole number from 1"),
        (("--vary", "access_log=loud"), "access_log: unknown value 'loud'; choose from off, on"),
        (("--vary", "workers"), "is not of the form workers=1,2,4"),
        (("--python", "9.9", "--python", "9.8"), "there is no python9.9 on PATH"),
        (("--python", "3.12", "--python", "3.12"), "the same interpreter is named twice"),
        (("--python", "./python", "--with", "gunicorn==26.0"), "is used as it is"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_no_session(
    stacklab: Program, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    done = stacklab("run", *BARE, *SHORT, *words)

    assert (2, False) == (done.returncode, "Traceback" in done.stderr)
    assert says in done.stderr
    assert not (tmp_path / "results").exists()


def test_a_folder_is_measured_and_not_named(stacklab: Program, tmp_path: Path, checkout: Path) -> None:
    done = stacklab("run", *HELD, *SHORT, "--with", str(checkout))

    session = session_in(tmp_path)
    assert "99.1" == versions(session, "websockets").get("uvicorn-asyncio-bare-h11+websockets@checkout"), done.stderr
    texts = [path for path in session.folder.rglob("*") if path.suffix in {".json", ".log", ".txt"}]
    assert [] == [path.name for path in texts if str(checkout.parent) in path.read_text()]


def test_a_session_goes_on_with_a_folder_once_that_is_named_again(
    stacklab: Program, tmp_path: Path, checkout: Path
) -> None:
    stacklab("run", *HELD, *SHORT, "--with", str(checkout))
    run = session_in(tmp_path).folder / "uvicorn-asyncio-bare-h11+websockets@checkout" / "json" / "r01" / "run.json"
    run.unlink()

    without, other = stacklab("run", "--resume", "latest"), stacklab("run", "--resume", "latest", "--vary", "workers=2")
    again = stacklab("run", "--resume", "latest", "--with", str(checkout))

    assert (2, True) == (without.returncode, "name it again with --with PATH" in without.stderr)
    assert (2, True) == (other.returncode, "the session already has its plan" in other.stderr)
    assert (0, True) == (again.returncode, run.is_file())


def test_a_scenario_is_measured_with_each_number_of_connections(stacklab: Program, tmp_path: Path) -> None:
    done = stacklab("run", *BARE, "--stack", "uvicorn-asyncio-bare-h11", *SHORT, "--vary", "connections=1,4")

    session = session_in(tmp_path)
    opened = {
        run.cell.scenario: len(set(session.requests(run)["connection"].tolist()) - {0})
        for run in session.runs
        if isinstance(run, Completed) and run.cell.stack.startswith("uvicorn")  # gunicorn-sync closes its connections
    }
    assert {"json,connections=1": 1, "json,connections=4": 4} == opened, done.stderr
    assert "Over connections: json: " in stacklab("report", "--format", "text").stdout


def test_a_rate_may_be_a_share_of_what_the_slowest_stack_serves(stacklab: Program, tmp_path: Path) -> None:
    both = ("--stack", "gunicorn-sync-bare", "--stack", "uvicorn-asyncio-bare-h11")
    done = stacklab("run", *both, "--scenario", "json-open", *SHORT, "--vary", "rate=20%")

    plan = session_in(tmp_path).plan
    (scenario,), maximum = plan.scenarios, plan.maxima["json-open"]
    assert isinstance(scenario.load, Open), done.stderr
    assert ("json-open,rate=20%", True) == (scenario.name, maximum.stack in {stack.name for stack in plan.stacks})
    assert scenario.load.rate == pytest.approx(0.2 * maximum.rps, rel=0.06)
    assert [tmp_path / "results" / session_in(tmp_path).name] == list((tmp_path / "results").glob("2*"))
    assert "The rate is 20% of the" in " ".join(stacklab("report", "--format", "text").stdout.split())
