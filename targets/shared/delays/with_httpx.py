"""Asks the delay service with httpx, the HTTP client of most apps on ASGI: one client, whose connections are kept."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Any

import httpx

KEPT = 100
"""As many as it may have: with its 20, httpx would close the others after one answer."""


def options() -> dict[str, Any]:
    """The same for both kinds of client."""
    limits = httpx.Limits(max_connections=KEPT, max_keepalive_connections=KEPT)
    return {"base_url": os.environ["DELAYS_URL"], "limits": limits, "timeout": 30}


@lru_cache
def client() -> httpx.AsyncClient:
    """The client of this process, made by its first request."""
    return httpx.AsyncClient(**options())


@lru_cache
def blocking_client() -> httpx.Client:
    """The client that all threads of this process share."""
    return httpx.Client(**options())


async def wait(ms: int) -> None:
    """Wait for an answer that takes so many milliseconds."""
    (await client().get("/", params={"ms": ms})).raise_for_status()


def wait_blocking(ms: int) -> None:
    """Wait for it in the calling thread."""
    blocking_client().get("/", params={"ms": ms}).raise_for_status()
