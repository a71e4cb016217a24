"""Bodies that are awaited: pieces with waits between them, and limits that are found out early."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from zlib import crc32

import pytest

import async_streams
import streams
import work


async def arriving(body: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in body:
        yield piece


def test_there_is_a_wait_between_pieces_and_none_before_the_first() -> None:
    happened: list[object] = []

    async def note(seconds: float) -> None:
        happened.append(seconds)

    async def collect() -> None:
        async for piece in async_streams.spaced(streams.chunk, 3, 40, sleep=note):
            happened.append(piece)  # noqa: PERF401 (waits come in between)

    asyncio.run(collect())

    assert happened == [b"chunk 0\n", 0.04, b"chunk 1\n", 0.04, b"chunk 2\n"]


def test_a_body_of_the_limit_is_read_whole() -> None:
    assert b"abcd" == asyncio.run(async_streams.read_whole(arriving([b"ab", b"", b"cd"]), 4))


def test_a_body_beyond_its_limit_is_refused_before_the_rest_has_come() -> None:
    rest = iter([b"abc", b"de", b"never asked for"])
    with pytest.raises(work.TooLargeError, match="larger than 4 bytes"):
        asyncio.run(async_streams.read_whole(arriving(rest), 4))

    assert [b"never asked for"] == list(rest)


def test_an_upload_is_summed_up_piece_by_piece() -> None:
    expected = {"bytes": 7, "crc32": f"{crc32(b'abcdefg'):08x}"}

    assert expected == asyncio.run(async_streams.read_upload(arriving([b"abc", b"", b"defg"])))


def test_an_upload_beyond_its_limit_is_refused() -> None:
    too_much = [b"x" * streams.MAX_UPLOAD, b"x"]
    with pytest.raises(work.TooLargeError):
        asyncio.run(async_streams.read_upload(arriving(too_much)))
