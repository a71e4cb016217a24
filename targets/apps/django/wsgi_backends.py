"""The endpoints that ask a backend, in Django. Without its ORM: all frameworks ask in the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

import work
from database import rows
from project import asked, json

View = Callable[[HttpRequest], HttpResponse]


def row(find: Callable[[int], dict[str, Any]]) -> View:
    """The view of one row that is found in this way."""

    @require_safe
    def view(request: HttpRequest) -> JsonResponse:
        return json(find(asked(request, "id", rows.parse_id)))

    return view


def some_rows(find: Callable[[int], list[dict[str, Any]]]) -> View:
    """The view of twenty rows."""

    @require_safe
    def view(request: HttpRequest) -> JsonResponse:
        return json({"rows": find(asked(request, "first", rows.parse_first))})

    return view


def delay(wait: Callable[[int], None]) -> View:
    """The view of another service that is waited for in this way."""

    @require_safe
    def view(request: HttpRequest) -> JsonResponse:
        ms = asked(request, "ms", work.parse_ms)
        wait(ms)
        return json(work.waited(ms))

    return view


urlpatterns: list[URLPattern] = []

# What is not served may not be installed.
if "database" in work.served_parts():
    from database import with_psycopg

    urlpatterns += [
        path("db/row", row(with_psycopg.one)),
        path("db/rows", some_rows(with_psycopg.some)),
    ]

if "sqlalchemy" in work.served_parts():
    from database import with_sqlalchemy

    urlpatterns += [
        path("db/core/row", row(with_sqlalchemy.one_by_core)),
        path("db/orm/row", row(with_sqlalchemy.one_by_orm)),
    ]

if "delay" in work.served_parts():
    from delays import with_requests, with_sockets

    urlpatterns += [
        path("delay", delay(with_requests.wait)),
        path("delay/bare", delay(with_sockets.wait)),
    ]
