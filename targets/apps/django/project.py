"""What both Django apps share: settings, the header of every response, the parameters, the errors."""

import logging
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.decorators import sync_and_async_middleware

import orders
import pages
import streams
import work

# Django writes of each answer of 4xx, and more of a body that is too large: the contract asks for both.
logging.getLogger("django.request").setLevel(logging.ERROR)
logging.getLogger("django.security").setLevel(logging.CRITICAL)


def configure(urls: str) -> None:
    """Set up Django for the module that holds ``urlpatterns``: no database, one middleware."""
    settings.configure(
        ROOT_URLCONF=urls,
        MIDDLEWARE=["project.served_by"],
        ALLOWED_HOSTS=["*"],
        LOGGING_CONFIG=None,
        USE_I18N=False,
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [pages.TEMPLATES]}],
        DATA_UPLOAD_MAX_MEMORY_SIZE=orders.MAX_BODY,
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
    if isinstance(response, HttpResponseNotAllowed):  # no exception, so that no handler could put it into JSON
        response.content = work.compact_json({"error": response.reason_phrase})
        response["content-type"] = "application/json"
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


def pieces_asked(request: HttpRequest, name: str) -> tuple[int, int]:
    """How many pieces, and the wait between two of them."""
    count = asked(request, name, lambda text: streams.parse_pieces(name, text))
    return count, asked(request, "gap_ms", streams.parse_gap_ms)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    return json({"error": str(exception)}, status=400)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    return json({"error": "Not Found"}, status=404)


class AndThenJsonResponse(JsonResponse):
    """Does the task when the server closes it: after the last byte, and before the worker takes the next request."""

    def close(self) -> None:
        """Count the task as done."""
        super().close()
        work.tasks.add_one()
