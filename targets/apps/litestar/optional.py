"""The optional endpoints of the contract in Litestar."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated

from litestar import MediaType, Request, Response, get, post, websocket_listener
from litestar.background_tasks import BackgroundTask
from litestar.di import Provide
from litestar.params import Parameter
from litestar.response import ServerSentEvent, ServerSentEventMessage, Stream, Template
from litestar.template import TemplateConfig
from msgspec import Meta, Struct

import async_streams
import backends
import orders
import pages
import streams
import work

if "template" in work.served_parts():
    from litestar.plugins.jinja import JinjaTemplateEngine

    template_config = TemplateConfig(directory=pages.TEMPLATES, engine=JinjaTemplateEngine)
else:
    template_config = None

Pieces = Annotated[int, Parameter(ge=1, le=streams.MAX_PIECES)]
Milliseconds = Annotated[int, Parameter(ge=0, le=work.MAX_MS)]
Text = Annotated[str, Meta(min_length=1)]


class Customer(Struct):
    """Who orders."""

    name: Text
    email: Annotated[str, Meta(pattern="@")]


class Item(Struct):
    """What is ordered, and how much of it."""

    sku: Text
    quantity: Annotated[int, Meta(ge=1, le=orders.MAX_QUANTITY)]
    price_cents: Annotated[int, Meta(ge=0, le=orders.MAX_PRICE_CENTS)]


class Order(Struct):
    """The body of the request."""

    customer: Customer
    items: Annotated[list[Item], Meta(min_length=1)]


class Receipt(Struct):
    """The body of the answer."""

    customer: str
    items: int
    total_cents: int


@post("/validated", status_code=200, request_max_body_size=orders.MAX_BODY)
async def validated(data: Order) -> Receipt:
    total_cents = sum(item.quantity * item.price_cents for item in data.items)
    return Receipt(customer=data.customer.name, items=len(data.items), total_cents=total_cents)


@get("/template")
async def template() -> Template:
    return Template("fortunes.html", context={"fortunes": pages.fortunes()})


@get("/stream")
async def stream(chunks: Pieces, gap_ms: Milliseconds) -> Stream:
    return Stream(async_streams.spaced(streams.chunk, chunks, gap_ms), media_type=MediaType.TEXT)


@get("/events")
async def events(count: Pieces, gap_ms: Milliseconds) -> ServerSentEvent:
    return ServerSentEvent(spaced_events(count, gap_ms))


async def spaced_events(count: int, gap_ms: int) -> AsyncIterator[ServerSentEventMessage]:
    """Yield what Litestar turns into events; it would end their lines by CRLF, which is as good."""
    for number in range(count):
        if number:
            await asyncio.sleep(gap_ms / 1000)
        yield ServerSentEventMessage(number, sep="\n")


@post("/upload", status_code=200, request_max_body_size=streams.MAX_UPLOAD)
async def upload(request: Request) -> dict[str, int | str]:
    return await async_streams.read_upload(request.stream())


@websocket_listener("/echo")
async def echo(data: str) -> str:
    return data


async def finish() -> None:
    work.tasks.add_one()


@post("/background", status_code=200)
async def background() -> Response[dict[str, bool]]:
    return Response(work.accepted(), background=BackgroundTask(finish))


@get("/background/done")
async def done() -> dict[str, int]:
    return work.tasks.report()


async def resource() -> AsyncGenerator[dict[str, bool], None]:
    """Open what the handler needs, and close it when the handler is through."""
    held = {"open": True}
    yield held
    held["open"] = False
    work.dependencies.add_one()


@get("/dependency", dependencies={"held": Provide(resource)})
async def dependency(held: dict[str, bool]) -> dict[str, bool]:
    return held.copy()


@get("/dependency/closed")
async def closed() -> dict[str, int]:
    return work.dependencies.report()


handlers = [
    validated,
    template,
    stream,
    events,
    upload,
    echo,
    background,
    done,
    dependency,
    closed,
    *backends.handlers,
]
