"""The rows of a run in memory, 48 bytes each, the moments of chunks, 16 bytes each, and their way to files."""

import struct
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from stacklab.model.measured.record import CHUNK, ROW

ROW_DTYPE = np.dtype(list(ROW))
CHUNK_DTYPE = np.dtype(list(CHUNK))

_STRUCT_CODES = {"<i8": "q", "<u4": "I", "<u2": "H", "<u1": "B"}

MOST = {name: 2 ** (8 * np.dtype(kind).itemsize) - 1 for name, kind in ROW if kind.startswith("<u")}
"""What fits into a column without a sign."""

BLOCK_ROWS = 1365
"""64 KiB of rows: making room for more takes microseconds, so it shows in no request's time."""


class _Growing:
    """Grows by small blocks, is never copied, and is written once, at the end."""

    def __init__(self, columns: tuple[tuple[str, str], ...]) -> None:
        self._dtype = np.dtype(list(columns))
        self._pack_into = struct.Struct("<" + "".join(_STRUCT_CODES[kind] for _, kind in columns)).pack_into
        self._blocks: list[bytearray] = []
        self._end = BLOCK_ROWS * self._dtype.itemsize
        self._offset = self._end

    def __len__(self) -> int:
        """Count the rows."""
        return (len(self._blocks) * self._end - (self._end - self._offset)) // self._dtype.itemsize

    def save(self, path: Path) -> None:
        """Write a NumPy file, block by block: no second copy in memory."""
        with path.open("wb") as file:
            write_header(file, self._dtype, len(self))
            for block in self._blocks[:-1]:
                file.write(block)
            if self._blocks:
                file.write(memoryview(self._blocks[-1])[: self._offset])


class Rows(_Growing):
    """One row for every request."""

    def __init__(self) -> None:
        super().__init__(ROW)

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
            self._blocks.append(bytearray(self._end))
            offset = 0
        self._pack_into(
            self._blocks[-1],
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
        block, row = divmod(first, BLOCK_ROWS)
        later = [np.frombuffer(block, ROW_DTYPE) for block in self._blocks[block:]]
        return np.concatenate((np.empty(0, ROW_DTYPE), *later))[row : len(self) - block * BLOCK_ROWS]


class Chunks(_Growing):
    """One row for every moment of a response that comes in chunks."""

    def __init__(self) -> None:
        super().__init__(CHUNK)

    def add(self, read_ns: int, connection: int, chunk: int) -> None:
        """Append one row, in the order of ``CHUNK``."""
        offset = self._offset
        if offset == self._end:
            self._blocks.append(bytearray(self._end))
            offset = 0
        self._pack_into(self._blocks[-1], offset, read_ns, connection, chunk)
        self._offset = offset + CHUNK_DTYPE.itemsize


def worker_number(named: str) -> int:
    """The process that a response names; 0 where that is no number, or none that a process could have."""
    number = int(named) if named.isascii() and named.isdigit() else 0
    return number if number <= MOST["worker"] else 0


def write_header(file: BinaryIO, dtype: np.dtype[np.void], rows: int) -> None:
    """Begin a NumPy file with this number of rows."""
    header = {"descr": dtype.descr, "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(file, header)
