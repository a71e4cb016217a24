"""The table of caveats in the documentation is that of the rules, with the thresholds that they use."""

from collections.abc import Callable, Mapping

from stacklab.analysis.run.quantiles import BEYOND_TO_QUOTE, BEYOND_TO_TRUST
from stacklab.analysis.validity.caveats import RULES
from stacklab.analysis.validity.rules import answers, backends, instrument, machine, network, peers, reading
from stacklab.model.traffic.warmup import DRIFT

WHEN: Mapping[str, tuple[str, str]] = {
    "failed-rounds": ("suspect; void if none is left", "a round was not measured to its end"),
    "wrong-bodies": ("void", "an answer had another body than the contract says"),
    "errors": (f"void above {answers.ERRORS_VOID:.0%}", "requests failed: wrong status, timeout, refused, reset"),
    "served-differs": ("void", "the app counted fewer requests than were answered, or more than were sent"),
    "not-counted": ("-", "the app has no count of its requests"),
    "bodies-not-compared": ("-", "a request to an app of one's own may have any body for an answer"),
    "queries-differ": (
        f"void {backends.QUERIES:.0%} below, suspect {backends.QUERIES:.0%} above",
        "a backend saw fewer or more queries than the contract promises for the requests; said if it does not count",
    ),
    "littles-law": (
        f"suspect above {instrument.LITTLE_SUSPECT:.0%}, void above {instrument.LITTLE_VOID:.0%}",
        "requests in flight differ from a closed loop's connections; else, a request is from before the load began",
    ),
    "driver-busy": (
        f"suspect above {instrument.DRIVER_SUSPECT:.0%}, void above {instrument.DRIVER_VOID:.0%}",
        "share of its core that the driver used",
    ),
    "driver-delayed": (
        f"suspect above {instrument.DRIVER_DELAYED:.0%}",
        "share of the window in which the driver was ready to run and had no processor",
    ),
    "near-ceiling": (
        f"suspect above {instrument.NEAR_CEILING:.0%}",
        "rate over what the driver can send at most here; said once the driver was calibrated",
    ),
    "backend-busy": (
        f"suspect above {backends.BACKEND_SUSPECT:.0%}",
        "share of the driver's cores that driver and backends used together",
    ),
    "shared-core": ("suspect", "server and driver may run on the same core"),
    "sent-late": (
        f"suspect above {instrument.LATE_SHARE:.1%}, and more than {instrument.LATE_AT_LEAST} requests",
        "sent later than 1 ms or a tenth of the median latency after the intended start, with a connection free",
    ),
    "read-late": (
        f"suspect above {instrument.READ_LAG:.0%}",
        "P99 of the time that answers waited in the kernel for the driver, over P99 of latency; open loops",
    ),
    "rate-missed": (
        f"suspect above {instrument.RATE_MISSED:.0%}",
        "share of the offered requests that did not end in the window, beyond what chance makes; open loops",
    ),
    "unfinished": (f"suspect above {answers.LOST_SUSPECT:.0%}", "requests were shed, or unanswered at the end"),
    "host-busy": (
        f"suspect above {machine.OTHERS_CORES:g} cores",
        "used by other processes than server, driver and backends",
    ),
    "stolen": (f"suspect above {machine.STEAL:.0%}", "share of the processors' time that went to other guests"),
    "pressed": (
        f"suspect above {machine.PRESSURE:.0%} (memory, disks) or {machine.CPU_PRESSURE:.0%} (processors)",
        "share of the time in which something waited; for processors, beyond the waits of server and driver",
    ),
    "turned-away": ("suspect", "an accept queue was full, or a request for a connection was sent again"),
    "sits-on-a-timer": (
        f"suspect up to {network.SITS:.0%} above {', '.join(f'{wait:g}' for wait in network.SYN_WAITS_S)} s",
        "a quantile sits on a timer of TCP, and the median is less than half of it",
    ),
    "gil-on": ("suspect", "a free-threaded interpreter ran with the GIL after the load"),
    "versions-changed": ("suspect", "its rounds ran with different versions of Python or of a package"),
    "no-steady-state": (
        f"suspect above {DRIFT:.0%}; - where scatter hides it",
        "throughput (closed loop) or latency drifted over the window, or to the end of the warm-up, in most rounds",
    ),
    "rounds-disagree": (
        f"suspect above {reading.ROUNDS_DISAGREE:.0%}",
        "standard deviation over mean of the rounds: of throughput in a closed loop, of P50 in an open one",
    ),
    "closed-loop-latency": ("-", "every closed loop without pauses and steps"),
    "waits-the-blocking-way": ("-", "the scenario waits cooperatively, and the stack has no such way"),
    "connection-closed": ("-", "the server answers no second request on a connection that may be kept"),
    "reuse-differs": (
        "-",
        f"more than {peers.RECONNECTS:.0%} of the answers take a new connection, and {peers.TIMES} times a peer's",
    ),
    "versions-differ": (
        "-",
        "stacks of the scenario have a package, or Python, in different versions, and it was not varied",
    ),
    "repeated": ("-", "a round was disturbed and measured again"),
    "few-requests": (
        "-",
        f"fewer than {BEYOND_TO_TRUST} requests of a round beyond a quantile; below {BEYOND_TO_QUOTE} it is not quoted",
    ),
    "one-round": ("-", "one round was completed"),
    "coarse-cpu": ("-", "schedstat is missing, or forgot threads that ended"),
    "unavailable": ("-", "the kernel does not give a counter"),
}


def test_the_table_of_caveats_is_that_of_the_rules(generated: Callable[[str, str, str], None]) -> None:
    head = ["| Caveat | Makes the cell | When | Why | Source |", "| --- | --- | --- | --- | --- |"]
    rows = [
        f"| `{rule.kind}` | {makes} | {when} | {first_line(rule.judge)} | {rule.source} |"
        for rule in RULES
        for makes, when in [WHEN[rule.kind]]
    ]

    generated("docs/reading-a-report.md", "caveats", "\n".join([*head, *rows]))


def first_line(rule: Callable[..., object]) -> str:
    """What a rule says of itself."""
    return (rule.__doc__ or "").splitlines()[0]


def test_no_caveat_is_described_that_there_is_not() -> None:
    assert {rule.kind for rule in RULES} == set(WHEN)
