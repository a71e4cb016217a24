"""The contract in Falcon: a class for each resource."""

# ruff: noqa: D102, ARG002 (Falcon finds on_get by its name, and passes a request whether it is read or not)

import json
from functools import partial

import falcon

import optional
import work


class Plain:
    """A constant text."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.content_type = falcon.MEDIA_TEXT
        response.text = work.GREETING


class Greet:
    """A small document."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = work.greeting()


class Cpu:
    """The computation."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = work.spin(work.parse_steps(request.get_param("steps")))


class Wait:
    """Either wait: WSGI has no event loop."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = work.wait_blocking(work.parse_ms(request.get_param("ms")))


class Count:
    """How many requests arrived."""

    def on_get(self, request: falcon.Request, response: falcon.Response) -> None:
        response.media = work.tally.report()


class ServedBy:
    """Middleware: counts each request, and names the worker in each response."""

    def process_request(self, request: falcon.Request, response: falcon.Response) -> None:
        """Before routing, so that unknown paths count too."""
        work.tally.add_one()
        response.set_header("x-served-by", work.served_by())


def bad_parameter(
    request: falcon.Request, response: falcon.Response, error: work.BadParameterError, params: dict[str, object]
) -> None:
    response.status = falcon.HTTP_400
    response.media = {"error": str(error)}


def http_error(request: falcon.Request, response: falcon.Response, error: falcon.HTTPError) -> None:
    response.media = {"error": error.title}


app = falcon.App(middleware=[ServedBy()])
app.resp_options.media_handlers[falcon.MEDIA_JSON] = falcon.media.JSONHandler(
    dumps=partial(json.dumps, separators=(",", ":"))
)
app.add_error_handler(work.BadParameterError, bad_parameter)
app.set_error_serializer(http_error)
app.add_route("/plain", Plain())
app.add_route("/json", Greet())
app.add_route("/cpu", Cpu())
app.add_route("/wait/blocking", Wait())
app.add_route("/wait/cooperative", Wait())
app.add_route("/count", Count())
optional.add_to(app)
