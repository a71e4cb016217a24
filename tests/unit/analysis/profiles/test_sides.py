"""Which profiles are compared: of two stacks, or of one in two sessions; what cannot be compared is named."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from made import HOST
from stacklab.analysis.profiles.sides import ProfiledSide, compared_profiles
from stacklab.catalog.layers import read_layers
from stacklab.errors import UsageError
from stacklab.model.layers import Layer
from stacklab.model.measured.profile import Profile, Recording, Sampled, Slice, ThreadUse, Ticks

LAYERS = read_layers()
FRAMES = [{"name": "run", "file": "uvicorn/server.py", "line": 1}, {"name": "spin", "file": "./work.py", "line": 9}]


@dataclass
class Profiles:
    """As much of a session as is read: each profile has its processor time in microseconds per request."""

    taken: tuple[tuple[Profile, int], ...]
    plan: Any
    host: object = HOST

    @property
    def profiles(self) -> tuple[Profile, ...]:
        return tuple(profile for profile, _ in self.taken)

    def speedscope(self, profile: Profile, recording: Recording | None) -> dict[str, Any]:
        assert recording is not None
        (cpu_us,) = (cpu_us for one, cpu_us in self.taken if one is profile)
        stacks = {(0,): 50, (0, 1): cpu_us - 50}
        thread = {"pid": 41, "tid": 41, "thread": "MainThread", "unit": "none"}
        samples = {"samples": [list(stack) for stack in stacks], "weights": list(stacks.values())}
        return {"shared": {"frames": FRAMES}, "profiles": [{**thread, **samples}]}


@dataclass
class Planned:
    """A plan, of which the load of a scenario is asked."""

    load: object = None

    def scenario(self, name: str) -> "Planned":
        assert name == "json"
        return self


def taken(stack: str, number: int, cpu_us: int, scenario: str = "json") -> tuple[Profile, int]:
    sampled = Sampled(
        tool="py-spy 0.4.3",
        recordings={recording: Ticks(taken=1000) for recording in Recording},
        span=Slice(length_s=5.0, cpu_ns=cpu_us * 1_000_000, requests=1000),
        threads=(ThreadUse(pid=41, tid=41, cpu_ns=cpu_us * 1_000_000, system_ns=0),),
    )
    profile = Profile(
        stack=stack, scenario=scenario, started_at="now", seconds=5.0, rate_hz=400, number=number, sampled=sampled
    )
    return profile, cpu_us


def session(*profiles: tuple[Profile, int]) -> Any:
    return Profiles(profiles, Planned())


TWO = session(*(taken(stack, n, us + n) for stack, us in (("one", 100), ("two", 130)) for n in range(5)))


def test_two_stacks_of_a_session_are_compared_by_function() -> None:
    (found,) = compared_profiles(ProfiledSide("one", TWO, "one"), ProfiledSide("two", TWO, "two"), LAYERS)

    (located,) = found.difference.located
    assert (found.a, found.b, found.scenario) == ("one", "two", "json")
    assert (located.function, round(located.more_ns)) == ("spin (./work.py)", 30_000)
    assert found.layers == {"spin (./work.py)": Layer.APP}


def test_one_stack_is_compared_in_two_sessions() -> None:
    before, after = (session(*(taken("one", n, us + n) for n in range(4))) for us in (100, 130))

    (found,) = compared_profiles(ProfiledSide("before", before), ProfiledSide("after", after), LAYERS)

    assert (found.a, found.b) == ("one in before", "one in after")
    assert round(found.difference.more_ns) == 30_000


def test_too_few_profiles_are_refused_with_the_command_that_takes_more() -> None:
    few = session(*(taken(stack, n, 100) for stack in ("one", "two") for n in range(3)))

    with pytest.raises(UsageError, match=r"json: 3 profiles on one side.*stacklab profile --boots 5"):
        compared_profiles(ProfiledSide("one", few, "one"), ProfiledSide("two", few, "two"), LAYERS)


def test_stacks_without_a_common_scenario_are_refused() -> None:
    apart = session(taken("one", 1, 100), taken("two", 1, 100, scenario="echo"))

    with pytest.raises(UsageError, match="no profiles under one scenario"):
        compared_profiles(ProfiledSide("one", apart, "one"), ProfiledSide("two", apart, "two"), LAYERS)


def test_profiles_that_failed_are_left_out() -> None:
    failed = replace(taken("one", 9, 100)[0], failed="py-spy may not attach", sampled=None)
    with_one_more = session(*TWO.taken, (failed, 0))

    (found,) = compared_profiles(
        ProfiledSide("one", with_one_more, "one"), ProfiledSide("two", with_one_more, "two"), LAYERS
    )

    assert found.difference.profiles == (5, 5)
