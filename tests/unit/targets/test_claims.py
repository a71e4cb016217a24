"""What the claims bring along beside the workspace's own: stacks and endpoints."""

import pytest

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import reference
from stacklab.model.stack import Stack
from stacklab.model.traffic.contract import Contract

CLAIMS = reference() / "scenarios" / "claims"
TARGETS = reference() / "targets"
STACKS = [load(path, Stack) for path in sorted((CLAIMS / "stacks").glob("*.toml"))]
OF_THE_WORKSPACE = {path.stem for path in (TARGETS / "stacks").glob("*.toml")}
CONTRACT = load(CLAIMS / "contract.toml", Contract, named=False)

each_stack = pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)


@each_stack
def test_no_stack_of_the_claims_is_mistaken_for_one_of_the_workspace(stack: Stack) -> None:
    assert stack.name.startswith("claims-")
    assert stack.name not in OF_THE_WORKSPACE


@each_stack
def test_its_app_serves_the_endpoints_of_the_claims_exactly_if_it_says_so(stack: Stack) -> None:
    assert ("/claims_app:" in stack.app) == ("claims" in stack.serves)


@each_stack
def test_every_endpoint_of_its_interface_has_its_path_in_the_app(stack: Stack) -> None:
    source = (TARGETS / "apps" / f"{stack.app.partition(':')[0]}.py").read_text()
    paths = {one.path for one in CONTRACT.endpoints.values() if stack.interface in one.interfaces}
    missing = {path for path in paths if f'"{path}"' not in source and "/background/" not in path}

    assert not missing or "claims" not in stack.serves


def test_the_endpoints_of_the_claims_are_one_part() -> None:
    assert ("claims",) == CONTRACT.parts
