"""Environments are made before anything is measured: what cannot be had is said at once, and not after an hour."""

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape

from stacklab.errors import StageError, UsageError
from stacklab.machine import Machine
from stacklab.model.stack import Stack
from stacklab.report.kit.numbers import listed


class Environments:
    """Those of this machine, made on demand."""

    def __init__(self, here: Machine, console: Console) -> None:
        """Nothing is made yet."""
        self._here = here
        self._console = console

    def holds(self, stack: Stack, package: str) -> bool:
        """Whether the stack's environment has the package, which nobody may have asked for by its name."""
        try:
            with self._console.status(f"making the environment of {stack.name}"):
                return package in self._here.environments.of_stack(stack).packages
        except StageError:
            return False

    def lacking(self, stacks: Sequence[Stack]) -> Mapping[str, str]:
        """Make all of them: the stacks whose environment cannot be made, and why. Each reason is told once.

        Raises UsageError if none can be made.
        """
        reasons: dict[str, str] = {}
        with self._console.status("making environments") as status:
            for number, stack in enumerate(stacks, start=1):
                status.update(f"making environments: {number} of {len(stacks)}, {escape(stack.name)}")
                try:
                    self._here.provide(stack)
                except StageError as error:
                    reasons[stack.name] = error.reason
        told = [
            f"{listed([name for name, its in reasons.items() if its == reason])} cannot be measured: {reason}"
            for reason in dict.fromkeys(reasons.values())
        ]
        if len(reasons) == len(stacks):
            raise UsageError("; ".join(told))
        for sentence in told:
            self._console.print(sentence, markup=False)
        return reasons
