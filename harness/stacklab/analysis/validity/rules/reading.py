"""Caveats about reading the numbers: how many there are, whether they agree, and what they do not mean."""

from typing import Final

from stacklab.analysis.rounds.estimate import variation
from stacklab.analysis.run.quantiles import BEYOND_TO_TRUST, QUANTILES, beyond, enough, needed
from stacklab.analysis.validity.evidence import Evidence
from stacklab.analysis.validity.rules.instrument import DRIVER_BUSY_SUSPECT, driver_core_share
from stacklab.model.measured import facts
from stacklab.model.measured.caveat import Caveat, CaveatKind
from stacklab.model.measured.verdict import Validity
from stacklab.model.stack import Waits
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.warmup import DRIFT, WarmupEnd
from stacklab.steady_state import agreed, is_throughput

ROUNDS_DISAGREE_SUSPECT: Final = 0.10
"""Coefficient of variation across rounds."""

NOT_SATURATED_BELOW: Final = 0.9
"""Share of the processors that a server may use, above which it is called saturated."""

NO_PLATEAU: Final = (WarmupEnd.DRIFTING, WarmupEnd.UNCLEAR)


def few_requests(evidence: Evidence) -> Caveat | None:
    """A quantile with next to nothing beyond it is the luck of a few requests."""
    if not evidence.summaries:
        return None
    n = min(summary.intended for summary in evidence.summaries)
    missing = {name: facts.count(needed(q)) for name, q in QUANTILES.items() if not enough(n, q)}
    thin = {
        name: facts.count(int(beyond(n, q)))
        for name, q in QUANTILES.items()
        if enough(n, q) and beyond(n, q) < BEYOND_TO_TRUST
    }
    if not missing and not thin:
        return None
    return Caveat(
        kind=CaveatKind.FEW_REQUESTS,
        makes=Validity.VALID,
        facts={
            "requests": facts.count(n),
            **({"needed": missing} if missing else {}),
            **({"beyond": thin} if thin else {}),
        },
    )


def rounds_disagree(evidence: Evidence) -> Caveat | None:
    """Rounds that differ more than stacks do cannot tell stacks apart."""
    if isinstance(evidence.scenario.load, Closed):
        what, values = "throughput", [summary.throughput_rps for summary in evidence.summaries]
    else:
        what = "median latency"
        values = [median.ms for summary in evidence.summaries if (median := summary.latency["p50"]) is not None]
    spread = variation(values)
    if spread is None or spread <= ROUNDS_DISAGREE_SUSPECT:
        return None
    return Caveat(
        kind=CaveatKind.ROUNDS_DISAGREE,
        makes=Validity.SUSPECT,
        facts={"of": what, "variation": facts.share(spread), "rounds": facts.count(len(values))},
    )


def no_steady_state(evidence: Evidence) -> Caveat | None:
    """What still rises or falls has no value yet; of Barrett et al.'s programs less than half always settled."""
    what = "throughput" if is_throughput(evidence.scenario.load) else "latency"
    stepped = bool(evidence.scenario.load.steps)
    found = None if stepped else agreed([summary.drift for summary in evidence.summaries])
    if found is not None and abs(found) > DRIFT:
        return Caveat(
            kind=CaveatKind.NO_STEADY_STATE,
            makes=Validity.SUSPECT,
            facts={"of": what, "drift": facts.share(found)},
        )
    without = [summary for summary in evidence.summaries if summary.run.driver.warmup_end in NO_PLATEAU]
    if 2 * len(without) <= len(evidence.summaries):
        return None
    drifting = [summary for summary in without if summary.run.driver.warmup_end is WarmupEnd.DRIFTING]
    drifts = 2 * len(drifting) > len(evidence.summaries)
    return Caveat(
        kind=CaveatKind.NO_STEADY_STATE,
        makes=Validity.SUSPECT if drifts else Validity.VALID,
        facts={
            "of": what,
            "warmup": facts.seconds(max(summary.warmup_s for summary in without)),
            "rounds": facts.count(len(evidence.summaries)),
            **({"drifting": facts.count(len(drifting))} if drifts else {"unclear": facts.count(len(without))}),
        },
    )


def repeated(evidence: Evidence) -> Caveat | None:
    """What was measured again was chosen; that is said."""
    if not evidence.repeated:
        return None
    return Caveat(
        kind=CaveatKind.REPEATED,
        makes=Validity.VALID,
        facts={"rounds": tuple(sorted(set(evidence.repeated))), "discarded": facts.count(len(evidence.repeated))},
    )


def one_round(evidence: Evidence) -> Caveat | None:
    """One round shows no scatter."""
    if len(evidence.summaries) != 1:
        return None
    return Caveat(kind=CaveatKind.ONE_ROUND, makes=Validity.VALID)


def closed_loop_latency(evidence: Evidence) -> Caveat | None:
    """A closed loop without pauses has latency C / X whatever the server does (Little's law)."""
    load = evidence.scenario.load
    if not isinstance(load, Closed) or load.think_s or load.steps or not evidence.summaries:
        return None
    rate = sum(summary.flow.ended / summary.window_s for summary in evidence.summaries) / len(evidence.summaries)
    if not rate:
        return None
    busy = _busy_share(evidence)
    return Caveat(
        kind=CaveatKind.CLOSED_LOOP_LATENCY,
        makes=Validity.VALID,
        facts={
            "connections": facts.count(load.connections),
            "rate": facts.per_second(rate),
            "latency": facts.milliseconds(load.connections / rate * 1000),
            "saturated": busy is not None and busy > NOT_SATURATED_BELOW,
        },
    )


def workers_share_cores(evidence: Evidence) -> Caveat | None:
    """More workers than cores take turns, so nothing follows for a machine that has a core for each."""
    cores = len(evidence.summaries[0].run.server.cpus) if evidence.summaries else 0
    if not cores or evidence.stack.workers <= cores:
        return None
    return Caveat(
        kind=CaveatKind.WORKERS_SHARE_CORES,
        makes=Validity.VALID,
        facts={"workers": facts.count(evidence.stack.workers), "cores": facts.count(cores)},
    )


def not_saturated(evidence: Evidence) -> Caveat | None:
    """With time to spare, throughput is connections over latency: what the load allows, and no capacity.

    A stack that waits the blocking way is limited by its workers and threads, whatever its processors do; and a driver
    without time to spare is the limit itself.
    """
    load = evidence.scenario.load
    if not isinstance(load, Closed) or load.think_s or load.steps or not evidence.summaries:
        return None
    slots = evidence.stack.workers * evidence.stack.threads
    if evidence.stack.waits is Waits.BLOCKING and load.connections >= slots:
        return None
    busy, driver = _busy_share(evidence), evidence.worst(driver_core_share)
    if busy is None or busy > NOT_SATURATED_BELOW or (driver is not None and driver > DRIVER_BUSY_SUSPECT):
        return None
    return Caveat(
        kind=CaveatKind.NOT_SATURATED,
        makes=Validity.VALID,
        facts={"connections": facts.count(load.connections), "busy": facts.share(busy)},
    )


def _busy_share(evidence: Evidence) -> float | None:
    """How much of the processors that a server may use it used, in its busiest round; 1.0 is all of them."""
    busy = evidence.worst(lambda summary: summary.share_of_window(summary.server.cpu_ns))
    processors = min(len(evidence.summaries[0].run.server.cpus), evidence.stack.workers)
    return None if busy is None or not processors else busy / processors


def waits_the_blocking_way(evidence: Evidence) -> Caveat | None:
    """A stack without a cooperative way to wait serves that endpoint by its blocking one."""
    if evidence.stack.waits is Waits.COOPERATIVE:
        return None
    cooperative = tuple(
        call.endpoint
        for call in evidence.scenario.calls
        if evidence.contract.endpoints[call.endpoint].waits_cooperatively
    )
    if not cooperative:
        return None
    return Caveat(kind=CaveatKind.WAITS_THE_BLOCKING_WAY, makes=Validity.VALID, facts={"endpoints": cooperative})
