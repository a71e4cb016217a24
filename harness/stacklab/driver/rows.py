"""The rows of a run in memory, 48 bytes each, and their way to a file."""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from stacklab.model.record import ROW

ROW_DTYPE = np.dtype(list(ROW))

_STRUCT_CODES = {"<i8": "q", "<u4": "I", "<u2": "H", "<u1": "B"}

MOST = {name: 2 ** (8 * np.dtype(kind).itemsize) - 1 for name, kind in ROW if kind.startswith("<u")}
"""What fits into a column without a sign."""

CHUNK_ROWS = 1365
"""64 KiB: making room for more takes microseconds, so it shows in no request's time."""


class Rows:
    """Grows by small chunks, is never copied, and is written once, at the end."""

    def __init__(self) -> None:
        self._pack_into = struct.Struct("<" + "".join(_STRUCT_CODES[kind] for _, kind in ROW)).pack_into
        self._chunks: list[bytearray] = []
        self._end = CHUNK_ROWS * ROW_DTYPE.itemsize
        self._offset = self._end

    def __len__(self) -> int:
        """Count the rows."""
        return (len(self._chunks) * self._end - (self._end - self._offset)) // ROW_DTYPE.itemsize if self._chunks else 0

    def add(  # noqa: PLR0917 (called once a request: keywords would cost)
        self,
        intended_ns: int,
        sent_ns: int,
        received_ns: int,
        read_ns: int,
        length: int,
        connection: int,
        worker: int,
        status: int,
        endpoint: int,
        phase_outcome: int,
    ) -> None:
        """Append one row, in the order of ``ROW``."""
        offset = self._offset
        if offset == self._end:
            self._chunks.append(bytearray(self._end))
            offset = 0
        self._pack_into(
            self._chunks[-1],
            offset,
            intended_ns,
            sent_ns,
            received_ns,
            read_ns,
            length,
            connection,
            worker,
            status,
            endpoint,
            phase_outcome,
        )
        self._offset = offset + ROW_DTYPE.itemsize

    def since(self, first: int) -> NDArray[np.void]:
        """Copy the rows from number ``first`` on."""
        chunk, row = divmod(first, CHUNK_ROWS)
        later = [np.frombuffer(chunk, ROW_DTYPE) for chunk in self._chunks[chunk:]]
        return np.concatenate((np.empty(0, ROW_DTYPE), *later))[row : len(self) - chunk * CHUNK_ROWS]

    def save(self, path: Path) -> None:
        """Write a NumPy file, chunk by chunk: no second copy in memory."""
        with path.open("wb") as file:
            write_header(file, len(self))
            for chunk in self._chunks[:-1]:
                file.write(chunk)
            if self._chunks:
                file.write(memoryview(self._chunks[-1])[: self._offset])


def worker_number(named: str) -> int:
    """The process that an answer names; 0 where that is no number, or none that a process could have."""
    number = int(named) if named.isascii() and named.isdigit() else 0
    return number if number <= MOST["worker"] else 0


def write_header(file: BinaryIO, rows: int) -> None:
    """Begin a NumPy file of so many rows."""
    header = {"descr": ROW_DTYPE.descr, "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(file, header)
