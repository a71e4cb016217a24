"""Environments: each stack runs in a virtual environment of its own, made by uv, and kept by what it holds."""

import fcntl
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import uv

from stacklab.effects.process import run
from stacklab.errors import StageError, UsageError
from stacklab.units import Seconds

OLDEST: Final = (3, 9)
"""The oldest Python that the programs in ``targets/`` are written for."""

INSTALL_S: Final[Seconds] = 900.0
"""Time for downloads and builds; a warm cache needs less than a second."""

PROBE: Final = """
import json, platform, sys
print(json.dumps({
    "executable": sys.executable,
    "base": sys.base_prefix,
    "implementation": platform.python_implementation(),
    "version": list(sys.version_info[:3]),
    "path": [folder for folder in sys.path[1:] if folder],
}))
"""
"""Asks an interpreter who it is: pyenv's shims hide it, and only running it tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """An interpreter with the packages it finds."""

    python: Path
    base: str
    """Folder of the installation that it was made from."""
    implementation: str
    """``CPython 3.11.7``."""
    packages: Mapping[str, str]
    """Every distribution, by its normalised name, and its version."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Interpreter:
    """What an interpreter says of itself."""

    executable: str
    base: str
    """Where the installation lies that a virtual environment is made from."""
    implementation: str
    version: list[int]
    path: list[str]


def provide(requirements: Sequence[str], *, python: Path | None, cache: Path) -> Environment:
    """An environment with these requirements: from the cache, or made now.

    ``python`` None: the interpreter that runs the harness. A build that is killed leaves nothing that counts, and of
    several at the same time one builds and the others wait. Raises UsageError if something cannot be had.
    """
    interpreter = _ask(python or Path(sys.executable))
    key = json.dumps([interpreter.base, interpreter.implementation, interpreter.version, sorted(requirements)])
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    with _alone(folder):
        if not folder.exists():
            unfinished = folder.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            _build(unfinished, interpreter, requirements)
            unfinished.rename(folder)
    return existing(folder / "bin" / "python")


def existing(python: Path) -> Environment:
    """An environment as it is: a nox session's, or the user's own. Raises UsageError if no Python runs there."""
    interpreter = _ask(python)
    packages: dict[str, str] = {}
    for found in distributions(path=interpreter.path):
        if "Name" in found.metadata:  # not so in what an interrupted uninstall leaves behind
            # Of two versions the first on the path is the one that is imported.
            packages.setdefault(re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(), found.version)
    return Environment(
        python=Path(interpreter.executable),
        base=interpreter.base,
        implementation=f"{interpreter.implementation} {'.'.join(map(str, interpreter.version))}",
        packages=dict(sorted(packages.items())),
    )


def _ask(python: Path) -> _Interpreter:
    """Run an interpreter once to learn what it is."""
    try:
        finished = run([str(python), "-c", PROBE], timeout_s=30.0)
    except StageError as error:
        raise UsageError(f"the interpreter {python} cannot be run: {error.reason}; name another") from error
    said = finished.output.splitlines() or ["nothing"]
    if finished.returncode != 0:
        raise UsageError(f"{python} is not a Python that runs; name another interpreter. It says: {said[0]}")
    interpreter = _Interpreter(**json.loads(said[-1]))
    if tuple(interpreter.version) < OLDEST:
        is_, needed = (".".join(map(str, version)) for version in (interpreter.version, OLDEST))
        raise UsageError(f"{python} is Python {is_}; stacks need {needed} or later: name another interpreter")
    return interpreter


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep others from building the same environment meanwhile; the kernel lets go if this process is killed."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.with_suffix(".lock").open("w")
    except OSError as error:
        raise UsageError(f"environments cannot be kept in {folder.parent}: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, interpreter: _Interpreter, requirements: Sequence[str]) -> None:
    """Make the environment. What uv's and pip's own settings say of indexes and proxies holds here too."""
    # Relocatable: it is built under another name than it gets.
    _uv("venv", "--relocatable", "--no-python-downloads", "--python", interpreter.executable, str(folder))
    if requirements:
        _uv("pip", "install", "--python", str(folder / "bin" / "python"), "--", *requirements)


def _uv(*arguments: str) -> None:
    """Run uv; what it cannot do is for the user to change."""
    finished = run([uv.find_uv_bin(), "--no-progress", "--color", "never", *arguments], timeout_s=INSTALL_S)
    if finished.returncode != 0:
        raise UsageError(
            f"an environment cannot be made: {shortened(finished.output)} (change `requirements` of the stack)"
        )


def shortened(output: str, limit: int = 300) -> str:
    """The reason in what uv wrote, on one line."""
    _, found, reason = output.partition("error: ")
    reason = " ".join(re.sub(r"\s+cause: ", ": ", reason if found else output).split())
    reason = reason.partition(", we can conclude")[0]
    return reason if len(reason) <= limit else reason[:limit] + "…"
