"""What with_psycopg.py is to threads, for asyncio: psycopg and its pool, awaited."""

from __future__ import annotations

import asyncio
import os
from typing import Any

from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from database import rows

ONE = "SELECT id, a, b FROM test WHERE id = %s"
SOME = "SELECT id, a, b FROM test WHERE id BETWEEN %s AND %s ORDER BY id"
"""Twenty ids in one range: one scan of the index, where a list of ids would be one for each."""

SIZE = int(os.environ.get("DATABASE_POOL", "8"))
"""Connections of each process, opened once and kept: the same for all drivers and frameworks."""

_opening = asyncio.Lock()
_pools: list[AsyncConnectionPool[Any]] = []


async def pool() -> AsyncConnectionPool[Any]:
    """The pool of this process, opened by its first request: not every server tells an app when it starts."""
    if not _pools:
        async with _opening:
            if not _pools:
                here = AsyncConnectionPool[Any](
                    os.environ["DATABASE_URL"],
                    min_size=SIZE,
                    max_size=SIZE,
                    kwargs={"autocommit": True, "row_factory": dict_row},
                    open=False,
                )
                await here.open(wait=True)
                _pools.append(here)
    return _pools[0]


async def one(number: int) -> dict[str, Any]:
    """The row with this id."""
    async with (await pool()).connection() as connection:
        row: dict[str, Any] = await (await connection.execute(ONE, (number,))).fetchone()
    return row


async def some(first: int) -> list[dict[str, Any]]:
    """Twenty rows from this id on."""
    async with (await pool()).connection() as connection:
        cursor = await connection.execute(SOME, (first, first + rows.AT_ONCE - 1))
        found: list[dict[str, Any]] = await cursor.fetchall()
    return found
