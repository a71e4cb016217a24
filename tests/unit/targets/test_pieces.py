"""Bodies in pieces, the page, and the rows: what the apps answer beside the core."""

from zlib import crc32

import pytest

import pages
import streams
import work
from database import rows


def test_a_stream_is_its_chunks_in_order() -> None:
    assert b"chunk 0\nchunk 1\nchunk 2\n" == b"".join(streams.spaced(streams.chunk, 3, 0))


def test_events_are_those_of_a_browser() -> None:
    assert b"data: 0\n\ndata: 1\n\n" == b"".join(streams.spaced(streams.event, 2, 0))


def test_there_is_a_wait_between_two_pieces_and_none_before_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[object] = []
    monkeypatch.setattr("time.sleep", told.append)

    for piece in streams.spaced(streams.chunk, 3, 20):
        told.append(piece)  # noqa: PERF402 (waits come in between)

    assert [b"chunk 0\n", 0.02, b"chunk 1\n", 0.02, b"chunk 2\n"] == told


@pytest.mark.parametrize("text", [None, "", "0", "-1", "10001", "some"])
def test_a_number_of_pieces_that_cannot_be_is_refused_by_its_name(text: str | None) -> None:
    with pytest.raises(work.BadParameterError, match=r"^chunks: "):
        streams.parse_pieces("chunks", text)


def test_an_upload_is_told_by_its_length_and_its_checksum() -> None:
    upload = streams.Upload()
    for piece in (b"a" * 1000, b"b", b""):
        upload.add(piece)

    assert {"bytes": 1001, "crc32": f"{crc32(b'a' * 1000 + b'b'):08x}"} == upload.report()


def test_an_upload_that_holds_nothing_is_one() -> None:
    assert {"bytes": 0, "crc32": "00000000"} == streams.Upload().report()


def test_an_upload_beyond_its_limit_is_refused_while_it_comes() -> None:
    upload = streams.Upload()
    upload.add(bytes(streams.MAX_UPLOAD))

    with pytest.raises(work.TooLargeError):
        upload.add(b"!")


def test_the_page_has_twenty_rows_and_runs_no_script() -> None:
    page = pages.render_page(pages.fortunes())

    assert (20, 0, 1) == (page.count("<tr><td>"), page.count("<script>"), page.count("alert(1 &amp;&amp; 2)"))


def test_no_row_of_the_page_holds_what_engines_escape_in_different_ways() -> None:
    assert [] == [row.message for row in pages.fortunes() if set(row.message) & set("\"'+`=")]


def test_a_row_follows_from_its_id() -> None:
    # The MD5 of "1" begins with c4ca4238a0b923820dcc.
    assert {"id": 1, "a": "0000000001", "b": "memkecdikaljcdicanmm"} == rows.row(1)


def test_no_two_rows_are_alike() -> None:
    assert 1000 == len({rows.row(number)["b"] for number in range(1, 1001)})


@pytest.mark.parametrize("text", ["0", "1000001", None])
def test_ids_that_no_row_has_are_refused(text: str | None) -> None:
    with pytest.raises(work.BadParameterError, match=r"^id: "):
        rows.parse_id(text)


def test_twenty_rows_begin_no_later_than_twenty_before_the_end() -> None:
    with pytest.raises(work.BadParameterError, match=r"^first: "):
        rows.parse_first(str(rows.ROWS - rows.AT_ONCE + 2))
