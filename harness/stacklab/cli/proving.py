"""``stacklab gate --prove``: whether a gate works on this machine."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from rich.console import Console

from stacklab.analysis.comparison.conditions import Condition
from stacklab.analysis.gates.proof import trial
from stacklab.analysis.metrics import CPU
from stacklab.analysis.results import judge
from stacklab.catalog.ways import Way
from stacklab.catalog.workspace import Workspace, reference
from stacklab.cli.options.effort import Effort, drawn_seed
from stacklab.cli.options.placement import Placement
from stacklab.cli.side_by_side import side_by_side
from stacklab.effects import clock
from stacklab.effects.machine.host import read_host
from stacklab.errors import UsageError
from stacklab.model.measured.proof import Proof, ProofTrial
from stacklab.model.own_app import OwnApp, RequestSpec

SLOWED_BY: Final = "STACKLAB_SLOWED_BY_US"
"""The variable in which ``targets/host/stacklab_host.py`` finds how much dearer a request is to be."""

AGAIN, SLOWED = ",again", ",slowed"


def sample() -> OwnApp:
    """The app that is measured where none is named."""
    folder = str(reference() / "targets" / "host")
    return OwnApp(
        app="stacklab_sample:app",
        folder=folder,
        app_dir=folder,
        python=sys.executable,
        requests=(RequestSpec(path="/"),),
        servers=("uvicorn-asyncio",),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Proving:
    """What is to be proved, and how."""

    own: OwnApp
    conditions: tuple[Condition, ...]
    slowdown: float
    times: int
    preset: str
    workspace: Workspace
    placement: Placement
    console: Console

    def proof(self) -> Proof:
        """Plant the slowdown and measure, so many times. Raises UsageError where the app cannot be served."""
        if not self.own.count:
            raise UsageError("--no-count: the slowdown is planted in the wrapper that counts requests; leave it out")
        started_at = clock.utc_now()
        planted_us = self.slowdown * self._cpu_us()
        self.console.print(f"planting {planted_us:.1f} µs of processor time in each request", markup=False)
        return Proof(
            started_at=started_at,
            host=read_host(),
            app=self.own.app,
            conditions=tuple(map(str, self.conditions)),
            slowdown=self.slowdown,
            trials=tuple(self._trials(planted_us)),
        )

    def _cpu_us(self) -> float:
        """What a request takes of the processor, as the app is."""
        with side_by_side([Way(own=self.own)], self.workspace, self.placement, self.console) as sides:
            effort = Effort(preset="quick", rounds=2, noise_floor=False, seed=drawn_seed())
            (cell,) = judge(sides.measured(effort)).cells
        found = cell.of(CPU)
        if found is None or not found.value:
            raise UsageError("the app cannot be slowed by a share of its processor time, which is unavailable here")
        return found.value

    def _trials(self, planted_us: float) -> Iterator[ProofTrial]:
        with side_by_side(_ways(self.own, planted_us), self.workspace, self.placement, self.console) as sides:
            base, again, slowed = sides.stacks
            for number in range(1, self.times + 1):
                effort = Effort(preset=self.preset, noise_floor=False, seed=drawn_seed())
                found = trial(judge(sides.measured(effort)), self.conditions, base=base, again=again, slowed=slowed)
                self.console.print(f"{number} of {self.times}: {_told(found)}", markup=False)
                yield found


def in_words(proof: Proof) -> str:
    """One sentence."""
    of = len(proof.trials)
    return (
        f"The gate ({', '.join(proof.conditions)}) caught a planted slowdown of {proof.slowdown:.0%} in "
        f"{proof.caught} of {of} sessions, and was quiet on the same code in {proof.quiet} of {of}: "
        + ("it may block on this machine." if proof.holds else "it must not block on this machine.")
    )


def _ways(own: OwnApp, planted_us: float) -> Sequence[Way]:
    slowed = replace(own, env={**own.env, SLOWED_BY: f"{planted_us:.3f}"})
    same = replace(own, env={**own.env, SLOWED_BY: "0.000"})
    return (
        Way(own=same),
        Way(own=same, tag=AGAIN, settings={"planted": "nothing"}),
        Way(own=slowed, tag=SLOWED, settings={"planted": "a slowdown"}),
    )


def _told(found: ProofTrial) -> str:
    slowed, again = (", ".join(f"{one:.3f}" for one in ratios) for ratios in (found.ratios, found.ratios_again))
    return f"slowed code {found.slowed} ({slowed} times), the same code {found.again} ({again} times)"
