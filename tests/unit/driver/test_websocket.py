"""Messages on a WebSocket: what is sent can be read by its rules, and what comes is read however it is cut."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from made import ORDER
from stacklab.driver.loop.rows import Chunks
from stacklab.driver.wire.request import PreparedRequest
from stacklab.driver.wire.websocket import MessageReader, frame
from stacklab.model.measured.record import Outcome
from stacklab.model.traffic.order import Between, PlannedRequest

PING, CLOSE = b"\x89\x02hi", b"\x88\x02\x03\xe8"
ECHO = PlannedRequest(endpoint="websocket", target="/echo", message="Hello")
ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n\r\n"


def from_server(payload: bytes, *, first: int = 0x81) -> bytes:
    """A frame as a server sends it, which masks nothing."""
    length = len(payload)
    if length < 126:
        return bytes((first, length)) + payload
    width, mark = (2, 126) if length < 2**16 else (8, 127)
    return bytes((first, mark)) + length.to_bytes(width, "big") + payload


def unmasked(sent: bytes) -> tuple[int, bytes]:
    """What a server makes of a frame of a client, by RFC 6455, section 5.2."""
    assert sent[1] & 0x80
    length, at = sent[1] & 0x7F, 2
    if length > 125:
        width = 2 if length == 126 else 8
        length, at = int.from_bytes(sent[2 : 2 + width], "big"), 2 + width
    mask, payload = sent[at : at + 4], sent[at + 4 :]
    assert length == len(payload)
    return sent[0], bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))


def read(*segments: bytes) -> MessageReader:
    reader = MessageReader()
    for segment in segments:
        reader.feed(segment)
    return reader


@pytest.mark.parametrize("length", [0, 1, 5, 125, 126, 65_535, 65_536])
def test_what_is_sent_is_a_masked_text(length: int) -> None:
    payload = bytes(index % 251 for index in range(length))

    assert unmasked(frame(payload)) == (0x81, payload)


@pytest.mark.parametrize("length", [0, 5, 125, 126, 65_536])
@given(data=st.data())
def test_cuts_between_segments_change_nothing(length: int, data: st.DataObject) -> None:
    whole = from_server(b"x" * length)
    cut = data.draw(st.integers(1, len(whole) - 1))
    before, after = read(whole[:cut]), read(whole[:cut], whole[cut:])

    assert (False, True, False) == (before.complete, after.complete, after.excess)
    assert len(after.body) == length


def test_a_message_may_come_in_several_frames() -> None:
    reader = read(from_server(b"He", first=0x01), from_server(b"llo", first=0x80))

    assert (b"Hello", True, False) == (bytes(reader.body), reader.complete, reader.excess)


def test_a_ping_is_answered_with_what_it_said() -> None:
    reader = read(PING + from_server(b"Hello"))

    assert (0x8A, b"hi") == unmasked(reader.owes)
    assert (b"Hello", True, False) == (bytes(reader.body), reader.complete, reader.excess)


def test_an_answer_with_a_ping_before_it_is_not_known_the_next_time() -> None:
    question = echo()
    reader = question.reader(1, Chunks())
    assert question.read(reader, PING + from_server(b"Hello"), 0) is not None

    assert question.known == {}


def test_two_messages_are_more_than_one_answer() -> None:
    assert read(from_server(b"Hello") * 2).excess


@pytest.mark.parametrize(
    ("data", "why"),
    [(CLOSE, "the server closed the WebSocket"), (frame(b"masked"), "no server sends"), (b"\xc1\x00", "extensions")],
)
def test_what_ends_or_breaks_the_talk_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read(data)


def test_the_end_of_the_connection_completes_no_message() -> None:
    assert not read(from_server(b"Hello")[:-1]).end()


def echo(*, keep_alive: bool = True) -> PreparedRequest:
    return PreparedRequest(ECHO, endpoint=0, host="localhost", port=8000, keep_alive=keep_alive)


@pytest.mark.parametrize(("body", "outcome"), [(b"Hello", Outcome.OK), (b"Hullo", Outcome.BODY), (b"", Outcome.BODY)])
def test_the_message_that_was_sent_is_the_one_that_comes_back(body: bytes, outcome: Outcome) -> None:
    question = echo()
    verdict = question.read(question.reader(1, Chunks()), from_server(body), 0)

    assert verdict is not None
    assert (outcome, 101, len(body), False) == (verdict.outcome, verdict.status, verdict.length, verdict.closes)


def test_an_echo_is_known_by_all_of_its_bytes() -> None:
    question = echo()
    verdict = question.read(question.reader(1, Chunks()), from_server(b"Hello"), 0)

    assert question.known == {from_server(b"Hello"): verdict}


def test_a_connection_begins_with_a_handshake() -> None:
    question = echo()

    assert question.first.then is question
    assert question.first.payload.startswith(b"GET /echo HTTP/1.1\r\n")
    assert b"\r\nupgrade: websocket\r\n" in question.first.payload


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [(ACCEPTED, Outcome.OK), (b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n", Outcome.STATUS)],
)
def test_the_answer_to_a_handshake_is_judged_and_never_known(answer: bytes, outcome: Outcome) -> None:
    handshake = echo().first
    reader = handshake.reader(1, Chunks())
    verdict = handshake.read(reader, answer, 0)
    reader.close()

    assert verdict is not None
    assert (outcome, {}) == (verdict.outcome, handshake.known)


@pytest.mark.parametrize(
    "other",
    [
        PlannedRequest(endpoint="plain", target="/plain"),
        PlannedRequest(endpoint="other", target="/other", message="Hello"),
    ],
)
def test_connections_to_a_websocket_carry_nothing_else(other: PlannedRequest) -> None:
    with pytest.raises(ValueError, match="shots: connections to a WebSocket"):
        replace(ORDER, shots=(ECHO, other))


def test_several_messages_may_share_a_websocket() -> None:
    bye = PlannedRequest(endpoint="websocket", target="/echo", message="Bye")

    assert replace(ORDER, shots=(ECHO, bye)).on_a_websocket


def test_the_target_of_a_websocket_does_not_vary() -> None:
    with pytest.raises(ValueError, match="vary: a WebSocket is opened once"):
        PlannedRequest(endpoint="websocket", target="/echo", message="Hello", vary={"id": Between(low=0, high=9)})
