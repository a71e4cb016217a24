"""The sessions of nox say what they need, before one of them fails for the lack of it."""

import runpy
import sys
from pathlib import Path

import pytest
from packaging.version import Version

NOXFILE = str(Path(__file__).resolve().parents[2] / "noxfile.py")


@pytest.fixture(autouse=True)
def _without_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    virtualenv = pytest.importorskip("nox.virtualenv")
    monkeypatch.setattr(virtualenv, "find_uv", lambda: (False, "uv", Version("0")))


def test_a_session_without_uv_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["nox", "-s", "bench(gunicorn-gevent-flask)"])

    with pytest.raises(SystemExit, match=r'install it with `pip install "nox\[uv\]"`, or write `python3 noxfile.py`'):
        runpy.run_path(NOXFILE, run_name="noxfile")


def test_the_list_of_sessions_needs_no_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["nox", "-l"])

    assert "bench" in runpy.run_path(NOXFILE, run_name="noxfile")
