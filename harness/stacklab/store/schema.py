"""The Parquet files: what a column means, how it is written, how it comes back. The one door to pyarrow."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa  # noqa: TID251 (this is the door)
import pyarrow.parquet as pq  # noqa: TID251 (this is the door)
from numpy.typing import NDArray

from stacklab.columns import MISSING, Columns
from stacklab.model.record import ROW, Outcome, Phase, Usage, outcomes_of, phases_of
from stacklab.store.documents import FORMAT_VERSION

ParquetError = pa.ArrowException

_TIMES = ("intended_ns", "sent_ns", "received_ns", "read_ns")
_PLAIN = {"status": pa.uint16(), "bytes": pa.uint32(), "connection": pa.uint32(), "worker": pa.uint32()}
_PHASES = [phase.name.lower() for phase in Phase]
_OUTCOMES = [outcome.name.lower() for outcome in Outcome]


def write_requests(rows: NDArray[np.void], endpoints: Sequence[str], path: Path) -> None:
    """Write the driver's raw rows (``record.ROW``) in the order of their intended start.

    ``endpoints`` gives the names behind the row's endpoint index; several may have one name.
    """
    rows = rows[np.argsort(rows["intended_ns"], kind="stable")]
    names = tuple(dict.fromkeys(endpoints))
    codes = np.array([names.index(name) for name in endpoints], dtype=np.int16)
    columns: dict[str, pa.Array] = {
        "phase": _named(phases_of(rows["phase_outcome"]), _PHASES),
        "endpoint": _named(codes[rows["endpoint"]], names),
        "outcome": _named(outcomes_of(rows["phase_outcome"]), _OUTCOMES),
    }
    for name in _TIMES:
        columns[name] = _nullable(rows[name], pa.int64())
    for name, kind in _PLAIN.items():
        columns[name] = pa.array(rows[name], type=kind)
    # Times grow by small steps, so their differences pack into a few bits each; names repeat.
    pq.write_table(
        pa.table(columns).replace_schema_metadata({"stacklab_format": str(FORMAT_VERSION)}),
        path,
        compression="zstd",
        use_dictionary=["phase", "endpoint", "outcome"],
        column_encoding=dict.fromkeys((*_TIMES, "connection"), "DELTA_BINARY_PACKED"),
    )


def read_raw_rows(path: Path, kind: Sequence[tuple[str, str]] = ROW) -> NDArray[np.void]:
    """The driver's raw rows, or those of another kind, as it left them."""
    rows: NDArray[np.void] = np.load(path, allow_pickle=False)
    if rows.dtype != np.dtype(list(kind)):
        raise ValueError(f"{path.name} holds rows of another kind: {rows.dtype}")
    return rows


def read_requests(path: Path, endpoints: Sequence[str]) -> Columns:
    """The columns of ``requests.parquet``; phase and outcome as the numbers of their enums.

    The endpoint is an index into ``endpoints``; one that is not among them gets the index after the last.
    """
    table = pq.read_table(path)
    columns: dict[str, NDArray[Any]] = {
        "phase": _numbers(table["phase"], _PHASES),
        "outcome": _numbers(table["outcome"], _OUTCOMES),
        "endpoint": _numbers(table["endpoint"], endpoints),
    }
    for name in _TIMES:
        columns[name] = table[name].fill_null(MISSING).to_numpy()
    for name in _PLAIN:
        columns[name] = table[name].to_numpy()
    return columns


def write_chunks(chunks: NDArray[np.void], rows: NDArray[np.void], path: Path) -> None:
    """Write the moments of chunks (``record.PIECE``), each with the number of its request in ``requests.parquet``.

    ``rows`` are the raw rows of the same run. A moment belongs to the last request that was sent before it on its
    connection.
    """
    request = _requests_of(chunks, rows[np.argsort(rows["intended_ns"], kind="stable")])
    order = np.lexsort((chunks["piece"], request))
    columns = {"request": request, "piece": chunks["piece"], "read_ns": chunks["read_ns"]}
    kinds = {"request": pa.uint32(), "piece": pa.uint32(), "read_ns": pa.int64()}
    pq.write_table(
        pa.table(
            {name: pa.array(column[order], type=kinds[name]) for name, column in columns.items()}
        ).replace_schema_metadata({"stacklab_format": str(FORMAT_VERSION)}),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding=dict.fromkeys(columns, "DELTA_BINARY_PACKED"),
    )


def read_endpoints(path: Path) -> NDArray[np.object_]:
    """The name of the endpoint that each request asked."""
    column = pq.read_table(path, columns=["endpoint"])["endpoint"]
    names: NDArray[np.object_] = np.array(column.to_pylist(), dtype=object)
    return names


def write_usage(samples: Iterable[Usage], path: Path, *, goes_on: bool = False) -> None:
    """One row a sample at a process; null where there is no value. Behind those in the file, if it goes on."""
    samples = tuple(samples)
    columns = {
        field.name: pa.array([getattr(sample, field.name) for sample in samples], type=pa.int64())
        for field in fields(Usage)
    }
    table = pa.table(columns).replace_schema_metadata({"stacklab_format": str(FORMAT_VERSION)})
    tables = [pq.read_table(path), table] if goes_on else [table]
    pq.write_table(pa.concat_tables(tables), path, compression="zstd")


def write_slices(slices: NDArray[np.void], path: Path) -> None:
    """One row a slice (``slices.SLICE``), in the order of time; null where a counter could not be read."""
    columns = {name: _nullable(slices[name], pa.int64()) for name in slices.dtype.names or ()}
    table = pa.table(columns).replace_schema_metadata({"stacklab_format": str(FORMAT_VERSION)})
    pq.write_table(table, path, compression="zstd")


def read_chunks(path: Path) -> Columns:
    """The columns of ``pieces.parquet``: request by request, and in each of them in order."""
    table = pq.read_table(path)
    return {name: table[name].to_numpy() for name in table.column_names}


def read_usage(path: Path) -> Columns:
    """The fields of ``Usage`` as columns."""
    table = pq.read_table(path)
    return {name: table[name].fill_null(MISSING).to_numpy() for name in table.column_names}


def _requests_of(chunks: NDArray[np.void], rows: NDArray[np.void]) -> NDArray[np.intp]:
    """The number of the row that each chunk belongs to."""
    sent = np.flatnonzero(rows["sent_ns"] != MISSING)
    connection = np.concatenate((rows["connection"][sent], chunks["connection"]))
    at_ns = np.concatenate((rows["sent_ns"][sent], chunks["read_ns"]))
    # connection by connection in the order of time, and of what happened at once, requests before chunks
    order = np.lexsort((np.arange(len(at_ns)), at_ns, connection))
    latest_sent = np.maximum.accumulate(np.where(order < len(sent), np.arange(len(order)), 0))
    whose = np.empty_like(order)
    whose[order] = order[latest_sent]
    return sent[whose[len(sent) :]]


def _named(codes: NDArray[Any], names: Sequence[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int16)), pa.array(list(names)))


def _nullable(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    missing = values == MISSING
    return pa.array(values, type=kind, mask=missing) if missing.any() else pa.array(values, type=kind)


def _numbers(column: pa.ChunkedArray, names: Sequence[str]) -> NDArray[np.int16]:
    """Positions in ``names``, and beyond them for other names: Parquet keeps names and may renumber them."""
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=column.type)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    codes = array.indices.to_numpy(zero_copy_only=False)
    known = {name: position for position, name in enumerate(names)}
    positions = np.array([known.get(name, len(names)) for name in array.dictionary.to_pylist()], dtype=np.int16)
    found: NDArray[np.int16] = positions[codes]
    return found
