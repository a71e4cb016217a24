"""The GitHub Action, by what it runs: its script compares two commits whose requests differ by a planted 5 %."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import uv
import yaml

from stacklab.effects import callgrind

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "action" / "compare-commits.sh"
TURNS, FIVE_PERCENT_MORE = 1_000, 1_180
"""Of the loop in a request: it takes about two sevenths of the instructions of the first commit."""
APP = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    for _ in range({turns}):
        pass
    await send({{"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}})
    await send({{"type": "http.response.body", "body": b"42"}})
"""


def action() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
    return document


def steps() -> Mapping[str, dict[str, Any]]:
    return {step["name"]: step for step in action()["runs"]["steps"]}


def test_the_step_that_measures_runs_the_script_and_sets_what_it_reads() -> None:
    step = steps()["Compare the commits"]
    read = set(re.findall(r"\$\{([A-Z_]+)(?::|\})", SCRIPT.read_text())) - {"GITHUB_OUTPUT"}

    assert '"$GITHUB_ACTION_PATH/action/compare-commits.sh"' == step["run"]
    assert read | {"APP", "BASE", "HEAD"} == set(step["env"])


def test_every_input_is_used_and_every_output_is_written() -> None:
    text = (ROOT / "action.yml").read_text()

    assert [] == [name for name in action()["inputs"] if f"inputs.{name}" not in text]
    assert [] == [name for name in action()["outputs"] if f'echo "{name}=' not in SCRIPT.read_text()]


def test_no_expression_is_pasted_into_a_shell() -> None:
    assert [] == [name for name, step in steps().items() if "${{" in step.get("run", "")]


def git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=a test", "-c", "user.email=test@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(name="repository")
def _repository(tmp_path: Path) -> Path:
    """Two commits, and the environment of the app."""
    folder = tmp_path / "shop"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch", "main")
    for turns in (TURNS, FIVE_PERCENT_MORE):
        (folder / "shop.py").write_text(APP.format(turns=turns))
        git(folder, "add", "shop.py")
        git(folder, "commit", "--quiet", "-m", f"{turns} turns")
    subprocess.run([uv.find_uv_bin(), "venv", "--quiet", "--python", sys.executable, folder / ".venv"], check=True)
    return folder


def compared(repository: Path, base: str, head: str) -> subprocess.CompletedProcess[str]:
    """Run the script as its step does."""
    env = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "XDG_STATE_HOME": str(repository.parent),
        "GITHUB_ACTIONS": "true",
        "GITHUB_OUTPUT": str(repository.parent / "output"),
        "GITHUB_STEP_SUMMARY": str(repository.parent / "summary.md"),
        "FOLDER": str(repository.parent / "out"),
        "APP": "shop:app",
        "PATHS": "/\n",
        "BASE": base,
        "HEAD": head,
        "SERVER": "uvicorn-asyncio",
        "FAIL_IF": "instructions > 1.02\n",
        "PROFILES": "0",
        "STACKLAB_UPGRADE_ROUNDS": "2",
        "STACKLAB_UPGRADE_MEASURE": "0.5",
    }
    return subprocess.run(
        [str(SCRIPT)], cwd=repository, env=env, capture_output=True, text=True, timeout=400, check=False
    )


@pytest.mark.minutes
@pytest.mark.skipif(callgrind.refusal() is not None, reason="valgrind is not installed")
def test_a_planted_five_percent_between_two_commits_fails_the_job(repository: Path) -> None:
    done = compared(repository, "main~1", "main")

    out = repository.parent / "out"
    assert 1 == done.returncode, done.stderr
    assert "answer=fails\n" in (repository.parent / "output").read_text()
    assert "::error title=stacklab%3A instructions <= 1.02 times A fails" in done.stderr
    assert "❌ fails" in (repository.parent / "summary.md").read_text()
    assert {"comment.md", "page.html", "gate.xml", "results"} == {path.name for path in out.iterdir()}
    assert "instructions per request" in (out / "comment.md").read_text()


def test_a_commit_that_is_not_there_is_named_and_nothing_is_answered(repository: Path) -> None:
    done = compared(repository, "no-such-commit", "main")

    assert (2, True, False) == (
        done.returncode,
        "there is no commit 'no-such-commit'; in a shallow clone, fetch it first" in done.stderr,
        (repository.parent / "output").exists(),
    )


def test_the_script_has_no_fault_that_bash_sees() -> None:
    bash = shutil.which("bash")
    assert bash is not None

    assert "" == subprocess.run([bash, "-n", SCRIPT], capture_output=True, text=True, check=True).stderr
