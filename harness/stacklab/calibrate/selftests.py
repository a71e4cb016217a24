"""The self-tests: loads to a server that does as the request says, judged by ``analysis.instrument.fidelity``."""

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple

import numpy as np

from stacklab.analysis.instrument import fidelity
from stacklab.analysis.instrument.lateness import measured
from stacklab.calibrate.rig import SEED, Rig
from stacklab.effects.clock import now_ns
from stacklab.effects.machine.sample import sample_host, steal_share
from stacklab.errors import StageError
from stacklab.model.measured.calibration import SelfTestResult
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.order import PlannedRequest
from stacklab.units import Nanoseconds, Seconds, ns_from_s

SERVER: Final = "delays"

STALL_RATE: Final = 400.0
"""As that of ``scenarios/users/fast_http.py``."""
STALL_FROM_S: Final[Seconds] = 0.7
STALL_S: Final[Seconds] = 0.5

SERVICE_US: Final = 5000
LOADS: Final = (0.3, 0.5, 0.7, 0.85)
LAWS: Final = ("M/D/1", "M/M/1")

STREAM_RATE: Final = 200.0
DELAYS_RATE: Final = 500.0
MANY: Final = 500
"""Connections: no request waits for one."""

ENDINGS: Final = {
    "right": Outcome.OK,
    "error": Outcome.STATUS,
    "wrong": Outcome.BODY,
    "short": Outcome.RESET,
    "hangs-up": Outcome.RESET,
    "resets": Outcome.RESET,
    "never": Outcome.TIMEOUT,
}
"""How the server may end a request, and what must become of it."""


class SelfTest(NamedTuple):
    """One self-test."""

    name: str
    run: Callable[[Rig], SelfTestResult]
    timed: bool = True
    """Whether a machine that stands still may be why it fails: no such machine loses a request."""


def self_tests() -> Iterator[SelfTest]:
    """All of them, in order."""
    yield SelfTest("stall", stall)
    yield SelfTest("stream", stream)
    yield SelfTest("delays", delays)
    yield SelfTest("nothing vanishes", endings, timed=False)
    for law in LAWS:
        for load in LOADS:
            yield SelfTest(f"{law} at {load:g}", partial(queue, law=law, load=load))


def attempt(self_test: SelfTest, rig: Rig) -> SelfTestResult:
    """One self-test, repeated if it fails: something else on the machine fails it once, a driver that is wrong always.

    One that could not be carried through has failed, and says why. Of two attempts the calmer one says how much time
    was stolen: a driver that fails on a calm machine once, and on a robbed one again, is wrong.
    """
    first = _once(self_test, rig)
    if first.passed:
        return first
    second = _once(self_test, rig)
    return replace(
        second,
        text=f"{second.text} (Second attempt; of the first: {first.text})",
        stolen=min((first.stolen, second.stolen), key=lambda share: share or 0.0),
    )


def _once(self_test: SelfTest, rig: Rig) -> SelfTestResult:
    before = sample_host(now_ns())
    try:
        found = self_test.run(rig)
    except StageError as error:
        return SelfTestResult(
            name=self_test.name, passed=False, text=f"It could not be done: {error.reason}.", numbers={}
        )
    if not self_test.timed:
        return found
    return replace(found, stolen=steal_share(before, sample_host(now_ns()), cores=os.cpu_count() or 1))


def stall(rig: Rig) -> SelfTestResult:
    """Stop the server for half a second under an open load, and under that of one closed-loop user of locust's."""
    with rig.serve(SERVER, "many") as server:

        def stop(start_ns: Nanoseconds) -> None:
            from_ns = start_ns + ns_from_s(STALL_FROM_S)
            server.stall(from_ns, from_ns + ns_from_s(STALL_S))

        sent = rig.send(Open(rate=STALL_RATE), server.at(_shot()), measure_s=2.0, beside=stop)
        alone = Closed(connections=1)
        closed = rig.send(alone, server.at(_shot()), warmup_s=0.5, measure_s=1.5, user="fast_http", beside=stop)
    return fidelity.stall_is_seen_whole(sent.rows, measured(closed.rows), rate=STALL_RATE, stall_s=STALL_S)


def queue(rig: Rig, *, law: str, load: float) -> SelfTestResult:
    """Poisson arrivals at a server of one thread."""
    drawn_us = np.random.default_rng(SEED).exponential(SERVICE_US, size=1000).astype(int)
    us = [SERVICE_US] if law == "M/D/1" else drawn_us.tolist()
    with rig.serve(SERVER, "one") as server:
        arrivals = Open(rate=load / SERVICE_US * 1e6, connections=MANY)
        sent = rig.send(arrivals, server.at(_shot(us)), measure_s=3.0)
    return fidelity.waits_are_those_of_a_queue(sent.rows, law=law, load=load)


def stream(rig: Rig) -> SelfTestResult:
    """Poisson arrivals, as they are sent."""
    with rig.serve(SERVER, "many") as server:
        sent = rig.send(Open(rate=STREAM_RATE), server.at(_shot()), measure_s=4.0)
    return fidelity.sent_stream_is_the_planned_one(
        sent.rows, rate=STREAM_RATE, end_ns=sent.report.spans[Phase.MEASURE].end_ns
    )


def delays(rig: Rig) -> SelfTestResult:
    """Times that the requests name: mostly about 20 ms, one in twenty from a heavy tail."""
    chance = np.random.default_rng(SEED)
    usual = chance.normal(20_000, 2_000, size=950)
    tail = np.minimum(50_000 * (1 + chance.pareto(1.5, size=50)), 400_000)
    us = np.concatenate((usual, tail)).astype(int).tolist()
    with rig.serve(SERVER, "many") as server:
        sent = rig.send(Open(rate=DELAYS_RATE, connections=MANY), server.at(_shot(us)), measure_s=3.0)
    return fidelity.delays_are_measured_as_they_are(sent.rows)


def endings(rig: Rig) -> SelfTestResult:
    """Every way in which a response can fail, and a restart in the middle."""
    shots = (PlannedRequest(endpoint=end, target=f"/?end={end}", expect_body="ok") for end in ENDINGS)
    with rig.serve(SERVER, "many") as server:

        def restart(start_ns: Nanoseconds) -> None:
            server.restart(start_ns + ns_from_s(0.5))

        sent = rig.send(Open(rate=200.0), server.at(*shots), measure_s=2.0, timeout_s=0.5, beside=restart)
    return fidelity.nothing_vanishes(sent.rows, intended=sent.report.intended, expected=tuple(ENDINGS.values()))


def _shot(us: list[int] | None = None) -> PlannedRequest:
    """A request that takes one of these times, evenly chosen by the order's seed."""
    return PlannedRequest(endpoint="delay", target="/", vary={"us": tuple(map(str, us or [0]))})
