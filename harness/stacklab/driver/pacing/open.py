"""Open loops: requests, or sessions of several, start when the schedule says, whatever the server does."""

from bisect import bisect_right
from collections import deque
from itertools import cycle
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stacklab.driver.loop.connection import Connection
from stacklab.driver.pacing.pace import NEVER, PhaseBounds, Sender
from stacklab.model.measured.record import Outcome, Phase
from stacklab.model.traffic.load import Open, Overload
from stacklab.units import Nanoseconds, ns_from_s


class Schedule(NamedTuple):
    """When requests, or sessions, of one phase are to start, and what each asks."""

    times: NDArray[np.int64]
    """Counted from the begin of the phase, ascending."""
    picks: NDArray[np.uint16]

    def since(self, start_ns: Nanoseconds) -> "Schedule":
        """The same in absolute times."""
        return Schedule(self.times + start_ns, self.picks)

    def until(self, end_ns: Nanoseconds) -> "Schedule":
        """What starts before then."""
        count = int(np.searchsorted(self.times, end_ns))
        return Schedule(self.times[:count], self.picks[:count])

    def then(self, later: "Schedule") -> "Schedule":
        """One after the other."""
        return Schedule(np.concatenate((self.times, later.times)), np.concatenate((self.picks, later.picks)))


class OpenPace:
    """Sends each request at its time, on an idle connection; it opens one only when all that are open are in use.

    Those that are open take turns, so that a server with several processes goes on seeing all of them, and there are
    never more of them than it took: a server closes those that idle for long, and a request that is just then on its
    way is lost. The queue of requests that are due and found no connection is the schedule itself, from ``_cursor`` to
    now.
    """

    def __init__(
        self, sender: Sender, load: Open, start_ns: Nanoseconds, *, warmup: Schedule, measured: Schedule
    ) -> None:
        """``start_ns`` is that of the warm-up, whose schedule goes on for as long as it may last."""
        self.intended = 0
        self.dropped_timers = 0
        self._sender = sender
        self._bounds = PhaseBounds(start_ns)
        self._warmup = warmup.since(start_ns)
        self._measured = measured
        self._measured_from = len(self._warmup.times)
        self._cursor = self._end = 0
        self._follow(self._warmup)
        self._idle: deque[Connection] = deque()
        """Open when they were put here, the one that has idled longest first."""
        self._unopened = list(reversed(sender.pool))
        self._patience_ns = NEVER if load.deadline_s is None else ns_from_s(load.deadline_s)
        self._sheds_at_once = load.overload is Overload.MAX_IN_FLIGHT
        self.next_ns: Nanoseconds = self._times[0]

    def fix(self, bounds: PhaseBounds) -> None:
        """Leave out what the warm-up does not reach any more, and go on with the window's schedule."""
        warmup = self._warmup.until(bounds.measure_ns)
        self._bounds = bounds
        self._measured_from = len(warmup.times)
        self._follow(warmup.then(self._measured.since(bounds.measure_ns)))
        self.next_ns = self._times[self._cursor] if self._has_room() else NEVER

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
        """Record what was due and never sent: shed if it would have been, else censored."""
        not_due = self._end - bisect_right(self._times, now_ns, hi=self._end)
        self._end -= not_due
        self.intended -= not_due
        while self._cursor < self._end:
            shed = self._sheds_at_once or now_ns - self._times[self._cursor] > self._patience_ns
            self._give_up(Outcome.SHED if shed else Outcome.CENSORED)

    def _follow(self, schedule: Schedule) -> None:
        """Take a schedule that has not changed up to now."""
        self._times = np.append(schedule.times, NEVER).data
        self._picks = schedule.picks.data
        self.intended += len(schedule.times) - self._end
        self._end = len(schedule.times)

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

    The first request of a session is intended when the session arrives, each further one when the response before it
    was read. No session goes on beyond the measured window.
    """

    def __init__(
        self, sender: Sender, load: Open, start_ns: Nanoseconds, *, warmup: Schedule, measured: Schedule
    ) -> None:
        """What the schedules start are sessions."""
        super().__init__(sender, load, start_ns, warmup=warmup, measured=measured)
        self._further_picks = [cycle(reversed(part.picks.tolist())) for part in (warmup, measured)]
        self._further = load.requests_per_session - 1
        self._left = [self._further] * len(sender.pool)

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Go on with the session, or end it and its connection."""
        if self._left[connection.index] and now_ns < self._bounds.end_ns:
            self._left[connection.index] -= 1
            self.intended += 1
            phase = self._bounds.phase(now_ns)
            self._sender.send(connection, next(self._further_picks[phase]), now_ns, phase)
        else:
            self._left[connection.index] = self._further
            self._sender.drop(connection)
            super().freed(connection, now_ns)

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """A session ends with the first request that gets no response."""
        self._left[connection.index] = self._further
        super().failed(connection, now_ns)
