"""The contract in Pyramid: routes and views, without traversal."""

from collections.abc import Callable
from typing import Any

from pyramid.config import Configurator
from pyramid.events import NewRequest, NewResponse
from pyramid.httpexceptions import HTTPError, HTTPMethodNotAllowed
from pyramid.renderers import JSON
from pyramid.request import Request
from pyramid.response import Response

import optional
import work


def plain(request: Request) -> Response:
    return Response(work.GREETING, content_type="text/plain", charset="utf-8")


def greet(request: Request) -> dict[str, str]:
    return work.greeting()


def cpu(request: Request) -> dict[str, int | str]:
    return work.spin(work.parse_steps(request.params.get("steps")))


def wait(request: Request) -> dict[str, int]:
    return work.wait_blocking(work.parse_ms(request.params.get("ms")))


def count(request: Request) -> dict[str, int]:
    return work.tally.report()


def wrong_method(request: Request) -> None:
    raise HTTPMethodNotAllowed


def bad_parameter(error: work.BadParameterError, request: Request) -> dict[str, str]:
    request.response.status = 400
    return {"error": str(error)}


def http_error(error: HTTPError, request: Request) -> dict[str, str]:
    request.response.status = error.status
    return {"error": error.title}


def count_it(event: NewRequest) -> None:
    work.tally.add_one()


def name_the_worker(event: NewResponse) -> None:
    event.response.headers["x-served-by"] = work.served_by()


def add_endpoint(
    config: Configurator, path: str, view: Callable[[Request], Any], *, method: str = "GET", renderer: str = "json"
) -> None:
    """A directive: one view by its method, and a refusal by every other, which Pyramid would not find."""
    config.add_route(path, path)
    config.add_view(view, route_name=path, request_method=method, renderer=renderer)
    config.add_view(wrong_method, route_name=path)


config = Configurator()
config.add_renderer("json", JSON(separators=(",", ":")))
config.add_subscriber(count_it, NewRequest)
config.add_subscriber(name_the_worker, NewResponse)
config.add_directive("add_endpoint", add_endpoint)
config.add_endpoint("/plain", plain)
config.add_endpoint("/json", greet)
config.add_endpoint("/cpu", cpu)
config.add_endpoint("/wait/blocking", wait)
config.add_endpoint("/wait/cooperative", wait)
config.add_endpoint("/count", count)
config.include(optional)
config.add_exception_view(bad_parameter, context=work.BadParameterError, renderer="json")
config.add_exception_view(http_error, context=HTTPError, renderer="json")
app = config.make_wsgi_app()
