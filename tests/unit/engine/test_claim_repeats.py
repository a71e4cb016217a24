"""What disturbed a program is seen from the looks at it, and a claim that tolerates it has no run repeated for it."""

from pathlib import Path

import pytest

from made import HOST
from stacklab.analysis.validity.rules.program import caveats_of_program, delayed_share, watched
from stacklab.columns import Columns
from stacklab.engine.rounds import was_disturbed
from stacklab.model.claims.arm import ProgramArm
from stacklab.model.claims.claim import Claim, Source
from stacklab.model.claims.decision import Within
from stacklab.model.measured.record import Failed, Ran, Role, Run, Stage, Usage
from stacklab.model.plan import Plan, ProgramRun
from stacklab.model.traffic.contract import Contract
from stacklab.store.journal import Journal, keep_usage
from stacklab.store.schema import read_usage
from stacklab.units import NS_PER_S

TRIAL = ProgramRun(claim="one", arm="a", round=1)
RAN = Ran(cell=TRIAL, started_at="2026-11-20T10:15:00Z", python="CPython 3.13.0", packages={}, cpus=(0,), took_s=2.0)
FAILED = Failed(cell=TRIAL, started_at="2026-11-20T10:15:00Z", stage=Stage.PROGRAM, reason="it broke")


def looks(
    *, others: float = 0.0, delayed: float = 0.0, stolen: float = 0.0, used: float = 0.1, threads: int = 1
) -> tuple[Usage, ...]:
    """At a program over two seconds, each a share of the time of one processor."""

    def at(t_ns: int) -> tuple[Usage, Usage]:
        run_ns, delay_ns = round(used * t_ns), round(delayed * t_ns)
        busy_ns, steal_ns = round((used + others) * t_ns), round(stolen * t_ns)
        return (
            Usage(t_ns=t_ns, role=Role.SERVER, pid=7, run_ns=run_ns, delay_ns=delay_ns, threads=threads),
            Usage(t_ns=t_ns, role=Role.HOST, pid=0, busy_ns=busy_ns, steal_ns=steal_ns),
        )

    return tuple(look for second in range(3) for look in at(second * NS_PER_S))


def columns(folder: Path, found: tuple[Usage, ...]) -> Columns:
    keep_usage(folder, found)
    return read_usage(folder / "usage.parquet")


@pytest.mark.parametrize(
    ("found", "kinds"),
    [
        (looks(others=0.2, delayed=0.04, stolen=0.01), []),
        (looks(others=0.3), ["host-busy"]),
        (looks(stolen=0.04), ["stolen"]),
        (looks(delayed=0.06), ["program-delayed"]),
        (looks(delayed=0.5, used=0.9, threads=2), []),
        (looks(delayed=1.0, used=0.9, threads=2), ["program-delayed"]),
    ],
)
def test_a_program_is_doubted_for_what_others_did(tmp_path: Path, found: tuple[Usage, ...], kinds: list[str]) -> None:
    seen = watched(columns(tmp_path, found))

    assert seen is not None
    assert kinds == [caveat.kind for caveat in caveats_of_program(seen, cores=2)]


def test_of_a_program_that_ended_before_the_second_look_nothing_is_known(tmp_path: Path) -> None:
    assert watched(columns(tmp_path, looks()[:2])) is None


def test_a_counter_that_cannot_be_read_disturbs_nothing(tmp_path: Path) -> None:
    unread = tuple(
        Usage(t_ns=t_ns, role=role, pid=7, threads=1) for t_ns in (0, 9) for role in (Role.SERVER, Role.HOST)
    )
    seen = watched(columns(tmp_path, unread))

    assert seen is not None
    assert delayed_share(seen) is None
    assert [] == list(caveats_of_program(seen, cores=2))


def plan(tolerates: tuple[str, ...]) -> Plan:
    claim = Claim(
        name="one",
        title="",
        statement="",
        source=Source(text=""),
        mechanism="",
        arms={"a": ProgramArm(program="one.py", seconds=1.0)},
        decision=Within(metric="p50", arm="a", at_most=1.0),
        tolerates=tolerates,
    )
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
        cells=(TRIAL,),
        repeat_disturbed=1,
        claims=(claim,),
    )


@pytest.mark.parametrize(
    ("run", "found", "tolerates", "repeats"),
    [
        (RAN, looks(), (), False),
        (RAN, looks(others=0.5), (), True),
        (RAN, looks(others=0.5), ("host-busy",), False),
        (RAN, looks(others=0.5, delayed=0.2), ("host-busy",), True),
        (RAN, looks(others=0.5, delayed=0.2), ("machine-noise",), False),
        (RAN, looks(stolen=0.5), (), True),
        (RAN, looks(stolen=0.5), ("stolen",), False),
        (FAILED, looks(others=0.5), (), False),
    ],
)
def test_a_run_is_repeated_for_what_its_claim_does_not_tolerate(
    tmp_path: Path, run: Run, found: tuple[Usage, ...], tolerates: tuple[str, ...], *, repeats: bool
) -> None:
    journal = Journal.create(tmp_path, plan(tolerates), HOST, started_at="2026-11-20T10:15:00Z")
    keep_usage(journal.start(TRIAL), found)

    assert repeats == was_disturbed(run, journal.plan, journal)
