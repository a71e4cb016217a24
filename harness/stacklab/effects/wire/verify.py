"""Verifying a running server: does it keep the contract, and how many requests did it count?"""

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from stacklab.effects.clock import wait_for
from stacklab.effects.wire.http import HttpClient, NoResponse, send
from stacklab.effects.wire.websocket import converse
from stacklab.model.traffic.exchange import Exchange, Response, mismatches
from stacklab.units import Seconds

COUNT: Final = Exchange(summary="count", target="/count")
"""Where an app says how many requests have reached its process, this one included: ``{"pid": 4711, "count": 12}``."""

ATTEMPTS: Final = 8
"""How often the workers are sent requests, before those that did not show are given up."""

READ_BYTES: Final = 1 << 20
"""Of a server's log: extensions are loaded at the start, and what is written for each request comes behind."""

GIL_WARNING: Final = re.compile(r"The global interpreter lock \(GIL\) has been enabled to load module '([^']+)'")
"""CPython 3.13 and later, Python/import.c: an interpreter built to do without says which extension needs it."""

AFTERWARDS_S: Final[Seconds] = 5.0
"""What a request leaves behind is done as soon as its response is sent."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verification:
    """What came of verifying a stack, a sentence each."""

    mismatches: tuple[str, ...] = ()
    differences: Mapping[str, str] = field(default_factory=dict)
    """What would be mismatches if the stack did not declare them, by the summaries of the requests."""
    undone: tuple[str, ...] = ()
    """What the stack declares to be different and is not."""


def check(host: str, port: int, exchanges: Iterable[Exchange]) -> Verification:
    """Send every request, on one connection where the server allows, and name every fault, not only the first."""
    undeclared: list[str] = []
    declared: dict[str, str] = {}
    different: dict[str, str] = {}
    with HttpClient(host, port) as client:
        for exchange in exchanges:
            faults = _faults(client, exchange)
            if exchange.declared is None:
                undeclared += faults
                continue
            declared[exchange.summary] = exchange.declared
            if faults:
                different[exchange.summary] = f"{faults[0]} ({exchange.declared})"
    return Verification(
        mismatches=tuple(undeclared),
        differences=different,
        undone=tuple(f"{summary}: {why}" for summary, why in declared.items() if summary not in different),
    )


def _faults(client: HttpClient, exchange: Exchange) -> list[str]:
    """Every fault of one exchange."""
    try:
        before = _done(client, exchange)
        faults = list(mismatches(exchange, _response(client, exchange)))
        if faults and exchange.spread_ms:  # this process may have been kept from reading the first chunk in time
            faults = list(mismatches(exchange, _response(client, exchange)))
        if before is not None and not _is_done_after(before, client, exchange):
            faults.append(
                f"{exchange.name}: the work that it leaves behind was not done exactly once within {AFTERWARDS_S:g} s"
            )
    except NoResponse as error:
        return [f"{exchange.name}: no response: {error.reason}"]
    return faults


def _response(client: HttpClient, exchange: Exchange) -> Response:
    if exchange.messages:
        return converse(client.host, client.port, exchange)
    return client.send(exchange)


def _done(client: HttpClient, exchange: Exchange) -> int | None:
    """How often the app has done what this exchange leaves behind; None if it leaves nothing."""
    counted = exchange.counted
    if counted is None:
        return None
    response = client.send(Exchange(summary=exchange.summary, target=counted.path))
    try:
        return int(json.loads(response.body)[counted.key])
    except (ValueError, TypeError, KeyError):
        raise NoResponse(f"{counted.path} does not say {counted.key!r} in JSON") from None


def _is_done_after(before: int, client: HttpClient, exchange: Exchange) -> bool:
    """Wait until it was done again; once, and no more often."""

    def more() -> int | None:
        done = _done(client, exchange)
        return None if done in {None, before} else done

    return wait_for(more, deadline_s=AFTERWARDS_S) == before + 1


def miscounts(host: str, port: int, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """Requests that the app does not count once, refused ones too, each in a sentence; none if it cannot count at all.

    WebSockets are left out, and what is answered otherwise than the contract says: a server may do so without the app.
    """
    faults: list[str] = []
    with HttpClient(host, port) as client:
        before = _count(client.send(COUNT))
        for exchange in exchanges:
            if before is None:
                break
            if exchange.messages or exchange.declared is not None:
                continue
            sent = client.sent
            try:
                client.send(exchange)
            except NoResponse:  # a mismatch, and named as one
                continue
            after = _count(client.send(COUNT))
            most = client.sent - sent  # two, or more where a server that hung up was asked again
            if after is not None and after[0] == before[0] and not 1 + 1 <= after[1] - before[1] <= most:
                faults.append(f"{exchange.name}: it is counted {after[1] - before[1] - 1} times instead of once")
            before = after
    return tuple(faults)


def served(host: str, port: int, *, workers: int = 1, count: Exchange = COUNT) -> dict[int, int] | None:
    """Requests that have reached each worker, by its pid, those for the count included.

    None where that is unknown: the app cannot count, or a worker never showed.
    """
    counts = _counts(host, port, workers, count)
    if counts is None or len(counts) < workers:
        return None
    return {pid: max(seen) for pid, seen in counts.items()}


def served_since(host: str, port: int, before: Mapping[int, int], *, count: Exchange = COUNT) -> dict[int, int] | None:
    """Requests that have reached each worker since ``served`` returned ``before``, those for the count left out.

    None where a worker of then does not show: what it counted is not known, and not zero.
    """
    counts = _counts(host, port, len(before), count)
    if counts is None or not before.keys() <= counts.keys():
        return None
    return {pid: min(seen) - 1 - before.get(pid, 0) for pid, seen in counts.items()}


def gil(host: str, port: int, *, count: Exchange = COUNT) -> bool | None:
    """Whether the GIL is on in a worker; None if the app cannot say: it may be written in another language."""
    try:
        return bool(json.loads(send(host, port, count).body)["gil"])
    except (NoResponse, ValueError, TypeError, KeyError):
        return None


def turned_on_by(log: Path) -> str | None:
    """The extension module that the log of a server names; None where it names none."""
    with log.open("rb") as file:
        found = GIL_WARNING.search(file.read(READ_BYTES).decode(errors="replace"))
    return found and found[1]


def _counts(host: str, port: int, workers: int, request: Exchange) -> dict[int, list[int]] | None:
    """Every count that each worker gave. A single worker gets one request.

    Idle servers wake the same worker again and again. Connections that are open before the first one speaks keep a
    synchronous worker busy, so that the next one goes to another; loops that accept them all get several requests.
    """
    counts: defaultdict[int, list[int]] = defaultdict(list)
    for _ in range(ATTEMPTS):
        with ExitStack() as stack:
            connections = 1 if workers == 1 else 2 * workers
            clients = [stack.enter_context(HttpClient(host, port)) for _ in range(connections)]
            for client in clients:
                client.connect()
            for client in clients:
                count = _count(client.send(request))
                if count is None:
                    return None
                counts[count[0]].append(count[1])
        if len(counts) >= workers:
            break
    return dict(counts)


def _count(response: Response) -> tuple[int, int] | None:
    """Worker and count, or None if the response does not hold them."""
    try:
        body = json.loads(response.body)
        return int(body["pid"]), int(body["count"])
    except (ValueError, TypeError, KeyError):
        return None
