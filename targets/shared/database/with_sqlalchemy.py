"""The table of the database endpoints as SQLAlchemy knows it: Core and ORM, over psycopg."""

from __future__ import annotations

import os
from typing import Any

from sqlalchemy import Engine, Select, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SIZE = int(os.environ.get("DATABASE_POOL", "8"))

OPTIONS: dict[str, Any] = {"pool_size": SIZE, "max_overflow": 0, "isolation_level": "AUTOCOMMIT"}
"""As many connections as elsewhere and no more, and nothing begun or committed around a query."""


class Base(DeclarativeBase):
    """What SQLAlchemy wants for its records."""


class Row(Base):
    """A row as an object."""

    __tablename__ = "test"

    id: Mapped[int] = mapped_column(primary_key=True)
    a: Mapped[str]
    b: Mapped[str]

    def told(self) -> dict[str, int | str]:
        """Answer for this row."""
        return {"id": self.id, "a": self.a, "b": self.b}


def url() -> str:
    """Where the database is, and by which driver SQLAlchemy speaks to it."""
    return os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1)


def query(number: int) -> Select[Any]:
    """What Core asks for: columns, and no objects."""
    table = Row.__table__
    return select(table.c.id, table.c.a, table.c.b).where(table.c.id == number)


_engines: dict[int, Engine] = {}


def engine() -> Engine:
    """The engine of this process: a connection that is older than a fork is two's. Making one twice does no harm."""
    here = _engines.get(os.getpid())
    return here or _engines.setdefault(os.getpid(), create_engine(url(), **OPTIONS))


def one_by_core(number: int) -> dict[str, Any]:
    """The row with this id, by Core."""
    with engine().connect() as connection:
        return dict(connection.execute(query(number)).mappings().one())


def one_by_orm(number: int) -> dict[str, int | str]:
    """The row with this id, by the ORM."""
    with Session(engine()) as session:
        return session.get_one(Row, number).told()
