"""Messages on a WebSocket (RFC 6455): how a connection becomes one, how a text is sent, and what comes back. Pure.

No extension is offered, so no message is compressed.
"""

from base64 import b64encode
from typing import Final

from stacklab.model.traffic.exchange import SWITCHING
from stacklab.units import Nanoseconds

UPGRADE: Final = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": b64encode(b"stacklab's nonce").decode(),
}
"""The headers of the handshake. The key has 16 bytes, and shows proxies in between that this is no other protocol."""

_MASK: Final = b"\x37\xfa\x21\x3d"
"""Every client masks what it sends (5.3): always the same way here, because there is no proxy that could be misled."""

_FINAL: Final = 0x80
_RESERVED: Final = 0x70
_OPCODE: Final = 0x0F
_TEXT, _CLOSE, _PING, _PONG = 0x1, 0x8, 0x9, 0xA
_CONTROL: Final = 0x8
_MASKED: Final = 0x80
_SHORT, _TWO_BYTES, _EIGHT_BYTES = 125, 126, 127
"""Lengths of payloads: the most that the second byte holds, and what it says where two or eight more hold it."""


def frame(payload: bytes, *, opcode: int = _TEXT) -> bytes:
    """One message, or a control frame, as a client sends it."""
    length = len(payload)
    if length <= _SHORT:
        head = bytes((_FINAL | opcode, _MASKED | length))
    elif length < 2**16:
        head = bytes((_FINAL | opcode, _MASKED | _TWO_BYTES)) + length.to_bytes(2, "big")
    else:
        head = bytes((_FINAL | opcode, _MASKED | _EIGHT_BYTES)) + length.to_bytes(8, "big")
    mask = (_MASK * (length // 4 + 1))[:length]
    masked = int.from_bytes(payload, "big") ^ int.from_bytes(mask, "big")
    return head + _MASK + masked.to_bytes(length, "big")


class MessageReader:
    """Reads one message of the server, however it is cut into segments or frames: used as an ``HttpReader`` is.

    Pings that come with it are to be answered with what the reader ``owes``.
    """

    def __init__(self) -> None:
        self.raw = bytearray()
        self.body = bytearray()
        self.status = SWITCHING
        self.worker = 0
        self.encoding = ""
        self.closes = False
        self.complete = False
        self.excess = False
        """More came than one message."""
        self.owes = b""
        self.repeats = True
        self._read = 0
        """Bytes of ``raw`` that were whole frames."""

    def feed(self, data: bytes, now_ns: Nanoseconds = 0) -> None:  # noqa: ARG002 (a reader of pieces needs it)
        """Read a segment; ``ValueError`` if the server closes the WebSocket, or breaks its rules."""
        self.raw += data
        while (found := self._frame()) is not None:
            first, payload = found
            opcode = first & _OPCODE
            if opcode == _CLOSE:
                raise ValueError("the server closed the WebSocket")
            self.repeats = self.repeats and not opcode & _CONTROL
            if opcode == _PING:
                self.owes += frame(payload, opcode=_PONG)
            elif not opcode & _CONTROL:
                self.excess = self.excess or self.complete
                self.body += payload
                self.complete = bool(first & _FINAL)
        self.excess = self.excess or (self.complete and self._read < len(self.raw))

    def end(self) -> bool:
        """The end of the connection completes no message."""
        return False

    def close(self) -> None:
        """There is nothing to let go of."""

    def _frame(self) -> tuple[int, bytes] | None:
        """The first byte of the next frame, and its payload; None while it is not whole."""
        raw, begin = self.raw, self._read + 2
        if len(raw) < begin:
            return None
        first, length = raw[begin - 2 : begin]
        if first & _RESERVED or length & _MASKED:
            raise ValueError("a frame that no server sends to a client without extensions")
        if length > _SHORT:
            begin += 2 if length == _TWO_BYTES else 8
            length = int.from_bytes(raw[self._read + 2 : begin], "big")
        if len(raw) < begin + length:
            return None
        self._read = begin + length
        return first, bytes(raw[begin : self._read])
