"""What the driver wrote comes back from Parquet as it was."""

from pathlib import Path

import numpy as np
import pytest

from stacklab.columns import MISSING
from stacklab.model.measured.record import CHUNK, ROW, Outcome, Phase, Role, Usage
from stacklab.store import schema


@pytest.fixture(name="rows")
def _rows() -> np.ndarray:
    rows = np.zeros(4, dtype=list(ROW))
    rows["intended_ns"] = [30, 10, 40, 20]
    rows["sent_ns"] = [31, 11, -1, 21]
    rows["received_ns"] = -1
    rows["read_ns"] = [39, 19, -1, 29]
    rows["status"] = [200, 200, 0, 503]
    rows["endpoint"] = [0, 1, 0, 1]
    rows["worker"] = [7, 7, 0, 4_000_000_000]
    rows["phase_outcome"] = [
        Phase.MEASURE << 4 | Outcome.OK,
        Phase.WARMUP << 4 | Outcome.OK,
        Phase.MEASURE << 4 | Outcome.CENSORED,
        Phase.MEASURE << 4 | Outcome.STATUS,
    ]
    return rows


def test_rows_come_back_in_the_order_of_their_intended_start(tmp_path: Path, rows: np.ndarray) -> None:
    schema.write_requests(rows, ["json", "plain"], tmp_path / "requests.parquet")

    columns = schema.read_requests(tmp_path / "requests.parquet", ["json", "plain"])

    wanted = {
        "intended_ns": [10, 20, 30, 40],
        "sent_ns": [11, 21, 31, -1],
        "received_ns": [-1, -1, -1, -1],
        "read_ns": [19, 29, 39, -1],
        "phase": [Phase.WARMUP, Phase.MEASURE, Phase.MEASURE, Phase.MEASURE],
        "outcome": [Outcome.OK, Outcome.STATUS, Outcome.OK, Outcome.CENSORED],
        "status": [200, 503, 200, 0],
        "worker": [7, 4_000_000_000, 7, 0],
    }
    assert wanted == {name: columns[name].tolist() for name in wanted}


def test_a_stranger_reads_names_and_nulls(tmp_path: Path, rows: np.ndarray) -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    schema.write_requests(rows, ["json", "plain"], tmp_path / "requests.parquet")

    first, *_, last = pq.read_table(tmp_path / "requests.parquet").to_pylist()

    assert ("warmup", "plain", "ok") == (first["phase"], first["endpoint"], first["outcome"])
    assert (None, None, "censored") == (last["sent_ns"], last["received_ns"], last["outcome"])


def test_moments_carry_the_number_of_their_request(tmp_path: Path) -> None:
    """Two connections, one of which is used twice; rows and moments come in the order in which requests ended."""
    rows = np.zeros(4, dtype=list(ROW))
    rows["intended_ns"], rows["sent_ns"] = [10, 20, 50, 5], [11, 21, 51, -1]
    rows["connection"], rows["read_ns"] = [2, 1, 2, 0], [48, 45, 90, 6]
    moments = np.array(
        [(30, 1, 0), (31, 2, 0), (40, 1, 1), (41, 2, 1), (45, 1, 2), (48, 2, 2), (60, 2, 0), (90, 2, 1)],
        dtype=list(CHUNK),
    )
    schema.write_requests(rows, ["stream"], tmp_path / "requests.parquet")
    schema.write_chunks(moments, rows, tmp_path / "pieces.parquet")
    found = schema.read_chunks(tmp_path / "pieces.parquet")

    assert [5, 10, 20, 50] == schema.read_requests(tmp_path / "requests.parquet", ["json", "plain"])[
        "intended_ns"
    ].tolist()
    assert {
        "request": [1, 1, 1, 2, 2, 2, 3, 3],
        "piece": [0, 1, 2, 0, 1, 2, 0, 1],
        "read_ns": [31, 41, 48, 30, 40, 45, 60, 90],
    } == {name: column.tolist() for name, column in found.items()}


def test_a_run_without_pieces_is_a_file_too(tmp_path: Path, rows: np.ndarray) -> None:
    schema.write_chunks(np.zeros(0, dtype=list(CHUNK)), rows, tmp_path / "pieces.parquet")

    assert [] == schema.read_chunks(tmp_path / "pieces.parquet")["request"].tolist()


def test_a_run_without_requests_is_a_file_too(tmp_path: Path) -> None:
    schema.write_requests(np.zeros(0, dtype=list(ROW)), ["json"], tmp_path / "requests.parquet")

    assert [] == schema.read_requests(tmp_path / "requests.parquet", ["json", "plain"])["outcome"].tolist()


def test_what_could_not_be_read_is_missing_and_not_zero(tmp_path: Path) -> None:
    schema.write_usage([Usage(t_ns=5, role=Role.SERVER, pid=9, run_ns=0)], tmp_path / "usage.parquet")

    columns = schema.read_usage(tmp_path / "usage.parquet")

    assert ([0], [MISSING]) == (columns["run_ns"].tolist(), columns["delay_ns"].tolist())


def test_rows_of_another_kind_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rows.npy", np.zeros(3))

    with pytest.raises(ValueError, match="rows of another kind"):
        schema.read_raw_rows(tmp_path / "rows.npy")
