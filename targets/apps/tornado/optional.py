"""The optional endpoints of the contract in Tornado."""

# ruff: noqa: D101, D102 (handlers are named by the contract, their methods by Tornado)

from collections.abc import Callable
from contextlib import suppress

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, stream_request_body
from tornado.websocket import WebSocketHandler

import async_streams
import backends
import orders
import pages
import streams
import work
from handler import Answering


class Validated(Answering):
    def post(self) -> None:
        self.json(self.taken(orders.parse_order, self.request.body))


class Template(Answering):
    def get(self) -> None:
        self.render("fortunes.tornado", fortunes=pages.fortunes())


class InPieces(Answering):
    async def send_pieces(self, piece: Callable[[int], bytes], name: str, content_type: str) -> None:
        """Send each piece when it is there."""
        count = self.taken(streams.parse_pieces, name, self.get_query_argument(name, None))
        gap_ms = self.asked("gap_ms", streams.parse_gap_ms)
        self.set_header("content-type", content_type)
        with suppress(StreamClosedError):  # the client has left
            async for body in async_streams.spaced(piece, count, gap_ms):
                self.write(body)
                await self.flush()


class Stream(InPieces):
    async def get(self) -> None:
        await self.send_pieces(streams.chunk, "chunks", "text/plain; charset=utf-8")


class Events(InPieces):
    async def get(self) -> None:
        await self.send_pieces(streams.event, "count", "text/event-stream")


@stream_request_body
class Upload(Answering):
    def prepare(self) -> None:
        super().prepare()
        self.upload = streams.Upload()
        self.refused: HTTPError | None = None

    def data_received(self, chunk: bytes) -> None:
        """Take the next piece. What is raised here would end the connection without an answer."""
        try:
            self.taken(self.upload.add, chunk)
        except HTTPError as error:
            self.refused = error

    def post(self) -> None:
        if self.refused:
            raise self.refused
        self.json(self.upload.report())


class Echo(Answering, WebSocketHandler):
    def on_message(self, message: str | bytes) -> None:
        self.write_message(message, binary=isinstance(message, bytes))


class Background(Answering):
    def post(self) -> None:
        self.json(work.accepted())

    def on_finish(self) -> None:
        """Work when the response has been sent."""
        if self.get_status() == 200:  # a wrong method is answered here, too
            work.tasks.add_one()


class Done(Answering):
    def get(self) -> None:
        self.json(work.tasks.report())


routes = [
    ("/validated", Validated),
    ("/template", Template),
    ("/stream", Stream),
    ("/events", Events),
    ("/upload", Upload),
    ("/echo", Echo),
    ("/background", Background),
    ("/background/done", Done),
    *backends.routes,
]
