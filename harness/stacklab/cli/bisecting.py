"""``stacklab upgrade --bisect``: which package of an upgrade makes a request dearer or cheaper, and which version."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from math import log
from typing import Final

from rich.console import Console

from stacklab.analysis.bisection import Bisection, BisectionStep, ChangeEffect, bisect, first_that, makes
from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.instructions.contrast import contrast
from stacklab.analysis.instructions.result import CountResult, count_result
from stacklab.analysis.metrics import CPU
from stacklab.analysis.results import judge
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options.effort import Effort, drawn_seed
from stacklab.cli.options.placement import Placement
from stacklab.cli.side_by_side import SideBySide, side_by_side
from stacklab.cli.sides import Packages, UpgradeSides
from stacklab.effects.environments.versions import versions_between
from stacklab.errors import StageError, UsageError
from stacklab.model.measured.counting import CountEffort, CountSource
from stacklab.report.upgrade import words

SEEDS: Final = (0, 1, 2)
"""Hash seeds of a step; both sides of it share them."""


@dataclass(kw_only=True)
class Bisecting:
    """A bisection of packages; each step is a session."""

    sides: UpgradeSides
    packages: Packages
    server: str
    source: CountSource | None
    """What counts instructions; None: processor time per request decides."""
    workspace: Workspace
    placement: Placement
    console: Console
    effort: Effort
    say: Callable[[str], None]
    _base: CountResult | None = field(default=None, init=False)
    _steps: int = field(default=0, init=False)

    def found(self) -> Bisection | None:
        """The packages that make the difference; None where there is no difference to look for."""
        changes = self.packages.changes
        whole = self._effect(self.sides.head)
        if whole is None or not whole.is_certain:
            self.say(words.nothing_to_find(whole, by_instructions=self.source is not None))
            return None
        self.say(words.to_find(whole, len(changes), by_instructions=self.source is not None))
        result = bisect(changes, whole, self._effect_of, on_step=self._tell)
        for sentence in words.bisected(result, self.packages.in_words, of=len(changes)):
            self.say(sentence)
        return result

    def version(self, package: str, whole: ChangeEffect) -> tuple[str | None, str] | None:
        """The last version without the difference and the first with it; None where there is nothing between."""
        old, new = (pins.get(package, "") for pins in (self.packages.before, self.packages.after))
        if not all("==" in pin for pin in (old, new)):
            return None
        older, newer = (pin.partition("==")[2] for pin in (old, new))
        between = versions_between(package, older, newer, python=self.packages.python)
        if not between:
            self.say(f"There is no version of {package} between {older} and {newer}.")
            return None

        def makes_it(version: str) -> bool | None:
            pins = {**self.packages.before, package: f"{package}=={version}"}
            effect = self._measured(lambda: self.packages.mixed(pins))
            self.say(f"  {package} {version}: {words.effect(effect)}")
            return None if effect is None else makes(effect, whole)

        before, first = first_that([*between, newer], makes_it)
        self.say(words.first_version(package, before or older, first))
        return before or older, first

    def _effect_of(self, some: frozenset[str]) -> ChangeEffect | None:
        return self._measured(lambda: self.packages.with_changes(some))

    def _measured(self, made: Callable[[], Way]) -> ChangeEffect | None:
        """The effect of what is made; None where it cannot be installed or served."""
        try:
            return self._effect(made())
        except (StageError, UsageError) as error:
            self.console.print(f"it cannot be measured: {error}", markup=False)
            return None

    def _tell(self, step: BisectionStep) -> None:
        self._steps += 1
        self.say(words.step(step, self._steps))

    def _effect(self, way: Way) -> ChangeEffect | None:
        """Of one way against the base."""
        way = self._on_server(replace(way, tag=f",step={self._steps + 1}", settings={"step": str(self._steps + 1)}))
        if self.source is None:
            return self._by_processor_time(way)
        if self._base is None:
            self._base = self._counted(self._on_server(self.sides.base), self.source)
        found = contrast(self._base, self._counted(way, self.source))
        return _effect(found.ratio, found.low, found.high)

    def _by_processor_time(self, way: Way) -> ChangeEffect | None:
        with self._served(self._on_server(self.sides.base), way) as sides:
            session = sides.measured(replace(self.effort, seed=drawn_seed()))
            (pair,) = compare_stacks(judge(session), *sides.stacks).pairs
        found = next((one for one in pair.metrics if one.metric is CPU), None)
        return None if found is None else _effect(found.ratio, found.low, found.high)

    def _counted(self, way: Way, source: CountSource) -> CountResult:
        with self._served(way) as sides:
            (count,) = sides.counted(source, CountEffort(hash_seeds=SEEDS)).counts
        return count_result(count)

    def _served(self, *ways: Way) -> AbstractContextManager[SideBySide]:
        return side_by_side(ways, self.workspace, self.placement, self.console)

    def _on_server(self, way: Way) -> Way:
        return replace(way, own=replace(way.own, servers=(self.server,)))


def _effect(ratio: float | None, low: float | None, high: float | None) -> ChangeEffect | None:
    if ratio is None or low is None or high is None:
        return None
    return ChangeEffect(mean=log(ratio), low=log(low), high=log(high))
