"""Work that is not conserved: a request waits at one worker while another is idle."""

from collections.abc import Sequence

import numpy as np
import pytest

from stacklab.analysis.run.columns import Window
from stacklab.analysis.run.work_conservation import stranded_share
from stacklab.columns import Columns
from stacklab.model.record import Outcome
from stacklab.units import NS_PER_MS

WINDOW = Window(0, 100 * NS_PER_MS)

Row = tuple[int, int, int]
"""Milliseconds of sending and of the answer, and the worker."""


AT_ONCE: Row = (-90, -90, 1)
"""Answered before the window, in no time: what takes more than 10 ms is overdue after these 10 ms."""


def _columns(rows: Sequence[Row]) -> Columns:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return {
        "sent_ns": table[:, 0] * NS_PER_MS,
        "read_ns": table[:, 1] * NS_PER_MS,
        "worker": table[:, 2],
        "outcome": np.full(len(table), Outcome.OK),
    }


def _share(rows: Sequence[Row], *, workers: int = 2) -> float | None:
    return stranded_share(_columns([AT_ONCE, *rows]), WINDOW, workers=workers)


def test_a_request_that_waits_behind_another_is_stranded_while_the_sibling_has_nothing() -> None:
    assert _share([(0, 10, 1), (0, 30, 1)]) == pytest.approx(0.2)


def test_it_is_not_once_the_sibling_has_work() -> None:
    assert _share([(0, 10, 1), (0, 30, 1), (15, 40, 2)]) == pytest.approx(0.05 + 0.10)


def test_while_both_workers_have_work_nothing_is_stranded() -> None:
    assert _share([(0, 10, 1), (0, 20, 2), (0, 20, 1)]) == pytest.approx(0)


def test_a_request_that_comes_as_another_is_answered_leaves_no_gap() -> None:
    assert _share([(0, 50, 1), (0, 10, 2), (10, 20, 2), (20, 50, 2)]) == pytest.approx(0)


def test_a_worker_that_never_answered_is_idle_too() -> None:
    assert _share([(0, 50, 1), (0, 50, 2)], workers=3) == pytest.approx(0.4)


def test_what_takes_as_long_as_it_should_is_not_overdue() -> None:
    assert 0 == _share([(0, 10, 1), (50, 60, 1)])


def test_what_a_request_takes_is_what_the_fastest_takes() -> None:
    columns = _columns([(0, 30, 1), (50, 90, 1)])

    assert 0 == stranded_share(columns, WINDOW, workers=2)


def test_what_happens_outside_the_window_does_not_count() -> None:
    assert _share([(-50, 20, 1), (80, 200, 1)]) == pytest.approx(0.2 + 0.1)


def test_workers_that_are_not_named_are_unknown() -> None:
    assert stranded_share(_columns([(0, 10, 0)]), WINDOW, workers=2) is None
