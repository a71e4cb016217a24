"""What a stack calls a setting turns something: its access log is written, its parser parses, and nothing breaks."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.model.measured.record import Completed, Failed, Outcome, Run
from stacklab.store.session import StoredSession, locate

KNOWN = catalogue.read(workspace.find(Path(__file__).parent)).stacks

ONE_OF_EACH_SERVER = tuple({stack.argv[2:]: stack for stack in KNOWN.values() if stack.settings}.values())
"""A command line says all that differs between two stacks with the same settings, but for the app."""

Measured = Callable[..., StoredSession]


@pytest.fixture(scope="module", name="measured")
def _measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    def run(*words: str) -> StoredSession:
        folder = tmp_path_factory.mktemp("settings")
        short = ("--scenario", "json", "--rounds", "1", "--warmup", "0.1", "--measure", "0.3")
        once = ("--no-noise-floor", "--repeat-disturbed", "0")
        program = (sys.executable, "-m", "stacklab", "run", *short, *once, *words)
        subprocess.run(program, cwd=folder, timeout=600, check=False)
        return StoredSession.open(locate(folder / "results", None))

    return run


def what_went_wrong(session: StoredSession, run: Run) -> str | None:
    if isinstance(run, Failed):
        return f"{run.stage}: {run.reason}"
    assert isinstance(run, Completed)
    wrong = set(session.requests(run)["outcome"].tolist()) - {Outcome.OK}
    return f"outcomes {wrong}" if wrong else None


def with_settings(*names: str, without: str = "") -> list[str]:
    chosen = (stack for stack in ONE_OF_EACH_SERVER if stack.settings.keys() >= set(names))
    return [stack.name for stack in chosen if without not in stack.settings]


@pytest.mark.parametrize(
    ("vary", "stacks"),
    [
        (("access_log=on", "backlog=256"), with_settings("access_log", "backlog")),
        pytest.param(
            ("access_log=off", "keep_alive_s=5"),
            with_settings("access_log", "keep_alive_s"),
            marks=pytest.mark.minutes,
        ),
        pytest.param(
            ("access_log=off",), with_settings("access_log", without="keep_alive_s"), marks=pytest.mark.minutes
        ),
        (("backlog=256", "keep_alive_s=5"), with_settings("backlog", "keep_alive_s", without="access_log")),
        (("parser=httptools,h11",), with_settings("parser")),
    ],
    ids=["a log", "no log", "no log and nothing kept", "nothing to log", "parser"],
)
def test_a_server_takes_the_values_of_its_settings(
    measured: Measured, vary: tuple[str, ...], stacks: list[str]
) -> None:
    chosen = [word for stack in stacks for word in ("--stack", stack)]
    varied = [word for one in vary for word in ("--vary", one)]

    session = measured(*chosen, *varied)

    assert len(stacks) * (1 + vary[0].count(",")) == len(session.runs)
    assert {} == {run.cell.name: why for run in session.runs if (why := what_went_wrong(session, run))}
    if vary[0].startswith("access_log"):
        written = {run.cell.name: bool(re.search(r"GET \S*/json", _log(session, run))) for run in session.runs}
        assert dict.fromkeys(written, vary[0].endswith("on")) == written


def test_as_many_workers_answer_as_were_asked_for(measured: Measured) -> None:
    session = measured("--stack", "gunicorn-sync-bare", "--vary", "workers=1,3", "--vary", "backlog=128")

    assert ["gunicorn-sync-bare,workers=1,backlog=128", "gunicorn-sync-bare,workers=3,backlog=128"] == sorted(
        run.cell.name for run in session.runs
    )
    for run in session.runs:
        assert isinstance(run, Completed)
        asked = 3 if "workers=3" in run.cell.name else 1
        assert f"--workers {asked} --worker-class sync --backlog 128" in " ".join(run.server.argv)
        assert asked == len(set(session.requests(run)["worker"].tolist()))


def _log(session: StoredSession, run: Run) -> str:
    return (session.folder / run.cell.folder / "server.log").read_text()
