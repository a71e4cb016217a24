"""Two thousand sessions whose truth is known: intervals hold it, and identical stacks are seldom told apart.

Every run of a simulated session has a boot of its own (coefficient of variation 4 %), every round a moment of the
machine of its own (3 %), and one run in twenty is disturbed: slowed by 10 to 40 %. So do sessions on shared machines
look. When these simulations were written, intervals of estimates held the truth in 95.5, 94.9 and 94.1 % of 4,000
sessions of 3, 5 and 10 rounds. What the rule for differences gives is in decision 0015: ``benchmarks/rule.py`` asks the
same of more sessions.
"""

from collections.abc import Mapping
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from stacklab.analysis.rounds.differences import POWER, Difference, holm, judge
from stacklab.analysis.rounds.estimate import estimate
from stacklab.analysis.rounds.ranks import ranked
from stacklab.analysis.rounds.scatter import Contest, ValuesByRound, difference
from stacklab.analysis.rounds.stopping import narrow
from stacklab.model.measured.verdict import Verdict
from stacklab.model.plan import MARGIN, PRESETS, WHOLE_RUN_PRESETS, Preset

SESSIONS = 2000
BOOT, MOMENT = 0.04, 0.03
LEAST, MOST = 0.6, 0.9
"""What a disturbance leaves of the throughput."""
DISTURBED = 0.05
COVERED = (0.92, 0.98)
TOLD_APART = 0.05


def values(
    chance: np.random.Generator, *, stacks: int, rounds: int, disturbed: float = DISTURBED, boot: float = BOOT
) -> NDArray[np.float64]:
    """Throughput of identical stacks: a row a stack, a column a round."""
    boots = chance.normal(0, boot, (stacks, rounds))
    moments = chance.normal(0, MOMENT, (1, rounds))
    slowed = np.where(
        chance.random((stacks, rounds)) < disturbed, np.log(chance.uniform(LEAST, MOST, (stacks, rounds))), 0
    )
    return 1000.0 * np.exp(boots + moments + slowed)


def by_round(row: NDArray[np.float64]) -> ValuesByRound:
    return dict(enumerate(row.tolist(), 1))


def share_within(truth: float, intervals: list[tuple[float | None, float | None]]) -> float:
    return sum(low is not None and high is not None and low <= truth <= high for low, high in intervals) / len(
        intervals
    )


@pytest.mark.parametrize("rounds", [3, 5, 10])
def test_the_interval_of_an_estimate_holds_the_truth_as_often_as_it_says(rounds: int) -> None:
    """The truth is what the mean of endless rounds would be, the disturbed ones among them."""
    chance = np.random.default_rng(1)
    truth = 1000.0 * np.exp((BOOT**2 + MOMENT**2) / 2) * (1 - DISTURBED * (1 - (LEAST + MOST) / 2))
    found = [estimate(values(chance, stacks=1, rounds=rounds)[0].tolist()) for _ in range(SESSIONS)]

    covered = share_within(truth, [(one.low, one.high) for one in found if one is not None])

    assert COVERED[0] <= covered <= COVERED[1]


@pytest.mark.parametrize("until", [0.1, 0.05, 0.03])
def test_an_interval_that_ended_its_session_holds_the_truth_nearly_as_often(until: float) -> None:
    """The worst case, a single cell: rounds are added until its interval is narrow."""
    chance = np.random.default_rng(6)

    covered = share_within(1000.0 * np.exp(BOOT**2 / 2), [stopped(chance, until) for _ in range(SESSIONS)])

    assert COVERED[0] <= covered <= COVERED[1]


def stopped(chance: np.random.Generator, until: float) -> tuple[float | None, float | None]:
    """The interval of a session that began with three rounds."""
    rounds: list[float] = []
    while len(rounds) < 3 or not narrow([rounds], until=until):
        rounds.append(1000.0 * float(np.exp(chance.normal(0, BOOT))))
    found = estimate(rounds)
    return (None, None) if found is None else (found.low, found.high)


def contest(rows: NDArray[np.float64], metric: str = "throughput_rps") -> Contest:
    """The last row is the twin of the first."""
    named: Mapping[str, ValuesByRound] = {f"stack-{place}": by_round(row) for place, row in enumerate(rows[:-1])}
    return Contest(
        scenario="scenario",
        metric=metric,
        more_is_better=metric == "throughput_rps",
        values=named,
        twins={"stack-0": by_round(rows[-1])},
    )


def between(rows: NDArray[np.float64]) -> Difference:
    """The second stack against the first."""
    found = difference(contest(rows), "stack-1", "stack-0")
    assert found is not None
    return found


def verdict(found: Difference) -> Verdict:
    """Asked alone."""
    (certain,) = holm([found.p])
    return judge(found, certain=certain, margin=MARGIN, more_is_better=True)


@pytest.mark.parametrize("stacks", [2, 4])
@pytest.mark.parametrize("rounds", [3, 5, 10, 15])
def test_the_interval_of_a_comparison_holds_the_truth_as_often_as_it_says(rounds: int, stacks: int) -> None:
    """Candidate and baseline are the same, so the ratio is 1."""
    chance = np.random.default_rng(2)
    found = [between(values(chance, stacks=stacks + 1, rounds=rounds)) for _ in range(SESSIONS // 2)]

    covered = share_within(1.0, [one.interval() or (None, None) for one in found])

    assert COVERED[0] <= covered <= 1.0


@pytest.mark.parametrize(("stacks", "rounds", "sessions"), [(2, 3, 1000), (5, 5, 300), (10, 3, 60), (3, 10, 500)])
def test_identical_stacks_are_seldom_told_apart(stacks: int, rounds: int, sessions: int) -> None:
    """By any pair, any metric and any scenario of the session together."""
    chance = np.random.default_rng(3)

    told_apart = sum(session_tells_apart(chance, stacks, rounds) for _ in range(sessions))

    assert told_apart <= TOLD_APART * sessions


def session_tells_apart(chance: np.random.Generator, stacks: int, rounds: int) -> bool:
    """Two scenarios by two metrics, every one of them with its twin."""
    contests = [
        contest(values(chance, stacks=stacks + 1, rounds=rounds), metric)
        for metric in ("throughput_rps", "cpu_us_per_request")
        for _ in ("json", "cpu-bound")
    ]
    return any(rank.first > 1 for one in ranked(contests) for rank in one.ranks)


@pytest.mark.parametrize("noise", [(0.02, 0.08), (0.02, 0.2), (0.08, 0.02)])
@pytest.mark.parametrize("rounds", [3, 5, 10])
def test_of_two_stacks_the_noisier_one_is_not_judged_by_the_quieter(rounds: int, noise: tuple[float, float]) -> None:
    """The twin is that of the first. Judged by what it and its stack scatter, 7 to 12 % were told apart."""
    chance = np.random.default_rng(11)
    quiet, noisy = noise
    scatter = np.array([[quiet], [noisy], [quiet]])
    rows = [np.exp(chance.normal(0, 1, (3, rounds)) * scatter) for _ in range(2 * SESSIONS)]

    told_apart = sum(between(one).p <= 0.05 for one in rows)

    assert told_apart <= 0.062 * len(rows)  # 0.05, and three standard errors of so many sessions


@pytest.mark.parametrize(("noisy", "rounds", "most"), [(0.06, 3, 0.06), (0.1, 3, 0.08), (0.2, 3, 0.09), (0.1, 5, 0.06)])
def test_of_five_stacks_a_noisier_one_is_seldom_told_from_the_others(noisy: float, rounds: int, most: float) -> None:
    """By two metrics. Three rounds told identical stacks apart in 14 % where one was five times as noisy."""
    chance = np.random.default_rng(15)
    scatter = np.array([[0.02], [0.02], [noisy], [0.02], [0.02], [0.02]])

    told_apart = sum(
        any(
            rank.first > 1
            for one in ranked([contest(np.exp(chance.normal(0, 1, (6, rounds)) * scatter)) for _ in range(2)])
            for rank in one.ranks
        )
        for _ in range(300)
    )

    assert told_apart <= most * 300


@pytest.mark.parametrize("rounds", [4, 12])
def test_one_far_noisier_stack_does_not_hide_the_differences_of_others(rounds: int) -> None:
    """It was a floor under all of them: in four rounds, none of these sessions saw the 15 %."""
    chance = np.random.default_rng(17)
    scatter = np.array([[0.03], [0.03], [1.0], [0.03], [0.03]])
    slower = np.array([[1.0], [1.15], [1.0], [1.0], [1.0]])
    found = [between(np.exp(chance.normal(0, 1, (5, rounds)) * scatter) * slower).p for _ in range(200)]

    assert sum(p <= TOLD_APART for p in found) >= 0.9 * len(found)


@pytest.mark.parametrize(("correlation", "most"), [(0.2, 0.08), (0.5, 0.24)])
def test_rounds_that_resemble_the_ones_before_cost_less_than_they_did(correlation: float, most: float) -> None:
    """Two stacks and a twin, ten rounds: identical ones were told apart in 9 and 30 % of sessions."""
    chance = np.random.default_rng(16)
    told_apart = 0
    for _ in range(500):
        rows = chance.standard_normal((3, 10))
        for column in range(1, 10):
            rows[:, column] = correlation * rows[:, column - 1] + np.sqrt(1 - correlation**2) * rows[:, column]
        told_apart += between(np.exp(BOOT * rows)).p <= TOLD_APART

    assert told_apart <= most * 500


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.02, 0.036, 0.06, 0.1])
@pytest.mark.parametrize("rounds", [3, 10])
def test_however_noisy_a_machine_is_it_does_not_call_the_same_what_differs_by_5_percent(
    noise: float, rounds: int
) -> None:
    """A margin that grew with the noise did so in 13 to 24 % of sessions, as often as it did of identical stacks."""
    chance = np.random.default_rng(7)
    slower = np.array([[1.0], [1.05], [1.0]])
    rows = [np.exp(chance.normal(0, noise, (3, rounds))) for _ in range(SESSIONS // 2)]

    alike, unlike = (
        sum(verdict(between(one * factor)) is Verdict.SAME for one in rows) for factor in (np.ones((3, 1)), slower)
    )

    assert unlike <= min(alike, 0.005 * len(rows))


def test_a_calm_machine_calls_the_same_what_is() -> None:
    chance = np.random.default_rng(9)
    rows = [np.exp(chance.normal(0, 0.01, (3, 10))) for _ in range(500)]

    assert 0.85 * 500 <= sum(verdict(between(one)) is Verdict.SAME for one in rows)


@pytest.mark.parametrize("rounds", [3, 5])
def test_all_true_ranks_lie_in_their_ranges_as_often_as_they_should(rounds: int) -> None:
    """The first stack is measured twice; the slow two are the same, and so are the fast three."""
    chance = np.random.default_rng(8)
    faster = np.array([[1.0], [1.0], [3.0], [3.0], [3.0], [1.0]])
    truth = {f"stack-{place}": 4 if place < 2 else 1 for place in range(5)}
    missed, told = 0, 0
    for _ in range(100):
        every = ranked([contest(values(chance, stacks=6, rounds=rounds) * faster) for _ in range(4)])
        found = [rank for one in every for rank in one.ranks]
        missed += any(not rank.first <= truth[rank.stack] <= rank.last for rank in found)
        told += sum(rank.first - 1 for rank in found)

    assert missed <= TOLD_APART * 100
    assert told > 0.8 * 100 * 4 * 6


@pytest.mark.parametrize("rounds", [3, 10])
def test_a_stack_is_seldom_told_from_its_twin(rounds: int) -> None:
    """Five stacks under one scenario by two metrics: an alarm without cause in at most one session of twenty."""
    chance = np.random.default_rng(12)

    alarms = sum(
        any(one.alarm for one in ranked([contest(values(chance, stacks=6, rounds=rounds)) for _ in range(2)]))
        for _ in range(300)
    )

    assert alarms <= 0.08 * 300


@pytest.mark.parametrize("stacks", [2, 5])
@pytest.mark.parametrize(
    "preset", [*PRESETS.values(), *WHOLE_RUN_PRESETS.values()], ids=[*PRESETS, *(f"whole-{name}" for name in PRESETS)]
)
def test_a_preset_tells_apart_what_it_says(preset: Preset, stacks: int) -> None:
    """In four of five sessions of its scatter, all questions of a scenario together, give or take six in a hundred."""
    chance = np.random.default_rng(7)
    effect = np.ones((stacks + 1, 1))
    effect[1] += preset.sees[stacks]
    sessions = 400 if stacks == 2 else 150

    seen = sum(tells_first_from_second(chance, preset, effect) for _ in range(sessions))

    assert seen / sessions == pytest.approx(0.8, abs=0.06 if stacks == 2 else 0.09)


@pytest.mark.parametrize(("preset", "decides"), [("quick", 0.10), ("standard", 0.03), ("publish", 0.01)])
def test_a_preset_of_turns_decides_what_it_is_made_for(preset: str, decides: float) -> None:
    assert max(PRESETS[preset].sees.values()) <= decides


def tells_first_from_second(chance: np.random.Generator, preset: Preset, effect: NDArray[np.float64]) -> bool:
    """By throughput, which is the one of two metrics in which they differ."""
    one, other = (
        values(chance, stacks=len(effect), rounds=preset.rounds, disturbed=0.0, boot=preset.scatter) for _ in range(2)
    )
    contests = [contest(one * effect), contest(other, "cpu_us_per_request")]
    asked = [
        (found.p, (made, a, b) == (contests[0], "stack-0", "stack-1"))
        for made in contests
        for a, b in combinations(made.values, 2)
        if (found := difference(made, b, a)) is not None
    ]
    told = holm([p for p, _ in asked])
    return any(rejected and wanted for rejected, (_, wanted) in zip(told, asked, strict=True))


def test_what_a_comparison_says_it_sees_is_found_in_four_of_five_sessions() -> None:
    """Of ten rounds, where the scatter is known from all stacks of the scenario."""
    chance = np.random.default_rng(13)
    rows = [values(chance, stacks=5, rounds=10, disturbed=0.0) for _ in range(400)]
    promised = float(np.median([between(one).sees() or 0.0 for one in rows]))
    effect = np.array([[1.0], [1 + promised], [1.0], [1.0], [1.0]])

    seen = sum(verdict(between(one * effect)) is Verdict.FASTER for one in rows)

    assert seen / 400 == pytest.approx(POWER, abs=0.06)


def test_two_sessions_of_the_same_that_differ_by_5_percent_are_not_told_apart_through_a_reference() -> None:
    """What a session does to all of its stacks is no difference of theirs."""
    chance = np.random.default_rng(14)
    told_apart = 0
    for _ in range(500):
        a, b = (values(chance, stacks=3, rounds=10) * moved for moved in (1.0, 1.05))
        told_apart += between(b).beyond(between(a)).p <= 0.05

    assert told_apart <= 0.08 * 500


def test_what_changed_in_one_of_two_sessions_is_found_through_a_reference() -> None:
    chance = np.random.default_rng(15)
    changed = 1.05 * np.array([[1.0], [1.15], [1.0]])
    found = [
        between(values(chance, stacks=3, rounds=10, disturbed=0.0) * changed).beyond(
            between(values(chance, stacks=3, rounds=10, disturbed=0.0))
        )
        for _ in range(200)
    ]

    assert 0.9 * 200 <= sum(verdict(one) is Verdict.FASTER for one in found)
