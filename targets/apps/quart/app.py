"""The contract in Quart: Flask's interface on an event loop."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from quart import Quart, Response, request
from quart.json.provider import DefaultJSONProvider
from werkzeug.exceptions import HTTPException

import optional
import work

THREADS = 40
"""As many as Starlette and FastAPI have; asyncio alone would take four more than there are cores."""


class CompactJSON(DefaultJSONProvider):
    """Quart's own JSON, without the newline that it appends and without sorting the keys."""

    sort_keys = False

    def response(self, *args: Any, **kwargs: Any) -> Response:
        """Serialise what a view returned, or the arguments of ``jsonify``."""
        document = args[0] if args else kwargs
        return Response(self.dumps(document, separators=(",", ":")), mimetype=self.mimetype)


app = Quart(__name__)
app.json = CompactJSON(app)


@app.before_serving
async def start_threads() -> None:
    """Of the plain ``def`` views; the loop ends them."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))


@app.before_request
async def count_it() -> None:
    work.tally.add_one()


@app.after_request
async def name_the_worker(response: Response) -> Response:
    response.headers["x-served-by"] = work.served_by()
    return response


@app.errorhandler(work.BadParameterError)
async def bad_parameter(error: work.BadParameterError) -> tuple[dict[str, str], int]:
    return {"error": str(error)}, 400


@app.errorhandler(HTTPException)
async def http_error(error: HTTPException) -> tuple[dict[str, str], int, list[tuple[str, str]]]:
    allowed = [(name, value) for name, value in error.get_headers() if name == "Allow"]
    return {"error": error.name}, error.code or 500, allowed


@app.get("/plain")
async def plain() -> Response:
    return Response(work.GREETING, mimetype="text/plain")


@app.get("/json")
async def greet() -> dict[str, str]:
    return work.greeting()


@app.get("/cpu")
async def cpu() -> dict[str, int | str]:
    return work.spin(work.parse_steps(request.args.get("steps")))


@app.get("/wait/blocking")
def wait_blocking() -> dict[str, int]:
    """Wait in a thread: Quart runs a plain ``def`` in the loop's pool."""
    return work.wait_blocking(work.parse_ms(request.args.get("ms")))


@app.get("/wait/cooperative")
async def wait_cooperative() -> dict[str, int]:
    ms = work.parse_ms(request.args.get("ms"))
    await asyncio.sleep(ms / 1000)
    return work.waited(ms)


@app.get("/wait/mistake")
async def wait_mistake() -> dict[str, int]:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return work.wait_blocking(work.parse_ms(request.args.get("ms")))


@app.get("/count")
async def count() -> dict[str, int]:
    return work.tally.report()


app.register_blueprint(optional.endpoints)
