"""What both Django apps share: settings, the header of every response, the parameters, the errors."""

import logging
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import sync_and_async_middleware

import work

# Django writes a line for each answer of 4xx: the questions of the contract would fill the log.
logging.getLogger("django.request").setLevel(logging.ERROR)


def configure(urls: str) -> None:
    """Set up Django for the module that holds ``urlpatterns``: no database, no template, one middleware."""
    settings.configure(
        ROOT_URLCONF=urls,
        MIDDLEWARE=["django_site.served_by"],
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
        USE_I18N=False,
    )


@sync_and_async_middleware
def served_by(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Count each request, and name the worker in each response."""
    if iscoroutinefunction(get_response):

        async def serve_awaited(request: HttpRequest) -> HttpResponse:
            work.tally.add_one()
            return _named(await get_response(request))

        return serve_awaited

    def serve(request: HttpRequest) -> HttpResponse:
        work.tally.add_one()
        return _named(get_response(request))

    return serve


def _named(response: HttpResponse) -> HttpResponse:
    response["x-served-by"] = work.served_by()
    return response


def json(document: dict[str, Any], *, status: int = 200) -> JsonResponse:
    """Django's JSON without blanks."""
    return JsonResponse(document, status=status, json_dumps_params={"separators": (",", ":")})


def asked(request: HttpRequest, name: str, parse: Callable[[str | None], int]) -> int:
    """Read a parameter; what the work refuses is a bad request to Django."""
    try:
        return parse(request.GET.get(name))
    except work.BadParameterError as error:
        raise BadRequest(str(error)) from error


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return json({"error": str(exception)}, status=400)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return json({"error": "Not Found"}, status=404)
