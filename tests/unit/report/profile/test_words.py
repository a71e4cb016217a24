"""Sentences on a profile: the bound for another server, and every reason for doubt."""

from dataclasses import replace

import pytest

from stacklab.analysis.profiles.result import ProfileResult, WorkerShare
from stacklab.model.layers import Layer
from stacklab.model.measured.profile import Profile, Recording, Sampled, Slice, Ticks
from stacklab.report.profile.words import bound, doubts, said

SAMPLED = Sampled(
    tool="py-spy 0.4.3",
    recordings={Recording.GIL: Ticks(taken=2000), Recording.ALL: Ticks(taken=500)},
    span=Slice(length_s=5.0, cpu_ns=1_000_000_000, requests=10_000),
)
RESULT = ProfileResult(
    profile=Profile(stack="one", scenario="json", started_at="now", seconds=5.0, rate_hz=400, sampled=SAMPLED),
    stacks={("app",): 85_000.0, ("server",): 11_000.0, ("kernel",): 4_000.0},
    lines={},
    layers={Layer.KERNEL: 4_000.0, Layer.SERVER: 9_000.0, Layer.LOOP: 2_000.0, Layer.APP: 85_000.0},
    per_request=True,
    workers=(WorkerShare(pid=1, share=1.0, ended=False, joined=False),),
    samples=900,
    gil_held=0.45,
    preempted=0.0,
    slower=0.01,
    missed=0.0,
    measured_us=98.0,
)


def plain(text: str) -> str:
    return text.replace("\u202f", " ").replace("\u00a0", " ")


def test_the_bound_names_what_another_server_does_in_its_own_way() -> None:
    assert plain(bound(RESULT)) == (
        "For this route, another server can win at most 11 % of the processor time (server 9 % and event loop 2 %), "
        "and at most 15 % if it also got by without the kernel's part."
    )


def test_a_profile_says_what_a_request_costs_and_what_the_profiler_cost() -> None:
    text = plain(" ".join(said(RESULT)))

    assert "A request took 100 µs of processor time." in text
    assert "your code 85 %" in text
    assert "1 % more processor time than without it; 0 % of the samples are missing." in text


def test_a_profile_without_faults_is_not_doubted() -> None:
    assert doubts(RESULT) == ()


@pytest.mark.parametrize(
    ("result", "doubt"),
    [
        (replace(RESULT, measured_us=80.0), "in the measured runs a request took 80 µs"),
        (replace(RESULT, slower=0.08), "under the profiler a request took 8 % more"),
        (replace(RESULT, missed=0.3), "30 % of the samples are missing"),
        (replace(RESULT, preempted=0.6), "The server held the GIL 60 % longer than it ran"),
        (replace(RESULT, samples=100), "100 samples are few, and a share may be off by 10 percentage points"),
        (
            replace(RESULT, profile=replace(RESULT.profile, sampled=replace(SAMPLED, ended=(4711,)))),
            "partial: a process ended while the profiler sampled",
        ),
    ],
)
def test_each_reason_for_doubt_is_a_sentence(result: ProfileResult, doubt: str) -> None:
    (found,) = doubts(result)

    assert doubt in plain(found)
