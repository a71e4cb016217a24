"""A claim that a busy machine takes nothing from has no run repeated because of it."""

from dataclasses import replace
from typing import cast

import pytest

from stacklab.model.arm import ProgramArm
from stacklab.model.claim import Claim, Source
from stacklab.model.contract import Contract
from stacklab.model.decision import Within
from stacklab.model.plan import Cell, Plan
from stacklab.rounds import may_repeat
from stacklab.store.journal import Journal

CELL = Cell(stack="a", scenario="b", round=1, claim="one")
CLAIM = Claim(
    name="one",
    title="",
    statement="",
    source=Source(text=""),
    mechanism="",
    arms={"a": ProgramArm(program="one.py", seconds=1.0)},
    decision=Within(metric="p50", arm="a", at_most=1.0),
)


class Nothing:
    """Of a journal: nothing was set aside yet."""

    def attempts_set_aside(self, cell: Cell | None = None) -> int:
        return 0


def _plan(tolerates: tuple[str, ...]) -> Plan:
    return Plan(
        preset="quick",
        rounds=1,
        seed=1,
        warmup_s=0.0,
        measure_s=1.0,
        command="",
        contract=Contract(endpoints={}),
        stacks=(),
        scenarios=(),
        cells=(CELL,),
        repeat_disturbed=1,
        claims=(replace(CLAIM, tolerates=tolerates),),
    )


@pytest.mark.parametrize(
    ("tolerates", "repeats"),
    [((), True), (("host-busy",), True), (("host-busy", "driver-delayed", "pressed"), False)],
)
def test_it_repeats_unless_all_that_disturbs_is_tolerated(tolerates: tuple[str, ...], repeats: bool) -> None:
    assert repeats == may_repeat(CELL, _plan(tolerates), cast("Journal", Nothing()))
