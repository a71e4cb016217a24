"""When requests start: an open loop keeps to its schedule, a closed loop sends when the last answer came.

Both record the *intended* start. Nothing is ever re-anchored: an open loop that falls behind sends late, and its
requests carry the wait.
"""

import heapq
from collections import deque
from itertools import cycle
from typing import Final

import numpy as np
from numpy.typing import NDArray

from stacklab.driver.connection import Connection
from stacklab.driver.reactor import Reactor, clock
from stacklab.model.load import Closed, Open, Overload
from stacklab.model.record import Outcome, Phase
from stacklab.units import NS_PER_MS, Nanoseconds, ns_from_s

NEVER: Final = 2**63 - 1

PAUSE_NS: Final = 10 * NS_PER_MS
"""A connection of a closed loop pauses after a request without an answer: a server that refuses would otherwise be
asked as fast as the kernel can say no."""


class ClosedPace:
    """Each connection sends its next request when the last one is answered, or ``think_s`` later."""

    def __init__(
        self,
        load: Closed,
        reactor: Reactor,
        *,
        shots: NDArray[np.uint8],
        start_ns: Nanoseconds,
        measure_ns: Nanoseconds,
        end_ns: Nanoseconds,
    ) -> None:
        self.intended = 0
        self.dropped_timers = 0
        self._send = reactor.send
        self._shots = cycle(shots.tolist())
        self._think_ns = ns_from_s(load.think_s)
        self._measure_ns = measure_ns
        self._end_ns = end_ns
        self._paused = [(start_ns, index, connection) for index, connection in enumerate(reactor.pool)]
        self.next_ns = start_ns

    def due(self, now_ns: Nanoseconds) -> None:
        """Send on every connection whose pause is over."""
        while self._paused and self._paused[0][0] <= now_ns:
            at_ns, _, connection = heapq.heappop(self._paused)
            self._start(connection, at_ns)
        self.next_ns = self._paused[0][0] if self._paused else NEVER

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Send the next request: at once, unless there is a think time."""
        if self._think_ns:
            self._pause(connection, now_ns + self._think_ns)
        else:
            self._start(connection, now_ns)

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Try again after a pause."""
        self._pause(connection, now_ns + max(PAUSE_NS, self._think_ns))

    def finish(self) -> None:
        """Nothing is owed: a closed loop intends only what it sends."""

    def behind(self) -> bool:
        """A closed loop never is."""
        return False

    def _start(self, connection: Connection, intended_ns: Nanoseconds) -> None:
        if intended_ns < self._end_ns:
            self.intended += 1
            phase = Phase.MEASURE if intended_ns >= self._measure_ns else Phase.WARMUP
            self._send(connection, next(self._shots), intended_ns, phase)

    def _pause(self, connection: Connection, until_ns: Nanoseconds) -> None:
        heapq.heappush(self._paused, (until_ns, id(connection), connection))
        self.next_ns = self._paused[0][0]


class OpenPace:
    """Sends at the times of a schedule, each request on the connection that has been idle longest.

    Connections take turns, so all of them stay warm and a server with several processes sees all of them. The queue
    of those that are due and found no idle connection is the schedule itself, from ``_cursor`` to now.
    """

    def __init__(
        self,
        load: Open,
        reactor: Reactor,
        *,
        shots: NDArray[np.uint8],
        times: NDArray[np.int64],
        measure_ns: Nanoseconds,
    ) -> None:
        """``times`` are absolute."""
        self.intended = len(times)
        self.dropped_timers = 0
        self._reactor = reactor
        self._shots = shots.data
        self._times = np.append(times, NEVER).data
        self._measured_from = int(np.searchsorted(times, measure_ns))
        self._cursor = 0
        self._idle = deque(reactor.pool)
        self._patience_ns = NEVER if load.deadline_s is None else ns_from_s(load.deadline_s)
        self._sheds_at_once = load.overload is Overload.MAX_IN_FLIGHT
        self.next_ns = self._times[0]

    def due(self, now_ns: Nanoseconds) -> None:
        """Send what is due; a timer that finds two requests due has noticed the first one late."""
        before = self._cursor
        self._send_due(now_ns)
        self.dropped_timers += max(0, self._cursor - before - 1)

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Use the connection for what waits, or put it at the end of the line."""
        if self._sheds_at_once and not self._idle:
            while self._times[self._cursor] <= now_ns:
                self._shed(Outcome.SHED)
        self._idle.append(connection)
        if self._times[self._cursor] <= now_ns:
            self._send_due(now_ns)
        else:
            self.next_ns = self._times[self._cursor]

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:  # noqa: ARG002 (a closed loop needs it)
        """Put the connection at the end of the line; whatever waits is sent by the next ``due``."""
        self._idle.append(connection)
        self.next_ns = self._times[self._cursor]

    def finish(self) -> None:
        """Record what was never sent: shed if it would have been, else censored."""
        last_ns = clock()
        while self._cursor < self.intended:
            waited_ns = last_ns - self._times[self._cursor]
            shed = self._sheds_at_once or waited_ns > self._patience_ns
            self._shed(Outcome.SHED if shed else Outcome.CENSORED)

    def behind(self) -> bool:
        """Say whether anything of the schedule is still to be sent."""
        return self._cursor < self.intended

    def _send_due(self, now_ns: Nanoseconds) -> None:
        times, idle = self._times, self._idle
        while (intended_ns := times[self._cursor]) <= now_ns:
            if now_ns - intended_ns > self._patience_ns:
                self._shed(Outcome.SHED)
            elif idle:
                cursor = self._cursor
                self._cursor = cursor + 1
                phase = Phase.MEASURE if cursor >= self._measured_from else Phase.WARMUP
                self._reactor.send(idle.popleft(), self._shots[cursor], intended_ns, phase)
            elif self._sheds_at_once:
                self._shed(Outcome.SHED)
            else:
                break
        # without an idle connection the next look is due when one is freed
        self.next_ns = times[self._cursor] if idle else NEVER

    def _shed(self, outcome: Outcome) -> None:
        cursor = self._cursor
        self._cursor = cursor + 1
        phase = Phase.MEASURE if cursor >= self._measured_from else Phase.WARMUP
        self._reactor.shed(self._shots[cursor], self._times[cursor], phase, outcome)
