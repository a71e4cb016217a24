"""How FastAPI calls what an endpoint depends on, counted.

``of``: ``cache``, five uses of one dependency; ``threads``, sync dependencies in a chain below a plain def. Rows:
``calls``, of the dependency, ``at`` use_cache 1 or 0; ``hops``, how often a request went to a thread, ``at`` the number
of sync dependencies.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any

import anyio.to_thread
from fastapi import Depends, FastAPI

from in_process import get
from rows import Asked, row

MOST = 4


async def count_calls(*, use_cache: bool) -> int:
    """Five parameters of one endpoint, each the same dependency."""
    app, calls = FastAPI(), []

    async def dependency() -> int:
        calls.append(1)
        return 1

    shared = Annotated[int, Depends(dependency, use_cache=use_cache)]

    async def endpoint(a, b, c, d, e):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 (set below)
        return a + b + c + d + e

    endpoint.__annotations__ = dict.fromkeys("abcde", shared)
    app.get("/")(endpoint)

    if await get(app, "/") != (200, b"5"):
        raise SystemExit("the endpoint does not work")
    return len(calls)


async def count_hops(dependencies: int) -> int:
    """A chain of sync dependencies under a plain def."""
    app = FastAPI()
    last: Callable[..., int] | None = None
    for _ in range(dependencies):
        last = _above(last)
    app.get("/", response_model=None)(_above(last))
    hops, original = [], anyio.to_thread.run_sync

    async def counted(*args: Any, **options: Any) -> Any:
        hops.append(1)
        return await original(*args, **options)

    anyio.to_thread.run_sync = counted
    try:
        status, body = await get(app, "/")
    finally:
        anyio.to_thread.run_sync = original
    if (status, body) != (200, str(dependencies).encode()):
        raise SystemExit(f"status {status}: {body!r}")
    return len(hops)


def _above(below: Callable[..., int] | None) -> Callable[..., int]:
    if below is None:
        return lambda: 0

    def dependency(found):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 (set below)
        return found + 1

    dependency.__annotations__ = {"found": Annotated[int, Depends(below)]}
    return dependency


def main() -> None:
    """Count one of the two."""
    asked = Asked(of="cache")
    if asked.of == "cache":
        for use_cache in (True, False):
            row("calls", asyncio.run(count_calls(use_cache=use_cache)), use_cache=int(use_cache))
        return
    for dependencies in range(MOST + 1):
        row("hops", asyncio.run(count_hops(dependencies)), dependencies=dependencies)


if __name__ == "__main__":
    main()
