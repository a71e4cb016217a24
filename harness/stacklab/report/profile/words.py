"""What a profile says, in sentences: what a request costs, what another server can win, and why to doubt it."""

from collections.abc import Iterator
from math import sqrt

from stacklab.analysis.profiles.result import (
    AGREES_WITHIN,
    FEWEST,
    MISSED_AT_MOST,
    PREEMPTED_AT_MOST,
    SLOWER_AT_MOST,
    ProfileResult,
)
from stacklab.model.layers import Layer
from stacklab.model.measured.profile import Recording
from stacklab.report.kit.numbers import listed, number, percent

OF_THE_SERVER = (Layer.SERVER, Layer.LOOP, Layer.WAITING)
"""What another server does in its own way."""

WORTH_NAMING = 0.005
"""A share below it is not named in a sentence."""


def said(result: ProfileResult) -> tuple[str, ...]:
    """What the profile shows, and how it was taken."""
    return (*_costs(result), *_taken(result))


def doubts(result: ProfileResult) -> tuple[str, ...]:
    """Why not to believe it, a sentence each; empty where there is no reason."""
    return tuple(_doubts(result))


def bound(result: ProfileResult) -> str:
    """How much another server could win at most, for this route and this app."""
    shares = {layer: result.share(layer) for layer in OF_THE_SERVER}
    parts = [f"{layer.words} {percent(_rounded(share))}" for layer, share in shares.items() if share >= WORTH_NAMING]
    own, kernel = sum(shares.values()), result.share(Layer.KERNEL)
    made_of = f" ({listed(parts)})" if parts else ""
    return (
        f"For this route, another server can win at most {percent(_rounded(own))} of the processor time{made_of}, and "
        f"at most {percent(_rounded(own + kernel))} if it also got by without the kernel's part."
    )


def _costs(result: ProfileResult) -> Iterator[str]:
    if result.cpu_us is None:
        return
    yield f"A request took {number(result.cpu_us)} µs of processor time."
    layers = sorted(result.layers.items(), key=lambda item: -item[1])
    shares = [(layer, value / result.total) for layer, value in layers]
    yield (
        "It went to: "
        + listed([f"{layer.words} {percent(_rounded(share))}" for layer, share in shares if share >= WORTH_NAMING])
        + "."
    )
    yield bound(result)
    if result.gil_held is not None:
        yield f"A thread held the GIL {percent(_rounded(result.gil_held))} of the time."
    if len(result.workers) > 1:
        shares_ = listed([percent(_rounded(worker.share)) for worker in result.workers if worker.share >= WORTH_NAMING])
        yield f"Of {len(result.workers)} processes, the busiest had {shares_} of the processor time."


def _taken(result: ProfileResult) -> Iterator[str]:
    sampled = result.profile.sampled
    if sampled is None:
        yield (
            "An older stacklab took this profile. It counts samples, and threads that wait count where they wait: "
            "profile again for processor time per request."
        )
        return
    ticks = sampled.recordings[Recording.GIL]
    held = f"{number(result.samples)} of {number(ticks.taken)} samples found a thread at work"
    yield f"{sampled.tool} sampled every process for {number(sampled.span.length_s)} s: {held}."
    if result.slower is not None:
        change = "more" if result.slower >= 0 else "less"
        yield (
            f"While it sampled, a request took {percent(_rounded(abs(result.slower)))} {change} processor time than "
            f"without it; {percent(_rounded(result.missed or 0.0))} of the samples are missing."
        )
    if sampled.joined:
        yield f"{len(sampled.joined)} of the processes began while it sampled."


def _doubts(result: ProfileResult) -> Iterator[str]:
    sampled = result.profile.sampled
    if sampled is None or result.cpu_us is None:
        return
    if result.measured_us is not None and abs(result.cpu_us / result.measured_us - 1) > AGREES_WITHIN:
        yield (
            f"suspect: in the measured runs a request took {number(result.measured_us)} µs of processor time, and "
            f"{number(result.cpu_us)} µs under the profiler."
        )
    if sampled.ended:
        count = len(sampled.ended)
        processes = "a process" if count == 1 else f"{count} processes"
        yield f"partial: {processes} ended while the profiler sampled, and its work after that is not in it."
    if result.slower is not None and result.slower > SLOWER_AT_MOST:
        yield f"suspect: under the profiler a request took {percent(_rounded(result.slower))} more processor time."
    if result.missed is not None and result.missed > MISSED_AT_MOST:
        yield f"suspect: {percent(_rounded(result.missed))} of the samples are missing."
    if result.preempted is not None and result.preempted > PREEMPTED_AT_MOST:
        longer = percent(_rounded(result.preempted))
        yield (
            f"suspect: something else had the server's processors. The server held the GIL {longer} longer than it "
            "ran, and samples show where it was stopped rather than where it worked."
        )
    if result.samples < FEWEST:
        points = number(100 * sqrt(0.25 / max(1, result.samples)) * 2, 2)
        yield f"coarse: {result.samples} samples are few, and a share may be off by {points} percentage points."


def _rounded(share: float) -> float:
    """To a tenth of a percent below ten, else to a whole one: a sampler knows no more."""
    return round(share, 3 if abs(share) < 0.1 else 2)
