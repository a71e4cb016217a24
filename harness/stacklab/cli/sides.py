"""The two sides of an upgrade: the app as it was, and as it will be, each in an environment of its own."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from stacklab.catalog import locks, requirements
from stacklab.catalog.ways import Way, ways
from stacklab.cli.options.upgrade import UpgradeOptions
from stacklab.effects.environments import environment
from stacklab.effects.environments.folders import cache
from stacklab.effects.environments.interpreter import find_interpreter, inspect
from stacklab.effects.worktree import commit_of, top_of, worktree
from stacklab.errors import UsageError, as_usage_error
from stacklab.hosting.environments import overlays, own_environment
from stacklab.model.own_app import Hosting, OwnApp
from stacklab.model.stack import VERSION

Pins: TypeAlias = Mapping[str, str]
"""A requirement by the name of its package."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Packages:
    """The packages of both sides, and how the app runs with some of each."""

    before: Pins
    after: Pins
    mixed: Callable[[Pins], Way]
    python: Path

    @property
    def changes(self) -> tuple[str, ...]:
        """The packages that differ."""
        names = dict.fromkeys((*self.before, *self.after))
        return tuple(sorted(name for name in names if self.before.get(name) != self.after.get(name)))

    def with_changes(self, some: frozenset[str]) -> Way:
        """The app with what it had, and with these changes. Raises StageError where that cannot be installed."""
        pins = {
            name: pin
            for name in dict.fromkeys((*self.before, *self.after))
            if (pin := (self.after if name in some else self.before).get(name)) is not None
        }
        return self.mixed(pins)

    def in_words(self, name: str) -> str:
        """``uvicorn 0.53.0 → 0.54.0``."""
        return f"{name} {_version(self.before.get(name))} → {_version(self.after.get(name))}"


@dataclass(frozen=True, kw_only=True, slots=True)
class UpgradeSides:
    """What is compared."""

    base: Way
    head: Way
    packages: Packages | None = None
    """None where the change is none of packages."""

    @property
    def changed(self) -> frozenset[str]:
        """The packages that differ, as far as that is known."""
        return frozenset(self.packages.changes) if self.packages is not None else frozenset()


@contextmanager
def upgrade_sides(options: UpgradeOptions, own: OwnApp) -> Iterator[UpgradeSides]:
    """Make both sides. Raises UsageError for what cannot be had."""
    own = own if options.python is None else replace(own, python=_absolute(options.python))
    kind = options.kind
    with ExitStack() as ending:
        with as_usage_error():
            if kind == "lock":
                found = _of_locks(own, Path(options.before or ""), Path(options.to[0]))
            elif kind == "requirements":
                found = _of_requirements(own, options.to)
            elif kind == "python":
                found = _of_pythons(own, options.to_python or "")
            else:
                found = _of_commits(own, options.git_ref or "", options.to_git_ref or "HEAD", ending)
        yield found


def _of_requirements(own: OwnApp, to: tuple[str, ...]) -> UpgradeSides:
    try:
        wanted = tuple(one for text in to for one in requirements.parse(text, here=Path.cwd()))
    except ValueError as error:
        raise UsageError(f"--to: {error}") from error
    base, head = ways([own], variables={}, wanted=[wanted], pythons=[])
    python = find_interpreter(Path(own.folder), named=own.python).python
    before, after = (_packages(one, python) for one in (base, head))
    if before == after and not any(one.url for one in wanted):
        raise UsageError(f"--to {' '.join(to)}: the environment holds that already; there is nothing to compare")

    def mixed(pins: Pins) -> Way:
        return Way(own=own, requirements=tuple(pin for name, pin in pins.items() if before.get(name) != pin))

    return UpgradeSides(base=base, head=head, packages=Packages(before=before, after=after, mixed=mixed, python=python))


def _packages(way: Way, python: Path) -> Pins:
    """What an environment holds, with what is laid over it."""
    own = way.own
    hosting = Hosting(
        app=own.app,
        folder=own.folder,
        app_dir=own.app_dir,
        python=str(python),
        factory=own.factory,
        interface=own.interface,
        count=own.count,
        env=own.env,
        before_boot=(),
        requirements=way.requirements,
    )
    packages = own_environment(hosting, overlays()).environment.packages
    return {name: f"{name}=={version}" for name, version in packages.items()}


def _of_locks(own: OwnApp, old: Path, new: Path) -> UpgradeSides:
    found = find_interpreter(Path(own.folder), named=own.python).python
    interpreter = inspect(found)
    before, after = (locks.read(path, python=interpreter.release.removesuffix("t")) for path in (old, new))
    if before == after:
        raise UsageError(f"{old} and {new} lock the same packages; there is nothing to compare")

    def mixed(pins: Pins) -> Way:
        return Way(own=replace(own, python=str(_environment(pins, found))))

    labels = _labels(old.name, new.name)
    base, head = (
        replace(mixed(pins), tag=f",lock={label}", settings={"lock": label})
        for pins, label in zip((before, after), labels, strict=True)
    )
    return UpgradeSides(base=base, head=head, packages=Packages(before=before, after=after, mixed=mixed, python=found))


def _environment(pins: Pins, python: Path) -> Path:
    return environment.provide(sorted(pins.values()), python=python, cache=cache() / "environments").python


def _of_pythons(own: OwnApp, to: str) -> UpgradeSides:
    """An interpreter that is named by its path is an environment already."""
    found = find_interpreter(Path(own.folder), named=own.python).python
    label_a, label_b = _labels(inspect(found).release, to if VERSION.fullmatch(to) else Path(to).name)
    if VERSION.fullmatch(to):
        pins = {name: f"{name}=={version}" for name, version in environment.existing(found).packages.items()}
        target = _environment(pins, find_interpreter(Path(own.folder), named=to).python)
    else:
        target = Path(_absolute(to))
    return UpgradeSides(
        base=Way(own=replace(own, python=str(found)), tag=f"@{label_a}", python=label_a),
        head=Way(own=replace(own, python=str(target)), tag=f"@{label_b}", python=label_b),
    )


def _of_commits(own: OwnApp, ref: str, to: str, ending: ExitStack) -> UpgradeSides:
    """Both commits run in the environment of the folder."""
    here = Path(own.folder).resolve()
    top = top_of(here)
    python = str(find_interpreter(here, named=own.python).python)
    commits = [commit_of(here, one) for one in (ref, to)]
    if commits[0] == commits[1]:
        raise UsageError(f"--git-ref: {ref} and {to} are the same commit, {commits[0][:12]}")
    labels = _labels(ref, to)
    sides = []
    for commit, label in zip(commits, labels, strict=True):
        checkout = ending.enter_context(worktree(top, commit))
        sides.append(
            Way(
                own=replace(
                    own,
                    python=python,
                    folder=str(checkout / _within(own.folder, top)),
                    app_dir=str(checkout / _within(own.app_dir, top)),
                ),
                tag=f",commit={label}",
                settings={"commit": f"{label} ({commit[:12]})" if label != commit[:12] else label},
            )
        )
    return UpgradeSides(base=sides[0], head=sides[1])


def _within(path: str, top: Path) -> Path:
    try:
        return Path(path).resolve().relative_to(top.resolve())
    except ValueError:
        raise UsageError(f"--git-ref: {path} lies outside of the repository {top}") from None


def _labels(a: str, b: str) -> tuple[str, str]:
    """Words for the names of stacks, never the same."""
    one, other = (re.sub(r"[^\w.-]+", "-", name).strip("-") or "it" for name in (a, b))
    return (one, other) if one != other else (f"{one}-before", f"{other}-after")


def _absolute(python: str) -> str:
    return python if VERSION.fullmatch(python) else str(Path.cwd() / Path(python).expanduser())


def _version(pin: str | None) -> str:
    return "none" if pin is None else re.sub(r"^[\w.-]+\s*(==|@)\s*", "", pin)
