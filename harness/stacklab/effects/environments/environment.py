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

from stacklab.effects.environments.interpreter import Interpreter, inspect
from stacklab.effects.processes.supervisor import Finished, run
from stacklab.errors import StageError
from stacklab.units import Seconds

INSTALL_S: Final[Seconds] = 900.0
"""Time for downloads and builds; a warm cache needs less than a second."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Environment:
    """An interpreter with the packages it finds."""

    python: Path
    base: str
    """Folder of the installation that it was made from."""
    implementation: str
    """``CPython 3.11.7``; ``CPython 3.14.0t`` can do without the GIL."""
    packages: Mapping[str, str]
    """Every distribution, by its normalised name, and its version."""


def provide(requirements: Sequence[str], *, python: Path | None, cache: Path) -> Environment:
    """An environment with these requirements: from the cache, or made now.

    ``python`` None: the interpreter that runs the harness. A build that is killed leaves nothing that counts, and of
    several at the same time one builds and the others wait. Raises StageError if something is unavailable.
    """
    interpreter = inspect(python or Path(sys.executable))
    key = json.dumps([interpreter.base, interpreter.name, sorted(requirements)])
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    with locked(folder):
        if not folder.exists():
            unfinished = folder.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            _build(unfinished, interpreter, requirements)
            unfinished.rename(folder)
    return existing(folder / "bin" / "python")


def existing(python: Path) -> Environment:
    """An environment as it is: a nox session's, or the user's own. Raises StageError if no Python runs there."""
    interpreter = inspect(python)
    packages: dict[str, str] = {}
    for found in distributions(path=interpreter.path):
        if "Name" in found.metadata:  # not so in what an interrupted uninstall leaves behind
            # Of two versions the first on the path is the one that is imported.
            packages.setdefault(re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower(), found.version)
    return Environment(
        python=Path(interpreter.executable),
        base=interpreter.base,
        implementation=interpreter.name,
        packages=dict(sorted(packages.items())),
    )


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep others from building the same environment meanwhile; the kernel lets go if this process is killed."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        lock = folder.with_suffix(".lock").open("w")
    except OSError as error:
        raise StageError(f"environments cannot be kept in {folder.parent}: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _build(folder: Path, interpreter: Interpreter, requirements: Sequence[str]) -> None:
    """Make the environment. What uv's and pip's own settings say of indexes and proxies holds here too."""
    # Relocatable: it is built under another name than it gets.
    _uv("venv", "--relocatable", "--no-python-downloads", "--python", interpreter.executable, str(folder))
    if requirements:
        _uv("pip", "install", "--python", str(folder / "bin" / "python"), "--", *requirements)


def run_uv(*arguments: str) -> Finished:
    """Run uv; it says in its output why it could not do something."""
    return run([uv.find_uv_bin(), "--no-progress", "--color", "never", *arguments], timeout_s=INSTALL_S)


def _uv(*arguments: str) -> None:
    """Run uv; what it cannot do is for the user to change."""
    finished = run_uv(*arguments)
    if finished.returncode != 0:
        raise StageError(
            f"its environment cannot be made: {shortened(finished.output)} (change its requirements, or --python)"
        )


TOO_OLD: Final = re.compile(r"the current Python version \((\S+)\) does not satisfy (Python\S+) and (\S+) depends on")

NO_WHEEL: Final = re.compile(r"(\S+) ha(?:s|ve) no wheels with a matching Python ABI tag \(e\.g\., `(\w+)`\)")


def shortened(output: str, limit: int = 300) -> str:
    """The reason in what uv wrote, on one line, without what it concludes from that."""
    _, found, told = output.partition("error: ")
    if too_old := TOO_OLD.search(told):
        version, needed, package = too_old.groups()
        return f"{package} needs {needed}, and this is {version}"
    if no_wheel := NO_WHEEL.search(told):
        return "{} has no wheel for this interpreter ({}), and no source to build from".format(*no_wheel.groups())
    told = " ".join(re.sub(r"\s+cause: ", ": ", told if found else output).split())
    told = told.replace("No solution found when resolving dependencies: Because", "because")
    reason = re.sub(r", we can conclude that .*?(\.? And because|\.?$)", lambda end: end[1].lower(), told)
    reason = reason.replace(". and because", " and because").removesuffix(".")
    return reason if len(reason) <= limit else reason[:limit] + "…"
