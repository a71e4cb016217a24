"""What the rule for differences is worth: `python benchmarks/rule.py [SESSIONS]`, a simulation that takes some minutes.

Sessions are made of log-normal values: what a round does to all stacks, and what it does to each. The same code that
ranks and compares real sessions judges them. The tables are those of decision 0015, and the last one is what the
presets promise; `tests/unit/analysis/rounds/test_simulated_sessions.py` holds both in a size for every day.
"""

import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from stacklab.analysis.rounds.differences import Difference, holm
from stacklab.analysis.rounds.ranks import alarming
from stacklab.analysis.rounds.scatter import Contest, difference
from stacklab.model.plan import MARGIN, PRESETS, WHOLE_RUN_PRESETS, Preset

Values: TypeAlias = NDArray[np.float64]
Noise: TypeAlias = Callable[[np.random.Generator, tuple[int, int]], Values]

SCATTER: Final = 0.04
"""Standard deviation of a run's logarithm on a quiet machine."""

DRIFT: Final = 0.05
"""Of what a round does to all stacks alike."""

METRICS: Final = ("throughput_rps", "cpu_us_per_request")


def normal(chance: np.random.Generator, shape: tuple[int, int]) -> Values:
    """Runs that scatter as measurements do in textbooks."""
    return chance.standard_normal(shape)


def heavy(chance: np.random.Generator, shape: tuple[int, int]) -> Values:
    """Student's t with three degrees of freedom, scaled to the same standard deviation."""
    return chance.standard_t(3, shape) / math.sqrt(3)


def disturbed(chance: np.random.Generator, shape: tuple[int, int]) -> Values:
    """One run in twenty is slowed by 10 to 40 %."""
    slowed = np.where(chance.random(shape) < 0.05, np.log(chance.uniform(0.6, 0.9, shape)), 0) / SCATTER
    return chance.standard_normal(shape) + slowed


def lasting(correlation: float) -> Noise:
    """Each stack's runs resemble those before, apart from what all stacks of a round have in common."""

    def noise(chance: np.random.Generator, shape: tuple[int, int]) -> Values:
        found = chance.standard_normal(shape)
        for column in range(1, shape[1]):
            found[:, column] = correlation * found[:, column - 1] + math.sqrt(1 - correlation**2) * found[:, column]
        return found

    return noise


NOISES: Final[Mapping[str, Noise]] = {
    "normal": normal,
    "heavy tails": heavy,
    "one run in 20 slowed": disturbed,
    "autocorrelated, 0.2": lasting(0.2),
    "autocorrelated, 0.5": lasting(0.5),
}


def contest(
    chance: np.random.Generator,
    scatter: Sequence[float],
    rounds: int,
    *,
    noise: Noise = normal,
    effect: float = 0.0,
    metric: str = METRICS[0],
) -> Contest:
    """Stacks ``s0``, ``s1``, … and the twin of ``s0``; all are the same but ``s1``, which has the effect."""
    own = noise(chance, (len(scatter) + 1, rounds)) * np.array([*scatter, scatter[0]])[:, None]
    logs = own + chance.normal(0, DRIFT, (1, rounds))
    logs[1] += math.log1p(effect)
    rows = [dict(enumerate(row.tolist(), 1)) for row in np.exp(logs)]
    return Contest(
        scenario="scenario",
        metric=metric,
        more_is_better=metric == METRICS[0],
        values={f"s{place}": row for place, row in enumerate(rows[:-1])},
        twins={"s0": rows[-1]},
    )


def pairs(contests: Sequence[Contest]) -> Iterator[tuple[Contest, str, str, Difference]]:
    """All questions of a session."""
    for one in contests:
        for a, b in combinations(one.values, 2):
            found = difference(one, b, a)
            if found is not None:
                yield one, a, b, found


def tells_apart(contests: Sequence[Contest]) -> bool:
    """Whether a session tells anything apart."""
    return any(holm([found.p for *_, found in pairs(contests)]))


def sees(contests: Sequence[Contest]) -> bool:
    """Whether a session tells ``s1`` from ``s0`` in the first of its contests."""
    asked = list(pairs(contests))
    told = holm([found.p for *_, found in asked])
    return any(
        rejected and (one, a, b) == (contests[0], "s0", "s1")
        for rejected, (one, a, b, _) in zip(told, asked, strict=True)
    )


def promised(stacks: int, preset: Preset, sessions: int) -> float:
    """The effect that four of five sessions of one scenario find, by two metrics, with the scatter of the preset."""
    low, high = 0.0, 2.0
    while high - low > 0.02 * preset.scatter:
        effect, chance = (low + high) / 2, np.random.default_rng(5)
        seen = sum(
            sees(
                [
                    contest(
                        chance,
                        [preset.scatter] * stacks,
                        preset.rounds,
                        effect=effect if metric == METRICS[0] else 0,
                        metric=metric,
                    )
                    for metric in METRICS
                ]
            )
            for _ in range(sessions)
        )
        low, high = (effect, high) if seen < 0.8 * sessions else (low, effect)
    return high


def main(sessions: str = "4000") -> None:
    """Print the tables."""
    n = int(sessions)
    print("\n| identical stacks told apart | 3 rounds | 5 | 10 |\n| --- | --: | --: | --: |")
    for title, scatter, noise in cases():
        print(f"| {title} | {' | '.join(f'{told_apart(scatter, rounds, noise, n):.1%}' for rounds in (3, 5, 10))} |")
    print("\n| 95 % interval holds the truth | 3 rounds | 5 | 10 | 20 |\n| --- | --: | --: | --: | --: |")
    for title, noise in NOISES.items():
        print(f"| {title} | {' | '.join(f'{held(rounds, noise, n):.1%}' for rounds in (3, 5, 10, 20))} |")
    print("\n| a stack told from its twin | 3 rounds | 5 | 10 |\n| --- | --: | --: | --: |")
    for title, noise in NOISES.items():
        print(f"| {title} | {' | '.join(f'{alarms(rounds, noise, n):.1%}' for rounds in (3, 5, 10))} |")
    print('\n| "the same", where it is / where they differ by 5 % | 10 rounds | 20 |\n| --- | --: | --: |')
    for runs in (0.005, 0.01, 0.02, 0.04, 0.1):
        found = (f"{same(runs, rounds, 0.0, n):.1%} / {same(runs, rounds, 0.05, n):.2%}" for rounds in (10, 20))
        print(f"| runs vary by {runs:.1%} | {' | '.join(found)} |")
    for title, presets in (("in turns", PRESETS), ("in whole runs", WHOLE_RUN_PRESETS)):
        print(f"\n| preset, {title} | rounds scatter by | two stacks | five stacks |\n| --- | --: | --: | --: |")
        for preset in presets.values():
            found = (f"{promised(stacks, preset, n):.1%}" for stacks in (2, 5))
            print(f"| {preset.name} | {preset.scatter:.1%} | {' | '.join(found)} |")


def cases() -> Iterator[tuple[str, Sequence[float], Noise]]:
    """Stacks that are the same, and scatter alike or not."""
    for title, noise in NOISES.items():
        for stacks in (2, 5):
            yield f"{stacks} stacks, {title}", [SCATTER] * stacks, noise
    yield "2 stacks, the second 4 times as noisy", (0.02, 0.08), normal
    yield "2 stacks, the second 10 times as noisy", (0.02, 0.2), normal
    yield "2 stacks, the first 10 times as noisy", (0.2, 0.02), normal
    yield "5 stacks, one 5 times as noisy", (0.02, 0.02, 0.1, 0.02, 0.02), normal
    yield "5 stacks, one 10 times as noisy", (0.02, 0.02, 0.2, 0.02, 0.02), normal


def told_apart(scatter: Sequence[float], rounds: int, noise: Noise, sessions: int) -> float:
    """Share of sessions of one scenario that tell identical stacks apart by either of two metrics."""
    chance = np.random.default_rng(1)
    return share(
        tells_apart([contest(chance, scatter, rounds, noise=noise, metric=metric) for metric in METRICS])
        for _ in range(sessions)
    )


def held(rounds: int, noise: Noise, sessions: int) -> float:
    """Share of intervals of two stacks that differ by a tenth."""
    chance = np.random.default_rng(2)
    found = (
        difference(contest(chance, [SCATTER] * 2, rounds, noise=noise, effect=0.1), "s1", "s0") for _ in range(sessions)
    )
    intervals = (one.interval() for one in found if one is not None)
    return share(between is not None and between[0] <= 1.1 <= between[1] for between in intervals)


def alarms(rounds: int, noise: Noise, sessions: int) -> float:
    """Share of sessions of five stacks, one scenario and two metrics."""
    chance = np.random.default_rng(3)
    return share(
        any(alarming([contest(chance, [SCATTER] * 5, rounds, noise=noise, metric=metric) for metric in METRICS]))
        for _ in range(sessions)
    )


def same(scatter: float, rounds: int, effect: float, sessions: int) -> float:
    """Share of comparisons of two stacks, asked alone, that call them the same."""
    chance = np.random.default_rng(4)
    found = (difference(contest(chance, [scatter] * 2, rounds, effect=effect), "s1", "s0") for _ in range(sessions))
    return share(one is not None and one.p > 0.05 and one.is_within(MARGIN) for one in found)


def share(found: Iterator[bool]) -> float:
    """How many of them."""
    every = list(found)
    return sum(every) / len(every)


if __name__ == "__main__":
    main(*sys.argv[1:])
