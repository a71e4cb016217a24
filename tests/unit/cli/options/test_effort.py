"""How much is measured: what the options say beats the preset, and each command draws a seed of its own."""

from stacklab.cli.options.effort import Effort
from stacklab.model.plan import PRESETS


def test_without_options_it_is_the_usual_preset() -> None:
    assert PRESETS["standard"] == Effort().chosen_preset


def test_a_default_gives_way_to_the_preset_that_was_chosen() -> None:
    assert ("publish", "quick") == (
        Effort(preset="publish").by_default("quick").preset,
        Effort().by_default("quick").preset,
    )


def test_a_seed_is_drawn_once() -> None:
    one, other = Effort(), Effort()

    assert (True, False) == (one.seed == one.by_default("quick").seed, one.seed == other.seed)
