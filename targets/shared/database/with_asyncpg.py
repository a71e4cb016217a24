"""The rows by asyncpg and its pool: the driver that asyncio's users take for its speed."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import asyncpg

ONE = "SELECT id, a, b FROM test WHERE id = $1"

SIZE = int(os.environ.get("DATABASE_POOL", "8"))
"""Connections of each process, opened once and kept: the same for all drivers and frameworks."""

_opening = asyncio.Lock()
_pools: list[asyncpg.Pool] = []


async def pool() -> asyncpg.Pool:
    """The pool of this process, opened by its first request: not every server tells an app when it starts."""
    if not _pools:
        async with _opening:
            if not _pools:
                _pools.append(await asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=SIZE, max_size=SIZE))
    return _pools[0]


async def one(number: int) -> dict[str, Any]:
    """The row with this id."""
    return dict(await (await pool()).fetchrow(ONE, number))
