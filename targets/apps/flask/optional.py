"""The optional endpoints of the contract in Flask."""

from flask import Blueprint, Response, render_template, request

import backends
import orders
import pages
import streams
import work

endpoints = Blueprint("optional", __name__, template_folder=pages.TEMPLATES)
endpoints.register_blueprint(backends.endpoints)


@endpoints.errorhandler(work.TooLargeError)
def too_large(error: work.TooLargeError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 413


@endpoints.post("/validated")
def validated() -> dict[str, str | int]:
    request.max_content_length = orders.MAX_BODY
    return orders.parse_order(request.get_data())


@endpoints.get("/template")
def template() -> str:
    return render_template("fortunes.html", fortunes=pages.fortunes())


@endpoints.get("/stream")
def stream() -> Response:
    count = streams.parse_pieces("chunks", request.args.get("chunks"))
    gap_ms = streams.parse_gap_ms(request.args.get("gap_ms"))
    return Response(streams.spaced(streams.chunk, count, gap_ms), mimetype="text/plain")


@endpoints.get("/events")
def events() -> Response:
    count = streams.parse_pieces("count", request.args.get("count"))
    gap_ms = streams.parse_gap_ms(request.args.get("gap_ms"))
    return Response(streams.spaced(streams.event, count, gap_ms), mimetype="text/event-stream")


@endpoints.post("/upload")
def upload() -> dict[str, str | int]:
    request.max_content_length = streams.MAX_UPLOAD
    body = streams.Upload()
    while piece := request.stream.read(streams.PIECE):
        body.add(piece)
    return body.report()


@endpoints.post("/background")
def background() -> Response:
    response = Response(work.compact_json(work.accepted()), mimetype="application/json")
    response.call_on_close(work.tasks.add_one)  # after the last byte, and before the worker takes the next request
    return response


@endpoints.get("/background/done")
def done() -> dict[str, int]:
    return work.tasks.report()
