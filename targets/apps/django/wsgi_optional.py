"""The optional endpoints of the contract in Django, with plain views, for WSGI."""

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

import orders
import pages
import project
import streams
import work
import wsgi_backends


@require_POST
def validated(request: HttpRequest) -> JsonResponse:
    try:
        return project.json(orders.parse_order(request.body))
    except work.BadParameterError as error:
        raise BadRequest(str(error)) from error


@require_safe
def template(request: HttpRequest) -> HttpResponse:
    return render(request, "fortunes.html", {"fortunes": pages.fortunes()})


@require_safe
def stream(request: HttpRequest) -> StreamingHttpResponse:
    chunks = streams.spaced(streams.chunk, *project.pieces_asked(request, "chunks"))
    return StreamingHttpResponse(chunks, content_type="text/plain; charset=utf-8")


@require_safe
def events(request: HttpRequest) -> StreamingHttpResponse:
    events = streams.spaced(streams.event, *project.pieces_asked(request, "count"))
    return StreamingHttpResponse(events, content_type="text/event-stream")


@require_POST
def upload(request: HttpRequest) -> JsonResponse:
    body = streams.Upload()
    try:
        while piece := request.read(streams.PIECE):
            body.add(piece)
    except work.TooLargeError as error:
        return project.json({"error": str(error)}, status=413)
    return project.json(body.report())


@require_POST
def background(request: HttpRequest) -> JsonResponse:
    return project.AndThenJsonResponse(work.accepted(), json_dumps_params={"separators": (",", ":")})


@require_safe
def done(request: HttpRequest) -> JsonResponse:
    return project.json(work.tasks.report())


urlpatterns = [
    path("validated", validated),
    path("template", template),
    path("stream", stream),
    path("events", events),
    path("upload", upload),
    path("background", background),
    path("background/done", done),
    *wsgi_backends.urlpatterns,
]
