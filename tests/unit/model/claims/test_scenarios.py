"""What the arm of a claim makes of the scenario that it names."""

from stacklab.model.claims.arm import CellArm
from stacklab.model.claims.claim import Claim, Source
from stacklab.model.claims.decision import Contrast
from stacklab.model.claims.grid import points, scenario_at
from stacklab.model.traffic.load import Arrivals, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario

BURSTS = Scenario(
    name="at-once",
    summary="",
    calls=(CallSpec(endpoint="block", query="ms=50"), CallSpec(endpoint="plain")),
    load=Open(rate=16.0, arrivals=Arrivals.BURSTS, burst=16),
)


def _scenarios(**arms: CellArm) -> list[Scenario]:
    claim = Claim(
        name="one",
        title="",
        statement="",
        source=Source(text=""),
        mechanism="",
        arms=arms,
        decision=Contrast(metric="p50", candidate="first", baseline="second", at_least=2.0),
    )
    return [
        scenario_at(point, point.arm, {"at-once": BURSTS}, claim=claim, preset="quick")
        for point in points(claim)
        if isinstance(point.arm, CellArm)
    ]


PLAIN = CellArm(stack="a", scenario="at-once")


def test_an_endpoint_is_asked_instead_of_that_of_the_first_call() -> None:
    _, changed = _scenarios(first=PLAIN, second=CellArm(stack="a", scenario="at-once", endpoint="wait-blocking"))

    assert [("wait-blocking", "ms=50"), ("plain", "")] == [(call.endpoint, call.query) for call in changed.calls]


def test_what_an_arm_changes_gets_a_scenario_of_its_own() -> None:
    changed = CellArm(stack="a", scenario="at-once", endpoint="wait-blocking")

    assert 2 == len({scenario.name for scenario in _scenarios(first=PLAIN, second=changed)})
    assert 1 == len({scenario.name for scenario in _scenarios(first=changed, second=changed)})


def test_a_burst_is_a_level_of_the_load() -> None:
    sizes = CellArm(stack="a", scenario="at-once", levels={"burst": (40, 80)})

    loads = [scenario.load for scenario in _scenarios(first=sizes, second=PLAIN)]

    assert [40, 80, 16] == [load.burst for load in loads if isinstance(load, Open)]
