"""Rows: what was added is in the file, and the parts of several processes become one."""

from pathlib import Path

import numpy as np
import pytest

from stacklab.driver.control.merge import join, joined
from stacklab.driver.loop.rows import BLOCK_ROWS, CHUNK_DTYPE, ROW_DTYPE, Chunks, Rows
from stacklab.model.measured.record import DriverReport, DriverSecond, Phase, PhaseSpan


def filled(count: int, *, first: int = 0) -> Rows:
    rows = Rows()
    for number in range(first, first + count):
        rows.add(number, number + 1, -1, number + 2, 13, 5, 4711, 200, 3, 0x17)
    return rows


def test_a_row_takes_48_bytes_and_a_moment_16() -> None:
    assert (48, 16) == (ROW_DTYPE.itemsize, CHUNK_DTYPE.itemsize)


@pytest.mark.parametrize("count", [0, 1, BLOCK_ROWS - 1, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS])
def test_every_row_that_was_added_is_in_the_file(tmp_path: Path, count: int) -> None:
    rows = filled(count)
    rows.save(tmp_path / "rows.npy")
    saved = np.load(tmp_path / "rows.npy")

    assert count == len(rows) == len(saved)
    assert list(range(count)) == saved["intended_ns"].tolist()


def test_a_row_keeps_every_field(tmp_path: Path) -> None:
    filled(1).save(tmp_path / "rows.npy")

    assert np.load(tmp_path / "rows.npy")[0].item() == (0, 1, -1, 2, 13, 5, 4711, 200, 3, 0x17)


def test_every_moment_that_was_added_is_in_the_file(tmp_path: Path) -> None:
    pieces = Chunks()
    for number in range(BLOCK_ROWS + 1):
        pieces.add(2**40 + number, 5, number)
    pieces.save(tmp_path / "pieces.npy")
    saved = np.load(tmp_path / "pieces.npy")

    assert saved.dtype == CHUNK_DTYPE
    assert [(2**40 + number, 5, number) for number in range(BLOCK_ROWS + 1)] == saved.tolist()


@pytest.mark.parametrize("first", [0, 1, BLOCK_ROWS, BLOCK_ROWS + 5, 2 * BLOCK_ROWS + 10])
def test_rows_since_a_number_are_all_that_came_later(first: int) -> None:
    count = 2 * BLOCK_ROWS + 10

    assert list(range(first, count)) == filled(count).since(first)["intended_ns"].tolist()


def test_parts_are_joined_and_removed(tmp_path: Path) -> None:
    parts = [tmp_path / "rows.npy.0", tmp_path / "rows.npy.1"]
    filled(3).save(parts[0])
    filled(2, first=3).save(parts[1])
    join(parts, tmp_path / "rows.npy")

    assert np.load(tmp_path / "rows.npy")["intended_ns"].tolist() == [0, 1, 2, 3, 4]
    assert [part for part in parts if part.exists()] == []


def report(*, intended: int, stopped_ns: int) -> DriverReport:
    return DriverReport(
        driver="reactor",
        versions={},
        spans=(
            PhaseSpan(phase=Phase.WARMUP, start_ns=0, end_ns=10),
            PhaseSpan(phase=Phase.MEASURE, start_ns=10, end_ns=20),
            PhaseSpan(phase=Phase.DRAIN, start_ns=20, end_ns=stopped_ns),
        ),
        intended=intended,
        seconds=(DriverSecond(start_ns=0, cpu_s=0.5, run_queue_delay_s=None),),
        connects=4,
        gc_collections=0,
        dropped_timers=1,
        kernel_timestamps=True,
    )


def test_a_joined_report_adds_up_and_drains_until_the_last_process_has() -> None:
    whole = joined([report(intended=100, stopped_ns=25), report(intended=99, stopped_ns=30)])

    assert (199, 8, 2, 2) == (whole.intended, whole.connects, whole.dropped_timers, whole.processes)
    assert len(whole.seconds) == 2
    assert [span.end_ns for span in whole.spans] == [10, 20, 30]
