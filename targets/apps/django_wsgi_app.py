"""The contract in Django, with plain views, served by WSGI."""

from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

import work
from django_site import asked, configure, json


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(work.GREETING, content_type="text/plain; charset=utf-8")


def greet(request: HttpRequest) -> JsonResponse:
    return json(work.greeting())


def cpu(request: HttpRequest) -> JsonResponse:
    return json(work.spin(asked(request, "steps", work.parse_steps)))


def wait(request: HttpRequest) -> JsonResponse:
    return json(work.wait_blocking(asked(request, "ms", work.parse_ms)))


def count(request: HttpRequest) -> JsonResponse:
    return json(work.tally.report())


urlpatterns = [
    path("plain", plain),
    path("json", greet),
    path("cpu", cpu),
    path("wait/blocking", wait),
    path("wait/cooperative", wait),
    path("count", count),
]
handler400 = "django_site.bad_request"
handler404 = "django_site.not_found"

configure(urls=__name__)
app = get_wsgi_application()
