"""The rungs of a boot: low before high, around what is known, and long enough."""

import pytest

from stacklab.analysis.capacity.ladder import FLOOR_LEVEL, HIGHEST, STAIRS, Aim, ladder
from stacklab.model.measured.capacity import Ladder, RungKind


def trials(of: Ladder) -> list[float]:
    return [rung.level for rung in of.rungs if rung.kind is RungKind.TRIAL]


def test_the_first_boot_is_a_staircase() -> None:
    made = ladder(1000.0, [], seconds=1.0)

    assert list(STAIRS) == trials(made)
    assert [RungKind.RECOVER, RungKind.FLOOR] == [rung.kind for rung in made.rungs[:2]]
    assert {FLOOR_LEVEL} == {rung.level for rung in made.rungs[:2]}


def test_later_boots_look_around_what_is_known_low_before_high() -> None:
    made = ladder(1000.0, [Aim(level=0.7, step=0.02)], seconds=1.0)

    assert [0.66, 0.68, 0.7, 0.72, 0.74] == pytest.approx(trials(made))


def test_a_step_is_neither_lost_in_noise_nor_out_of_reach() -> None:
    narrow, wide = (trials(ladder(1000.0, [Aim(level=0.5, step=step)], seconds=1.0)) for step in (1e-6, 10.0))

    assert (0.5 * 0.97, 0.5 * 0.85) == pytest.approx((narrow[0], wide[0]))


def test_promises_share_the_trials_of_a_boot() -> None:
    made = trials(ladder(1000.0, [Aim(level=0.6, step=0.03), Aim(level=0.63, step=0.03)], seconds=1.0))

    assert sorted(made) == made
    assert [0.57, 0.6, 0.63, 0.66] == pytest.approx(made)


def test_nothing_above_the_maximum_is_tried() -> None:
    assert max(trials(ladder(1000.0, [Aim(level=0.98, step=0.05)], seconds=1.0))) == HIGHEST


def test_more_time_is_more_sweeps() -> None:
    once, often = (ladder(1000.0, [Aim(level=0.6, step=0.03)], seconds=seconds) for seconds in (1.0, 60.0))

    assert len(often.rungs) % len(once.rungs) == 0
    assert often.seconds == pytest.approx(60.0, rel=0.1)


def test_its_load_spends_the_time_of_each_rung_at_its_rate() -> None:
    made = ladder(500.0, [], seconds=1.0)
    load = made.load(32)

    assert (500.0, 32, len(made.rungs)) == (load.rate, load.connections, len(load.steps))
    assert [rung.seconds for rung in made.rungs] == [step.share for step in load.steps]
