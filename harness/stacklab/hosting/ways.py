"""Several ways to run the user's app in one session: each stack has the environment of its own way."""

from collections.abc import Mapping
from dataclasses import dataclass

from stacklab.effects.environments.environment import Environment
from stacklab.errors import StageError
from stacklab.hosting.environments import OverlayEnvironments
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.stack import Stack


@dataclass(frozen=True, kw_only=True)
class WayEnvironments:
    """Asks the environments of the way that a stack names."""

    ways: Mapping[str, OverlayEnvironments]

    def of_stack(self, stack: Stack) -> Environment:
        """Lay the server over the environment of its way, or find that done."""
        return self.ways[stack.way].of_stack(stack)

    def of_program(self, arm: ProgramArm) -> Environment:
        """Raise StageError: a claim has environments of its own for its programs, and none of the user's."""
        raise StageError(f"{arm.program} is a claim's program, and does not run in an app's environment")

    def replaced(self, stack: Stack) -> Mapping[str, tuple[str, str]]:
        """Packages that its environment has in another version than the stack names."""
        return self.ways[stack.way].replaced(stack)

    def as_served(self, stack: Stack) -> Stack:
        """The stack with what stands around the app as its app."""
        return self.ways[stack.way].as_served(stack)

    def variables(self, stack: Stack, *, backends: Mapping[str, str]) -> dict[str, str]:
        """The environment variables of the server."""
        return self.ways[stack.way].variables(stack, backends=backends)

    def before_boot(self, stack: Stack) -> None:
        """Run the user's commands."""
        self.ways[stack.way].before_boot(stack)

    @property
    def boots_alone(self) -> bool:
        """Whether there are such commands."""
        return any(one.boots_alone for one in self.ways.values())

    def redactions(self) -> Mapping[str, str]:
        """Paths that a log may name, and a word for each."""
        return {path: word for one in self.ways.values() for path, word in one.redactions().items()}
