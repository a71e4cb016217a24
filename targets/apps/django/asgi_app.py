"""The contract in Django, with ``async def`` views, served by ASGI."""

import asyncio

from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

import asgi_optional
import work
from project import asked, configure, json


@require_safe
async def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(work.GREETING, content_type="text/plain; charset=utf-8")


@require_safe
async def greet(request: HttpRequest) -> JsonResponse:
    return json(work.greeting())


@require_safe
async def cpu(request: HttpRequest) -> JsonResponse:
    return json(work.spin(asked(request, "steps", work.parse_steps)))


@require_safe
def wait_blocking(request: HttpRequest) -> JsonResponse:
    """Wait in a thread: Django runs a plain ``def`` in one that it starts for the request."""
    return json(work.wait_blocking(asked(request, "ms", work.parse_ms)))


@require_safe
async def wait_cooperative(request: HttpRequest) -> JsonResponse:
    ms = asked(request, "ms", work.parse_ms)
    await asyncio.sleep(ms / 1000)
    return json(work.waited(ms))


@require_safe
async def wait_mistake(request: HttpRequest) -> JsonResponse:
    """Wait on the loop: while this one sleeps, nobody is served."""
    return json(work.wait_blocking(asked(request, "ms", work.parse_ms)))


@require_safe
async def count(request: HttpRequest) -> JsonResponse:
    return json(work.tally.report())


urlpatterns = [
    path("plain", plain),
    path("json", greet),
    path("cpu", cpu),
    path("wait/blocking", wait_blocking),
    path("wait/cooperative", wait_cooperative),
    path("wait/mistake", wait_mistake),
    path("count", count),
    *asgi_optional.urlpatterns,
]
handler400 = "project.bad_request"
handler404 = "project.not_found"

configure(urls=__name__)
app = get_asgi_application()
