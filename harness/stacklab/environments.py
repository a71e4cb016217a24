"""What a server or a program runs in: the strategy of a machine, and the one for the stacks of the catalogue.

``hosting.environments`` has the other one, for the user's own app. An environment is made once in a command; where it
cannot be made, every cell that needs it fails with the same reason.
"""

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from stacklab.catalog.requirements import pinned
from stacklab.catalog.workspace import Workspace
from stacklab.effects.environments import environment, interpreter
from stacklab.effects.environments.environment import Environment
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.serving import server_environment
from stacklab.model.stack import VERSION, Stack


class EnvironmentStrategy(Protocol):
    """Gives every stack an environment. Methods raise ``StageError`` for what fails a cell."""

    def of_stack(self, stack: Stack) -> Environment:
        """Make the environment of a stack, or find it made."""

    def of_program(self, arm: ProgramArm) -> Environment:
        """Make the environment of a claim's program, or find it made."""

    def replaced(self, stack: Stack) -> Mapping[str, tuple[str, str]]:
        """Packages that are there in another version than the stack names: (the stack's, the one that is there)."""

    def as_served(self, stack: Stack) -> Stack:
        """The stack as its server is started."""

    def variables(self, stack: Stack, *, backends: Mapping[str, str]) -> dict[str, str]:
        """The environment variables of the server; ``backends`` are those by which an app finds its backends."""

    def before_boot(self, stack: Stack) -> None:
        """Do what comes before every start of its server."""

    @property
    def boots_alone(self) -> bool:
        """Whether what comes before a start could disturb a server that runs already."""

    def redactions(self) -> Mapping[str, str]:
        """Paths that a log may name, and a word for each."""


class MadeOnce:
    """Environments by what they are made of: each one, or the reason why it cannot be made, is kept."""

    def __init__(self) -> None:
        self._made: dict[Hashable, Environment | StageError] = {}

    def get(self, key: Hashable, make: Callable[[], Environment]) -> Environment:
        """What was made before, or is made now. Raises StageError, the same one each time, where it cannot be."""
        if key not in self._made:
            try:
                self._made[key] = make()
            except StageError as error:
                self._made[key] = error
        made = self._made[key]
        if isinstance(made, StageError):
            raise made
        return made

    def redactions(self) -> Mapping[str, str]:
        """The folders of these environments, and of the installations that they were made from."""
        there = [made for made in self._made.values() if isinstance(made, Environment)]
        return {
            **{made.base: "<python>" for made in there},
            **{str(made.python.parent.parent): "<environment>" for made in there},
        }


@dataclass(frozen=True, kw_only=True)
class StackEnvironments:
    """Each stack, and each program of a claim, in an environment that holds what it requires and nothing else."""

    workspace: Workspace
    cache: Path
    """Where environments are kept from one command to the next."""
    temporary: Path
    """Where those are made that may hold something else tomorrow; gone when the command ends."""
    python: str | None = None
    """An interpreter by its path or version, for whatever names none; None: the harness's."""
    interpreters: Mapping[str, Path] = field(default_factory=dict)
    """By the words that a plan has for them: those whose environments are used as they are."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """By what a plan keeps of them: where requirements come from that it may not name."""
    _made: MadeOnce = field(default_factory=MadeOnce)

    def of_stack(self, stack: Stack) -> Environment:
        """Make the environment of a stack, or find it made."""
        return self._get(stack.all_requirements, stack.python or self.python)

    def of_program(self, arm: ProgramArm) -> Environment:
        """Make the environment of a claim's program, or find it made."""
        return self._get(arm.requirements, arm.python or self.python)

    def replaced(self, stack: Stack) -> Mapping[str, tuple[str, str]]:  # noqa: ARG002 (the other strategy needs it)
        """None: every package is there in the version that the stack names."""
        return {}

    def as_served(self, stack: Stack) -> Stack:
        """The stack as it is."""
        return stack

    def variables(self, stack: Stack, *, backends: Mapping[str, str]) -> dict[str, str]:
        """The environment variables of the server."""
        return server_environment(
            stack,
            self.of_stack(stack).python,
            python_path=self.workspace.python_path(stack.app_folder),
            inherited=os.environ,
            backends=backends,
        )

    def before_boot(self, stack: Stack) -> None:
        """Nothing comes before the start of a server."""

    @property
    def boots_alone(self) -> bool:
        """No: nothing comes before it."""
        return False

    def redactions(self) -> Mapping[str, str]:
        """Paths that a log may name, and a word for each."""
        return {
            **self._made.redactions(),
            **{unquote(urlsplit(url).path): "<source>" for url in self.sources.values()},
        }

    def _get(self, requirements: Sequence[str], python: str | None) -> Environment:
        return self._made.get((tuple(requirements), python), partial(self._make, requirements, python=python))

    def _make(self, requirements: Sequence[str], *, python: str | None) -> Environment:
        """The user's own where an interpreter was named by its path, else one of ours.

        One that may hold something else tomorrow (a branch, a folder, the newest version) is made for this command.
        """
        if python is not None and not VERSION.fullmatch(python):
            return environment.existing(self.interpreters.get(python, Path(python)))
        return environment.provide(
            [self._with_source(requirement) for requirement in requirements],
            python=None if python is None else interpreter.find(python),
            cache=self.cache if all(map(pinned, requirements)) else self.temporary,
        )

    def _with_source(self, requirement: str) -> str:
        """The requirement with the source that a plan does not name."""
        name, at, url = requirement.partition(" @ ")
        return f"{name}{at}{self.sources.get(url, url)}"
