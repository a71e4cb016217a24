"""What with_sqlalchemy.py is to threads, for asyncio: SQLAlchemy's own way to be awaited, over psycopg."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from database import with_sqlalchemy


@lru_cache
def engine() -> AsyncEngine:
    """The engine of this process; it connects when it is asked first."""
    return create_async_engine(with_sqlalchemy.url(), **with_sqlalchemy.OPTIONS)


async def one_by_core(number: int) -> dict[str, Any]:
    """The row with this id, by Core."""
    async with engine().connect() as connection:
        return dict((await connection.execute(with_sqlalchemy.query(number))).mappings().one())


async def one_by_orm(number: int) -> dict[str, int | str]:
    """The row with this id, by the ORM."""
    async with AsyncSession(engine()) as session:
        return (await session.get_one(with_sqlalchemy.Row, number)).told()
