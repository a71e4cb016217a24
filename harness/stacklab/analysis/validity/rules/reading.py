"""Doubts about reading the numbers: how many there are, whether they agree, and what they do not mean."""

from typing import Final

from stacklab.analysis.rounds.estimate import variation
from stacklab.analysis.run.quantiles import BEYOND_TO_TRUST, QUANTILES, beyond, enough, needed
from stacklab.analysis.validity.evidence import Doubt, Evidence, shown
from stacklab.model.stack import Waits
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.warmup import DRIFT, WarmupEnd
from stacklab.model.verdict import Validity
from stacklab.steady_state import agreed, is_throughput

ROUNDS_DISAGREE: Final = 0.10
"""Coefficient of variation across rounds."""

SATURATED: Final = 0.9
"""Share of the processors it may use."""

NO_PLATEAU: Final = (WarmupEnd.DRIFTING, WarmupEnd.UNCLEAR)


def few_requests(evidence: Evidence) -> Doubt | None:
    """A quantile with next to nothing beyond it is the luck of a few requests."""
    if not evidence.summaries:
        return None
    n = min(summary.intended for summary in evidence.summaries)
    missing = [f"{_title(name)} (needs {needed(q):,})" for name, q in QUANTILES.items() if not enough(n, q)]
    thin = [
        f"{_title(name)} ({int(beyond(n, q))})"
        for name, q in QUANTILES.items()
        if enough(n, q) and beyond(n, q) < BEYOND_TO_TRUST
    ]
    if not missing and not thin:
        return None
    text = f"A round has {n:,} requests"
    if missing:
        text += f", not enough for {', '.join(missing)}"
    if thin:
        text += f"; fewer than {BEYOND_TO_TRUST} of them lie beyond {', '.join(thin)}"
    return Doubt(Validity.VALID, f"{text}.")


def rounds_disagree(evidence: Evidence) -> Doubt | None:
    """Rounds that differ more than stacks do cannot tell stacks apart."""
    if isinstance(evidence.scenario.load, Closed):
        what, values = "throughput", [summary.throughput_rps for summary in evidence.summaries]
    else:
        what = "median latency"
        values = [median.ms for summary in evidence.summaries if (median := summary.latency["p50"]) is not None]
    spread = variation(values)
    if spread is None or spread <= ROUNDS_DISAGREE:
        return None
    return Doubt(
        Validity.SUSPECT,
        f"Rounds disagree: {what} varied by {spread:.0%} (standard deviation over mean, {len(values)} rounds).",
    )


def no_steady_state(evidence: Evidence) -> Doubt | None:
    """What still rises or falls has no value yet; of Barrett et al.'s programs less than half always settled."""
    what = "throughput" if is_throughput(evidence.scenario.load) else "latency"
    stepped = bool(evidence.scenario.load.steps)
    found = None if stepped else agreed([summary.drift for summary in evidence.summaries])
    if found is not None and abs(found) > DRIFT:
        return Doubt(
            Validity.SUSPECT,
            f"No steady state: {what} {'rose' if found > 0 else 'fell'} by {abs(found):.0%} over the measured window; "
            "warm up for longer with --warmup.",
        )
    without = [summary for summary in evidence.summaries if summary.run.driver.warmup_end in NO_PLATEAU]
    if 2 * len(without) <= len(evidence.summaries):
        return None
    warmed_s = max(summary.warmup_s for summary in without)
    drifting = [summary for summary in without if summary.run.driver.warmup_end is WarmupEnd.DRIFTING]
    if 2 * len(drifting) > len(evidence.summaries):
        return Doubt(
            Validity.SUSPECT,
            f"No steady state: {what} still drifted when the warm-up ended after {warmed_s:.3g} s, in {len(drifting)} "
            f"of {len(evidence.summaries)} rounds; warm up for longer with --warmup.",
        )
    return Doubt(
        Validity.VALID,
        f"No plateau was seen in {warmed_s:.3g} s of warm-up, in {len(without)} of {len(evidence.summaries)} rounds: "
        f"too few answers, or too much scatter, to tell whether {what} had settled.",
    )


def repeated(evidence: Evidence) -> Doubt | None:
    """What was measured again was chosen; that is said."""
    if not evidence.repeated:
        return None
    numbers = ", ".join(map(str, sorted(evidence.repeated)))
    return Doubt(
        Validity.VALID,
        f"Disturbed by something else on the machine and measured again: round {numbers}. What was set aside is kept.",
    )


def one_round(evidence: Evidence) -> Doubt | None:
    """One round shows no scatter."""
    if len(evidence.summaries) != 1:
        return None
    return Doubt(Validity.VALID, "One round: no interval, and so no rank.")


def closed_loop_latency(evidence: Evidence) -> Doubt | None:
    """A closed loop without pauses has latency C / X whatever the server does (Little's law)."""
    load = evidence.scenario.load
    if not isinstance(load, Closed) or load.think_s or load.steps or not evidence.summaries:
        return None
    rate = sum(summary.flow.ended / summary.window_s for summary in evidence.summaries) / len(evidence.summaries)
    if not rate:
        return None
    busy = evidence.worst(lambda summary: summary.share_of_window(summary.server.cpu_ns))
    processors = min(len(evidence.summaries[0].run.server.cpus), evidence.stack.workers)
    saturated = busy is not None and busy > SATURATED * processors
    return Doubt(
        Validity.VALID,
        f"Latency here is {load.connections} connections over {shown(rate)} answers a second = "
        f"{shown(load.connections / rate * 1000)} ms{', and the server was saturated' if saturated else ''}: "
        "read latency from the open loop.",
    )


def waits_the_blocking_way(evidence: Evidence) -> Doubt | None:
    """A stack without a cooperative way to wait serves that endpoint by its blocking one."""
    if evidence.stack.waits is Waits.COOPERATIVE:
        return None
    cooperative = [
        call.endpoint
        for call in evidence.scenario.calls
        if evidence.contract.endpoints[call.endpoint].waits_cooperatively
    ]
    if not cooperative:
        return None
    return Doubt(
        Validity.VALID,
        f"This stack has no cooperative way to wait: {', '.join(cooperative)} keeps a thread or process waiting.",
    )


def _title(name: str) -> str:
    return name.upper()
