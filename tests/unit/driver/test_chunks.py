"""The moments of an answer that comes in pieces: each is noted when the segment that completes it is read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stacklab.driver.loop.rows import Chunks
from stacklab.driver.wire.chunks import ChunkReader

HEAD = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
EVENTS = (b"data: 0\n\n", b"data: 1\n\n", b"data: 2\n\n")
LAST = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


ANSWER = HEAD + b"".join(map(chunk, EVENTS)) + LAST


@pytest.fixture
def pieces() -> Chunks:
    return Chunks()


def moments(segments: list[bytes], pieces: Chunks, folder: Path) -> list[tuple[int, int, int]]:
    """(piece, when, connection) of segments that come at 100, 200, and so on."""
    reader = ChunkReader(b"\n\n", pieces, connection=7)
    for number, segment in enumerate(segments, 1):
        reader.feed(segment, 100 * number)
    assert reader.complete
    reader.close()
    pieces.save(folder / "pieces.npy")
    return [(row["piece"], row["read_ns"], row["connection"]) for row in np.load(folder / "pieces.npy")]


def test_each_piece_is_noted_when_it_is_read(tmp_path: Path, pieces: Chunks) -> None:
    segments = [HEAD, *map(chunk, EVENTS), LAST]

    assert moments(segments, pieces, tmp_path) == [(0, 200, 7), (1, 200, 7), (2, 300, 7), (3, 400, 7)]


def test_pieces_that_were_kept_together_came_at_the_same_moment(tmp_path: Path, pieces: Chunks) -> None:
    assert [(piece, when) for piece, when, _ in moments([HEAD, ANSWER.removeprefix(HEAD)], pieces, tmp_path)] == [
        (0, 200),
        (1, 200),
        (2, 200),
        (3, 200),
    ]


def test_a_piece_has_come_when_its_end_has(tmp_path: Path, pieces: Chunks) -> None:
    segments = [HEAD, chunk(b"data: 0\n"), chunk(b"\ndata"), chunk(b": 1\n\n"), LAST]

    assert [(piece, when) for piece, when, _ in moments(segments, pieces, tmp_path)] == [(0, 200), (1, 300), (2, 400)]


def test_chunks_that_the_server_joins_are_as_many_pieces(tmp_path: Path, pieces: Chunks) -> None:
    found = moments([HEAD, chunk(b"".join(EVENTS)), LAST], pieces, tmp_path)

    assert [piece for piece, _, _ in found] == [0, 1, 2, 3]


def test_what_follows_the_last_end_is_no_piece(tmp_path: Path, pieces: Chunks) -> None:
    assert len(moments([HEAD, chunk(b"data: 0\n\n: bye"), LAST], pieces, tmp_path)) == 2


@given(data=st.data())
def test_cuts_between_segments_lose_no_piece(data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(1, len(ANSWER) - 1), max_size=8, unique=True)))
    pieces = Chunks()
    reader = ChunkReader(b"\n\n", pieces, connection=1)
    for start, end in zip([0, *cuts], [*cuts, len(ANSWER)], strict=True):
        reader.feed(ANSWER[start:end], end)
    reader.close()

    assert len(pieces) == 1 + len(EVENTS)
