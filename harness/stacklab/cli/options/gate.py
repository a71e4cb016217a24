"""``--fail-if`` and what goes with it: when a build is to fail, and who is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import click

from stacklab.analysis.gates.limits import PromisedLimit, failing, kept
from stacklab.catalog import promises
from stacklab.cli.options.fields import declared, options_of
from stacklab.cli.options.redaction import as_given, without_folder
from stacklab.errors import UsageError
from stacklab.model.promises import StatedPromise

EXIT_CANNOT_TELL: Final = 4
"""The exit code of a gate that cannot tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gate:
    """What is to hold, as the options say."""

    conditions: tuple[str, ...] = declared(
        "--fail-if",
        multiple=True,
        metavar="CONDITION",
        kept=as_given,
        help="Exit with code 1 if this is certain of any stack, such as 'p99 > 50 ms', 'errors > 0.1 %' or "
        "'rss > 300 MiB'; repeatable.",
    )
    promises: str | None = declared(
        "--promises",
        metavar="FILE",
        kept=without_folder,
        help="Exit with code 1 if a promise of this file certainly fails; see docs/gates.md.",
    )
    cannot_tell: Literal["exit-4", "pass", "fail"] = declared(
        "--cannot-tell",
        type=click.Choice(["exit-4", "pass", "fail"]),
        default="exit-4",
        kept=as_given,
        help=f"What a promise does that neither holds nor fails for certain (default: exit with code "
        f"{EXIT_CANNOT_TELL}).",
    )
    junit: str | None = declared(
        "--junit",
        metavar="FILE",
        kept=without_folder,
        help="Write the answers as JUnit XML.",
    )

    @property
    def is_asked(self) -> bool:
        """Whether anything is to hold."""
        return bool(self.conditions) or self.promises is not None

    def limits(self) -> tuple[tuple[PromisedLimit, StatedPromise | None], ...]:
        """What is to hold of cells. Raises UsageError for what cannot be read, before anything is measured."""
        self._require_something()
        return (*((failing(text), None) for text in self.conditions), *self._of_file())

    def limits_of_capacity(self) -> tuple[PromisedLimit, ...]:
        """What is to hold of capacities. Raises UsageError for what cannot be read."""
        self._require_something()
        if self.promises is not None:
            raise UsageError("--promises is about what `stacklab run` measures; write --fail-if 'held < 1500 rps'")
        return tuple(failing(text, of_capacity=True) for text in self.conditions)

    def _of_file(self) -> Iterator[tuple[PromisedLimit, StatedPromise]]:
        if self.promises is None:
            return
        for number, promise in enumerate(promises.read(Path(self.promises)).promise, start=1):
            for text in promise.keep:
                yield kept(text, where=f"{self.promises}: promise {number}: keep"), promise

    def _require_something(self) -> None:
        if not self.is_asked and self.junit is not None:
            raise UsageError("--junit writes what became of --fail-if or --promises; give one of them")


gate_options = options_of(Gate, "gate")

_ONLY: Final = {
    "conditions": "Exit with code 1 if this is certain of any stack, such as 'held < 1500 rps'; repeatable.",
    "cannot_tell": "",
    "junit": "",
}

capacity_gate_options = options_of(Gate, "gate", only=_ONLY)
