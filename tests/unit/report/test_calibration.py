"""A calibration on paper: the keys that scripts read, and the sentences that keep a reader from believing too much."""

import io
from dataclasses import replace

import pytest
from rich.console import Console

from made import HOST
from stacklab.model.measured.calibration import Calibration, Ceiling, Dispatch, SelfTestResult
from stacklab.report.calibration import document, render

LAG = Dispatch(
    p50=5.0, p99=50.0, p999=90.0, achieved=0.9996, achieved_rps=19_992.0, driver_cpu=0.5, driver_delayed=0.01
)
CEILING = Ceiling(rps=47_500.0, connections=32, driver_cpu=0.95, driver_delayed=0.02)
MADE = Calibration(
    started_at="2026-11-20T10:15:00Z",
    host=HOST,
    target="null server on [asyncio]",
    server_cpus=(0,),
    driver_cpus=(1,),
    versions={"locust": "2.47.0"},
    seconds=3.0,
    ceiling=CEILING,
    dispatch_lag_us={20_000: LAG},
    self_tests=(
        SelfTestResult(name="stall", passed=False, text="Nothing was seen.", numbers={"seen": 0.0}, stolen=0.002),
    ),
)


def printed(calibration: Calibration) -> str:
    out = io.StringIO()
    render(calibration, Console(file=out, width=400))
    return out.getvalue()


def test_a_script_finds_what_it_was_promised() -> None:
    found = document(MADE)

    assert (47_500.0, 5.0, 50.0, 0.9996, 0.5) == (
        found["closed_loop_rps"],
        *(found["dispatch_lag_us"]["20000"][key] for key in ("p50", "p99", "achieved", "driver_cpu")),
    )


def test_a_self_test_carries_its_numbers_beside_its_verdict() -> None:
    (found,) = document(MADE)["self_tests"]

    assert {
        "name": "stall",
        "passed": False,
        "answer": "failed",
        "text": "Nothing was seen.",
        "stolen": 0.002,
        "seen": 0.0,
    } == found


@pytest.mark.parametrize(
    "says",
    ["47,500 requests per second", "can handle about 50,000", "more than 25,000 per second", "[asyncio]", "99.96%"],
)
def test_the_numbers_are_printed(says: str) -> None:
    assert says in printed(MADE)


def test_a_failed_self_test_is_printed_as_failed() -> None:
    assert "failed" in printed(MADE)


def test_a_self_test_that_cannot_tell_is_not_printed_as_failed_and_says_why() -> None:
    (failed,) = MADE.self_tests
    robbed = printed(replace(MADE, self_tests=(replace(failed, stolen=0.052),)))

    assert (True, False, True) == ("cannot tell" in robbed, "failed" in robbed, "gave up to 5.2% of" in robbed)


def test_a_target_that_was_the_limit_is_said() -> None:
    slow = replace(MADE, ceiling=replace(CEILING, driver_cpu=0.6))

    assert (True, False) == ("The target limited" in printed(slow), "The target limited" in printed(MADE))


def test_a_driver_without_its_core_is_not_taken_for_a_slow_target() -> None:
    robbed = printed(replace(MADE, ceiling=replace(CEILING, driver_cpu=0.6, driver_delayed=0.38)))

    assert (False, True) == ("The target limited" in robbed, "for up to 38% of the time" in robbed)


def test_a_wait_that_cannot_be_read_is_no_reason_to_doubt() -> None:
    unknown = replace(
        MADE,
        ceiling=replace(CEILING, driver_delayed=None),
        dispatch_lag_us={20_000: replace(LAG, driver_delayed=None)},
    )

    assert "Something else" not in printed(unknown)
