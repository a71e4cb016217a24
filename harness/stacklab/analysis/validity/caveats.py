"""All rules by which a cell is doubted, in one table: the kind, who judges it, what it may make, and who says so.

A threshold stands in ``rules/``, beside the rule that uses it, under the name of the kind. A rule never hides a number;
it makes a cell suspect or void, or only says what a reader must know. The sentences are in ``report/caveats.py``.
"""

from typing import Final, NamedTuple

from stacklab.analysis.validity.evidence import Evidence, Judge
from stacklab.analysis.validity.rules import (
    backends,
    connections,
    instrument,
    machine,
    own_app,
    reading,
    responses,
    turns,
    versions,
)
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity

VALID, SUSPECT, VOID = Validity.VALID, Validity.SUSPECT, Validity.VOID


class Rule(NamedTuple):
    """One reason to doubt."""

    kind: CaveatKind
    judge: Judge
    may_make: tuple[Validity, ...]
    """VALID where it may be only to be known."""
    source: str


RULES: Final = (
    Rule(
        CaveatKind.FAILED_ROUNDS,
        responses.failed_rounds,
        (SUSPECT, VOID),
        "a failed run is a result, never a zero",
    ),
    Rule(
        CaveatKind.WRONG_BODIES,
        responses.wrong_bodies,
        (VOID,),
        "TechEmpower verifies bodies; caches and error pages answer fast",
    ),
    Rule(
        CaveatKind.ERRORS,
        responses.errors,
        (VALID, SUSPECT, VOID),
        "HttpArena #1252: 294 864 requests/s of which 99.2 % were 5xx",
    ),
    Rule(
        CaveatKind.SERVED_DIFFERS, responses.served_differs, (VOID,), "conservation: what was sent is what was served"
    ),
    Rule(CaveatKind.NOT_COUNTED, responses.not_counted, (VALID,), "what cannot be read says so, never 0"),
    Rule(CaveatKind.NO_LIFESPAN, own_app.no_lifespan, (VALID,), "the ASGI specification: a server may leave it out"),
    Rule(CaveatKind.BODIES_NOT_COMPARED, responses.bodies_not_compared, (VALID,), "TechEmpower verifies bodies"),
    Rule(CaveatKind.BODIES_UNKNOWN, responses.bodies_unknown, (SUSPECT,), "TechEmpower verifies bodies"),
    Rule(
        CaveatKind.QUERIES_DIFFER,
        backends.queries_differ,
        (VALID, SUSPECT, VOID),
        "TechEmpower counts the queries that its database saw",
    ),
    Rule(
        CaveatKind.LITTLES_LAW,
        instrument.littles_law,
        (SUSPECT, VOID),
        "Little 1961; a fifth of HttpArena's rows miss it by over 20 %",
    ),
    Rule(
        CaveatKind.DRIVER_BUSY,
        instrument.driver_busy,
        (SUSPECT, VOID),
        "k6 documentation: keep a fifth of the generator idle",
    ),
    Rule(
        CaveatKind.DRIVER_DELAYED, instrument.driver_delayed, (SUSPECT,), "client-side queueing: Treadmill, ISCA 2016"
    ),
    Rule(
        CaveatKind.NEAR_CEILING,
        instrument.near_ceiling,
        (SUSPECT,),
        "174 of 380 entries of one board at their generator's ceiling (#9775)",
    ),
    Rule(
        CaveatKind.BACKEND_BUSY,
        backends.backend_busy,
        (SUSPECT,),
        "TechEmpower gives the database a machine of its own",
    ),
    Rule(
        CaveatKind.SHARED_CORE,
        instrument.shared_core,
        (SUSPECT,),
        "an unpinned generator turned a gap of 10 % into 44 % (nurl #1126)",
    ),
    Rule(
        CaveatKind.SENT_LATE,
        instrument.sent_late,
        (SUSPECT,),
        "LaBench: 99.9 % of the sends in time before latency is looked at",
    ),
    Rule(
        CaveatKind.READ_LATE,
        instrument.read_late,
        (SUSPECT,),
        "Lancet, ATC 2019: kernel timestamps beside the client's",
    ),
    Rule(
        CaveatKind.CONNECTIONS_LIMIT,
        instrument.connections_limit,
        (SUSPECT,),
        "Schroeder et al., NSDI 2006: with all connections in use, a response decides when the next request starts",
    ),
    Rule(CaveatKind.RATE_MISSED, instrument.rate_missed, (SUSPECT,), "Lancet and zrk: achieved over offered rate"),
    Rule(CaveatKind.UNFINISHED, responses.unfinished, (SUSPECT,), "Caladan: losses are infinite in percentiles"),
    Rule(
        CaveatKind.HOST_BUSY,
        machine.host_busy,
        (SUSPECT,),
        "stacksjs refuses a busy host; a quarter of a core is a third of its limit",
    ),
    Rule(CaveatKind.STOLEN, machine.stolen, (SUSPECT,), "noisy neighbours: Abedi & Brecht, ICPE 2017"),
    Rule(CaveatKind.PRESSED, machine.pressed, (SUSPECT,), "pressure stall information: Weiner, Linux 4.20"),
    Rule(
        CaveatKind.TURNED_AWAY,
        connections.turned_away,
        (SUSPECT,),
        "tcp(7), listen(2): a full accept queue drops in silence",
    ),
    Rule(
        CaveatKind.SITS_ON_A_TIMER,
        connections.sits_on_a_timer,
        (SUSPECT,),
        "RFC 6298: the first retransmission of a SYN comes after 1 s",
    ),
    Rule(
        CaveatKind.WORKS_BETWEEN_TURNS,
        turns.works_between_turns,
        (SUSPECT,),
        "a server at rest is the condition under which another is measured",
    ),
    Rule(CaveatKind.SWEEPS_LOST, turns.sweeps_lost, (SUSPECT,), "what is left of a sample must not be a choice"),
    Rule(
        CaveatKind.ORDER_DEPENDENT,
        turns.order_dependent,
        (VALID,),
        "LTplus-AG/ifc-lite #4221: identical code, 23 to 40 % slower where it always came second",
    ),
    Rule(
        CaveatKind.GIL_ON,
        versions.gil_on,
        (SUSPECT,),
        "PEP 703; free threads that used one core, because a driver needed the GIL",
    ),
    Rule(CaveatKind.VERSIONS_CHANGED, versions.versions_changed, (SUSPECT,), "replicates differ by chance alone"),
    Rule(
        CaveatKind.NO_STEADY_STATE,
        reading.no_steady_state,
        (VALID, SUSPECT),
        "Barrett et al., OOPSLA 2017; Mann 1945; Theil 1950, Sen 1968",
    ),
    Rule(CaveatKind.ROUNDS_DISAGREE, reading.rounds_disagree, (SUSPECT,), "stacksjs: a spread above 10 % is unstable"),
    Rule(
        CaveatKind.CLOSED_LOOP_LATENCY,
        reading.closed_loop_latency,
        (VALID,),
        "Schroeder et al., NSDI 2006: open versus closed",
    ),
    Rule(
        CaveatKind.WORKERS_SHARE_CORES,
        reading.workers_share_cores,
        (VALID,),
        "gunicorn documentation: the number of workers follows from that of the cores",
    ),
    Rule(
        CaveatKind.NOT_SATURATED,
        reading.not_saturated,
        (VALID,),
        "Jain 1991, The Art of Computer Systems Performance Analysis: capacity is what the bottleneck serves",
    ),
    Rule(
        CaveatKind.WAITS_THE_BLOCKING_WAY,
        reading.waits_the_blocking_way,
        (VALID,),
        "the contract's cooperative endpoint",
    ),
    Rule(
        CaveatKind.CONNECTION_CLOSED,
        connections.connection_closed,
        (VALID,),
        "the-benchmarker #9714: keep-alive changed results 4-165 fold",
    ),
    Rule(
        CaveatKind.REUSE_DIFFERS,
        connections.reuse_differs,
        (VALID,),
        "the-benchmarker #9714: who keeps connections and who does not",
    ),
    Rule(
        CaveatKind.VERSIONS_DIFFER,
        versions.versions_differ,
        (VALID,),
        "six versions of one server side by side in one published table",
    ),
    Rule(
        CaveatKind.REPEATED,
        reading.repeated,
        (VALID,),
        "randomised trials report what they exclude: CONSORT 2010, item 13b",
    ),
    Rule(
        CaveatKind.FEW_REQUESTS,
        reading.few_requests,
        (VALID,),
        "order-statistic interval of a quantile; see analysis.run.quantiles",
    ),
    Rule(CaveatKind.ONE_ROUND, reading.one_round, (VALID,), "Georges et al. 2007: an interval takes replicates"),
    Rule(CaveatKind.COARSE_CPU, machine.coarse_cpu, (VALID,), "proc(5): utime and stime in clock ticks"),
    Rule(CaveatKind.UNAVAILABLE, machine.unavailable, (VALID,), "what cannot be read says so, never 0"),
)


def caveats(evidence: Evidence) -> tuple[Caveat, ...]:
    """Every reason to doubt the cell, in the order of the table."""
    return tuple(caveat for rule in RULES if (caveat := rule.judge(evidence)) is not None)


def validity(found: tuple[Caveat, ...]) -> Validity:
    """What the cell is because of its caveats: the worst of them."""
    order = (VOID, SUSPECT, VALID)
    return min((caveat.makes for caveat in found), key=order.index, default=VALID)
