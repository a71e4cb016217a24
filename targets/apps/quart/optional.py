"""The further parts of the contract in Quart."""

from quart import Blueprint, Response, current_app, render_template, request, websocket

import async_pieces
import orders
import pages
import pieces
import quart_backends
import work

parts = Blueprint("parts", __name__, template_folder="../templates")
parts.register_blueprint(quart_backends.backends)


@parts.errorhandler(work.TooLargeError)
async def too_large(error: work.TooLargeError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 413


@parts.post("/validated")
async def validated() -> dict[str, str | int]:
    return orders.parse_order(await async_pieces.read_whole(request.body, orders.MAX_BODY))


@parts.get("/template")
async def template() -> str:
    return await render_template("fortunes.html", fortunes=pages.fortunes())


@parts.get("/stream")
async def stream() -> Response:
    count = pieces.parse_pieces("chunks", request.args.get("chunks"))
    gap_ms = pieces.parse_gap_ms(request.args.get("gap_ms"))
    return Response(async_pieces.spaced(pieces.chunk, count, gap_ms), mimetype="text/plain")


@parts.get("/events")
async def events() -> Response:
    count = pieces.parse_pieces("count", request.args.get("count"))
    gap_ms = pieces.parse_gap_ms(request.args.get("gap_ms"))
    return Response(async_pieces.spaced(pieces.event, count, gap_ms), mimetype="text/event-stream")


@parts.post("/upload")
async def upload() -> dict[str, str | int]:
    return await async_pieces.read_upload(request.body)


@parts.websocket("/echo")
async def echo() -> None:
    work.tally.add_one()
    await websocket.accept(headers={"x-served-by": work.served_by()})
    while True:  # until the client leaves: Quart cancels the task
        await websocket.send(await websocket.receive())


async def finish() -> None:
    work.tasks.add_one()


@parts.post("/background")
async def background() -> dict[str, bool]:
    current_app.add_background_task(finish)
    return work.accepted()


@parts.get("/background/done")
async def done() -> dict[str, int]:
    return work.tasks.report()
