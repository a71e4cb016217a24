"""Shells complete commands, options, and the names of stacks, scenarios, claims and sessions."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

STACKLAB = Path(sys.executable).parent / "stacklab"

ASKED = [
    (["repo"], "report"),
    (["run", "--pres"], "--preset"),
    (["run", "--preset", "qu"], "quick"),
    (["run", "--stack", "uvicorn-uvloop-st"], "uvicorn-uvloop-starlette"),
    (["run", "--scenario", "jso"], "json"),
    (["check", "gunicorn-sync-ba"], "gunicorn-sync-bare"),
    (["reproduce", "wellons-fl"], "wellons-flood"),
    (["report", "before"], "before-upgrade"),
    (["compare", "before-upgrade", "late"], "latest"),
    (["run", "--resume", "20261121"], "20261121T101500Z-0002"),
]
"""Words that are typed, and what the last of them may become."""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A folder with two sessions, as far as completion looks at them."""
    for name in ("20261120T101500Z-0001-before-upgrade", "20261121T101500Z-0002"):
        (tmp_path / "results" / name).mkdir(parents=True)
        (tmp_path / "results" / name / "plan.json").write_text("{}")
    return tmp_path


def called(folder: Path, command: list[str], **variables: str) -> subprocess.CompletedProcess[str]:
    around = os.environ | {"PATH": f"{STACKLAB.parent}:{os.environ['PATH']}"} | variables
    return subprocess.run(command, cwd=folder, env=around, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_read_by_it_without_complaint(folder: Path, shell: str) -> None:
    script = called(folder, [str(STACKLAB)], _STACKLAB_COMPLETE=f"{shell}_source")
    assert (0, True) == (script.returncode, "_STACKLAB_COMPLETE" in script.stdout)
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")

    read = called(folder, [shell, "-n", "-c", script.stdout])

    assert (0, "") == (read.returncode, read.stderr)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(("typed", "becomes"), ASKED)
def test_bash_completes_what_is_typed(folder: Path, typed: list[str], becomes: str) -> None:
    words = " ".join(f"'{word}'" for word in ("stacklab", *typed))
    program = f"""
        eval "$(_STACKLAB_COMPLETE=bash_source stacklab)"
        COMP_WORDS=({words}); COMP_CWORD={len(typed)}
        _stacklab_completion stacklab
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """

    done = called(folder, ["bash", "--norc", "-c", program])

    assert becomes in done.stdout.splitlines(), done.stderr


@pytest.mark.parametrize(("typed", "becomes"), ASKED)
def test_the_other_shells_get_the_same_names(folder: Path, typed: list[str], becomes: str) -> None:
    words = " ".join(("stacklab", *typed))
    zsh = called(
        folder, [str(STACKLAB)], _STACKLAB_COMPLETE="zsh_complete", COMP_WORDS=words, COMP_CWORD=str(len(typed))
    )
    fish = called(folder, [str(STACKLAB)], _STACKLAB_COMPLETE="fish_complete", COMP_WORDS=words, COMP_CWORD=typed[-1])

    assert becomes in zsh.stdout.splitlines()
    assert becomes in {line.partition(",")[2].partition("\t")[0] for line in fish.stdout.splitlines()}
