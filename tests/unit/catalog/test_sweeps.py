"""Sweeps: a scenario at every point of what is varied of it."""

import pytest

from stacklab.catalog.sweeps import common_maximum, parameters, scenarios_by_share, sweep
from stacklab.errors import UsageError
from stacklab.model.plan import Maximum, Swept
from stacklab.model.traffic.load import Closed, Load, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario

CALLS = (CallSpec(endpoint="wait", query="ms=10&mode=a"), CallSpec(endpoint="json"))


def scenario(name: str = "io", load: Load | None = None, calls: tuple[CallSpec, ...] = CALLS) -> Scenario:
    return Scenario(name=name, summary="", calls=calls, load=load or Closed(connections=32))


def test_a_scenario_has_the_numbers_of_its_load_and_the_parameters_of_its_queries() -> None:
    assert {"connections", "ms", "mode"} == parameters(scenario())
    assert {"connections", "rate", "ms", "mode"} == parameters(scenario(load=Open(rate=10)))


def test_every_combination_is_a_scenario_of_its_own() -> None:
    found = sweep([scenario()], {"connections": ("1", "8"), "ms": ("5",)})

    first, second = found.scenarios
    assert ("io,connections=1,ms=5", Closed(connections=1)) == (first.name, first.load)
    assert ("io,connections=8,ms=5", Closed(connections=8)) == (second.name, second.load)
    assert ["ms=5&mode=a", ""] == [call.query for call in second.calls]
    assert Swept(of="io", at={"connections": "8", "ms": "5"}) == found.swept[second.name]


def test_a_call_without_the_parameter_is_asked_as_it_was_written() -> None:
    """Responses are known by the query, letter by letter."""
    calls = (CallSpec(endpoint="wait", query="ms=10"), CallSpec(endpoint="search", query="q=a%20b&flag"))

    (one,) = sweep([scenario(calls=calls)], {"ms": ("5",)}).scenarios

    assert ["ms=5", "q=a%20b&flag"] == [call.query for call in one.calls]


def test_a_rate_changes_open_loops_and_leaves_closed_ones_as_they_are() -> None:
    found = sweep([scenario("open", Open(rate=10, burst=None)), scenario("closed")], {"rate": ("20", "50.5")})

    assert ["open,rate=20", "open,rate=50.5", "closed"] == [one.name for one in found.scenarios]
    assert [Open(rate=20.0), Open(rate=50.5), Closed(connections=32)] == [one.load for one in found.scenarios]
    assert found.swept.keys() == {"open,rate=20", "open,rate=50.5"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"connections": ("0",)}, "io: connections: 0 is below 1"),
        ({"connections": ("many",)}, "io: connections: 'many' is not a whole number"),
        ({"rate": ("fast",)}, "io: rate: 'fast' is not a number of requests per second, nor a share such as 70%"),
        ({"rate": ("inf",)}, "io: rate: 'inf' is not a number of requests per second, nor a share"),
        ({"rate": ("-3",)}, "io: rate: -3.0 is not above zero"),
        ({"ms": ("1", "1")}, "io,ms=1 would be measured twice"),
        ({"ms": ("../x",)}, "io,ms=../x cannot be measured: as a name of results, it is a path"),
    ],
)
def test_what_no_scenario_can_have_is_refused(values: dict[str, tuple[str, ...]], says: str) -> None:
    with pytest.raises(UsageError, match=r"^--vary: ") as raised:
        sweep([scenario(load=Open(rate=10))], values)

    assert says in str(raised.value)


def test_a_share_is_one_of_the_maximum_to_two_digits() -> None:
    found = sweep([scenario(load=Open(rate=10))], {"rate": ("70%",)}, {"io": Maximum(stack="slow", rps=1234.0)})

    (one,) = found.scenarios
    assert ("io,rate=70%", Open(rate=860.0)) == (one.name, one.load)
    assert {"io": Maximum(stack="slow", rps=1234.0)} == found.maxima


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="70% is a share of what the stacks serve at most, and none served anything"):
        sweep([scenario(load=Open(rate=10))], {"rate": ("70%",)})


def test_only_open_loops_with_a_share_need_a_maximum() -> None:
    both = (scenario("open", Open(rate=10)), scenario("closed"))

    assert both[:1] == scenarios_by_share(both, {"rate": ("10", "70%")})
    assert () == scenarios_by_share(both, {"rate": ("10",), "connections": ("8",)})


@pytest.mark.parametrize(
    ("served", "maximum"),
    [
        ({"a": 900.0, "b": 300.0}, Maximum(stack="b", rps=300.0)),
        ({"a": 900.0, "b": 300.0, "c": 89.0}, Maximum(stack="b", rps=300.0)),
        ({"a": 0.0}, None),
        ({}, None),
    ],
)
def test_the_common_maximum_is_the_smallest_that_does_not_hold_the_others_down(
    served: dict[str, float], maximum: Maximum | None
) -> None:
    assert maximum == common_maximum(served)
