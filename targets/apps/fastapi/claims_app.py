"""The FastAPI app of the contract, and beside it what the claims ask of an event loop and of its pool of threads."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from typing import Annotated

from fastapi import BackgroundTasks, Depends, Query
from pydantic import BaseModel
from sqlalchemy import Connection, QueuePool, create_engine, text

import claims_work
import work
from app import Milliseconds, Steps, app

Jobs = Annotated[int, Query(ge=1, le=1000)]

POOL = 10
"""Connections, as in fastapi/fastapi#3205."""

engine = create_engine(
    "sqlite://",
    poolclass=QueuePool,
    pool_size=POOL,
    max_overflow=0,
    pool_timeout=8,
    connect_args={"check_same_thread": False},
)


@app.get("/claims/block")
async def block(ms: Milliseconds) -> dict[str, int]:
    return claims_work.block(ms)


@app.get("/claims/call-then-block")
async def call_then_block(call_ms: Milliseconds, ms: Milliseconds) -> dict[str, int]:
    """Wait so that others are served meanwhile, and then so that nobody is."""
    await asyncio.sleep(call_ms / 1000)
    return claims_work.block(ms)


@app.get("/claims/flood")
async def flood(jobs: Jobs, ms: Milliseconds) -> dict[str, int]:
    return claims_work.flood(jobs, ms)


@app.get("/claims/rendezvous")
async def rendezvous(jobs: Jobs, ms: Milliseconds) -> dict[str, int]:
    return claims_work.hand_over(jobs, ms)


@app.get("/claims/spin/thread")
async def spin_in_thread(steps: Steps) -> dict[str, int | str]:
    return await asyncio.to_thread(work.spin, steps)


@cache
def processes() -> ProcessPoolExecutor:
    """Make a pool of one when it is first asked for; forking a process with threads is not safe."""
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


@app.get("/claims/spin/process")
async def spin_in_process(steps: Steps) -> dict[str, int | str]:
    return await asyncio.get_running_loop().run_in_executor(processes(), work.spin, steps)


async def await_in_background(ms: int) -> None:
    """Give way."""
    await asyncio.sleep(ms / 1000)


async def block_in_background(ms: int) -> None:
    """Block the loop."""
    claims_work.block(ms)


IN_BACKGROUND = {
    "async-await": await_in_background,
    "async-block": block_in_background,
    "sync-block": claims_work.block,
}


@app.get("/claims/background/{kind}")
async def background(kind: str, ms: Milliseconds, tasks: BackgroundTasks) -> dict[str, int]:
    tasks.add_task(IN_BACKGROUND[kind], ms)
    return {"accepted_ms": ms}


class One(BaseModel):
    """A row."""

    one: int


def connected() -> Iterator[Connection]:
    """A connection for as long as the request takes."""
    with engine.connect() as connection:
        yield connection


@app.get("/claims/pooled", response_model=One)
def pooled(connection: Annotated[Connection, Depends(connected)], ms: Milliseconds) -> dict[str, int]:
    """Hold a thread of the pool of 40 and a connection of the pool of 10."""
    work.wait_blocking(ms)
    return {"one": connection.execute(text("select 1")).scalar_one()}
