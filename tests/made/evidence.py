"""A made-up cell that nothing is to be said against, and changes of it: the evidence that rules are tried on."""

from collections.abc import Mapping
from dataclasses import fields, replace
from math import sqrt
from typing import Any

from made import ASGI
from stacklab.analysis.run.flow import Flow
from stacklab.analysis.run.latency import Quantile, Quantiles
from stacklab.analysis.run.resources import HostUsage, TreeUsage
from stacklab.analysis.run.summary import Summary
from stacklab.analysis.validity.evidence import Evidence
from stacklab.model.measured.record import BackendCount, BackendUse, Completed, DriverReport, Failed, ServerFacts, Stage
from stacklab.model.plan import Cell
from stacklab.model.traffic.contract import Backend, Contract, Endpoint
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.units import NS_PER_S

CELL = Cell(stack="stack", scenario="scenario", round=1)
SERVER = TreeUsage(
    cpu_ns=1.0 * NS_PER_S,
    from_schedstat=True,
    user_ns=0.8 * NS_PER_S,
    system_ns=0.2 * NS_PER_S,
    delay_ns=0.0,
    switches_voluntary=100.0,
    switches_involuntary=10.0,
    rss_bytes=1,
    pss_bytes=1,
    threads=1,
    files=1,
)

NOTHING = TreeUsage(
    **{field.name: None for field in fields(TreeUsage) if field.name != "from_schedstat"}, from_schedstat=False
)


def quantiles(ms: float) -> Quantiles:
    return dict.fromkeys(("p50", "p90", "p99", "p99.9"), Quantile(ms=ms))


GOOD = Summary(
    cores=2,
    run=Completed(
        cell=CELL,
        started_at="",
        server=ServerFacts(argv=(), python="", packages={}, cpus=(0,), boot_s=0.5),
        driver=DriverReport(
            driver="reactor",
            versions={},
            spans=(),
            intended=1_000_000,
            seconds=(),
            connects=10,
            gc_collections=0,
            dropped_timers=0,
            kernel_timestamps=True,
        ),
        driver_cpus=(1,),
        served=1_200_000,
        overhead_s=1.0,
    ),
    window_s=10.0,
    intended=1_000_000,
    errors={},
    flow=Flow(
        throughput_rps=100_000.0,
        bytes_per_s=14_000_000.0,
        ended=1_000_000,
        answered=1_000_000,
        in_flight=10.0,
        rate_times_latency=10.0,
        at_borders=0.0,
        scatter=sqrt(10.0),
        requests_per_connection=100_000.0,
        worker_shares=(1.0,),
    ),
    latency=quantiles(0.1),
    service=quantiles(0.1),
    queue=quantiles(0.0),
    read_lag=quantiles(0.001),
    late_share=0.0,
    waited_share=0.0,
    sent_ever=1_200_000,
    answered_ever=1_200_000,
    right_ever=1_200_000,
    server=SERVER,
    driver=SERVER,
    backends=NOTHING,
    host=HostUsage(busy_ns=2.0 * NS_PER_S, steal_ns=0.0, listen_overflows=0.0),
    distribution=(),
    timeline=(),
)
OPEN = Evidence(
    stack=ASGI,
    scenario=Scenario(
        name="scenario", summary="", calls=(CallSpec(endpoint="pause"),), load=Open(rate=100_000, connections=10)
    ),
    contract=Contract(
        endpoints={
            "pause": Endpoint(path="/", exercises="", content_type="", answers={"": "ok"}, waits_cooperatively=True),
            "plain": Endpoint(path="/", exercises="", content_type="", answers={"": "ok"}),
        }
    ),
    cores=2,
    summaries=(GOOD, GOOD, GOOD),
    failed=(),
)
CLOSED = replace(OPEN, scenario=replace(OPEN.scenario, load=Closed(connections=10)))
FAILED = Failed(cell=CELL, started_at="", stage=Stage.BOOT, reason="it did not boot")


def every_round(evidence: Evidence, **changes: Any) -> Evidence:
    """The same change in every round; the names of a part's fields reach into that part."""
    return replace(evidence, summaries=tuple(_changed(summary, changes) for summary in evidence.summaries))


def _changed(summary: Summary, changes: Mapping[str, Any]) -> Summary:
    for name, value in changes.items():
        part, _, field = name.rpartition("__")
        if part:
            value = replace(getattr(summary, part), **{field: value})  # noqa: PLW2901 (the part, with that field)
        summary = replace(summary, **{part or name: value})
    return summary


def querying(queries: int | None, *, calls: tuple[str, ...] = ("row",)) -> Evidence:
    """A scenario that queries PostgreSQL 1,200,000 times, and ten times for verification; what PostgreSQL has seen."""
    row = Endpoint(path="/", exercises="", backend=Backend.POSTGRES, queries=1)
    contract = Contract(endpoints={**OPEN.contract.endpoints, "row": row, "rows": replace(row, queries=20)})
    scenario = replace(OPEN.scenario, calls=tuple(CallSpec(endpoint=name) for name in calls))
    seen = None if queries is None else BackendCount(queries=queries)
    use = BackendUse(backend=Backend.POSTGRES, program="PostgreSQL", verifying=10, seen=seen)
    return every_round(replace(OPEN, contract=contract, scenario=scenario), run__backends=(use,))


def running(python: str = "CPython 3.13.0", **packages: str) -> Evidence:
    return every_round(OPEN, run__server=replace(GOOD.run.server, packages=packages, python=python))
