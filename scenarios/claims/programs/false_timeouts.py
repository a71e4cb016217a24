"""Calls with a timeout beside bursts of computation: a timeout is false if the answer was there when it was noticed.

``callers`` call a server that answers after ``answer_ms``, and give up after ``timeout_ms``. In the same process
something computes for ``burst_ms``, about ``bursts_per_s`` times a second. ``client``: what waits for the answer.

- ``gevent``: gevent's socket with a timeout, whose timer gives precedence to what has arrived
- ``gevent-first``: the same with a timer that takes precedence over what has arrived
- ``wait_for`` and ``timeout``: a future of asyncio, under the function of that name
- ``threads``: a thread for each caller, and the operating system's socket with a timeout

Rows, at each ``timeout_ms``, as shares of all calls: ``false_share`` and ``true_share``, calls that timed out while the
answer was there, or was not; ``late_share``, calls that took longer than their timeout and were answered all the same.
And ``calls``, their number.
"""

import asyncio
import random
import select
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import stub
from rows import Asked, cannot_run_here, row, run_on


@dataclass
class Trial:
    """One timeout, tried for a while. Where threads share it, a count is lost once in a very long while."""

    port: int
    asked: Asked
    timeout_s: float
    until_s: float
    chance: random.Random
    calls: int = 0
    late: int = 0
    timed_out: dict[bool, int] = field(default_factory=lambda: {True: 0, False: 0})
    """By whether the answer was there."""

    @property
    def over(self) -> bool:
        """Whether its time has passed."""
        return time.monotonic() >= self.until_s

    def answered(self, began_s: float) -> None:
        """Count an answer to a call that began then."""
        self.late += time.monotonic() - began_s > self.timeout_s

    def pause_s(self) -> float:
        """How long until the next burst, so that there are as many as were asked for."""
        return self.chance.uniform(0.5, 1.5) * (1 / self.asked.bursts_per_s - self.asked.burst_ms / 1000)

    def compute(self) -> None:
        """Hold the interpreter lock, and the loop if there is one."""
        end_s = time.monotonic() + self.asked.burst_ms / 1000
        while time.monotonic() < end_s:
            pass


def is_there(connection: socket.socket) -> bool:
    """Whether an answer can be read without waiting for it."""
    return bool(select.select([connection.fileno()], [], [], 0)[0])


def call(
    trial: Trial,
    connect: Callable[[], socket.socket],
    limit: Callable[[], AbstractContextManager[object]] = nullcontext,
) -> None:
    """Call again and again."""
    connection = connect()
    while not trial.over:
        trial.calls += 1
        began_s = time.monotonic()
        try:
            with limit():
                stub.ask(connection, str(trial.asked.answer_ms))
        except TimeoutError:
            trial.timed_out[is_there(connection)] += 1
            connection.close()
            connection = connect()
        else:
            trial.answered(began_s)
    connection.close()


def burst(trial: Trial, sleep: Callable[[float], object]) -> None:
    """Compute again and again."""
    while not trial.over:
        sleep(trial.pause_s())
        trial.compute()


def on_gevent(trial: Trial, *, timer_first: bool) -> None:
    """Greenlets."""
    import gevent  # noqa: PLC0415 (only in the environment of an arm that asks for it)
    from gevent import socket as green  # noqa: PLC0415 (as above)

    timeout_s = None if timer_first else trial.timeout_s
    connect = partial(green.create_connection, ("127.0.0.1", trial.port), timeout_s)
    limit = partial(gevent.Timeout, trial.timeout_s, TimeoutError, priority=0) if timer_first else nullcontext
    callers = [gevent.spawn(call, trial, connect, limit) for _ in range(trial.asked.callers)]
    gevent.joinall([*callers, gevent.spawn(burst, trial, gevent.sleep)], raise_error=True)


def on_threads(trial: Trial) -> None:
    """Threads."""
    connect = partial(socket.create_connection, ("127.0.0.1", trial.port), trial.timeout_s)
    threads = [threading.Thread(target=call, args=(trial, connect)) for _ in range(trial.asked.callers)]
    threads.append(threading.Thread(target=burst, args=(trial, time.sleep)))  # noqa: TID251 (this thread may wait)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Client(asyncio.Protocol):
    """A connection whose answer is a future."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bytes]
        self.answered = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Give the answer to who waits for it."""
        self.answered = True
        if not self.answer.done():
            self.answer.set_result(data)

    def ask(self, line: str) -> "asyncio.Future[bytes]":
        """Send a line."""
        self.answered = False
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(f"{line}\n".encode())
        return self.answer

    @property
    def has_answer(self) -> bool:
        """Whether the answer has been read, or could be."""
        return self.answered or is_there(self.transport.get_extra_info("socket"))


async def under_wait_for(answer: "asyncio.Future[bytes]", timeout_s: float) -> None:
    """Wait as it was done before Python 3.11."""
    await asyncio.wait_for(answer, timeout_s)


async def under_timeout(answer: "asyncio.Future[bytes]", timeout_s: float) -> None:
    """Wait as it is done since."""
    async with asyncio.timeout(timeout_s):
        await answer


WAITING = {"wait_for": under_wait_for, "timeout": under_timeout}


async def on_asyncio(trial: Trial, waiting: Callable[..., Any]) -> None:
    """Tasks."""
    loop = asyncio.get_running_loop()

    async def caller() -> None:
        _, client = await loop.create_connection(Client, "127.0.0.1", trial.port)
        while not trial.over:
            trial.calls += 1
            began_s = time.monotonic()
            try:
                await waiting(client.ask(str(trial.asked.answer_ms)), trial.timeout_s)
            except TimeoutError:
                trial.timed_out[client.has_answer] += 1
                client.transport.abort()
                _, client = await loop.create_connection(Client, "127.0.0.1", trial.port)
            else:
                trial.answered(began_s)
        client.transport.abort()

    async def bursts() -> None:
        while not trial.over:
            await asyncio.sleep(trial.pause_s())
            trial.compute()

    await asyncio.gather(bursts(), *(caller() for _ in range(trial.asked.callers)))


def main() -> None:
    """Try each timeout."""
    asked = Asked(
        client="gevent",
        loop="asyncio",
        timeout_ms=(50, 100, 200),
        answer_ms=20,
        burst_ms=150,
        bursts_per_s=2.0,
        callers=8,
        seconds=3.0,
    )
    if asked.client == "timeout" and sys.version_info < (3, 11):
        cannot_run_here("asyncio.timeout exists since Python 3.11.")
    port = stub.start()
    for timeout_ms in asked.timeout_ms:
        trial = Trial(
            port=port,
            asked=asked,
            timeout_s=timeout_ms / 1000,
            until_s=time.monotonic() + asked.seconds,
            chance=asked.chance,
        )
        if asked.client.startswith("gevent"):
            on_gevent(trial, timer_first=asked.client == "gevent-first")
        elif asked.client == "threads":
            on_threads(trial)
        else:
            run_on(asked.loop, partial(on_asyncio, trial, WAITING[asked.client]))
        row("calls", trial.calls, timeout_ms=timeout_ms)
        row("late_share", trial.late / trial.calls, timeout_ms=timeout_ms)
        row("false_share", trial.timed_out[True] / trial.calls, timeout_ms=timeout_ms)
        row("true_share", trial.timed_out[False] / trial.calls, timeout_ms=timeout_ms)


if __name__ == "__main__":
    main()
