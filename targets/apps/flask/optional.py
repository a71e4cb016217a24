"""The further parts of the contract in Flask."""

from flask import Blueprint, Response, render_template, request

import flask_backends
import orders
import pages
import pieces
import work

parts = Blueprint("parts", __name__, template_folder="../templates")
parts.register_blueprint(flask_backends.backends)


@parts.errorhandler(work.TooLargeError)
def too_large(error: work.TooLargeError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 413


@parts.post("/validated")
def validated() -> dict[str, str | int]:
    request.max_content_length = orders.MAX_BODY
    return orders.parse_order(request.get_data())


@parts.get("/template")
def template() -> str:
    return render_template("fortunes.html", fortunes=pages.fortunes())


@parts.get("/stream")
def stream() -> Response:
    count = pieces.parse_pieces("chunks", request.args.get("chunks"))
    gap_ms = pieces.parse_gap_ms(request.args.get("gap_ms"))
    return Response(pieces.spaced(pieces.chunk, count, gap_ms), mimetype="text/plain")


@parts.get("/events")
def events() -> Response:
    count = pieces.parse_pieces("count", request.args.get("count"))
    gap_ms = pieces.parse_gap_ms(request.args.get("gap_ms"))
    return Response(pieces.spaced(pieces.event, count, gap_ms), mimetype="text/event-stream")


@parts.post("/upload")
def upload() -> dict[str, str | int]:
    request.max_content_length = pieces.MAX_UPLOAD
    body = pieces.Upload()
    while piece := request.stream.read(pieces.PIECE):
        body.add(piece)
    return body.report()


@parts.post("/background")
def background() -> Response:
    response = Response(work.compact_json(work.accepted()), mimetype="application/json")
    response.call_on_close(work.tasks.add_one)  # after the last byte, and before the worker takes the next request
    return response


@parts.get("/background/done")
def done() -> dict[str, int]:
    return work.tasks.report()
