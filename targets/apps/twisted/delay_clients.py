"""Asks the delay service in Twisted: by its own HTTP client, and over its transports and nothing else."""

# ruff: noqa: D102, N802 (Twisted finds methods by these names)

import os
from collections import deque
from functools import lru_cache

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, connectProtocol
from twisted.internet.protocol import Protocol, connectionDone
from twisted.python.failure import Failure
from twisted.web.client import Agent, HTTPConnectionPool, readBody

import work
from delays.with_sockets import END_OF_HEAD, address, body_length, request

KEPT = 100
"""Connections that are kept; of its own accord Twisted would keep two."""


@lru_cache
def agent() -> Agent:
    """The client of this process."""
    pool = HTTPConnectionPool(reactor)
    pool.maxPersistentPerHost = KEPT
    return Agent(reactor, pool=pool)


async def ask_by_agent(ms: int) -> dict[str, int]:
    """Wait for an answer that takes so many milliseconds."""
    response = await agent().request(b"GET", f"{os.environ['DELAYS_URL']}/?ms={ms}".encode())
    await readBody(response)
    if response.code != 200:
        raise ConnectionError(f"the delay service answered {response.code}")
    return work.waited(ms)


class Asking(Protocol):
    """One connection: asks, and tells when the answer is whole."""

    answered: Deferred[None] | None = None

    def ask(self, ms: int) -> Deferred[None]:
        """Send one request; the one before has been answered."""
        self.received = b""
        self.answered = Deferred()
        self.transport.write(request(ms))
        return self.answered

    def dataReceived(self, data: bytes) -> None:
        self.received += data
        head, end, body = self.received.partition(END_OF_HEAD)
        if end and len(body) >= body_length(head):
            self._tell(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self in _idle:
            _idle.remove(self)
        self._tell(reason)

    def _tell(self, outcome: Failure | None) -> None:
        answered, self.answered = self.answered, None
        if answered is not None:
            answered.callback(outcome)


_idle: deque[Asking] = deque()


async def ask_bare(ms: int) -> dict[str, int]:
    """Wait for an answer that takes so many milliseconds, on a connection that was kept or a new one."""
    connection = _idle.pop() if _idle else await connectProtocol(TCP4ClientEndpoint(reactor, *address()), Asking())
    await connection.ask(ms)
    _idle.append(connection)
    return work.waited(ms)
