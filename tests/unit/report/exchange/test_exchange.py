"""Sessions for Bencher and github-action-benchmark, and their files back into the history."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from made.cells import made_cell
from made.view import made_view
from stacklab.analysis.history import history
from stacklab.analysis.metrics import COMPARED
from stacklab.analysis.results import SessionResult
from stacklab.catalog import exchange
from stacklab.cli.main import stacklab
from stacklab.errors import UsageError
from stacklab.model.measured.verdict import Validity
from stacklab.report.exchange import bmf, github_benchmark
from stacklab.store import imported

VALUES = {"throughput_rps": (99.0, 100.0, 101.0), "p99": (9.0, 10.0, 11.0), "rss_mib": (50.0, 50.0, 50.0)}


def result() -> SessionResult:
    from dataclasses import replace  # noqa: PLC0415

    cells = (made_cell("good", "json", values=VALUES), made_cell("void", "json", values=VALUES, validity=Validity.VOID))
    return replace(made_view().result, cells=cells)


def test_bmf_has_every_metric_with_its_interval_and_no_void_cell() -> None:
    document = json.loads(bmf.render(result()))

    assert ["good under json"] == list(document)
    assert {"throughput-rps", "p99-ms", "rss-mib"} == set(document["good under json"])
    assert {"value", "lower_value", "upper_value"} == set(document["good under json"]["p99-ms"])


def test_every_compared_metric_has_a_measure_of_its_own() -> None:
    measures = [bmf.measure_of(metric) for metric in COMPARED]

    assert len(measures) == len(set(measures))
    assert "cpu-us-per-request" in measures


def test_github_action_benchmark_gets_a_list_where_smaller_and_one_where_bigger_is_better() -> None:
    files = {name: json.loads(text) for name, text in github_benchmark.render(result()).items()}

    assert ["good under json: Throughput"] == [one["name"] for one in files["bigger.json"]]
    assert ["good under json: P99", "good under json: RSS"] == [one["name"] for one in files["smaller.json"]]
    assert ("ms", "± 2.48") == (files["smaller.json"][0]["unit"], files["smaller.json"][0]["range"])


def written(folder: Path, document: Any, name: str = "file.json", before: str = "") -> Path:
    path = folder / name
    path.write_text(before + json.dumps(document))
    return path


def data_js(folder: Path, values: list[float]) -> Path:
    """What github-action-benchmark keeps of so many commits, one a day."""
    commits = [
        {
            "commit": {"id": f"{number:040x}"},
            "date": 1_790_000_000_000 + number * 86_400_000,
            "tool": "customBiggerIsBetter",
            "benches": [{"name": "plain", "unit": "req/s", "value": value, "range": "± 1.5"}],
        }
        for number, value in enumerate(values)
    ]
    return written(folder, {"entries": {"Benchmark": commits}}, "data.js", "window.BENCHMARK_DATA = ")


def test_what_was_exported_is_imported_with_its_interval(tmp_path: Path) -> None:
    path = tmp_path / "bmf.json"
    path.write_text(bmf.render(result()))

    points = exchange.read(path, at="2026-12-01T00:00:00Z", label="abc")

    (p99,) = (one for one in points if one.measure == "p99-ms")
    assert ("good under json", 10.0, "abc", True) == (p99.benchmark, p99.value, p99.label, (p99.low or 0) < 10.0)


@pytest.mark.parametrize(("spread", "half"), [("± .5", 0.5), ("2.5E-1", 0.25), ("±3", 3.0), ("", None)])
def test_a_spread_is_read_as_it_is_written(tmp_path: Path, spread: str, half: float | None) -> None:
    entry = {"name": "plain", "unit": "ms", "value": 10.0, "range": spread}
    (found,) = exchange.read(written(tmp_path, [entry]), at="2026-12-01T00:00:00Z", label="")

    assert (None if half is None else 10.0 - half) == found.low


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "inf"])
def test_what_is_no_number_is_not_imported(tmp_path: Path, value: object) -> None:
    path = written(tmp_path, [{"name": "plain", "unit": "ms", "value": value}])

    with pytest.raises(UsageError, match="is not a finite number"):
        exchange.read(path, at="2026-12-01T00:00:00Z", label="")


def test_data_js_has_every_commit_at_its_time(tmp_path: Path) -> None:
    points = exchange.read(data_js(tmp_path, [100.0, 101.0]), at="", label="")

    assert [(100.0, 98.5, True), (101.0, 99.5, True)] == [(one.value, one.low, one.more_is_better) for one in points]
    assert points[0].at < points[1].at


def test_a_step_in_imported_numbers_is_found_and_no_machine_is_named(tmp_path: Path) -> None:
    values = [100.0 + number % 3 for number in range(12)] + [80.0 + number % 3 for number in range(12)]

    (series,) = history((), imported=exchange.read(data_js(tmp_path, values), at="", label="")).series

    assert ([12], None) == ([step.index for step in series.steps], series.machine)


def test_the_same_points_are_kept_once(tmp_path: Path) -> None:
    points = exchange.read(data_js(tmp_path, [1.0, 2.0]), at="", label="")

    assert [2, 0] == [imported.add(points, tmp_path)[1] for _ in range(2)]
    assert points == imported.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [("{", "it cannot be read as JSON"), ("[]", "it holds no value"), ('{"a": 1}', "it is neither of"), ("1", "it is")],
)
def test_what_cannot_be_imported_is_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "file.json"
    path.write_text(text)

    with pytest.raises(UsageError) as raised:
        exchange.read(path, at="", label="")

    assert (True, True) == (str(raised.value).startswith(f"{path}: "), says in str(raised.value))


def test_import_and_history_speak_of_the_same_numbers(tmp_path: Path) -> None:
    path = data_js(tmp_path, [100.0, 101.0])

    first = CliRunner().invoke(stacklab, ["import", str(path), "--results", str(tmp_path)])
    then = CliRunner().invoke(stacklab, ["history", str(tmp_path)])

    assert (0, 0) == (first.exit_code, then.exit_code)
    assert (True, True) == ("2 of 2 points are new" in first.output, "plain" in then.output)
