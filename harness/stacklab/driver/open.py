"""Open loops: requests, or sessions of several, start when the schedule says, whatever the server does."""

from collections import deque
from itertools import cycle

import numpy as np
from numpy.typing import NDArray

from stacklab.driver.connection import Connection
from stacklab.driver.pace import NEVER, Sender, Window
from stacklab.model.load import Open, Overload
from stacklab.model.record import Outcome, Phase
from stacklab.units import Nanoseconds, ns_from_s


class OpenPace:
    """Sends each request at its time, on an idle connection; it opens one only when all that are open are in use.

    Those that are open take turns, so that a server with several processes goes on seeing all of them, and there are
    never more of them than it took: a server closes those that idle for long, and a request that is just then on its
    way is lost. The queue of requests that are due and found no connection is the schedule itself, from ``_cursor`` to
    now.
    """

    def __init__(
        self,
        sender: Sender,
        load: Open,
        *,
        picks: NDArray[np.uint16],
        times: NDArray[np.int64],
        window: Window,
    ) -> None:
        """``times`` are absolute, one for each of ``picks``."""
        self.intended = len(times)
        self.dropped_timers = 0
        self._sender = sender
        self._window = window
        self._picks = picks.data
        self._times = np.append(times, NEVER).data
        self._measured_from = int(np.searchsorted(times, window.measure_ns))
        self._end = len(times)
        self._cursor = 0
        self._idle: deque[Connection] = deque()
        """Open when they were put here, the one that has idled longest first."""
        self._unopened = list(reversed(sender.pool))
        self._patience_ns = NEVER if load.deadline_s is None else ns_from_s(load.deadline_s)
        self._sheds_at_once = load.overload is Overload.MAX_IN_FLIGHT
        self.next_ns: Nanoseconds = self._times[0]

    def due(self, now_ns: Nanoseconds) -> None:
        """Send what is due; a timer that finds several requests due has noticed all but the last one late."""
        before = self._cursor
        self._send_due(now_ns)
        self.dropped_timers += max(0, self._cursor - before - 1)

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Use the connection for what waits, or put it at the end of the line."""
        if self._sheds_at_once and not self._has_room():
            # these came while every connection was in use
            while self._times[self._cursor] <= now_ns:
                self._give_up(Outcome.SHED)
        self._take_back(connection)
        if self._times[self._cursor] <= now_ns:
            self._send_due(now_ns)
        else:
            self.next_ns = self._times[self._cursor]

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:  # noqa: ARG002 (a closed loop needs it)
        """Put the connection at the end of the line; what waits is sent by the next ``due``."""
        self._take_back(connection)
        self.next_ns = self._times[self._cursor]

    def behind(self) -> bool:
        """Say whether anything of the schedule is still to be sent."""
        return self._cursor < self._end

    def finish(self, now_ns: Nanoseconds) -> None:
        """Record what was never sent: shed if it would have been, else censored."""
        while self._cursor < self._end:
            shed = self._sheds_at_once or now_ns - self._times[self._cursor] > self._patience_ns
            self._give_up(Outcome.SHED if shed else Outcome.CENSORED)

    def _send_due(self, now_ns: Nanoseconds) -> None:
        times, idle, unopened = self._times, self._idle, self._unopened
        while (intended_ns := times[self._cursor]) <= now_ns:
            if now_ns - intended_ns > self._patience_ns:
                self._give_up(Outcome.SHED)
            elif idle or unopened:
                cursor = self._cursor
                self._cursor = cursor + 1
                connection = idle.popleft() if idle else unopened.pop()
                self._sender.send(connection, self._picks[cursor], intended_ns, self._phase(cursor))
            elif self._sheds_at_once:
                self._give_up(Outcome.SHED)
            else:
                break
        # without an idle connection the next look is due when one is freed
        self.next_ns = times[self._cursor] if idle or unopened else NEVER

    def _has_room(self) -> bool:
        return bool(self._idle or self._unopened)

    def _take_back(self, connection: Connection) -> None:
        (self._unopened if connection.sock is None else self._idle).append(connection)

    def _phase(self, cursor: int) -> Phase:
        return Phase.MEASURE if cursor >= self._measured_from else Phase.WARMUP

    def _give_up(self, outcome: Outcome) -> None:
        cursor = self._cursor
        self._cursor = cursor + 1
        self._sender.give_up(self._picks[cursor], self._times[cursor], self._phase(cursor), outcome)


class SessionPace(OpenPace):
    """Partly open: what arrives are sessions, each of several requests on a connection of its own.

    The first request of a session is intended when the session arrives, each further one when the answer before it
    was read. No session goes on beyond the measured window.
    """

    def __init__(
        self,
        sender: Sender,
        load: Open,
        *,
        picks: NDArray[np.uint16],
        times: NDArray[np.int64],
        window: Window,
    ) -> None:
        """``times`` are those at which sessions arrive."""
        super().__init__(sender, load, picks=picks, times=times, window=window)
        self._further_picks = cycle(reversed(picks.tolist()))
        self._further = load.requests_per_session - 1
        self._left = [self._further] * len(sender.pool)

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Go on with the session, or end it and its connection."""
        if self._left[connection.index] and now_ns < self._window.end_ns:
            self._left[connection.index] -= 1
            self.intended += 1
            self._sender.send(connection, next(self._further_picks), now_ns, self._window.phase(now_ns))
        else:
            self._left[connection.index] = self._further
            self._sender.drop(connection)
            super().freed(connection, now_ns)

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """A session ends with the first request that gets no answer."""
        self._left[connection.index] = self._further
        super().failed(connection, now_ns)
