"""Overlays: a server is added to the user's own environment without a trace in it.

The user's interpreter runs, so that its packages, its .pth files and its editable installs are what they always are.
What the server needs beside them lies in a folder of its own, which ``PYTHONPATH`` names while the server runs.

Rule 1: what the environment holds already is never added: its version is the one that runs.
Rule 2: what is added fits what is there; where nothing does, the overlay is refused with the reason.
Rule 3: nothing is written into the environment.
Rule 4: where the user asks for another version than the environment holds, that version lies in an overlay too, and is
    what the rest has to fit.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from stacklab.effects.environments.environment import Environment, locked, run_uv, shortened
from stacklab.effects.environments.folders import scratch
from stacklab.errors import StageError


@dataclass(frozen=True, kw_only=True, slots=True)
class Overlay:
    """The user's environment with a server laid over it."""

    environment: Environment
    """The user's interpreter, with all packages that it finds under the overlay."""
    folder: Path | None
    """What was added; None where the environment has everything."""
    theirs: Mapping[str, tuple[str, str]]
    """Packages that were asked for in one version and are there in another: (asked for, there)."""


def provide(requirements: Sequence[str], *, over: Environment, cache: Path) -> Overlay:
    """What ``over`` lacks of the requirements: from the cache, or installed now into a folder of the cache.

    Raises StageError if something is unavailable, or fits nothing that is there.
    """
    wanted = [Requirement(text) for text in requirements]
    missing = _missing(wanted, over)
    folder = _installed(missing, over, cache) if missing else None
    return Overlay(environment=_seen(over, folder), folder=folder, theirs=_theirs(wanted, over))


def changed(requirements: Sequence[str], *, over: Environment, cache: Path) -> Overlay:
    """The environment with these requirements instead of what it holds, and with what they change of the rest.

    A package keeps the version that is there as far as the requirements allow. Raises StageError where nothing fits.
    """
    with scratch() as folder:
        asked, versions = folder / "asked.txt", folder / "versions.txt"
        asked.write_text("\n".join(requirements))
        versions.write_text(_pins(over))  # of its own output, uv keeps what it can
        into = ("--output-file", str(versions), str(asked))
        found = run_uv(*_COMPILE, "--python", str(over.python), *into)
        if found.returncode != 0:
            raise StageError(f"{', '.join(requirements)} cannot be installed: {shortened(found.output)}")
        lines = [line.strip() for line in versions.read_text().splitlines() if "==" in line or " @ " in line]
    new = sorted(line for line in lines if not _holds(over, Requirement(line)))
    made = _installed(new, over, cache) if new else None
    return Overlay(environment=_seen(over, made), folder=made, theirs={})


_COMPILE: Final = ("pip", "compile", "--quiet", "--no-header", "--no-annotate")


def _holds(over: Environment, wanted: Requirement) -> bool:
    """Whether the environment has a package in that very version."""
    there = over.packages.get(canonicalize_name(wanted.name))
    return wanted.url is None and there is not None and wanted.specifier.contains(there, prereleases=True)


def _installed(requirements: Sequence[str], over: Environment, cache: Path) -> Path:
    """A folder with these, and nothing that they require: from the cache, or installed now.

    What has a URL may be another thing than the last time, and is installed again.
    """
    key = json.dumps([over.base, over.implementation, *requirements])
    folder = cache / hashlib.sha256(key.encode()).hexdigest()[:16]
    with locked(folder):
        if any(" @ " in requirement for requirement in requirements):
            shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            unfinished = folder.with_suffix(".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            into = ("--python", str(over.python), "--target", str(unfinished))
            installed = run_uv("pip", "install", "--no-deps", *into, "--", *requirements)
            if installed.returncode != 0:
                raise StageError(f"it cannot be installed: {shortened(installed.output)}")
            unfinished.rename(folder)
    return folder


def _seen(over: Environment, folder: Path | None) -> Environment:
    """The environment as an interpreter sees it that finds the folder first."""
    if folder is None:
        return over
    packages = dict(over.packages)
    packages |= {canonicalize_name(one.metadata["Name"]): one.version for one in distributions(path=[str(folder)])}
    return replace(over, packages=dict(sorted(packages.items())))


def _pins(over: Environment) -> str:
    return "\n".join(f"{name}=={version}" for name, version in over.packages.items() if _sane(version))


def _missing(wanted: Sequence[Requirement], over: Environment) -> list[str]:
    """What has to be added, each in its version: what the requirements need, chosen to fit what is there."""
    to_find = [str(one) for one in wanted if not _is_there(one, over)]
    if not to_find:
        return []
    with scratch() as folder:
        asked, fixed = folder / "asked.txt", folder / "fixed.txt"
        asked.write_text("\n".join(_unpinned(one, over) for one in wanted if not _is_there(one, over)))
        fixed.write_text(_pins(over))
        found = run_uv(*_COMPILE, "--python", str(over.python), "--constraint", str(fixed), str(asked))
    if found.returncode != 0:
        raise StageError(f"it conflicts with your environment: {shortened(found.output)}")
    lines = (line.strip() for line in found.output.splitlines())
    return sorted(line for line in lines if "==" in line and not _is_there(Requirement(line), over, extras=False))


def _is_there(wanted: Requirement, over: Environment, *, extras: bool = True) -> bool:
    """Whether the environment holds it already; with extras, what those need may still be missing."""
    return canonicalize_name(wanted.name) in over.packages and not (extras and wanted.extras)


def _unpinned(wanted: Requirement, over: Environment) -> str:
    """The requirement; in any version where the environment has one already."""
    if canonicalize_name(wanted.name) not in over.packages:
        return str(wanted)
    extras = ",".join(sorted(wanted.extras))
    return f"{wanted.name}[{extras}]" if extras else wanted.name


def _theirs(wanted: Sequence[Requirement], over: Environment) -> dict[str, tuple[str, str]]:
    """The packages of which the environment has another version than was asked for."""
    return {
        one.name: (str(one.specifier).removeprefix("=="), there)
        for one in wanted
        if (there := over.packages.get(canonicalize_name(one.name))) is not None
        and not (_sane(there) and one.specifier.contains(there, prereleases=True))
    }


def _sane(version: str) -> bool:
    """Whether it is a version by PEP 440: a constraint cannot name any other."""
    try:
        Version(version)
    except InvalidVersion:
        return False
    return True
