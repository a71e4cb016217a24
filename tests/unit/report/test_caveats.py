"""Every caveat in words: a sentence for each kind, and for each set of facts that its rule gives."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from made.evidence import CLOSED, FAILED, GOOD, NOTHING, OPEN, every_round, quantiles, querying, running
from stacklab.analysis.run.interleaved import SliceNumbers, Slices
from stacklab.analysis.run.latency import Quantile
from stacklab.analysis.run.resources import HostUsage
from stacklab.analysis.validity.caveats import caveats
from stacklab.analysis.validity.evidence import Evidence
from stacklab.analysis.validity.rules.program import Watched, caveats_of_program
from stacklab.model.claims.finding import ArmCaveat
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.record import Gil, Phase, PhaseSpan
from stacklab.model.stack import Waits
from stacklab.model.traffic.contract import Contract, Endpoint, RecordedResponse
from stacklab.model.traffic.scenario import CallSpec
from stacklab.model.traffic.warmup import WarmupEnd
from stacklab.report.caveats import SENTENCES, sentence
from stacklab.store import documents
from stacklab.units import NS_PER_S

DRIVER = GOOD.run.driver


def _served(**changes: object) -> Evidence:
    return every_round(OPEN, run__server=replace(GOOD.run.server, **changes))  # type: ignore[arg-type]


def _warmed(end: WarmupEnd) -> Evidence:
    spans = (PhaseSpan(phase=Phase.WARMUP, start_ns=0, end_ns=6_250_000_000),)
    return every_round(OPEN, run__driver=replace(DRIVER, warmup_end=end, spans=spans))


def _recorded() -> Evidence:
    free = Endpoint(path="/", exercises="", recorded=RecordedResponse(headers={}, body=None))
    return replace(OPEN, contract=Contract(endpoints={"pause": free}))


def _calling(*calls: CallSpec) -> Evidence:
    return replace(OPEN, scenario=replace(OPEN.scenario, calls=calls))


CLOSING = every_round(OPEN, run__driver=replace(DRIVER, connects=1_200_000))
LATE = {**quantiles(2.1), "p99": Quantile(ms=1_002.0)}

MS = 1_000_000

TURNS = Slices(
    columns={
        "start_ns": np.array([0, 200, 400]) * MS,
        "end_ns": np.array([100, 300, 500]) * MS,
        "idle_cpu_ns": np.array([-1, 50, 50]) * MS,
    },
    counts=np.array([True, True, True]),
)
"""Three slices of 100 ms, and work in half of the time between them."""

PAYS_WHEN_FIRST = SliceNumbers(
    group=np.zeros(8),
    sweep=np.arange(8),
    position=np.arange(8) % 2,
    throughput_rps=np.full(8, 100.0),
    cpu_us_per_request=np.where(np.arange(8) % 2, 40.0, 50.0),
    p50_ms=np.full(8, 1.0),
)

CASES: tuple[tuple[Evidence, str, str], ...] = (
    (
        replace(OPEN, failed=(FAILED,)),
        "failed-rounds",
        "1 of 4 rounds failed (at boot: it did not boot).",
    ),
    (
        every_round(OPEN, errors={"body": 500}),
        "wrong-bodies",
        "1 500 of 3 000 000 requests got another body than the contract specifies.",
    ),
    (
        every_round(OPEN, errors={"status": 5_000, "reset": 1}),
        "errors",
        "0.5 % of the requests failed (15 000 with another status and 3 cut off).",
    ),
    (
        replace(OPEN, summaries=(replace(GOOD, errors={"timeout": 12_000}), GOOD, GOOD)),
        "errors",
        "0.4 % of the requests failed (12 000 without a response in time); in the worst round, 1.2 % did.",
    ),
    (
        every_round(OPEN, run__served=1_200_001),
        "served-differs",
        (
            "In round 1 the app counted 1 200 001 requests, while the driver sent 1 200 000 and recorded 1 200 000 "
            "responses."
        ),
    ),
    (
        every_round(OPEN, run__served=None),
        "not-counted",
        "The app did not count all requests, so whether each reached it exactly once was not checked.",
    ),
    (
        replace(OPEN, stack=replace(OPEN.stack, workers=4)),
        "workers-share-cores",
        "4 workers shared one core, so this does not show what they do with a core for each.",
    ),
    (
        replace(_recorded(), stack=replace(OPEN.stack, lifespan=False)),
        "no-lifespan",
        "The server does not run the app's lifespan, so the app was measured without what it sets up at its start.",
    ),
    (
        _recorded(),
        "bodies-not-compared",
        "Bodies of pause may differ from response to response, so they were not compared; the status was.",
    ),
    (
        _calling(CallSpec(endpoint="pause", query="n=7"), CallSpec(endpoint="pause", query="n=8")),
        "bodies-unknown",
        (
            "The contract does not specify the body of pause?n=7 and pause?n=8, so the first body with the expected "
            "status counted as correct in each round. List it under `answers` of the endpoint, or set its `pattern`."
        ),
    ),
    (
        _calling(CallSpec(endpoint="pause", query="n=7"), CallSpec(endpoint="pause", vary={"id": ("1",)})),
        "bodies-unknown",
        (
            "The contract does not specify the body of pause?n=7, so the first body with the expected status counted "
            "as correct in each round. The contract does not specify the body of pause, so any body with the expected "
            "status counted as correct. List it under `answers` of the endpoint, or set its `pattern`."
        ),
    ),
    (querying(None), "queries-differ", "The queries that PostgreSQL received were not counted."),
    (
        querying(10),
        "queries-differ",
        (
            "The requests of round 1 made 0 queries to PostgreSQL, where the contract promises 1 200 000: some "
            "responses came from elsewhere."
        ),
    ),
    (
        querying(25_000_010, calls=("row", "rows")),
        "queries-differ",
        (
            "The requests of round 1 made 25 000 000 queries to PostgreSQL, where the contract promises 1 200 000 to "
            "24 000 000: the stack does more than the contract requires."
        ),
    ),
    (
        every_round(CLOSED, flow__in_flight=9.0),
        "littles-law",
        "Little's law does not hold in round 1: 10 connections were at work, and the rows show 9 requests in flight.",
    ),
    (
        every_round(OPEN, flow__rate_times_latency=13.0),
        "littles-law",
        "Little's law does not hold in round 1: 10 requests were in flight, and rate times latency gives 13.",
    ),
    (
        every_round(OPEN, driver__cpu_ns=9.96 * NS_PER_S),
        "driver-busy",
        "The driver used 99.6 % of its core, so the numbers may be its own limit.",
    ),
    (
        every_round(OPEN, driver__delay_ns=1.0 * NS_PER_S),
        "driver-delayed",
        "The driver was ready to run but had no processor for 10 % of the time: its core was not its own.",
    ),
    (
        replace(OPEN, ceiling_rps=160_000.0),
        "near-ceiling",
        (
            "100 000 requests per second are 62.5 % of what the driver can send here (160 000): faster stacks would "
            "look the same."
        ),
    ),
    (
        every_round(querying(1_200_010), backends__cpu_ns=8.0 * NS_PER_S),
        "backend-busy",
        "Driver and backends together used 90 % of their cores, so the numbers may be the limit of these.",
    ),
    (
        every_round(OPEN, run__driver_cpus=(0,)),
        "shared-core",
        "Server and driver shared core 0: each took time from the other.",
    ),
    (
        every_round(_served(cpus=(0, 1)), run__driver_cpus=(0, 1)),
        "shared-core",
        "Server and driver shared cores 0 and 1: each took time from the other.",
    ),
    (
        every_round(OPEN, late_share=0.0049),
        "sent-late",
        (
            "The driver sent 0.49 % of the requests late, by more than 1 ms or a tenth of the median latency, although "
            "a connection was free."
        ),
    ),
    (
        every_round(OPEN, waited_share=0.25),
        "connections-limit",
        (
            "25 % of the requests of a round waited for one of 10 connections: this is no longer an open loop; raise "
            "connections."
        ),
    ),
    (
        every_round(OPEN, read_lag=quantiles(0.02)),
        "read-late",
        (
            "P50 of the driver's own reading delay is 20 % of P50 of the latency, and P99 of the driver's own reading "
            "delay is 20 % of P99 of the latency."
        ),
    ),
    (
        every_round(OPEN, read_lag={**quantiles(0.001), "p99": Quantile(ms=0.02)}),
        "read-late",
        "P99 of the driver's own reading delay is 20 % of P99 of the latency.",
    ),
    (
        every_round(OPEN, flow__ended=900_000),
        "rate-missed",
        (
            "Only 90 000 of 100 000 requests offered per second were completed in round 1: latency is that of a "
            "growing queue."
        ),
    ),
    (
        every_round(OPEN, errors={"censored": 12_000, "shed": 3_000}),
        "unfinished",
        (
            "1.5 % of the requests were shed (9 000) or still unanswered when the run ended (36 000): the stack did "
            "not keep up."
        ),
    ),
    (
        every_round(OPEN, host__busy_ns=5.1 * NS_PER_S),
        "host-busy",
        "Other processes used 0.310 cores of this machine meanwhile.",
    ),
    (
        every_round(OPEN, slices=TURNS),
        "works-between-turns",
        "The server used 50 % of a core while it was sent nothing: that work is in no request, and slows the others.",
    ),
    (
        every_round(OPEN, slices=replace(TURNS, counts=np.array([True, False, False]))),
        "sweeps-lost",
        "The machine disturbed 66.7 % of the sweeps, and they were left out.",
    ),
    (
        every_round(OPEN, by_slice=PAYS_WHEN_FIRST),
        "order-dependent",
        (
            "Order-dependent: where it came first in a sweep, CPU per request was 25 % higher than in later positions. "
            "Every stack had every position equally often."
        ),
    ),
    (
        every_round(OPEN, host__steal_ns=0.92 * NS_PER_S),
        "stolen",
        "The hypervisor gave 4.6 % of the processors' time to other guests.",
    ),
    (
        every_round(OPEN, host__memory_pressure_ns=0.6 * NS_PER_S, host__io_pressure_ns=3.0 * NS_PER_S),
        "pressed",
        "Work on this machine stood still for part of the time, waiting for memory (6 %) and a disk (30 %).",
    ),
    (
        every_round(OPEN, host__cpu_pressure_ns=3.0 * NS_PER_S),
        "pressed",
        "Work on this machine stood still for part of the time, waiting for a processor (30 %).",
    ),
    (
        every_round(OPEN, host__listen_overflows=7.0, host__syn_retransmits=2.0),
        "turned-away",
        (
            "Connections were rejected: 21 found a full accept queue, and 6 connection requests (SYN) were sent again, "
            "counted over all programs on this machine."
        ),
    ),
    (
        every_round(OPEN, latency=LATE),
        "sits-on-a-timer",
        "P99 of round 1 is 1 002 ms with a median of 2.10 ms: that is TCP's SYN retransmission timeout.",
    ),
    (
        _served(python="CPython 3.14.0t", gil=Gil(on=True, turned_on_by="greenlet._greenlet")),
        "gil-on",
        (
            "The GIL was on, though CPython 3.14.0t can run without it: greenlet._greenlet turned it on. This is no "
            "measurement of a free-threaded interpreter."
        ),
    ),
    (
        _served(python="CPython 3.14.0t", gil=Gil(on=True)),
        "gil-on",
        (
            "The GIL was on, though CPython 3.14.0t can run without it: its log does not say why. This is no "
            "measurement of a free-threaded interpreter."
        ),
    ),
    (
        replace(OPEN, summaries=running(uvicorn="0.54.0").summaries[:1] + running(uvicorn="0.55.0").summaries[:1]),
        "versions-changed",
        "The rounds did not all run with the same version of uvicorn.",
    ),
    (
        every_round(CLOSED, drift=-0.33),
        "no-steady-state",
        "No steady state: throughput fell by 33 % over the measured window; warm up for longer with --warmup.",
    ),
    (
        _warmed(WarmupEnd.DRIFTING),
        "no-steady-state",
        (
            "No steady state: latency still drifted when the warm-up ended after 6.25 s, in 3 of 3 rounds; warm up for "
            "longer with --warmup."
        ),
    ),
    (
        _warmed(WarmupEnd.UNCLEAR),
        "no-steady-state",
        (
            "No plateau was seen in 6.25 s of warm-up, in 3 of 3 rounds: too few responses, or too much scatter, to "
            "tell whether latency was in steady state."
        ),
    ),
    (
        replace(OPEN, summaries=(GOOD, GOOD, replace(GOOD, latency=quantiles(0.2)))),
        "rounds-disagree",
        "Rounds disagree: median latency varied by 43.3 % (standard deviation over mean, 3 rounds).",
    ),
    (
        CLOSED,
        "closed-loop-latency",
        (
            "Latency here only restates the rate: 10 connections / 100 000 responses per second = 0.100 ms. "
            "Compare latency under an open loop."
        ),
    ),
    (
        every_round(CLOSED, server__cpu_ns=1.6 * NS_PER_S),
        "not-saturated",
        (
            "Not saturated: the server used 16 % of its processors, so throughput is what 10 connections allow, a "
            "lower bound of its capacity. Compare CPU per request."
        ),
    ),
    (
        every_round(CLOSED, server__cpu_ns=9.9 * NS_PER_S),
        "closed-loop-latency",
        (
            "Latency here only restates the rate of a saturated server: 10 connections / 100 000 responses per "
            "second = 0.100 ms. Compare latency under an open loop."
        ),
    ),
    (
        replace(OPEN, stack=replace(OPEN.stack, waits=Waits.BLOCKING)),
        "waits-the-blocking-way",
        "This stack has no cooperative way to wait: pause keeps a thread or process waiting.",
    ),
    (
        CLOSING,
        "connection-closed",
        (
            "The server closes its connections: 1 200 000 were opened for 1 200 000 responses, so connecting is part "
            "of every request."
        ),
    ),
    (
        replace(CLOSING, peers=(OPEN,)),
        "reuse-differs",
        (
            f"Connections are opened anew for 100 % of the responses, and kept by {OPEN.stack.name}, so the comparison "
            "also includes the cost of connecting."
        ),
    ),
    (
        replace(running(h11="0.14.0"), peers=(running(h11="0.16.0"),)),
        "versions-differ",
        "The stacks compared here run different versions of h11 (0.14.0, 0.16.0).",
    ),
    (
        replace(running(a="1", b="1", c="1", d="1"), peers=(running(a="2", b="2", c="2", d="2"),)),
        "versions-differ",
        "The stacks compared here run different versions of a (1, 2), b (1, 2), c (1, 2) and 1 more.",
    ),
    (
        replace(OPEN, repeated=(2,)),
        "repeated",
        "Round 2 was disturbed by something else on the machine and measured again; the discarded run is kept.",
    ),
    (
        replace(OPEN, repeated=(3, 2, 2)),
        "repeated",
        (
            "Rounds 2 and 3 were disturbed by something else on the machine and measured again; the 3 discarded runs "
            "are kept."
        ),
    ),
    (
        every_round(OPEN, intended=1, flow__ended=1),
        "few-requests",
        "A round has 1 request, not enough for P50 (needs 8), P90 (needs 40), P99 (needs 400) and P99.9 (needs 4 000).",
    ),
    (
        every_round(OPEN, intended=3_999, flow__ended=3_999),
        "few-requests",
        "A round has 3 999 requests, not enough for P99.9 (needs 4 000); fewer than 100 of them lie beyond P99 (39).",
    ),
    (
        replace(OPEN, summaries=(GOOD,)),
        "one-round",
        "There is one round, so there is no interval and no rank.",
    ),
    (
        every_round(OPEN, server__from_schedstat=False),
        "coarse-cpu",
        "CPU per request is taken from times in steps of 10 ms, because schedstat is missing or lost threads.",
    ),
    (
        every_round(OPEN, host=HostUsage(busy_ns=None, steal_ns=None, listen_overflows=0.0)),
        "unavailable",
        "This machine does not provide steal time.",
    ),
)

PROGRAM = Watched(
    host=HostUsage(busy_ns=1.0 * NS_PER_S, steal_ns=0.0),
    program=replace(NOTHING, cpu_ns=1.0 * NS_PER_S, delay_ns=0.5 * NS_PER_S),
    threads=1,
    window_s=2.0,
)


def _caveat(evidence: Evidence, kind: str) -> Caveat:
    return next(caveat for caveat in caveats(evidence) if caveat.kind == kind)


def _plain(text: str) -> str:
    """With spaces where numbers are grouped by narrower ones."""
    return text.replace("\u202f", " ")


@pytest.mark.parametrize(("evidence", "kind", "said"), CASES, ids=[kind for _, kind, _ in CASES])
def test_a_caveat_is_a_sentence_with_its_facts(evidence: Evidence, kind: str, said: str) -> None:
    assert said == _plain(sentence(_caveat(evidence, kind)))


def test_a_program_that_was_kept_waiting_is_a_sentence_too() -> None:
    (delayed,) = caveats_of_program(PROGRAM, cores=2)

    assert (
        "The program was ready to run but had no processor for 25 % of the time: its core was not its own."
        == _plain(sentence(delayed))
    )


def test_every_kind_has_words_and_is_tried_here() -> None:
    assert {*CaveatKind} == {*SENTENCES}
    assert {*CaveatKind} == {kind for _, kind, _ in CASES} | {"program-delayed"}


@pytest.mark.parametrize(("evidence", "kind"), [case[:2] for case in CASES], ids=[kind for _, kind, _ in CASES])
def test_facts_are_plain_json_and_come_back_from_a_file_as_they_were(
    tmp_path: Path, evidence: Evidence, kind: str
) -> None:
    kept: Mapping[str, ArmCaveat] = {"arm": ArmCaveat(caveat=_caveat(evidence, kind), at={"workers": 8})}
    documents.write(tmp_path / "caveat.json", kept, Mapping[str, ArmCaveat])

    again: Mapping[str, ArmCaveat]
    again, _ = documents.read(tmp_path / "caveat.json", Mapping[str, ArmCaveat])

    assert json.dumps(asdict(kept["arm"]))
    assert kept == again
