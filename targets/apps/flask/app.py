"""The contract in Flask. One app for every WSGI server: under gevent, time.sleep is gevent's own."""

import logging
from typing import Any

from flask import Flask, Response, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

import optional
import work

# Waitress warns once for every request that has to queue: a busy server would measure its own log.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)


class CompactJSON(DefaultJSONProvider):
    """Flask's own JSON, without the newline that it appends and without sorting the keys."""

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Serialise what a view returned, or the arguments of ``jsonify``."""
        document = args[0] if args else kwargs
        return Response(self.dumps(document, separators=(",", ":")), mimetype=self.mimetype)


app = Flask(__name__)
app.json = CompactJSON(app)


@app.before_request
def count_it() -> None:
    work.tally.add_one()


@app.after_request
def name_the_worker(response: Response) -> Response:
    response.headers["x-served-by"] = work.served_by()
    return response


@app.errorhandler(work.BadParameterError)
def bad_parameter(error: work.BadParameterError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 400


@app.errorhandler(HTTPException)
def http_error(error: HTTPException) -> Response:
    response = error.get_response()  # with the headers of its kind: which methods are allowed
    response.data = work.compact_json({"error": error.name})
    response.content_type = "application/json"
    return response


@app.get("/plain")
def plain() -> Response:
    return Response(work.GREETING, mimetype="text/plain")


@app.get("/json")
def greet() -> dict[str, str]:
    return work.greeting()


@app.get("/cpu")
def cpu() -> dict[str, int | str]:
    return work.spin(work.parse_steps(request.args.get("steps")))


@app.get("/wait/blocking")
@app.get("/wait/cooperative")
def wait() -> dict[str, int]:
    return work.wait_blocking(work.parse_ms(request.args.get("ms")))


@app.get("/count")
def count() -> dict[str, int]:
    return work.tally.report()


app.register_blueprint(optional.endpoints)
