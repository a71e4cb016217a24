"""What a claim's cells need to know of their requests."""

import pytest

from stacklab.analysis.claims.findings import alone_ns
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
