"""Gates as a build meets them: real sessions, three exit codes, and files that others read."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

STACK = "uvicorn-uvloop-bare"
SIZES = ("--stack", STACK, "--scenario", "json", "--rounds", "2", "--warmup", "0.1", "--measure", "0.3")


def run(*words: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", *words],
        cwd=cwd,
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module", name="measured")
def _measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a session, which was measured with a promise that fails and one that holds."""
    folder = tmp_path_factory.mktemp("gates")
    conditions = ("--fail-if", "rss > 1 MiB", "--fail-if", "rss > 100 GiB")
    done = run("run", *SIZES, *conditions, "--junit", "gate.xml", cwd=folder)
    assert done.returncode == 1, done.stderr
    return folder


def test_a_run_whose_promise_fails_exits_with_1_and_writes_junit(measured: Path) -> None:
    cases = {case.get("name"): case for case in ET.parse(measured / "gate.xml").getroot().iter("testcase")}  # noqa: S314 (our own)

    assert (True, False) == tuple(
        cases[name].find("failure") is not None for name in ("rss <= 1 MiB", "rss <= 100 GiB")
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--fail-if", "rss > 100 GiB"), 0),
        (("--fail-if", "rss > 1 MiB"), 1),
        (("--fail-if", "first_byte_p99 > 1 s"), 4),
        (("--fail-if", "first_byte_p99 > 1 s", "--cannot-tell", "pass"), 0),
        (("--fail-if", "first_byte_p99 > 1 s", "--cannot-tell", "fail"), 1),
        (("--fail-if", "first_byte_p99 > 1"), 2),
        ((), 2),
    ],
)
def test_each_answer_has_its_exit_code(measured: Path, words: tuple[str, ...], code: int) -> None:
    done = run("gate", *words, cwd=measured)

    assert code == done.returncode, done.stderr


def test_a_promise_file_names_the_owner_to_github(measured: Path, tmp_path: Path) -> None:
    file, summary = tmp_path / "promises.toml", tmp_path / "summary.md"
    file.write_text(f'[[promise]]\nowner = "shop"\nstack = "{STACK}"\nkeep = ["rss <= 1 MiB"]\n')
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}

    done = run("gate", "--promises", str(file), "--format", "json", cwd=measured, env=env)

    assert ("fails", "shop") == (json.loads(done.stdout)["answer"], json.loads(done.stdout)["judgements"][0]["owner"])
    assert (True, True) == (
        "::error title=" in done.stderr and "(shop)" in done.stderr,
        "❌ fails" in summary.read_text(),
    )


def test_a_condition_that_makes_no_sense_is_refused_before_anything_is_measured(tmp_path: Path) -> None:
    done = run("run", *SIZES, "--fail-if", "p99 > 1.10", cwd=tmp_path)

    assert (2, False, 1) == (done.returncode, (tmp_path / "results").exists(), len(done.stderr.splitlines()))
