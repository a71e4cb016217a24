"""The doctor on this machine, whatever it is."""

import getpass
import json
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from stacklab.analysis.doctor.examination import EXAMINATIONS


@pytest.fixture(name="doctor")
def _doctor(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return _run("--json", cwd=tmp_path)


def _run(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "stacklab", "doctor", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_every_examination_is_in_the_document(doctor: subprocess.CompletedProcess[str]) -> None:
    assert len(EXAMINATIONS) == len(json.loads(doctor.stdout)["diagnoses"])


def test_the_exit_code_is_1_exactly_when_something_is_bad(doctor: subprocess.CompletedProcess[str]) -> None:
    levels = {diagnosis["level"] for diagnosis in json.loads(doctor.stdout)["diagnoses"]}

    assert int("bad" in levels) == doctor.returncode


def test_nobody_and_no_place_is_named(doctor: subprocess.CompletedProcess[str]) -> None:
    words = set(doctor.stdout.replace('"', " ").replace(",", " ").split())

    assert words.isdisjoint({platform.node(), getpass.getuser(), str(Path.home()), tempfile.gettempdir()})


def test_the_table_says_its_levels_in_words(tmp_path: Path) -> None:
    lines = _run(cwd=tmp_path).stdout.splitlines()

    assert len(EXAMINATIONS) == sum(line.startswith(("fine ", "note ", "warn ", "bad ")) for line in lines)
