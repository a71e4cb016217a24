"""The rows in Twisted: psycopg in the threads of Twisted's own pool, because it cannot wait on a reactor."""

import os
from functools import lru_cache
from typing import Any

from psycopg.rows import dict_row
from twisted.enterprise.adbapi import ConnectionPool
from twisted.internet.defer import Deferred

from database import rows
from database.with_psycopg import ONE, SIZE, SOME


@lru_cache
def pool() -> ConnectionPool:
    """The pool of this process, as many connections as the others have, each in a thread of its own."""
    return ConnectionPool(
        "psycopg", os.environ["DATABASE_URL"], autocommit=True, row_factory=dict_row, cp_min=SIZE, cp_max=SIZE
    )


def one(number: int) -> Deferred[dict[str, Any]]:
    """The row with this id."""
    return pool().runQuery(ONE, (number,)).addCallback(lambda found: found[0])


def some(first: int) -> Deferred[dict[str, Any]]:
    """Twenty rows from this id on."""
    query = pool().runQuery(SOME, (first, first + rows.AT_ONCE - 1))
    return query.addCallback(lambda found: {"rows": found})
