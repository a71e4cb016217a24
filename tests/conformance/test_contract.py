"""The contract against real stacks, over the wire: what ``nox -s "conform(<stack>)"`` runs.

``STACKLAB_STACKS`` names the stacks, separated by commas. ``STACKLAB_PYTHON`` is the interpreter whose environment
they run in; without it each stack gets an environment of its own.
"""

import os

import pytest

from stacklab.cli.main import run

STACKS = [name for name in os.environ.get("STACKLAB_STACKS", "").split(",") if name]
PYTHON = [f"--python={path}" for path in (os.environ.get("STACKLAB_PYTHON"),) if path]


@pytest.mark.skipif(not STACKS, reason="STACKLAB_STACKS names no stack")
@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_answers_everything_as_the_contract_says(stack: str) -> None:
    assert run(["check", stack, *PYTHON]) == 0
