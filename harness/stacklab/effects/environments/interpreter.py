"""Interpreters: found by version, asked who they are, and the one that the developer of an app would start it with."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from stacklab.effects.processes.supervisor import run
from stacklab.errors import StageError, as_usage_error
from stacklab.model.stack import VERSION

OLDEST: Final = (3, 9)
"""The oldest Python that the programs in ``targets/`` are written for."""

PROBE: Final = """
import json, platform, sys
print(json.dumps({
    "executable": sys.executable,
    "base": sys.base_prefix,
    "implementation": platform.python_implementation(),
    "version": list(sys.version_info[:3]),
    "free_threaded": "t" in sys.abiflags,
    "path": [folder for folder in sys.path[1:] if folder],
}))
"""
"""Asks an interpreter who it is: pyenv's shims hide it, and only running it tells."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Interpreter:
    """What an interpreter says of itself."""

    executable: str
    base: str
    """Where the installation lies that a virtual environment is made from."""
    implementation: str
    version: list[int]
    free_threaded: bool
    """Whether it was built to do without the GIL; an extension may turn that on again."""
    path: list[str]

    @property
    def release(self) -> str:
        """``3.14.0``, or ``3.14.0t`` for one that is free-threaded."""
        return f"{'.'.join(map(str, self.version))}{'t' if self.free_threaded else ''}"

    @property
    def name(self) -> str:
        """``CPython 3.14.0t``."""
        return f"{self.implementation} {self.release}"


class Found(NamedTuple):
    """An interpreter, and how it was found."""

    python: Path
    how: str


def find_interpreter(folder: Path, *, named: str | None = None, environ: Mapping[str, str] = os.environ) -> Found:
    """The interpreter that was named, or the environment here or above, or the active one, or what is on PATH."""
    if named is not None and VERSION.fullmatch(named):
        return Found(find(named, environ=environ), f"Python {named}")
    if named is not None:
        python = folder / Path(named).expanduser()
        inside = python / "bin" / "python"
        return Found(inside if inside.is_file() else python, "named with --python")
    for environment in (folder / ".venv", folder / "venv", *(above / ".venv" for above in folder.parents)):
        python = environment / "bin" / "python"  # as uv looks for them
        if python.is_file():
            return Found(python, f"the environment {environment.name} in {environment.parent}")
    if environ.get("VIRTUAL_ENV"):
        return Found(Path(environ["VIRTUAL_ENV"]) / "bin" / "python", "the active environment")
    for name in ("python", "python3"):
        on_path = shutil.which(name, path=environ.get("PATH"))
        if on_path is not None:
            return Found(Path(on_path), f"{name} on PATH")
    return Found(Path(sys.executable), "stacklab's own, because no other was found")


def find(version: str, *, environ: Mapping[str, str] = os.environ) -> Path:
    """The interpreter of a version: ``3.13``, ``3.13.2`` or ``3.14t``. Raises StageError if there is none that runs.

    It is looked for on PATH and among those that pyenv has installed, whose shims run only what is switched on.
    """
    for candidate in _candidates(version, environ):
        with suppress(StageError):
            if _is(version, _inspected(candidate)):
                return candidate
    raise StageError(f"there is no python{version} on PATH; name an interpreter by its path with --python")


def insist(named: str) -> None:
    """Raise UsageError unless the version or path that was named is an interpreter that stacks can run on."""
    with as_usage_error():
        inspect(find(named) if VERSION.fullmatch(named) else Path(named))


def inspect(python: Path) -> Interpreter:
    """Run an interpreter once to learn what it is. Raises StageError for what stacks cannot run on."""
    interpreter = _inspected(python)
    if tuple(interpreter.version) < OLDEST:
        needed = ".".join(map(str, OLDEST))
        raise StageError(
            f"{python} is Python {interpreter.release}; stacks need {needed} or later: name another interpreter"
        )
    return interpreter


def _inspected(python: Path) -> Interpreter:
    try:
        finished = run([str(python), "-c", PROBE], timeout_s=30.0)
    except StageError as error:
        raise StageError(f"the interpreter {python} cannot be run: {error.reason}; name another") from error
    said = finished.output.splitlines() or ["nothing"]
    if finished.returncode != 0:
        raise StageError(f"{python} is not a working Python; name another interpreter. Its output: {said[0]}")
    try:
        return Interpreter(**json.loads(said[-1]))
    except (TypeError, ValueError) as error:
        raise StageError(
            f"{python} is not a working Python; name another interpreter. Its output: {said[0]}"
        ) from error


def _candidates(version: str, environ: Mapping[str, str]) -> Iterator[Path]:
    """What may be that interpreter: on PATH by its name, and of pyenv's by their folders, the newest first."""
    release, free_threaded = version.removesuffix("t"), version.endswith("t")
    short = ".".join(release.split(".")[:2]) + ("t" if free_threaded else "")
    for folder in os.get_exec_path(environ):
        if (found := Path(folder, f"python{short}")).is_file():
            yield found
    versions = Path(environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    installed = [path for path in versions.glob(f"{release}*") if free_threaded == path.name.endswith("t")]
    yield from (path / "bin" / "python" for path in sorted(installed, key=_by_number, reverse=True))


def _by_number(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]


def _is(version: str, interpreter: Interpreter) -> bool:
    same_build = interpreter.free_threaded == version.endswith("t")
    return same_build and f"{interpreter.release.removesuffix('t')}.".startswith(f"{version.removesuffix('t')}.")
