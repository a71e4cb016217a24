"""A claim is not tried where this machine lacks something that it requires: cores, a server, an interpreter."""

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.claims import claims as claims_of
from stacklab.catalog.workspace import reference
from stacklab.cli.options.effort import Effort
from stacklab.cli.plans import plan_of_claims
from stacklab.cli.preparation import cannot_be_tested
from stacklab.errors import StageError
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.plan import Untestable
from stacklab.model.stack import Stack

WORKSPACE = workspace.find(reference())
KNOWN = catalogue.with_those_of_claims(WORKSPACE, catalogue.read(WORKSPACE))
CLAIMS = claims_of.read(WORKSPACE, KNOWN)


class Lacks:
    """Makes every environment but one."""

    def __init__(self, what: str = "nothing") -> None:
        self._what = what

    def provide(self, stack: Stack) -> None:
        if any(self._what in requirement for requirement in stack.requirements):
            raise StageError(f"{self._what} cannot be installed")

    def provide_program(self, arm: ProgramArm) -> None:
        if arm.python == self._what:
            raise StageError(f"there is no python{arm.python} on PATH")


@pytest.mark.parametrize(
    ("claim", "lacks", "cores", "reason"),
    [
        ("uvloop-twice", "nothing", 0, "it needs 1 cores, and this machine has 0"),
        ("paterson-throughput", "pyuwsgi", 2, "uwsgi: pyuwsgi cannot be installed"),
        ("wellons-loops", "3.13", 2, "asyncio: there is no python3.13 on PATH"),
    ],
)
def test_what_is_missing_is_the_reason(claim: str, lacks: str, cores: int, reason: str) -> None:
    claims = [CLAIMS[claim]]

    (found,) = cannot_be_tested(claims, KNOWN, Lacks(lacks), cores=cores)

    assert Untestable(claim=claim, reason=reason) == found
    plan = plan_of_claims(claims, KNOWN, Effort(preset="quick"), command="", untestable=(found,))
    assert () == plan.cells


def test_with_everything_there_every_claim_is_tried() -> None:
    assert [] == list(cannot_be_tested(CLAIMS.values(), KNOWN, Lacks(), cores=2))
