"""The GIL is asked about in the worker that has served the load, and who turned it on is read from its log."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacklab.effects.environments.environment import provide
from stacklab.effects.environments.interpreter import find
from stacklab.effects.wire.verify import turned_on_by
from stacklab.errors import StageError
from stacklab.model.measured.record import Completed, Gil, ServerFacts
from stacklab.store.session import StoredSession, locate

WARNING = (
    "<frozen importlib._bootstrap>:488: RuntimeWarning: The global interpreter lock (GIL) has been enabled to load "
    "module 'pyuwsgi', which has not declared that it can run safely without the GIL. To override this behavior and "
    "keep the GIL disabled (at your own risk), run with PYTHON_GIL=0 or -Xgil=0.\n"
)
"""As CPython 3.13.5t says it."""

FREE_THREADED = ("3.15t", "3.14t", "3.13t")


def measured(folder: Path, stack: str, python: str) -> ServerFacts:
    short = ("--scenario", "json", "--rounds", "1", "--warmup", "0.1", "--measure", "0.3")
    words = ("run", "--stack", stack, "--python", python, *short, "--no-noise-floor", "--repeat-disturbed", "0")
    subprocess.run([sys.executable, "-m", "stacklab", *words], cwd=folder, check=True, timeout=300)
    (run,) = StoredSession.open(locate(folder / "results", None)).runs
    assert isinstance(run, Completed)
    return run.server


@pytest.mark.parametrize(
    ("log", "module"),
    [
        (WARNING, "pyuwsgi"),
        (f"started\n{WARNING}{WARNING.replace('pyuwsgi', 'later')}", "pyuwsgi"),
        ("started\n", None),
    ],
)
def test_a_log_tells_which_module_needed_the_gil_first(tmp_path: Path, log: str, module: str | None) -> None:
    path = tmp_path / "server.log"
    path.write_text(log)

    assert module == turned_on_by(path)


def test_an_interpreter_of_everyday_runs_with_the_gil(tmp_path: Path) -> None:
    version = ".".join(map(str, sys.version_info[:2]))

    assert Gil(on=True) == measured(tmp_path, "gunicorn-sync-bare", version).gil


def test_a_program_in_another_language_has_none_to_ask_about(tmp_path: Path) -> None:
    version = ".".join(map(str, sys.version_info[:2]))

    assert measured(tmp_path, "node-http", version).gil is None


def test_an_interpreter_that_had_to_turn_it_on_says_for_whom(tmp_path: Path) -> None:
    """Without a free-threaded build at hand: an interpreter that says of itself what such a one would say."""
    made = provide(["gunicorn==27.0.1"], python=None, cache=tmp_path / "cache")
    python = tmp_path / "python3.99t"
    disguise = tmp_path / "disguise"
    disguise.mkdir()
    (disguise / "sitecustomize.py").write_text(
        "import sys\n"
        "sys.abiflags += 't'\n"
        f"sys.executable = {str(python)!r}\n"
        "sys._is_gil_enabled = lambda: True\n"
        f"print({WARNING.strip()!r}, file=sys.stderr)\n"
    )
    python.write_text(f'#!/bin/sh\nPYTHONPATH={disguise}:$PYTHONPATH exec {made.python} "$@"\n')
    python.chmod(0o755)

    ran = measured(tmp_path, "gunicorn-sync-bare", str(python))

    assert (True, Gil(on=True, turned_on_by="pyuwsgi")) == (ran.free_threaded, ran.gil)


def _free_threaded() -> str | None:
    for version in FREE_THREADED:
        try:
            find(version)
        except StageError:
            continue
        return version
    return None


@pytest.mark.parametrize(("stack", "gil"), [("gunicorn-sync-bare", Gil(on=False)), ("uwsgi-bare", None)])
def test_a_free_threaded_interpreter_does_without_until_an_extension_needs_it(
    tmp_path: Path, stack: str, gil: Gil | None
) -> None:
    version = _free_threaded()
    if version is None:
        pytest.skip("there is no free-threaded interpreter here")

    ran = measured(tmp_path, stack, version)

    assert (gil or Gil(on=True, turned_on_by="pyuwsgi")) == ran.gil
    assert ran.free_threaded
