"""The rows for apps with threads or greenlets: psycopg, and its pool. Under gevent and eventlet both wait their way.

One query is one round trip: nothing is begun or committed around it.
"""

from __future__ import annotations

import os
import threading
from typing import Any

from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from database import rows

ONE = "SELECT id, a, b FROM test WHERE id = %s"
SOME = "SELECT id, a, b FROM test WHERE id BETWEEN %s AND %s ORDER BY id"
"""Twenty ids in one range: one scan of the index, where a list of ids would be one for each."""

SIZE = int(os.environ.get("DATABASE_POOL", "8"))
"""Connections of each process, opened once and kept: the same for all drivers and frameworks."""

_opening = threading.Lock()
_pools: dict[int, ConnectionPool[Any]] = {}


def pool() -> ConnectionPool[Any]:
    """The pool of this process, opened by its first request: a connection that is older than a fork is two's."""
    here = _pools.get(os.getpid())
    if here is None:
        with _opening:
            here = _pools.get(os.getpid())
            if here is None:
                here = ConnectionPool(
                    os.environ["DATABASE_URL"],
                    min_size=SIZE,
                    max_size=SIZE,
                    kwargs={"autocommit": True, "row_factory": dict_row},
                    open=True,
                )
                here.wait()
                _pools[os.getpid()] = here
    return here


def one(number: int) -> dict[str, Any]:
    """The row with this id."""
    with pool().connection() as connection:
        row: dict[str, Any] = connection.execute(ONE, (number,)).fetchone()
    return row


def some(first: int) -> list[dict[str, Any]]:
    """Twenty rows from this id on."""
    with pool().connection() as connection:
        found: list[dict[str, Any]] = connection.execute(SOME, (first, first + rows.AT_ONCE - 1)).fetchall()
    return found
