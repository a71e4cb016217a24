"""The closed loop: each connection sends its next request when the last one is answered, or a think time later."""

import heapq
from collections import deque
from itertools import cycle
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from stacklab.driver.loop.connection import Connection
from stacklab.driver.pacing.pace import NEVER, PhaseBounds, Sender
from stacklab.units import NS_PER_MS, Nanoseconds

PAUSE_NS: Final = 10 * NS_PER_MS
"""A connection pauses after a request without a response: a server that refuses would otherwise be asked as fast as
the kernel can say no."""


class ClosedSchedule(NamedTuple):
    """What one phase of a closed loop asks, and on how many connections."""

    picks: NDArray[np.uint16]
    """What each request asks; used again and again, because nobody knows how many there will be."""
    changes: list[tuple[Nanoseconds, int]]
    """How many connections take part, from when on, counted from the begin of the phase."""

    def since(self, start_ns: Nanoseconds) -> list[tuple[Nanoseconds, int]]:
        """The changes, in absolute times."""
        return [(start_ns + at_ns, size) for at_ns, size in self.changes]


class ClosedPace:
    """The intended start of a request is the moment its connection was free to send it."""

    def __init__(
        self,
        sender: Sender,
        start_ns: Nanoseconds,
        *,
        warmup: ClosedSchedule,
        measured: ClosedSchedule,
        think_ns: Nanoseconds,
    ) -> None:
        """``start_ns`` is that of the warm-up."""
        self.intended = 0
        self.dropped_timers = 0
        self._sender = sender
        self._measured = measured
        # the window asks in an order of its own, which the length of the warm-up does not move
        self._picks = (cycle(warmup.picks.tolist()), cycle(measured.picks.tolist()))
        self._bounds = PhaseBounds(start_ns)
        self._think_ns = think_ns
        self._changes = deque(warmup.since(start_ns))
        self._active = 0
        self._inactive = list(sender.pool)
        """Connections that do not take part now."""
        self._paused: list[tuple[Nanoseconds, int, Connection]] = []
        self.next_ns = start_ns

    def fix(self, bounds: PhaseBounds) -> None:
        """Change the number of active connections when the measured window begins."""
        self._bounds = bounds
        self._changes.extend(self._measured.since(bounds.measure_ns))
        self._set_next()

    def due(self, now_ns: Nanoseconds) -> None:
        """Let connections join, and send on every one whose pause is over."""
        while self._changes and self._changes[0][0] <= now_ns:
            at_ns, self._active = self._changes.popleft()
            joining = [connection for connection in self._inactive if connection.index < self._active]
            self._inactive = [connection for connection in self._inactive if connection.index >= self._active]
            for connection in joining:
                self._start(connection, at_ns)
        while self._paused and self._paused[0][0] <= now_ns:
            at_ns, _, connection = heapq.heappop(self._paused)
            self._start(connection, at_ns)
        self._set_next()

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Send the next request: at once, unless there is a think time."""
        if self._think_ns:
            self._pause(connection, now_ns + self._think_ns)
        else:
            self._start(connection, now_ns)

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Try again after a pause."""
        self._pause(connection, now_ns + max(PAUSE_NS, self._think_ns))

    def behind(self) -> bool:
        """A closed loop never is."""
        return False

    def finish(self, now_ns: Nanoseconds) -> None:
        """Nothing is owed: a closed loop intends only what it sends."""

    def _start(self, connection: Connection, intended_ns: Nanoseconds) -> None:
        if intended_ns >= self._bounds.end_ns:
            return
        phase = self._bounds.phase(intended_ns)
        if connection.index >= self._active:
            self._inactive.append(connection)
            return
        self.intended += 1
        self._sender.send(connection, next(self._picks[phase]), intended_ns, phase)

    def _pause(self, connection: Connection, until_ns: Nanoseconds) -> None:
        heapq.heappush(self._paused, (until_ns, connection.index, connection))
        self._set_next()

    def _set_next(self) -> None:
        joins_ns = self._changes[0][0] if self._changes else NEVER
        resumes_ns = self._paused[0][0] if self._paused else NEVER
        self.next_ns = min(joins_ns, resumes_ns)
