"""The WebSocket of the contract in Twisted Web."""

# ruff: noqa: ARG002, D102, N802 (Twisted finds methods by these names, and passes all that there is)

from twisted.python.failure import Failure
from twisted.web.server import Request
from twisted.web.websocket import WebSocketResource, WebSocketTransport

import work


class Echo:
    """One conversation: each text message goes back."""

    def negotiationStarted(self, transport: WebSocketTransport) -> None:
        self.transport = transport

    def negotiationFinished(self) -> None:
        pass

    def textMessageReceived(self, message: str) -> None:
        self.transport.sendTextMessage(message)

    def bytesMessageReceived(self, data: bytes | bytearray) -> None:
        self.transport.sendBytesMessage(bytes(data))

    def pongReceived(self, payload: bytes) -> None:
        pass

    def connectionLost(self, reason: Failure) -> None:
        pass


class Echoing(WebSocketResource):
    """The path; each handshake counts as a request."""

    def __init__(self) -> None:
        super().__init__(self)
        self.isLeaf = True

    def buildProtocol(self, request: Request) -> Echo:
        return Echo()

    def render(self, request: Request) -> bytes | int:
        work.tally.add_one()
        request.setHeader("x-served-by", work.served_by())
        return super().render(request)
