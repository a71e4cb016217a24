"""The optional endpoints of the contract in Quart."""

from quart import Blueprint, Response, current_app, render_template, request, websocket

import async_streams
import backends
import orders
import pages
import streams
import work

endpoints = Blueprint("optional", __name__, template_folder=pages.TEMPLATES)
endpoints.register_blueprint(backends.endpoints)


@endpoints.errorhandler(work.TooLargeError)
async def too_large(error: work.TooLargeError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 413


@endpoints.post("/validated")
async def validated() -> dict[str, str | int]:
    return orders.parse_order(await async_streams.read_whole(request.body, orders.MAX_BODY))


@endpoints.get("/template")
async def template() -> str:
    return await render_template("fortunes.html", fortunes=pages.fortunes())


@endpoints.get("/stream")
async def stream() -> Response:
    count = streams.parse_pieces("chunks", request.args.get("chunks"))
    gap_ms = streams.parse_gap_ms(request.args.get("gap_ms"))
    return Response(async_streams.spaced(streams.chunk, count, gap_ms), mimetype="text/plain")


@endpoints.get("/events")
async def events() -> Response:
    count = streams.parse_pieces("count", request.args.get("count"))
    gap_ms = streams.parse_gap_ms(request.args.get("gap_ms"))
    return Response(async_streams.spaced(streams.event, count, gap_ms), mimetype="text/event-stream")


@endpoints.post("/upload")
async def upload() -> dict[str, str | int]:
    return await async_streams.read_upload(request.body)


@endpoints.websocket("/echo")
async def echo() -> None:
    work.tally.add_one()
    await websocket.accept(headers={"x-served-by": work.served_by()})
    while True:  # until the client leaves: Quart cancels the task
        await websocket.send(await websocket.receive())


async def finish() -> None:
    work.tasks.add_one()


@endpoints.post("/background")
async def background() -> dict[str, bool]:
    current_app.add_background_task(finish)
    return work.accepted()


@endpoints.get("/background/done")
async def done() -> dict[str, int]:
    return work.tasks.report()
