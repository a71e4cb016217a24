"""The parts of the contract that ask a backend, in Django with ``async def`` views, past its own models.

Django's own queries would wait in a thread: up to 5.2 its database backends have no other way.
"""

from django.http import HttpRequest, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

import rows
import work
from django_site import asked, json

urlpatterns: list[URLPattern] = []

if "database" in work.served_parts():
    import async_database

    @require_safe
    async def row(request: HttpRequest) -> JsonResponse:
        return json(await async_database.one(asked(request, "id", rows.parse_id)))

    @require_safe
    async def some_rows(request: HttpRequest) -> JsonResponse:
        return json({"rows": await async_database.some(asked(request, "first", rows.parse_first))})

    urlpatterns += [path("db/row", row), path("db/rows", some_rows)]


if "delay" in work.served_parts():
    import async_delays_client
    import delays_httpx

    @require_safe
    async def delay(request: HttpRequest) -> JsonResponse:
        ms = asked(request, "ms", work.parse_ms)
        await delays_httpx.wait(ms)
        return json(work.waited(ms))

    @require_safe
    async def delay_bare(request: HttpRequest) -> JsonResponse:
        ms = asked(request, "ms", work.parse_ms)
        await async_delays_client.wait(ms)
        return json(work.waited(ms))

    urlpatterns += [path("delay", delay), path("delay/bare", delay_bare)]
