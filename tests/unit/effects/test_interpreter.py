"""Whose Python an app of one's own runs in: the nearest environment, as its developer would expect."""

import sys
from pathlib import Path

import pytest

from stacklab.effects.environments.interpreter import find_interpreter


def an_environment(folder: Path) -> Path:
    python = folder / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(mode=0o755)
    return python


@pytest.mark.parametrize("name", [".venv", "venv"])
def test_the_environment_of_the_folder_is_taken_first(tmp_path: Path, name: str) -> None:
    own, active = an_environment(tmp_path / "app" / name), an_environment(tmp_path / "active")
    found = find_interpreter(tmp_path / "app", environ={"VIRTUAL_ENV": str(active.parent.parent)})

    assert (own, f"the environment {name} in {tmp_path / 'app'}") == found


def test_the_environment_of_a_folder_above_is_found(tmp_path: Path) -> None:
    own = an_environment(tmp_path / ".venv")

    assert own == find_interpreter(tmp_path / "src" / "shop", environ={}).python


def test_then_the_active_environment_then_what_is_on_the_path(tmp_path: Path) -> None:
    active, on_path = an_environment(tmp_path / "active"), an_environment(tmp_path / "usr")
    path = {"PATH": str(on_path.parent)}

    assert (
        active == find_interpreter(tmp_path / "app", environ={**path, "VIRTUAL_ENV": str(tmp_path / "active")}).python
    )
    assert (on_path, "python on PATH") == find_interpreter(tmp_path / "app", environ=path)
    assert Path(sys.executable) == find_interpreter(tmp_path / "app", environ={"PATH": ""}).python


def test_what_is_named_wins(tmp_path: Path) -> None:
    an_environment(tmp_path / ".venv")
    named = an_environment(tmp_path / "other")

    assert named == find_interpreter(tmp_path, named="other/bin/python", environ={}).python
    assert named == find_interpreter(tmp_path, named=str(tmp_path / "other"), environ={}).python
