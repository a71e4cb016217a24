"""Caveats in words: one sentence for each kind, the same on the page, in the terminal, in Markdown and in JSON.

A sentence is a template over the facts of a caveat, or a function where it depends on which of them there are.
Numbers are written as everywhere in a report.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, cast

from stacklab.analysis.run.quantiles import BEYOND_TO_TRUST
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.facts import Amount, Fact, Unit
from stacklab.model.measured.verdict import Validity
from stacklab.report.kit.numbers import listed, number, percent

Written: TypeAlias = Mapping[str, str]
"""The facts of a caveat, by name, as they stand in a sentence."""

MOST_NAMED: Final = 3


def sentence(caveat: Caveat) -> str:
    """What a reader is told."""
    written = {name: _written(fact) for name, fact in caveat.facts.items()}
    words = SENTENCES[caveat.kind]
    return words.format_map(written) if isinstance(words, str) else words(caveat, written)


_FAILED: Final[Mapping[str, str]] = {
    "status": "with another status",
    "timeout": "without a response in time",
    "refused": "without a connection",
    "reset": "cut off",
}
"""What became of a request, by the outcome that a session has for it."""


def _errors(caveat: Caveat, written: Written) -> str:
    by_outcome = cast("Mapping[str, Amount]", caveat.facts["by_outcome"])
    failed = listed([f"{_measured(many)} {_FAILED[name]}" for name, many in by_outcome.items()])
    worst = f"; in the worst round, {written['worst_round']} did" if "worst_round" in caveat.facts else ""
    return f"{written['share']} of the requests failed ({failed}){worst}."


def _bodies_unknown(_: Caveat, written: Written) -> str:
    counted = {
        "fixed": "the first body with the expected status counted as correct in each round",
        "varied": "any body with the expected status counted as correct",
    }
    unknown = [
        f"The contract does not specify the body of {written[name]}, so {what}."
        for name, what in counted.items()
        if name in written
    ]
    return f"{' '.join(unknown)} List it under `answers` of the endpoint, or set its `pattern`."


def _queries_differ(caveat: Caveat, written: Written) -> str:
    if "queries" not in caveat.facts:
        return f"The queries that {written['program']} received were not counted."
    least, most = written["least"], written["most"]
    follows = (
        "some responses came from elsewhere"
        if caveat.makes is Validity.VOID
        else "the stack does more than the contract requires"
    )
    return (
        f"The requests of round {written['round']} made {written['queries']} queries to {written['program']}, where "
        f"the contract promises {least if least == most else f'{least} to {most}'}: {follows}."
    )


def _littles_law(caveat: Caveat, written: Written) -> str:
    broken = f"Little's law does not hold in round {written['round']}"
    if "connections_at_work" in caveat.facts:
        at_work, in_flight = written["connections_at_work"], written["in_flight"]
        return f"{broken}: {at_work} connections were at work, and the rows show {in_flight} requests in flight."
    return (
        f"{broken}: {written['in_flight']} requests were in flight, and rate times latency gives "
        f"{written['rate_times_latency']}."
    )


def _shared_core(caveat: Caveat, written: Written) -> str:
    cores = "core" if len(_items(caveat.facts["cores"])) == 1 else "cores"
    return f"Server and driver shared {cores} {written['cores']}: each took time from the other."


def _read_late(_: Caveat, written: Written) -> str:
    parts = [
        f"{name} of the driver's own reading delay is {written[fact]} of {name} of the latency"
        for name, fact in (("P50", "share_of_p50"), ("P99", "share"))
        if fact in written
    ]
    return f"{', and '.join(parts)}."


def _pressed(_: Caveat, written: Written) -> str:
    of = {"memory": "memory", "disk": "a disk", "processor": "a processor"}
    waits = listed([f"{what} ({written[name]})" for name, what in of.items() if name in written])
    return f"Work on this machine stood still for part of the time, waiting for {waits}."


def _sits_on_a_timer(_: Caveat, written: Written) -> str:
    return (
        f"{written['quantile'].upper()} of round {written['round']} is {written['latency']} with a median of "
        f"{written['median']}: that is TCP's SYN retransmission timeout."
    )


def _order_dependent(caveat: Caveat, written: Written) -> str:
    apart = _amount(caveat, "apart")
    return (
        f"Order-dependent: where it came first in a sweep, {written['of']} was {percent(abs(apart))} "
        f"{'higher' if apart > 0 else 'lower'} than in later positions. Every stack had every position equally often."
    )


def _gil_on(_: Caveat, written: Written) -> str:
    why = f"{written['turned_on_by']} turned it on" if "turned_on_by" in written else "its log does not say why"
    return (
        f"The GIL was on, though {written['python']} can run without it: {why}. "
        "This is no measurement of a free-threaded interpreter."
    )


def _no_steady_state(caveat: Caveat, written: Written) -> str:
    of = written["of"]
    if "drift" in caveat.facts:
        drift = _amount(caveat, "drift")
        moved = f"{'rose' if drift > 0 else 'fell'} by {percent(abs(drift))}"
        return f"No steady state: {of} {moved} over the measured window; warm up for longer with --warmup."
    if "drifting" in caveat.facts:
        return (
            f"No steady state: {of} still drifted when the warm-up ended after {written['warmup']}, in "
            f"{written['drifting']} of {written['rounds']} rounds; warm up for longer with --warmup."
        )
    return (
        f"No plateau was seen in {written['warmup']} of warm-up, in {written['unclear']} of {written['rounds']} "
        f"rounds: too few responses, or too much scatter, to tell whether {of} was in steady state."
    )


def _closed_loop_latency(caveat: Caveat, written: Written) -> str:
    rate = "the rate of a saturated server" if caveat.facts["saturated"] else "the rate"
    return (
        f"Latency here only restates {rate}: {written['connections']} connections / {written['rate']} responses per "
        f"second = {written['latency']}. Compare latency under an open loop."
    )


def _not_saturated(_: Caveat, written: Written) -> str:
    return (
        f"Not saturated: the server used {written['busy']} of its processors, so throughput is what "
        f"{written['connections']} connections allow, a lower bound of its capacity. Compare CPU per request."
    )


def _reuse_differs(caveat: Caveat, written: Written) -> str:
    return (
        f"Connections are opened anew for {written['share']} of the responses, and kept by "
        f"{_some(caveat.facts['kept_by'])}, so the comparison also includes the cost of connecting."
    )


def _versions_differ(caveat: Caveat, _: Written) -> str:
    return f"The stacks compared here run different versions of {_some(caveat.facts['versions'])}."


def _repeated(caveat: Caveat, written: Written) -> str:
    one = len(_items(caveat.facts["rounds"])) == 1
    kept = (
        "the discarded run is"
        if _amount(caveat, "discarded") == 1
        else f"the {written['discarded']} discarded runs are"
    )
    return (
        f"{'Round' if one else 'Rounds'} {written['rounds']} {'was' if one else 'were'} disturbed by something else on "
        f"the machine and measured again; {kept} kept."
    )


def _workers_share_cores(caveat: Caveat, written: Written) -> str:
    cores = "one core" if _amount(caveat, "cores") == 1 else f"{written['cores']} cores"
    return f"{written['workers']} workers shared {cores}, so this does not show what they do with a core for each."


def _few_requests(caveat: Caveat, written: Written) -> str:
    text = f"A round has {written['requests']} {'request' if _amount(caveat, 'requests') == 1 else 'requests'}"
    if "needed" in caveat.facts:
        needed = [f"{name.upper()} (needs {_written(many)})" for name, many in _amounts(caveat, "needed")]
        text += f", not enough for {listed(needed)}"
    if "beyond" in caveat.facts:
        beyond = [f"{name.upper()} ({_written(many)})" for name, many in _amounts(caveat, "beyond")]
        text += f"; fewer than {BEYOND_TO_TRUST} of them lie beyond {listed(beyond)}"
    return f"{text}."


SENTENCES: Final[Mapping[CaveatKind, str | Callable[[Caveat, Written], str]]] = {
    CaveatKind.FAILED_ROUNDS: "{failed} of {rounds} rounds failed (at {stage}: {reason}).",
    CaveatKind.WRONG_BODIES: "{wrong} of {requests} requests got another body than the contract specifies.",
    CaveatKind.ERRORS: _errors,
    CaveatKind.SERVED_DIFFERS: (
        "In round {round} the app counted {served} requests, while the driver sent {sent} and recorded {responses} "
        "responses."
    ),
    CaveatKind.NOT_COUNTED: (
        "The app did not count all requests, so whether each reached it exactly once was not checked."
    ),
    CaveatKind.NO_LIFESPAN: (
        "The server does not run the app's lifespan, so the app was measured without what it sets up at its start."
    ),
    CaveatKind.BODIES_NOT_COMPARED: (
        "Bodies of {endpoints} may differ from response to response, so they were not compared; the status was."
    ),
    CaveatKind.BODIES_UNKNOWN: _bodies_unknown,
    CaveatKind.QUERIES_DIFFER: _queries_differ,
    CaveatKind.LITTLES_LAW: _littles_law,
    CaveatKind.DRIVER_BUSY: "The driver used {share} of its core, so the numbers may be its own limit.",
    CaveatKind.DRIVER_DELAYED: (
        "The driver was ready to run but had no processor for {share} of the time: its core was not its own."
    ),
    CaveatKind.NEAR_CEILING: (
        "{rate} requests per second are {share} of what the driver can send here ({ceiling}): faster stacks would "
        "look the same."
    ),
    CaveatKind.BACKEND_BUSY: (
        "Driver and backends together used {share} of their cores, so the numbers may be the limit of these."
    ),
    CaveatKind.SHARED_CORE: _shared_core,
    CaveatKind.SENT_LATE: (
        "The driver sent {share} of the requests late, by more than 1 ms or a tenth of the median latency, although a"
        " connection was free."
    ),
    CaveatKind.READ_LATE: _read_late,
    CaveatKind.CONNECTIONS_LIMIT: (
        "{share} of the requests of a round waited for one of {connections} connections: this is no longer an open "
        "loop; raise connections."
    ),
    CaveatKind.RATE_MISSED: (
        "Only {ended} of {offered} requests offered per second were completed in round {round}: latency is that of a "
        "growing queue."
    ),
    CaveatKind.UNFINISHED: (
        "{share} of the requests were shed ({shed}) or still unanswered when the run ended ({unanswered}): the stack "
        "did not keep up."
    ),
    CaveatKind.HOST_BUSY: "Other processes used {cores} cores of this machine meanwhile.",
    CaveatKind.STOLEN: "The hypervisor gave {share} of the processors' time to other guests.",
    CaveatKind.PRESSED: _pressed,
    CaveatKind.TURNED_AWAY: (
        "Connections were rejected: {overflows} found a full accept queue, and {retransmits} connection requests "
        "(SYN) were sent again, counted over all programs on this machine."
    ),
    CaveatKind.SITS_ON_A_TIMER: _sits_on_a_timer,
    CaveatKind.WORKS_BETWEEN_TURNS: (
        "The server used {share} of a core while it was sent nothing: that work is in no request, and slows the others."
    ),
    CaveatKind.SWEEPS_LOST: "The machine disturbed {share} of the sweeps, and they were left out.",
    CaveatKind.ORDER_DEPENDENT: _order_dependent,
    CaveatKind.GIL_ON: _gil_on,
    CaveatKind.VERSIONS_CHANGED: "The rounds did not all run with the same version of {packages}.",
    CaveatKind.NO_STEADY_STATE: _no_steady_state,
    CaveatKind.ROUNDS_DISAGREE: (
        "Rounds disagree: {of} varied by {variation} (standard deviation over mean, {rounds} rounds)."
    ),
    CaveatKind.CLOSED_LOOP_LATENCY: _closed_loop_latency,
    CaveatKind.WORKERS_SHARE_CORES: _workers_share_cores,
    CaveatKind.NOT_SATURATED: _not_saturated,
    CaveatKind.WAITS_THE_BLOCKING_WAY: (
        "This stack has no cooperative way to wait: {endpoints} keeps a thread or process waiting."
    ),
    CaveatKind.CONNECTION_CLOSED: (
        "The server closes its connections: {connects} were opened for {responses} responses, so connecting is part "
        "of every request."
    ),
    CaveatKind.REUSE_DIFFERS: _reuse_differs,
    CaveatKind.VERSIONS_DIFFER: _versions_differ,
    CaveatKind.REPEATED: _repeated,
    CaveatKind.FEW_REQUESTS: _few_requests,
    CaveatKind.ONE_ROUND: "There is one round, so there is no interval and no rank.",
    CaveatKind.COARSE_CPU: (
        "CPU per request is taken from times in steps of 10 ms, because schedstat is missing or lost threads."
    ),
    CaveatKind.UNAVAILABLE: "This machine does not provide {counters}.",
    CaveatKind.PROGRAM_DELAYED: (
        "The program was ready to run but had no processor for {share} of the time: its core was not its own."
    ),
}


def _written(fact: Fact) -> str:
    if isinstance(fact, Amount):
        return _measured(fact)
    if isinstance(fact, tuple | Mapping):
        return listed(_items(fact))
    return str(fact)


def _measured(amount: Amount) -> str:
    match amount.unit:
        case Unit.SHARE:
            return percent(amount.value)
        case Unit.MILLISECONDS | Unit.SECONDS:
            return f"{number(amount.value)} {amount.unit}"
        case _:
            return number(amount.value)


def _items(fact: Fact) -> list[str]:
    """Several facts, one by one: ``timeout 14``, or ``h11 (0.14.0, 0.16.0)``."""
    if isinstance(fact, Mapping):
        return [
            f"{name} {_measured(one)}" if isinstance(one, Amount) else f"{name} ({', '.join(one)})"
            for name, one in fact.items()
        ]
    return [str(one) for one in fact] if isinstance(fact, tuple) else [_written(fact)]


def _some(fact: Fact) -> str:
    """The first of many, and how many more there are."""
    items = _items(fact)
    more = len(items) - MOST_NAMED
    return listed([*items[:MOST_NAMED], *([f"{more} more"] if more > 0 else [])])


def _amount(caveat: Caveat, name: str) -> float:
    return cast("Amount", caveat.facts[name]).value


def _amounts(caveat: Caveat, name: str) -> Sequence[tuple[str, Amount]]:
    return tuple(cast("Mapping[str, Amount]", caveat.facts[name]).items())
