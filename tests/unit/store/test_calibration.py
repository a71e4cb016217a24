"""The calibration beside the sessions: the newest wins, and it counts for the machine it was made on."""

from dataclasses import replace
from pathlib import Path

import pytest

import made
from stacklab.errors import UsageError
from stacklab.model.measured.calibration import Calibration, Ceiling, Dispatch, SelfTestResult
from stacklab.model.measured.record import Host
from stacklab.store.calibration import ceiling_for, keep, newest

HOST = replace(made.HOST, virtual="KVM")
MADE = Calibration(
    started_at="2026-11-20T10:15:00Z",
    host=HOST,
    target="null server",
    server_cpus=(0,),
    driver_cpus=(1,),
    versions={"locust": "2.47.0"},
    seconds=3.0,
    ceiling=Ceiling(rps=50_000.0, connections=32, driver_cpu=0.5, driver_delayed=None),
    dispatch_lag_us={
        1_000: Dispatch(
            p50=5.0, p99=50.0, p999=90.0, achieved=1.0, achieved_rps=1_000.0, driver_cpu=0.1, driver_delayed=0.01
        )
    },
    self_tests=(SelfTestResult(name="stall", passed=True, text="It was seen.", numbers={"seen": 190.0}),),
)


def test_a_calibration_comes_back_as_it_was(tmp_path: Path) -> None:
    keep(MADE, tmp_path)

    assert MADE == newest(tmp_path)


def test_it_is_kept_where_there_was_no_folder(tmp_path: Path) -> None:
    assert keep(MADE, tmp_path / "results").is_file()


def test_the_newest_wins(tmp_path: Path) -> None:
    keep(replace(MADE, seconds=1.0), tmp_path)
    keep(MADE, tmp_path)

    assert MADE == newest(tmp_path)


def test_where_nothing_was_calibrated_there_is_no_ceiling(tmp_path: Path) -> None:
    assert ceiling_for(HOST, tmp_path) is None


@pytest.mark.parametrize("host", [HOST, replace(HOST, system="Linux 7.0", memory_bytes=2, governor="performance")])
def test_the_ceiling_counts_for_the_same_machine(host: Host, tmp_path: Path) -> None:
    keep(MADE, tmp_path)

    assert 100_000.0 == ceiling_for(host, tmp_path)


@pytest.mark.parametrize(
    "host", [replace(HOST, cores=4), replace(HOST, processor="slide rule"), replace(HOST, virtual=None)]
)
def test_the_ceiling_of_another_machine_does_not_count(host: Host, tmp_path: Path) -> None:
    keep(MADE, tmp_path)

    assert ceiling_for(host, tmp_path) is None


def test_a_file_that_is_no_calibration_is_named(tmp_path: Path) -> None:
    (tmp_path / "calibration.json").write_text("[]")

    with pytest.raises(UsageError, match=r"calibration\.json: not a file of a stacklab session"):
        newest(tmp_path)
