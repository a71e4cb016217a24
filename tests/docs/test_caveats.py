"""The table of caveats in the documentation is that of the rules, with the thresholds that they use."""

import re
from collections.abc import Callable, Mapping

import pytest

from stacklab.analysis.run.quantiles import BEYOND_TO_QUOTE, BEYOND_TO_TRUST
from stacklab.analysis.validity.caveats import RULES, Rule
from stacklab.analysis.validity.rules import backends, connections, instrument, machine, reading, responses, turns
from stacklab.model.measured.verdict import Validity
from stacklab.model.traffic.warmup import DRIFT
from stacklab.report.kit.numbers import percent

WHEN: Mapping[str, tuple[str, str]] = {
    "failed-rounds": ("suspect; void if none is left", "a round was not measured to its end"),
    "wrong-bodies": ("void", "a response had another body than the contract specifies"),
    "errors": (
        f"void above {percent(responses.ERRORS_VOID)}, suspect if one round alone is above it",
        "requests failed: wrong status, timeout, refused, reset",
    ),
    "served-differs": ("void", "the app counted fewer requests than got a response, or more than were sent"),
    "not-counted": ("-", "the app has no count of its requests"),
    "no-lifespan": ("-", "the server of your own ASGI app does not tell it that it starts"),
    "bodies-not-compared": ("-", "a response of your own app may have any body"),
    "bodies-unknown": (
        "suspect",
        "the contract has neither body nor pattern for a request, so the first body with the right status was correct",
    ),
    "queries-differ": (
        f"void {percent(backends.QUERIES_DIFFER)} below, suspect {percent(backends.QUERIES_DIFFER)} above",
        "a backend saw fewer or more queries than the contract promises for the requests; - if it does not count them",
    ),
    "littles-law": (
        f"suspect above {percent(instrument.LITTLES_LAW_SUSPECT)}, void above {percent(instrument.LITTLES_LAW_VOID)}",
        "requests in flight differ from a closed loop's connections; else, a request is from before the load began",
    ),
    "driver-busy": (
        f"suspect above {percent(instrument.DRIVER_BUSY_SUSPECT)}, void above {percent(instrument.DRIVER_BUSY_VOID)}",
        "share of its core that the driver used",
    ),
    "driver-delayed": (
        f"suspect above {percent(instrument.DRIVER_DELAYED_SUSPECT)}",
        "share of the window in which the driver was ready to run and had no processor",
    ),
    "near-ceiling": (
        f"suspect above {percent(instrument.NEAR_CEILING_SUSPECT)}",
        "rate over what the driver can send at most here; only once the driver was calibrated",
    ),
    "backend-busy": (
        f"suspect above {percent(backends.BACKEND_BUSY_SUSPECT)}",
        "share of the driver's cores that driver and backends used together",
    ),
    "shared-core": ("suspect", "server and driver may run on the same core"),
    "sent-late": (
        f"suspect above {percent(instrument.SENT_LATE_SUSPECT)}, and more than {instrument.SENT_LATE_STRAYS} requests",
        "sent later than 1 ms or a tenth of the median latency after the intended start, with a connection free",
    ),
    "read-late": (
        f"suspect above {percent(instrument.READ_LATE_SUSPECT)}",
        "P50 or P99 of the time that responses waited in the kernel for the driver, over that of latency; open loops",
    ),
    "connections-limit": (
        f"suspect above {percent(instrument.CONNECTIONS_LIMIT_SUSPECT)} in a round",
        "requests that `sent-late` would count, but that no connection was free for; open loops that queue",
    ),
    "rate-missed": (
        f"suspect above {percent(instrument.RATE_MISSED_SUSPECT)}",
        "share of the offered requests that did not end in the window, beyond what chance makes; open loops",
    ),
    "unfinished": (
        f"suspect above {percent(responses.UNFINISHED_SUSPECT)}",
        "requests were shed, or unanswered at the end",
    ),
    "host-busy": (
        f"suspect above {machine.HOST_BUSY_SUSPECT:g} cores",
        "used by other processes than server, driver and backends",
    ),
    "stolen": (
        f"suspect above {percent(machine.STOLEN_SUSPECT)}",
        "share of the processors' time that the hypervisor gave to other guests (steal time)",
    ),
    "works-between-turns": (
        f"suspect above {percent(turns.WORKS_BETWEEN_TURNS_SUSPECT)} of a core",
        "of stacks that take turns: the server works while it is sent nothing",
    ),
    "sweeps-lost": (
        f"suspect above {percent(turns.SWEEPS_LOST_SUSPECT)}",
        "of stacks that take turns: share of the sweeps that the machine disturbed",
    ),
    "order-dependent": (
        "-",
        f"of stacks that take turns: the first slice of a sweep is {percent(turns.ORDER_DEPENDENT_ABOVE)} off, or more",
    ),
    "pressed": (
        (
            f"suspect above {percent(machine.PRESSED_SUSPECT)} (memory, disks) "
            f"or {percent(machine.PRESSED_FOR_CPU_SUSPECT)} (processors)"
        ),
        "share of the time in which something waited; for processors, beyond the waits of server and driver",
    ),
    "turned-away": ("suspect", "an accept queue was full, or a request for a connection was sent again"),
    "sits-on-a-timer": (
        (
            f"suspect up to {percent(connections.SITS_ON_A_TIMER_WITHIN)} above "
            f"{', '.join(f'{wait:g}' for wait in connections.SITS_ON_A_TIMER_AT_S)} s"
        ),
        "a quantile sits on TCP's SYN retransmission timeout, and the median is less than half of it",
    ),
    "gil-on": ("suspect", "a free-threaded interpreter ran with the GIL after the load"),
    "versions-changed": ("suspect", "its rounds ran with different versions of Python or of a package"),
    "no-steady-state": (
        f"suspect above {percent(DRIFT)}; - where scatter hides it",
        "throughput (closed loop) or latency drifted over the window, or to the end of the warm-up, in most rounds",
    ),
    "rounds-disagree": (
        f"suspect above {percent(reading.ROUNDS_DISAGREE_SUSPECT)}",
        "standard deviation over mean of the rounds: of throughput in a closed loop, of P50 in an open one",
    ),
    "not-saturated": (
        "-",
        (
            f"the server used at most {percent(reading.NOT_SATURATED_BELOW)} of its processors in a closed loop "
            "without pauses, and neither its workers and threads nor the driver were the limit"
        ),
    ),
    "closed-loop-latency": ("-", "every closed loop without pauses and steps"),
    "workers-share-cores": ("-", "the server has more workers than cores"),
    "waits-the-blocking-way": ("-", "the scenario waits cooperatively, and the stack has no such way"),
    "connection-closed": ("-", "the server answers no second request on a connection that may be kept open"),
    "reuse-differs": (
        "-",
        (
            f"more than {percent(connections.REUSE_DIFFERS_ABOVE)} of the responses take a new connection, "
            f"and {connections.REUSE_DIFFERS_TIMES} times a peer's"
        ),
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


@pytest.mark.parametrize("rule", RULES, ids=[rule.kind for rule in RULES])
def test_what_a_caveat_may_make_of_a_cell_is_said(rule: Rule) -> None:
    makes, _ = WHEN[rule.kind]
    words = {Validity.VOID: "void", Validity.SUSPECT: "suspect"}

    assert {words[one] for one in rule.may_make if one in words} == set(re.findall("void|suspect", makes))


def test_no_caveat_is_described_that_there_is_not() -> None:
    assert {rule.kind for rule in RULES} == set(WHEN)
