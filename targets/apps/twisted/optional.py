"""The optional endpoints of the contract in Twisted Web, which has read every body before a page is asked."""

from collections.abc import Callable

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.web.server import Request

import async_streams
import backends
import orders
import pages
import streams
import work
from endpoint import Page, json, parameter, unless_gone


def validated(request: Request) -> bytes:
    return json(request, orders.parse_order(request.content.read(orders.MAX_BODY + 1)))


def template(request: Request) -> bytes:
    request.setHeader("content-type", "text/html; charset=utf-8")
    return pages.render_page(pages.fortunes()).encode()


def stream(request: Request) -> int:
    return in_pieces(request, streams.chunk, "chunks", "text/plain; charset=utf-8")


def events(request: Request) -> int:
    return in_pieces(request, streams.event, "count", "text/event-stream")


def in_pieces(request: Request, piece: Callable[[int], bytes], name: str, content_type: str) -> int:
    count = streams.parse_pieces(name, parameter(request, name))
    gap_ms = streams.parse_gap_ms(parameter(request, "gap_ms"))
    request.setHeader("content-type", content_type)
    return unless_gone(request, Deferred.fromCoroutine(send_pieces(request, piece, count, gap_ms)))


async def send_pieces(request: Request, piece: Callable[[int], bytes], count: int, gap_ms: int) -> None:
    """Send each piece when it is there."""
    async for body in async_streams.spaced(piece, count, gap_ms, sleep=lambda seconds: deferLater(reactor, seconds)):
        request.write(body)
    request.finish()


def upload(request: Request) -> bytes:
    body = streams.Upload()
    while piece := request.content.read(streams.PIECE):
        body.add(piece)
    return json(request, body.report())


def background(request: Request) -> bytes:
    request.notifyFinish().addCallback(lambda _: work.tasks.add_one())  # when the answer is written
    return json(request, work.accepted())


def done(request: Request) -> bytes:
    return json(request, work.tasks.report())


def add_to(app: Page) -> None:
    app.putChild(b"validated", Page(validated, method=b"POST"))
    app.putChild(b"template", Page(template))
    app.putChild(b"stream", Page(stream))
    app.putChild(b"events", Page(events))
    app.putChild(b"upload", Page(upload, method=b"POST"))
    tasks = Page(background, method=b"POST", leaf=False)
    tasks.putChild(b"done", Page(done))
    app.putChild(b"background", tasks)
    backends.add_to(app)
    if "websocket" in work.served_parts():
        import echo  # noqa: PLC0415 (what it needs may not be installed)

        app.putChild(b"echo", echo.Echoing())
