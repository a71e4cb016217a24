"""Verifying a running server: does it keep the contract, and how many requests did it count?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Final

from stacklab.effects.http import Conversation, NoAnswer
from stacklab.model.contract import Answer, Exchange, breaches

COUNT: Final = Exchange(summary="count", target="/count")
"""Where an app says how many requests have reached its process, this one included: ``{"pid": 4711, "count": 12}``."""

ATTEMPTS: Final = 8
"""How often the workers are asked, before those that did not show are given up."""


def breaches_over_the_wire(host: str, port: int, exchanges: Iterable[Exchange]) -> tuple[str, ...]:
    """Ask everything, on one connection where the server allows, and name every fault, not only the first."""
    faults: list[str] = []
    with Conversation(host, port) as conversation:
        for exchange in exchanges:
            try:
                faults += breaches(exchange, conversation.ask(exchange))
            except NoAnswer as error:
                faults.append(f"{exchange.summary} ({exchange.method} {exchange.target}): no answer: {error.reason}")
    return tuple(faults)


def served(host: str, port: int, *, workers: int = 1) -> dict[int, int] | None:
    """Requests that have reached each worker, by its pid, those of this asking included; None: the app cannot count.

    A worker that never shows is left out, so that fewer pids than workers come back.
    """
    counts = _counts(host, port, workers)
    return None if counts is None else {pid: max(seen) for pid, seen in counts.items()}


def served_since(host: str, port: int, before: Mapping[int, int]) -> dict[int, int] | None:
    """Requests that have reached each worker since ``served`` returned ``before``, those of this asking left out."""
    counts = _counts(host, port, len(before))
    return None if counts is None else {pid: min(seen) - 1 - before.get(pid, 0) for pid, seen in counts.items()}


def _counts(host: str, port: int, workers: int) -> dict[int, list[int]] | None:
    """Every count that each worker answered. A single worker is asked once.

    Idle servers wake the same worker again and again. Connections that are open before the first one speaks keep a
    synchronous worker busy, so that the next one goes to another; loops that accept them all are asked several times.
    """
    counts: defaultdict[int, list[int]] = defaultdict(list)
    for _ in range(ATTEMPTS):
        with ExitStack() as stack:
            connections = 1 if workers == 1 else 2 * workers
            conversations = [stack.enter_context(Conversation(host, port)) for _ in range(connections)]
            for conversation in conversations:
                conversation.connect()
            for conversation in conversations:
                count = _count(conversation.ask(COUNT))
                if count is None:
                    return None
                counts[count[0]].append(count[1])
        if len(counts) >= workers:
            break
    return dict(counts)


def _count(answer: Answer) -> tuple[int, int] | None:
    """Worker and count, or None if the answer does not hold them."""
    try:
        body = json.loads(answer.body)
        return int(body["pid"]), int(body["count"])
    except (ValueError, TypeError, KeyError):
        return None
