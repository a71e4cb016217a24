"""Histograms of made-up runs, decoded by the same package that other tools use."""

from pathlib import Path

import numpy as np
import pytest
from hdrh.histogram import HdrHistogram
from hdrh.log import HistogramLogReader

from stacklab.analysis.run.histogram import DIGITS, LOWEST_US, TOP_US, histogram
from stacklab.analysis.run.quantiles import quantile
from stacklab.columns import Column, Columns
from stacklab.model.measured.record import Outcome, Phase
from stacklab.report import histogram_files

US = 1_000
N = 10_000
RESOLUTION = 10**-DIGITS
EARLY, LATE = "2026-11-20T10:15:00Z", "2026-11-20T10:16:30Z"


def drawn_us(seed: int) -> Column:
    """Latencies from tens of microseconds to seconds."""
    return np.sort(np.rint(np.random.default_rng(seed).lognormal(7, 1.5, size=N)).astype(np.int64))


def run_of(latency_us: Column, outcome: int = Outcome.OK, phase: int = Phase.MEASURE) -> Columns:
    n = len(latency_us)
    intended = np.arange(n, dtype=np.int64) * 50 * US
    return {
        "phase": np.full(n, phase, dtype=np.uint8),
        "outcome": np.full(n, outcome, dtype=np.uint8),
        "intended_ns": intended,
        "read_ns": intended + latency_us * US,
    }


def both(first: Columns, second: Columns) -> Columns:
    return {name: np.concatenate((first[name], second[name])) for name in first}


def interval(tag: str, requests: Columns, started_at: str = EARLY) -> histogram_files.Interval:
    return histogram_files.Interval(tag=tag, started_at=started_at, length_s=2.0, histogram=histogram(requests))


def read_log(text: str, tmp_path: Path) -> list[HdrHistogram]:
    path = tmp_path / "latency.hlog"
    path.write_text(text)
    reader = HistogramLogReader(str(path), HdrHistogram(LOWEST_US, TOP_US, DIGITS))
    intervals = []
    while (found := reader.get_next_interval_histogram()) is not None:
        intervals.append(found)
    reader.close()
    return intervals


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99, 0.999])
def test_a_decoded_log_has_the_quantiles_of_the_rows(q: float, tmp_path: Path) -> None:
    latency_us = drawn_us(3)
    (decoded,) = read_log(histogram_files.log("cell", [interval("r01", run_of(latency_us))]), tmp_path)

    assert decoded.get_value_at_percentile(100 * q) == pytest.approx(quantile(latency_us, q), rel=RESOLUTION, abs=1)


def test_every_measured_request_is_counted(tmp_path: Path) -> None:
    (decoded,) = read_log(histogram_files.log("cell", [interval("r01", run_of(drawn_us(3)))]), tmp_path)

    assert N == decoded.get_total_count()


def test_requests_of_the_warm_up_are_not_counted() -> None:
    made = histogram(both(run_of(drawn_us(3), phase=Phase.WARMUP), run_of(np.array([70]))))

    assert 1 == made.latency_us.get_total_count()


def test_microseconds_are_rounded_not_cut() -> None:
    requests = dict(run_of(np.array([10])))
    requests["read_ns"] = requests["read_ns"] + 600

    assert 11 == histogram(requests).latency_us.get_max_value()


def test_losses_push_the_tail_to_the_top_and_leave_the_middle() -> None:
    made = histogram(both(run_of(np.full(90, 100)), run_of(np.full(10, 5_000), Outcome.TIMEOUT))).latency_us

    assert (100, True) == (made.get_value_at_percentile(90), made.get_value_at_percentile(91) >= TOP_US)


def test_losses_are_named_in_the_percentile_table() -> None:
    losses = both(run_of(np.full(2, 9), Outcome.TIMEOUT), run_of(np.full(1, 9), Outcome.CENSORED))
    text = histogram_files.percentiles("cell r01", histogram(both(run_of(np.array([100])), losses)))

    assert "#[3 requests without a correct response are counted at 3600000000: 2 timeout, 1 censored]\n" in text


def test_losses_are_named_in_the_log() -> None:
    text = histogram_files.log("cell", [interval("r07", run_of(np.full(2, 9), Outcome.SHED))])

    assert "#[r07: 2 requests without a correct response are counted at 3600000000: 2 shed]\n" in text


def test_the_percentile_table_ends_with_all_requests_at_the_largest_latency() -> None:
    text = histogram_files.percentiles("cell r01", histogram(run_of(np.array([100, 200, 300, 1_500]))))
    rows = [line.split() for line in text.splitlines() if line and not line.startswith("#")]

    assert ["1500.000", "1.000000000000", "4"] == rows[-1]


def test_a_run_without_requests_has_an_empty_table() -> None:
    assert "#[cell r01; values in microseconds]\n" == histogram_files.percentiles(
        "cell r01", histogram(run_of(np.array([], int)))
    )


def test_rounds_stay_apart_in_the_order_in_which_they_were_run(tmp_path: Path) -> None:
    one, two = (interval(tag, run_of(drawn_us(3)), at) for tag, at in (("r01", LATE), ("r02", EARLY)))
    found = read_log(histogram_files.log("cell", [one, two]), tmp_path)

    assert [("r02", N), ("r01", N)] == [(each.get_tag(), each.get_total_count()) for each in found]


def test_an_interval_knows_when_its_run_began_and_how_long_it_was(tmp_path: Path) -> None:
    (found,) = read_log(histogram_files.log("cell", [interval("r01", run_of(drawn_us(3)))]), tmp_path)

    # 2026-11-20T10:15:00Z
    assert (1_795_169_700_000, 2_000) == (
        found.get_start_time_stamp(),
        found.get_end_time_stamp() - found.get_start_time_stamp(),
    )
