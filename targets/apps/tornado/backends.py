"""The parts of the contract that ask a backend, in Tornado, with its own HTTP client."""

# ruff: noqa: D101, D102 (handlers are named by the contract, their methods by Tornado)

import os

import rows
import work
from tornado_handler import Answering

routes: list[tuple[str, type[Answering]]] = []

if "database" in work.served_parts():
    import async_database

    class Row(Answering):
        async def get(self) -> None:
            self.json(await async_database.one(self.asked("id", rows.parse_id)))

    class Rows(Answering):
        async def get(self) -> None:
            self.json({"rows": await async_database.some(self.asked("first", rows.parse_first))})

    routes += [("/db/row", Row), ("/db/rows", Rows)]


if "asyncpg" in work.served_parts():
    import asyncpg_database

    class RowByAsyncpg(Answering):
        async def get(self) -> None:
            self.json(await asyncpg_database.one(self.asked("id", rows.parse_id)))

    routes += [("/db/asyncpg/row", RowByAsyncpg)]


if "delay" in work.served_parts():
    from tornado.httpclient import AsyncHTTPClient

    import async_delays_client

    # It would ask ten at a time. It opens a connection for each request: only its sister over libcurl keeps them.
    AsyncHTTPClient.configure(None, max_clients=100)

    class Delay(Answering):
        async def get(self) -> None:
            ms = self.asked("ms", work.parse_ms)
            await AsyncHTTPClient().fetch(f"{os.environ['DELAYS_URL']}/?ms={ms}")
            self.json(work.waited(ms))

    class DelayBare(Answering):
        async def get(self) -> None:
            ms = self.asked("ms", work.parse_ms)
            await async_delays_client.wait(ms)
            self.json(work.waited(ms))

    routes += [("/delay", Delay), ("/delay/bare", DelayBare)]
