"""The contract in Django, with plain views, served by WSGI."""

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

import work
import wsgi_optional
from project import asked, configure, json


@require_safe
def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(work.GREETING, content_type="text/plain; charset=utf-8")


@require_safe
def greet(request: HttpRequest) -> JsonResponse:
    return json(work.greeting())


@require_safe
def cpu(request: HttpRequest) -> JsonResponse:
    return json(work.spin(asked(request, "steps", work.parse_steps)))


@require_safe
def wait(request: HttpRequest) -> JsonResponse:
    return json(work.wait_blocking(asked(request, "ms", work.parse_ms)))


@require_safe
def count(request: HttpRequest) -> JsonResponse:
    return json(work.tally.report())


urlpatterns = [
    path("plain", plain),
    path("json", greet),
    path("cpu", cpu),
    path("wait/blocking", wait),
    path("wait/cooperative", wait),
    path("count", count),
    *wsgi_optional.urlpatterns,
]
handler400 = "project.bad_request"
handler404 = "project.not_found"

configure(urls=__name__)
app = get_wsgi_application()
