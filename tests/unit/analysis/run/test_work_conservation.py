"""Work that is not conserved: a request waits for a busy worker while another worker has nothing to do."""

from collections.abc import Sequence

import numpy as np
import pytest

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.work_conservation import stranded_share
from stacklab.columns import Columns
from stacklab.model.measured.record import Outcome
from stacklab.units import NS_PER_MS

WINDOW = Window(0, 100 * NS_PER_MS)

ALONE_MS = 8
"""At its end, each request keeps its worker to itself for so long."""

Row = tuple[float, float, int]
"""Milliseconds of sending and of the response, and the worker."""

ALONE: Row = (-90, -72, 1)
"""Before the window, and nothing is in its way: it shows that a request first waits for 10 ms."""


def _columns(rows: Sequence[Row], *, times: float = 1) -> Columns:
    table = np.array(rows).reshape(-1, 3)
    return {
        "sent_ns": (table[:, 0] * times * NS_PER_MS).astype(np.int64),
        "read_ns": (table[:, 1] * times * NS_PER_MS).astype(np.int64),
        "worker": table[:, 2].astype(np.int64),
        "outcome": np.full(len(table), Outcome.OK),
    }


def _share(rows: Sequence[Row], *, workers: int = 2) -> float | None:
    columns = _columns([ALONE, *rows])
    return stranded_share(columns, WINDOW, workers=workers, alone_ns=ALONE_MS * NS_PER_MS)


def test_a_request_that_stands_behind_one_other_is_stranded_while_the_sibling_has_nothing_to_do() -> None:
    assert _share([(0, 18, 1), (1, 26, 1)]) == pytest.approx(0.07)


def test_it_is_stranded_however_long_its_times_are() -> None:
    """The rule that this one replaces had a fixed limit of 10 ms, and saw nothing of the first two."""
    rows = [ALONE, (0, 18, 1), (1, 26, 1)]
    found = [
        stranded_share(
            _columns(rows, times=times),
            Window(0, round(100 * times * NS_PER_MS)),
            workers=2,
            alone_ns=round(ALONE_MS * times * NS_PER_MS),
        )
        for times in (0.2, 1, 5)
    ]

    assert found == pytest.approx([0.07, 0.07, 0.07])


def test_a_sibling_whose_requests_all_wait_for_something_else_has_nothing_to_do() -> None:
    assert _share([(0, 18, 1), (1, 26, 1), (8, 26, 2)]) == pytest.approx(0.07)


def test_a_sibling_that_is_busy_has_something_to_do() -> None:
    assert _share([(0, 18, 1), (1, 26, 1), (4, 22, 2)]) == pytest.approx(0.03)


def test_a_request_that_waits_in_the_kernel_gives_the_worker_that_takes_it_something_to_do() -> None:
    assert _share([(0, 18, 1), (1, 26, 1), (0, 30, 2)]) == pytest.approx(0)


def test_a_request_that_is_late_while_its_worker_is_not_busy_is_late_for_another_reason() -> None:
    assert _share([(0, 40, 1), (50, 68, 1)]) == pytest.approx(0)


def test_requests_one_after_another_are_not_stranded() -> None:
    assert _share([(0, 18, 1), (8, 26, 1), (50, 68, 1)]) == pytest.approx(0)


def test_a_worker_that_never_answered_has_nothing_to_do() -> None:
    assert _share([(0, 18, 1), (1, 26, 1), (0, 18, 2), (1, 26, 2)], workers=3) == pytest.approx(0.07)


def test_while_two_workers_strand_a_request_each_the_time_counts_once() -> None:
    rows = [(0, 18, 1), (1, 26, 1), (0, 18, 2), (1, 26, 2), (60, 78, 3)]

    assert _share(rows, workers=3) == pytest.approx(0.07)


def test_what_happens_outside_the_window_does_not_count() -> None:
    assert _share([(-13, 5, 1), (-12, 13, 1), (85, 103, 2), (86, 111, 2)]) == pytest.approx(0.05 + 0.04)


def test_workers_that_are_not_named_are_unknown() -> None:
    columns = _columns([(0, 18, 0)])

    assert stranded_share(columns, WINDOW, workers=2, alone_ns=ALONE_MS * NS_PER_MS) is None
