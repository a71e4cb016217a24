"""Lock files: uv.lock, poetry.lock, pylock.toml and pinned requirements, as the requirements that one interpreter gets.

``packaging`` reads markers and pylock.toml. The two others are TOML whose few keys are read here: what an app installs
without its optional groups, for the interpreter that it is installed for.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from packaging.markers import InvalidMarker, Marker, default_environment
from packaging.pylock import Pylock, PylockSelectError, PylockValidationError
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from stacklab.errors import UsageError

KINDS: Final = "uv.lock, poetry.lock, pylock.toml, or requirements with a version each"

_OPTION: Final = re.compile(r"\s--?\w.*|\s*\\\s*$")


def read(path: Path, *, python: str) -> Mapping[str, str]:
    """What the lock file installs for this Python, such as ``3.12.1``: a requirement by the name of its package.

    Raises UsageError that names the file and what is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: the lock file cannot be read ({error})") from error
    environment = {
        **default_environment(),
        "python_version": ".".join(python.split(".")[:2]),
        "python_full_version": python,
        "extra": "",
    }
    try:
        found = dict(_requirements(path, text, environment))
    except (KeyError, TypeError, ValueError, InvalidMarker, PylockSelectError, PylockValidationError) as error:
        raise UsageError(f"{path}: not a lock file that can be read ({error}); known are {KINDS}") from error
    if not found:
        raise UsageError(f"{path}: it locks no package; known are {KINDS}")
    return dict(sorted(found.items()))


def _requirements(path: Path, text: str, environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if path.suffix == ".txt":
        return _of_text(text, environment)
    table = tomllib.loads(text)
    if "lock-version" in table:
        return _of_pylock(table, environment)
    if "lock-version" in table.get("metadata", {}):
        return _of_poetry(table, environment)
    return _of_uv(table, environment)


def _of_text(text: str, environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Requirements as `pip freeze`, `pip-compile` and `uv pip compile` write them: hashes and comments are left out."""
    for line in text.replace("\\\n", " ").splitlines():
        wanted = _OPTION.sub("", re.sub(r"(^|\s)#.*", "", line)).strip()
        if not wanted or wanted.startswith("-"):
            continue
        try:
            one = Requirement(wanted)
        except InvalidRequirement as error:
            raise ValueError(f"{wanted!r}: {str(error).splitlines()[0]}") from error
        if one.url is None and not any(version.operator in {"==", "==="} for version in one.specifier):
            raise ValueError(f"{wanted!r} has no version: write {one.name}==VERSION")
        if one.marker is None or one.marker.evaluate(dict(environment)):
            one.marker, one.extras = None, set()
            yield canonicalize_name(one.name), str(one)


def _of_pylock(table: Mapping[str, Any], environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for package in Pylock.from_dict(table).packages:
        if package.marker is not None and not package.marker.evaluate(dict(environment)):
            continue
        if package.version is not None:
            yield canonicalize_name(package.name), f"{package.name}=={package.version}"
        elif package.vcs is not None:
            at = f"{package.vcs.type}+{package.vcs.url}@{package.vcs.commit_id}"
            yield canonicalize_name(package.name), f"{package.name} @ {at}"
        elif package.archive is not None and package.archive.url is not None:
            yield canonicalize_name(package.name), f"{package.name} @ {package.archive.url}"


def _of_poetry(table: Mapping[str, Any], environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Those of the group ``main``; files of Poetry 1 name no groups, and all is taken."""
    for package in table["package"]:
        markers = package.get("markers", "")
        marker = markers.get("main", "") if isinstance(markers, dict) else markers
        if package.get("optional") or "main" not in package.get("groups", ["main"]):
            continue
        if marker and not Marker(marker).evaluate(dict(environment)):
            continue
        source = package.get("source", {})
        name = canonicalize_name(package["name"])
        if source.get("type") == "git":
            yield name, f"{name} @ git+{source['url']}@{source['resolved_reference']}"
        elif source.get("type") not in {"directory", "file"}:
            yield name, f"{name}=={package['version']}"


def _of_uv(table: Mapping[str, Any], environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What the projects of the file need, followed from dependency to dependency; without a project, all packages."""
    packages = table["package"]
    own = [one for one in packages if {"editable", "virtual", "directory"} & one["source"].keys()]
    waiting = [(one, "") for one in own] or [(one, "") for one in packages]
    done: set[tuple[str, str, str]] = set()
    while waiting:
        package, extra = waiting.pop()
        key = (package["name"], package.get("version", ""), extra)
        if key in done:
            continue
        done.add(key)
        if package not in own:
            yield canonicalize_name(package["name"]), _of_source(package)
        needed = package.get("optional-dependencies", {}).get(extra, []) if extra else package.get("dependencies", [])
        for dependency in needed:
            if "marker" in dependency and not Marker(dependency["marker"]).evaluate(dict(environment)):
                continue
            locked = _locked(dependency, packages)
            waiting += [(locked, ""), *((locked, name) for name in dependency.get("extra", []))]


def _locked(dependency: Mapping[str, Any], packages: list[Any]) -> Any:
    """The package that a dependency means; a name that is locked in several versions comes with its version."""
    for one in packages:
        if one["name"] == dependency["name"] and dependency.get("version", one.get("version")) == one.get("version"):
            return one
    raise ValueError(f"{dependency['name']} is needed and not locked")


def _of_source(package: Mapping[str, Any]) -> str:
    name, source = package["name"], package["source"]
    if "git" in source:
        url, _, commit = source["git"].partition("#")
        return f"{name} @ git+{url.partition('?')[0]}@{commit}"
    return f"{name} @ {source['url']}" if "url" in source else f"{name}=={package['version']}"
