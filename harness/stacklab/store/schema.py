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
from stacklab.model.measured.record import ROW, Outcome, Phase, Role, Usage, outcomes_of, phases_of
from stacklab.model.names import shown
from stacklab.model.traffic.slices import SLICE
from stacklab.store.documents import FORMAT_VERSION
from stacklab.store.door import MOST_ROWS

ParquetError = pa.ArrowException

_TIMES = ("intended_ns", "sent_ns", "received_ns", "read_ns")
_PLAIN = {"status": pa.uint16(), "bytes": pa.uint32(), "connection": pa.uint32(), "worker": pa.uint32()}
_CHUNKS = {"request": pa.uint32(), "piece": pa.uint32(), "read_ns": pa.int64()}
_SAMPLE = ("t_ns", "role", "pid")
"""What every sample has, whatever the machine gives."""
_NAMES = ("phase", "endpoint", "outcome")
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
    Raises ``ValueError`` for a column that is missing or of another type, and for a name that is none of its enum.
    """
    table = _table(path, [*_NAMES, *_TIMES, *_PLAIN])
    columns: dict[str, NDArray[Any]] = {
        "phase": _numbers("phase", table, _PHASES, known=True),
        "outcome": _numbers("outcome", table, _OUTCOMES, known=True),
        "endpoint": _numbers("endpoint", table, endpoints),
    }
    for name in _TIMES:
        columns[name] = _integers(name, table, pa.int64(), nulls=name != "intended_ns")
    for name, kind in _PLAIN.items():
        columns[name] = _integers(name, table, kind)
    if (np.diff(columns["intended_ns"]) < 0).any():
        raise ValueError("its rows are not in the order of `intended_ns`")
    return columns


def write_chunks(chunks: NDArray[np.void], rows: NDArray[np.void], path: Path) -> None:
    """Write the moments of chunks (``record.PIECE``), each with the number of its request in ``requests.parquet``.

    ``rows`` are the raw rows of the same run. A moment belongs to the last request that was sent before it on its
    connection.
    """
    request = _requests_of(chunks, rows[np.argsort(rows["intended_ns"], kind="stable")])
    order = np.lexsort((chunks["piece"], request))
    columns = {"request": request, "piece": chunks["piece"], "read_ns": chunks["read_ns"]}
    pq.write_table(
        pa.table(
            {name: pa.array(column[order], type=_CHUNKS[name]) for name, column in columns.items()}
        ).replace_schema_metadata({"stacklab_format": str(FORMAT_VERSION)}),
        path,
        compression="zstd",
        use_dictionary=False,
        column_encoding=dict.fromkeys(columns, "DELTA_BINARY_PACKED"),
    )


def read_endpoints(path: Path) -> NDArray[np.object_]:
    """The name of the endpoint that each request asked."""
    column = _table(path, ["endpoint"])["endpoint"]
    shown_as = {name: shown(str(name)) for name in column.unique().to_pylist()}
    names: NDArray[np.object_] = np.array([shown_as[name] for name in column.to_pylist()], dtype=object)
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
    table = _table(path, _CHUNKS)
    return {name: _integers(name, table, kind) for name, kind in _CHUNKS.items()}


def read_usage(path: Path) -> Columns:
    """The fields of ``Usage`` as columns; one that an older session lacks is missing in every sample."""
    counters = [field.name for field in fields(Usage) if field.name not in _SAMPLE]
    table = _table(path, _SAMPLE, beside=counters)
    columns: dict[str, NDArray[Any]] = {
        field.name: _integers(field.name, table, pa.int64(), nulls=field.name not in _SAMPLE)
        if field.name in table.column_names
        else np.full(table.num_rows, MISSING)
        for field in fields(Usage)
    }
    if not np.isin(columns["role"], list(Role)).all():
        raise ValueError("`role` has a number that is no role")
    return columns


def read_slices(path: Path) -> Columns:
    """The fields of a slice (``slices.SLICE``) as columns."""
    names = [name for name, _ in SLICE]
    table = _table(path, names)
    return {name: _integers(name, table, pa.int64(), nulls=True) for name in names}


def _table(path: Path, columns: Iterable[str], *, beside: Iterable[str] = ()) -> pa.Table:
    """These columns of the file, and those ``beside`` them that it has; no more rows than can be read."""
    columns = tuple(columns)
    known = pq.read_metadata(path)
    if known.num_rows > MOST_ROWS:
        raise ValueError(f"it has {known.num_rows} rows, and {MOST_ROWS} are the most")
    names = set(known.schema.to_arrow_schema().names)
    missing = [name for name in columns if name not in names]
    if missing:
        raise ValueError(f"it has no column `{missing[0]}`")
    return pq.read_table(path, columns=[*columns, *(name for name in beside if name in names)])


def _integers(name: str, table: pa.Table, kind: pa.DataType, *, nulls: bool = False) -> NDArray[Any]:
    """The numbers of a column; ``MISSING`` for a null, where there may be one."""
    column = table[name]
    if column.type != kind:
        raise ValueError(f"`{name}` has the type {column.type}, and should have {kind}")
    if nulls:
        column = column.fill_null(MISSING)
    elif column.null_count:
        raise ValueError(f"`{name}` has rows without a value")
    numbers: NDArray[Any] = column.to_numpy()
    return numbers


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


def _numbers(name: str, table: pa.Table, names: Sequence[str], *, known: bool = False) -> NDArray[np.int16]:
    """Positions in ``names``, and beyond them for other names, unless each has to be ``known``."""
    column = table[name]
    if column.null_count:
        raise ValueError(f"`{name}` has rows without a value")
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks) if array.num_chunks else pa.array([], type=column.type)
    if not pa.types.is_dictionary(array.type):
        array = array.dictionary_encode()
    found = array.dictionary.to_pylist()
    unknown = next((one for one in found if one not in names), None) if known else None
    if unknown is not None:
        raise ValueError(f"`{name}` has {str(unknown)[:40]!r}, which is not one of {', '.join(names)}")
    place_of = {one: place for place, one in enumerate(names)}
    positions = np.array([place_of.get(one, len(names)) for one in found], dtype=np.int16)
    codes = array.indices.to_numpy(zero_copy_only=False)
    numbers: NDArray[np.int16] = positions[codes] if len(codes) else np.zeros(0, dtype=np.int16)
    return numbers
