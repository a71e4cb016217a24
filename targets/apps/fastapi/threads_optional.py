"""The optional endpoints of the contract in FastAPI with plain ``def`` endpoints."""

import time
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Depends, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse

import async_streams
import optional
import orders
import pages
import streams
import threads_backends
import work
from optional import Milliseconds, Pieces
from order_models import Order, Receipt, receipt

router = APIRouter()
router.include_router(threads_backends.router)
router.add_api_websocket_route("/echo", optional.echo)  # FastAPI knows no WebSocket in a plain `def`


@router.post("/validated", max_body_size=orders.MAX_BODY)
def validated(order: Order) -> Receipt:
    return receipt(order)


@router.get("/template")
def template(request: Request) -> Response:
    return optional.templates.TemplateResponse(request, "fortunes.html", {"fortunes": pages.fortunes()})


@router.get("/stream")
def stream(chunks: Pieces, gap_ms: Milliseconds) -> StreamingResponse:
    return StreamingResponse(streams.spaced(streams.chunk, chunks, gap_ms), media_type="text/plain")


@router.get("/events", response_class=EventSourceResponse)
def events(count: Pieces, gap_ms: Milliseconds) -> Iterator[int]:
    """Yield what FastAPI turns into events."""
    for number in range(count):
        if number:
            time.sleep(gap_ms / 1000)  # noqa: TID251 (in a thread of the pool; the harness is another process)
        yield number


async def uploaded(request: Request) -> dict[str, int | str]:
    """Read the stream on the loop: a plain ``def`` cannot await it."""
    return await async_streams.read_upload(request.stream())


@router.post("/upload", max_body_size=streams.MAX_UPLOAD)
def upload(report: Annotated[dict[str, int | str], Depends(uploaded)]) -> dict[str, int | str]:
    return report


@router.post("/background")
def background(tasks: BackgroundTasks) -> dict[str, bool]:
    tasks.add_task(work.tasks.add_one)
    return work.accepted()


@router.get("/background/done")
def done() -> dict[str, int]:
    return work.tasks.report()


def resource() -> Iterator[dict[str, bool]]:
    """Open what the endpoint needs, and close it after the response."""
    held = {"open": True}
    yield held
    held["open"] = False
    work.dependencies.add_one()


@router.get("/dependency")
def dependency(held: Annotated[dict[str, bool], Depends(resource)]) -> dict[str, bool]:
    return held


@router.get("/dependency/closed")
def closed() -> dict[str, int]:
    return work.dependencies.report()
