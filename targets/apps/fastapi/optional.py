"""The optional endpoints of the contract in FastAPI with ``async def`` endpoints."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Query, Request, Response, WebSocket
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse

import async_streams
import backends
import orders
import pages
import streams
import work
from order_models import Order, Receipt, receipt

if "template" in work.served_parts():
    from fastapi.templating import Jinja2Templates

    templates = Jinja2Templates(pages.TEMPLATES)

Pieces = Annotated[int, Query(ge=1, le=streams.MAX_PIECES)]
Milliseconds = Annotated[int, Query(ge=0, le=work.MAX_MS)]

router = APIRouter()
router.include_router(backends.router)


@router.post("/validated", max_body_size=orders.MAX_BODY)
async def validated(order: Order) -> Receipt:
    return receipt(order)


@router.get("/template")
async def template(request: Request) -> Response:
    return templates.TemplateResponse(request, "fortunes.html", {"fortunes": pages.fortunes()})


@router.get("/stream")
async def stream(chunks: Pieces, gap_ms: Milliseconds) -> StreamingResponse:
    return StreamingResponse(async_streams.spaced(streams.chunk, chunks, gap_ms), media_type="text/plain")


@router.get("/events", response_class=EventSourceResponse)
async def events(count: Pieces, gap_ms: Milliseconds) -> AsyncIterator[int]:
    """Yield what FastAPI turns into events."""
    for number in range(count):
        if number:
            await asyncio.sleep(gap_ms / 1000)
        yield number


@router.post("/upload", max_body_size=streams.MAX_UPLOAD)
async def upload(request: Request) -> dict[str, int | str]:
    """Read the stream: a parameter would be the whole body in memory, and UploadFile a form."""
    return await async_streams.read_upload(request.stream())


@router.websocket("/echo")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    async for message in websocket.iter_text():
        await websocket.send_text(message)


async def finish() -> None:
    work.tasks.add_one()


@router.post("/background")
async def background(tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(finish)
    return work.accepted()


@router.get("/background/done")
async def done() -> dict[str, int]:
    return work.tasks.report()


async def resource() -> AsyncIterator[dict[str, bool]]:
    """Open what the endpoint needs, and close it after the response."""
    held = {"open": True}
    yield held
    held["open"] = False
    work.dependencies.add_one()


@router.get("/dependency")
async def dependency(held: Annotated[dict[str, bool], Depends(resource)]) -> dict[str, bool]:
    return held


@router.get("/dependency/closed")
async def closed() -> dict[str, int]:
    return work.dependencies.report()
