"""How much is measured: rounds, durations, the seed, and when to stop or repeat."""

import secrets
from dataclasses import dataclass, replace
from typing import Final

import click

from stacklab.cli.options.fields import declared, options_of
from stacklab.cli.options.redaction import as_given
from stacklab.cli.options.types import ABOVE_ZERO, Finite, Proportion
from stacklab.model.plan import MARGIN, PRESETS, WHOLE_RUN_PRESETS, Preset

MAX_SEED_BITS: Final = 32

USUAL_PRESET: Final = "standard"


def drawn_seed() -> int:
    """A new seed."""
    return secrets.randbits(MAX_SEED_BITS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Effort:
    """How much is measured, as far as the options say; None: as the preset says."""

    preset: str | None = declared(
        "--preset",
        type=click.Choice(list(PRESETS)),
        kept=as_given,
        help="Measurement effort (default: standard; quick with --app).",
    )
    rounds: int | None = declared(
        "--rounds",
        type=click.IntRange(1),
        metavar="N",
        kept=as_given,
        help="Number of rounds, each with fresh servers (default: the preset's).",
    )
    warmup_s: float | None = declared(
        "--warmup",
        type=Finite(min=0),
        metavar="S",
        kept=as_given,
        help="Warm up for exactly S seconds before measuring (default: until steady state).",
    )
    measure_s: float | None = declared(
        "--measure",
        type=ABOVE_ZERO,
        metavar="S",
        kept=as_given,
        help="Measure for S seconds (default: the preset's duration).",
    )
    seed: int = declared(
        "--seed",
        type=click.IntRange(0),
        default=drawn_seed,
        metavar="N",
        kept=as_given,
        drawn=True,
        help="Seed of the running order and the arrivals (default: a random one, stored in the session).",
    )
    noise_floor: bool = declared(
        "--no-noise-floor",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Do not measure one of the stacks twice to determine the noise floor.",
    )
    margin: float = declared(
        "--margin",
        type=Proportion(),
        default=MARGIN,
        kept=as_given,
        help=f"Call two stacks the same if their whole interval lies within this difference (default {MARGIN:.0%}).",
    )
    until: float | None = declared(
        "--until",
        type=Proportion(),
        kept=as_given,
        help="Add rounds until every interval is this narrow, such as 3% for ±3%.",
    )
    budget_s: float | None = declared(
        "--budget",
        type=ABOVE_ZERO,
        metavar="S",
        kept=as_given,
        help="Stop adding --until rounds after S seconds (default 900).",
    )
    repeat_disturbed: int = declared(
        "--repeat-disturbed",
        type=click.IntRange(0),
        default=1,
        metavar="N",
        kept=as_given,
        help="Repeat a run up to N times if something else on the machine disturbed it (default 1).",
    )

    interleaved: bool = declared(
        "--whole-runs",
        is_flag=True,
        flag_value=False,
        default=True,
        help="Measure one server after the other, instead of short slices of load to all stacks of a scenario in turn.",
    )

    def by_default(self, preset: str) -> "Effort":
        """The same with this preset, unless another one was chosen."""
        return replace(self, preset=self.preset or preset)

    @property
    def chosen_preset(self) -> Preset:
        """The preset that fills in what the options do not say."""
        return (PRESETS if self.interleaved else WHOLE_RUN_PRESETS)[self.preset or USUAL_PRESET]


effort_options = options_of(Effort, "effort", planned=True)

claim_effort_options = options_of(
    Effort,
    "effort",
    planned=True,
    only={
        "preset": "Measurement effort (default: quick).",
        "rounds": "Number of rounds; each starts fresh processes for every arm (default: as many as the claim sets).",
        "seed": "Seed of the running order and of random inputs (default: a random one, stored in the session).",
        "repeat_disturbed": "",
    },
)
