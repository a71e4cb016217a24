"""All rules by which a cell is doubted, in one table: its kind, who judges it, and who says so.

The thresholds stand in ``rules/``, each beside the rule that uses it. A rule never hides a number; it makes a cell
suspect or void, or only says what a reader must know.
"""

from typing import Final, NamedTuple

from stacklab.analysis.validity.evidence import Evidence, Judge
from stacklab.analysis.validity.rules import (
    answers,
    backends,
    instrument,
    interpreter,
    machine,
    network,
    peers,
    reading,
)
from stacklab.model.verdict import Caveat, Validity


class Rule(NamedTuple):
    """One reason to doubt."""

    kind: str
    judge: Judge
    source: str


RULES: Final = (
    Rule("failed-rounds", answers.failed_rounds, "a failed run is a result, never a zero"),
    Rule("wrong-bodies", answers.wrong_bodies, "TechEmpower verifies bodies; caches and error pages answer fast"),
    Rule("errors", answers.errors, "HttpArena #1252: 294,864 requests/s of which 99.2 % were 5xx"),
    Rule("served-differs", answers.served_differs, "conservation: what was sent is what was served"),
    Rule("not-counted", answers.not_counted, "what cannot be read says so, never 0"),
    Rule("bodies-not-compared", answers.bodies_not_compared, "TechEmpower verifies bodies"),
    Rule("queries-differ", backends.queries_differ, "TechEmpower counts the queries that its database saw"),
    Rule("littles-law", instrument.littles_law, "Little 1961; a fifth of HttpArena's rows miss it by over 20 %"),
    Rule("driver-busy", instrument.driver_busy, "k6 documentation: keep a fifth of the generator idle"),
    Rule("driver-delayed", instrument.driver_delayed, "client-side queueing: Treadmill, ISCA 2016"),
    Rule(
        "near-ceiling", instrument.near_ceiling, "174 of 380 entries of one board at their generator's ceiling (#9775)"
    ),
    Rule("backend-busy", backends.backend_busy, "TechEmpower gives the database a machine of its own"),
    Rule("shared-core", instrument.shared_core, "an unpinned generator turned a gap of 10 % into 44 % (nurl #1126)"),
    Rule("sent-late", instrument.sent_late, "LaBench: 99.9 % of the sends in time before latency is looked at"),
    Rule("read-late", instrument.read_late, "Lancet, ATC 2019: kernel timestamps beside the client's"),
    Rule("rate-missed", instrument.rate_missed, "Lancet and zrk: achieved over offered rate"),
    Rule("unfinished", answers.unfinished, "Caladan: losses are infinite in percentiles"),
    Rule("host-busy", machine.host_busy, "stacksjs refuses a busy host; a quarter of a core is a third of its limit"),
    Rule("stolen", machine.stolen, "noisy neighbours: Abedi & Brecht, ICPE 2017"),
    Rule("pressed", machine.pressed, "pressure stall information: Weiner, Linux 4.20"),
    Rule("turned-away", network.connections_turned_away, "tcp(7), listen(2): a full accept queue drops in silence"),
    Rule("sits-on-a-timer", network.sits_on_a_timer, "RFC 6298: the first retransmission of a SYN comes after 1 s"),
    Rule("gil-on", interpreter.gil_on, "PEP 703; free threads that used one core, because a driver needed the GIL"),
    Rule("versions-changed", interpreter.versions_changed, "replicates differ by chance alone"),
    Rule("no-steady-state", reading.no_steady_state, "Barrett et al., OOPSLA 2017; Mann 1945; Theil 1950, Sen 1968"),
    Rule("rounds-disagree", reading.rounds_disagree, "stacksjs: a spread above 10 % is unstable"),
    Rule("closed-loop-latency", reading.closed_loop_latency, "Schroeder et al., NSDI 2006: open versus closed"),
    Rule("waits-the-blocking-way", reading.waits_the_blocking_way, "the contract's cooperative endpoint"),
    Rule(
        "connection-closed", answers.connection_closed, "the-benchmarker #9714: keep-alive changed results 4-165 fold"
    ),
    Rule("reuse-differs", peers.reuse_differs, "the-benchmarker #9714: who keeps connections and who does not"),
    Rule("versions-differ", peers.versions_differ, "six versions of one server side by side in one published table"),
    Rule("repeated", reading.repeated, "randomised trials report what they exclude: CONSORT 2010, item 13b"),
    Rule("few-requests", reading.few_requests, "order-statistic interval of a quantile; see analysis.quantiles"),
    Rule("one-round", reading.one_round, "Georges et al. 2007: an interval takes replicates"),
    Rule("coarse-cpu", machine.coarse_cpu, "proc(5): utime and stime in clock ticks"),
    Rule("unavailable", machine.unavailable, "what cannot be read says so, never 0"),
)


def caveats(evidence: Evidence) -> tuple[Caveat, ...]:
    """Every reason to doubt the cell, in the order of the table."""
    return tuple(
        Caveat(kind=rule.kind, text=doubt.text, makes=doubt.makes)
        for rule in RULES
        if (doubt := rule.judge(evidence)) is not None
    )


def validity(found: tuple[Caveat, ...]) -> Validity:
    """What the cell is because of its caveats: the worst of them."""
    order = (Validity.VOID, Validity.SUSPECT, Validity.VALID)
    return min((caveat.makes for caveat in found), key=order.index, default=Validity.VALID)
