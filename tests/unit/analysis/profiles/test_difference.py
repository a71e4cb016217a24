"""Differences between two sets of profiles: planted ones are located, and identical stacks give none."""

import numpy as np
import pytest

from stacklab.analysis.profiles.difference import ProfileChange, difference
from stacklab.analysis.profiles.result import ProfileResult
from stacklab.model.measured.profile import Profile

PROFILE = Profile(stack="one", scenario="json", started_at="now", seconds=5, rate_hz=400)
COSTS = {f"f{index} (lib/f{index}.py)": 4000.0 - 90 * index for index in range(40)}
"""Forty functions: nanoseconds per request."""


def taken(costs: dict[str, float], seed: int, count: int = 5, samples: int = 4000) -> list[ProfileResult]:
    """Profiles as a sampler makes them: every function's part by chance, and boots that differ by a percent."""
    random = np.random.default_rng(seed)
    whole = sum(costs.values())
    shares = np.array(list(costs.values())) / whole
    return [
        ProfileResult(
            profile=PROFILE,
            stacks={
                ("run (lib/run.py)", name): float(seen) / samples * whole * boot
                for name, seen in zip(costs, random.multinomial(samples, shares), strict=True)
            },
            lines={},
            per_request=True,
        )
        for boot in random.normal(1.0, 0.01, count)
    ]


def located(seed: int, **planted: float) -> dict[str, ProfileChange]:
    changed = {name: cost for name, cost in ({**COSTS, **planted}).items() if cost > 0}
    found = difference(taken(COSTS, 2 * seed), taken(changed, 2 * seed + 1))
    return {one.function: one.change for one in found.located}


def test_a_planted_function_of_five_percent_is_located() -> None:
    planted = 0.05 * sum(COSTS.values())

    times = sum(located(seed, **{"slow (./app.py)": planted}).get("slow (./app.py)") is not None for seed in range(10))

    assert times >= 8


def test_identical_stacks_differ_nowhere_in_nine_of_ten() -> None:
    assert sum(not located(seed) for seed in range(20)) >= 18


@pytest.mark.parametrize(
    ("name", "cost", "change"),
    [
        ("new (./app.py)", 9000.0, ProfileChange.APPEARED),
        ("f0 (lib/f0.py)", 0.0, ProfileChange.VANISHED),
        ("f0 (lib/f0.py)", 9000.0, ProfileChange.GROWN),
        ("f0 (lib/f0.py)", 1500.0, ProfileChange.SHRUNK),
    ],
)
def test_what_became_of_a_function_is_named(name: str, cost: float, change: ProfileChange) -> None:
    assert located(3, **{name: cost})[name] is change


def test_the_parts_and_what_is_not_located_add_up_to_the_measured_difference() -> None:
    found = difference(taken(COSTS, 1), taken({**COSTS, "new (./app.py)": 9000.0}, 2))

    parts = sum(one.more_ns for change in ProfileChange for one in found.of(change))
    assert parts + found.not_located_ns == pytest.approx(found.after_ns - found.before_ns)


def test_time_in_the_kernel_is_told_by_who_called_it() -> None:
    def sending(ns: float) -> list[ProfileResult]:
        return [
            ProfileResult(
                profile=PROFILE,
                stacks={("send (lib/http.py)", "kernel"): ns * boot, ("f (lib/f.py)",): 50_000.0 * boot},
                lines={},
            )
            for boot in (0.998, 0.999, 1.0, 1.001, 1.002)
        ]

    (found,) = difference(sending(5000.0), sending(9000.0)).located

    assert found.function == "kernel, from send (lib/http.py)"


def test_too_few_profiles_are_refused() -> None:
    with pytest.raises(ValueError, match="4 are needed on each side"):
        difference(taken(COSTS, 1, count=3), taken(COSTS, 2))
