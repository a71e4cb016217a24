"""The rungs of the next boot: a staircase in the first one, and then loads around what is known.

Rule 1: low loads before high ones, so that no trial begins with the backlog of another one; after the highest the
    backlog drains at a low load.
Rule 2: a trial lasts until it has enough requests and enough relaxation times, after which a queue has forgotten how it
    began; one relaxation time before it is not judged. Of M/M/1 it is 4 / (mu (1 - rho)²) (Cohen 1982).
Rule 3: all stacks meet the same points of a Poisson process, whose time is stretched by the rate.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from stacklab.model.measured.capacity import Ladder, Rung, RungKind
from stacklab.units import Seconds

STAIRS: Final = (0.35, 0.5, 0.65, 0.8, 0.9, 0.97)
"""Of the first boot, as shares of its maximum."""

PLACES: Final = (-2, -1, 0, 1, 2)
"""Of later boots: so many steps from the load that is looked for."""

PLACES_EACH: Final = (-1, 0, 1)
"""The same where several promises share the trials."""

SMALLEST_STEP: Final = 0.015
LARGEST_STEP: Final = 0.075
"""Of a step, relative to the load."""

HIGHEST: Final = 0.99
"""Of a trial: more than the maximum is never kept, and leaves a backlog."""

FLOOR_LEVEL: Final = 0.2
FLOOR_S: Final[Seconds] = 2.0
RECOVER_S: Final[Seconds] = 0.5

FEWEST_REQUESTS: Final = 1000
FEWEST_RELAXATIONS: Final = 5
SHORTEST_S: Final[Seconds] = 0.5
LONGEST_S: Final[Seconds] = 10.0
HOLDS: Final = 1.5
"""Relaxation times before a trial."""

LONGEST_RELAXATION_S: Final[Seconds] = 1.0
"""A queue that takes longer to settle is at its saturation, and no trial of seconds would tell it apart from that."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """Where the next boot looks for the load at which a promise breaks, as shares of its maximum."""

    level: float
    step: float
    """Between two trials: as far as the share of bad requests changes by a factor of about two."""


def ladder(maximum_rps: float, known: Sequence[Aim], *, seconds: Seconds) -> Ladder:
    """The rungs of a boot with this maximum. ``known`` has an aim for each promise, or none before the first boot."""
    levels = STAIRS if not known else _around(known)
    sweep = tuple(_sweep(maximum_rps, levels))
    length = sum(rung.seconds for rung in sweep)
    sweeps = max(1, int(seconds // length)) if not known else max(1, round(seconds / length))
    return Ladder(maximum_rps=maximum_rps, rungs=sweep * sweeps)


def _around(known: Sequence[Aim]) -> tuple[float, ...]:
    places = PLACES if len(known) == 1 else PLACES_EACH
    levels = (
        aim.level + place * min(max(aim.step, SMALLEST_STEP * aim.level), LARGEST_STEP * aim.level)
        for aim in known
        for place in places
    )
    apart: list[float] = []
    for level in sorted(min(level, HIGHEST) for level in levels):
        if not apart or level > apart[-1] * (1 + SMALLEST_STEP / 2):
            apart.append(level)
    return tuple(apart)


def _sweep(maximum_rps: float, levels: Sequence[float]) -> Iterator[Rung]:
    yield Rung(kind=RungKind.RECOVER, level=FLOOR_LEVEL, seconds=RECOVER_S)
    yield Rung(kind=RungKind.FLOOR, level=FLOOR_LEVEL, seconds=FLOOR_S)
    for level in levels:
        relaxation_s = min(4 / (maximum_rps * (1 - min(level, 0.98)) ** 2), LONGEST_RELAXATION_S)
        enough_s = max(SHORTEST_S, FEWEST_RELAXATIONS * relaxation_s, FEWEST_REQUESTS / (level * maximum_rps))
        yield Rung(kind=RungKind.HOLD, level=level, seconds=HOLDS * relaxation_s)
        yield Rung(kind=RungKind.TRIAL, level=level, seconds=min(enough_s, LONGEST_S))
