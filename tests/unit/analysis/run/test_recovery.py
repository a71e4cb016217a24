"""Until latency is normal after an overload: made-up latencies, second by second."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.recovery import normal_again_s
from stacklab.columns import Columns
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import LoadStep, Open
from stacklab.units import NS_PER_MS, NS_PER_S

LOAD = Open(rate=200, steps=(LoadStep(at=0.5, share=4), LoadStep(at=1.5, share=4), LoadStep(at=0.5, share=6)))
SPANS = (Window(0, 4 * NS_PER_S), Window(4 * NS_PER_S, 8 * NS_PER_S), Window(8 * NS_PER_S, 14 * NS_PER_S))


def seconds(took_ms: Sequence[float], *, lost: Sequence[int] = ()) -> Columns:
    """A hundred requests a second, each of which takes so long; those of the seconds in ``lost`` time out."""
    intended = np.arange(len(took_ms) * 100) * NS_PER_S // 100
    took = np.repeat(np.array(took_ms) * NS_PER_MS, 100).astype(np.int64)
    outcome = np.full(len(intended), Outcome.OK, dtype=np.uint8)
    outcome[np.isin(intended // NS_PER_S, list(lost))] = Outcome.TIMEOUT
    return {
        "intended_ns": intended,
        "read_ns": intended + took,
        "outcome": outcome,
        "phase": np.full(len(intended), Phase.MEASURE, dtype=np.uint8),
    }


CALM = [5.0] * 4
FULL = [500.0] * 4


@pytest.mark.parametrize(
    ("after", "lost", "wanted"),
    [
        ([5.0] * 6, (), 0.0),
        ([9.0] * 6, (), 0.0),
        ([400.0, 90.0, 5.0, 5.0, 5.0, 5.0], (), 2.0),
        ([5.0, 5.0, 90.0, 5.0, 5.0, 5.0], (), 3.0),
        ([400.0, 5.0, 5.0, 5.0, 5.0, 5.0], (10,), 3.0),
        ([400.0] * 6, (), math.inf),
    ],
)
def test_recovery_ends_with_the_last_second_that_is_not_normal(
    after: list[float], lost: tuple[int, ...], wanted: float
) -> None:
    assert (None, None, wanted) == normal_again_s(seconds([*CALM, *FULL, *after], lost=lost), SPANS, LOAD)


@pytest.mark.parametrize("length_ns", [6 * NS_PER_S, 6 * NS_PER_S - 1])
def test_the_last_second_of_a_step_may_be_normal_though_its_end_is_rounded(length_ns: int) -> None:
    spans = (*SPANS[:2], Window(8 * NS_PER_S, 8 * NS_PER_S + length_ns))
    rows = seconds([*CALM, *FULL, 400.0, 400.0, 400.0, 400.0, 400.0, 5.0])

    assert (None, None, 5.0) == normal_again_s(rows, spans, LOAD)


def test_without_enough_requests_before_nobody_knows_what_is_normal() -> None:
    rows = seconds([5.0] * 14)
    few = {name: column[390:] for name, column in rows.items()}

    assert (None, None, None) == normal_again_s(few, SPANS, LOAD)


def test_a_load_without_steps_has_no_recovery() -> None:
    assert () == normal_again_s(seconds([5.0]), (), Open(rate=100))
