"""The contract in Bottle."""

import json
from functools import partial
from typing import Any

from bottle import Bottle, HTTPError, JSONPlugin, request, response

import optional
import work

app = Bottle(autojson=False)
app.install(JSONPlugin(json_dumps=partial(json.dumps, separators=(",", ":"))))


@app.hook("before_request")
def count_it() -> None:
    work.tally.add_one()
    response.set_header("x-served-by", work.served_by())


def refuse_bad_input(callback: Any) -> Any:
    """A plugin: every route answers 400 where the work refuses a parameter, and 413 where it refuses a body."""

    def refusing() -> Any:
        try:
            return callback()
        except work.BadParameterError as error:
            return HTTPError(400, str(error))
        except work.TooLargeError as error:
            return HTTPError(413, str(error))

    return refusing


app.install(refuse_bad_input)


def refuse(error: HTTPError) -> bytes:
    """In JSON, which Bottle's own error pages are not."""
    error.content_type = "application/json"
    error.set_header("x-served-by", work.served_by())
    return work.compact_json({"error": str(error.body)})


app.default_error_handler = refuse


@app.get("/plain")
def plain() -> str:
    response.content_type = "text/plain; charset=utf-8"
    return work.GREETING


@app.get("/json")
def greet() -> dict[str, str]:
    return work.greeting()


@app.get("/cpu")
def cpu() -> dict[str, int | str]:
    return work.spin(work.parse_steps(request.query.get("steps")))


@app.get("/wait/blocking")
@app.get("/wait/cooperative")
def wait() -> dict[str, int]:
    return work.wait_blocking(work.parse_ms(request.query.get("ms")))


@app.get("/count")
def count() -> dict[str, int]:
    return work.tally.report()


optional.add_to(app)
