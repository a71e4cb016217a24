"""The endpoints that ask a backend, in Django with ``async def`` views, past its own models.

Django's own queries would wait in a thread: up to 5.2 its database backends have no other way.
"""

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

import work
from database import rows
from project import asked, json

urlpatterns: list[URLPattern] = []

if "database" in work.served_parts():
    from database import with_psycopg_async

    @require_safe
    async def row(request: HttpRequest) -> JsonResponse:
        return json(await with_psycopg_async.one(asked(request, "id", rows.parse_id)))

    @require_safe
    async def some_rows(request: HttpRequest) -> JsonResponse:
        return json({"rows": await with_psycopg_async.some(asked(request, "first", rows.parse_first))})

    urlpatterns += [path("db/row", row), path("db/rows", some_rows)]


if "delay" in work.served_parts():
    from delays import with_asyncio, with_httpx

    @require_safe
    async def delay(request: HttpRequest) -> JsonResponse:
        ms = asked(request, "ms", work.parse_ms)
        await with_httpx.wait(ms)
        return json(work.waited(ms))

    @require_safe
    async def delay_bare(request: HttpRequest) -> JsonResponse:
        ms = asked(request, "ms", work.parse_ms)
        await with_asyncio.wait(ms)
        return json(work.waited(ms))

    urlpatterns += [path("delay", delay), path("delay/bare", delay_bare)]
