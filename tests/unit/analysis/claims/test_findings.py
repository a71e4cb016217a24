"""What a claim's cells need to know of their requests, and which of their rounds count."""

import pytest

from stacklab.analysis.claims.findings import alone_ns, droppable
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.scenario import CallSpec, Scenario

CONTRACT = Contract(
    endpoints={
        "block": Endpoint(path="/block", exercises="", alone_ms="ms"),
        "plain": Endpoint(path="/plain", exercises=""),
    }
)
BLOCK = CallSpec(endpoint="block", query="call_ms=10&ms=8")


@pytest.mark.parametrize(
    ("calls", "known_ns"),
    [
        ((BLOCK,), 8_000_000),
        ((BLOCK, BLOCK), 8_000_000),
        ((BLOCK, CallSpec(endpoint="block", query="ms=9")), None),
        ((BLOCK, CallSpec(endpoint="plain", query="ms=8")), None),
        ((CallSpec(endpoint="block"),), None),
        ((CallSpec(endpoint="block", query="ms=long"),), None),
    ],
)
def test_how_long_a_request_has_its_worker_alone_is_known_where_the_contract_says_and_all_agree(
    calls: tuple[CallSpec, ...], known_ns: int | None
) -> None:
    scenario = Scenario(name="poisson", summary="", calls=calls, load=Closed(connections=1))

    assert known_ns == alone_ns(scenario, CONTRACT)


STOLEN = (Caveat(kind=CaveatKind.STOLEN, makes=Validity.SUSPECT),)
NO_PLATEAU = (Caveat(kind=CaveatKind.NO_STEADY_STATE, makes=Validity.SUSPECT),)


@pytest.mark.parametrize(
    ("doubts", "dropped"),
    [
        ({1: (), 2: STOLEN, 3: (), 4: ()}, {2}),
        ({1: (), 2: STOLEN, 3: ()}, set()),
        ({1: STOLEN, 2: STOLEN, 3: STOLEN, 4: (), 5: ()}, set()),
        ({1: STOLEN, 2: STOLEN, 3: STOLEN, 4: (), 5: (), 6: ()}, {1, 2, 3}),
        ({1: NO_PLATEAU, 2: (), 3: (), 4: ()}, set()),
    ],
)
def test_a_round_that_was_disturbed_is_dropped_where_three_are_left_and_half_of_all(
    doubts: dict[int, tuple[Caveat, ...]], dropped: set[int]
) -> None:
    assert dropped == droppable(doubts)
