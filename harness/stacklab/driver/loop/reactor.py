"""The loop that sends and reads: one thread, raw sockets, one epoll, one row for every request.

Rule 1: only ``wait`` blocks, and it is given from outside: inside locust it waits in gevent's hub, so that locust's
own greenlets live on.
Rule 2: what has arrived is read before anything that is due is sent; a freed connection sends before its row is
written, so that the server works meanwhile.
Rule 3: whatever becomes of a request, it leaves this file as exactly one row.

Reactor and pace call each other. What a pace does when it is due, or when a connection is free, is to send; a request
that fails while it is sent is told to the pace at once, which must then not send again, or the two would never return:

    run ─▶ pace.due ────▶ send ─▶ (it cannot be sent) ─▶ pace.failed: takes the connection back, sends nothing
    run ─▶ _read ─▶ pace.freed ─▶ send ─▶ …
"""

import contextlib
import select
import time
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

from gevent.monkey import get_original  # type: ignore[import-untyped] # gevent has no types

from stacklab.driver.loop.connection import Connection
from stacklab.driver.loop.rows import Chunks, Rows
from stacklab.driver.loop.stamps import Stamps
from stacklab.driver.loop.timer import Timer
from stacklab.driver.pacing.pace import Pace
from stacklab.driver.pacing.schedule import ALL_OF_IT, LoadShare
from stacklab.driver.wire.preflight import Address
from stacklab.driver.wire.request import JudgedResponse, PreparedRequest, ResponseReader
from stacklab.model.measured.record import Outcome, Phase, pack_phase_outcome
from stacklab.units import NS_PER_MS, Nanoseconds

_epoll: Final = get_original("select", "epoll")
"""gevent takes ``select.epoll`` away; an epoll that is only asked, never waited on, harms nobody."""

clock: Final = time.monotonic_ns

MAX_EVENTS: Final = 256
RECV_BYTES: Final = 64 * 1024
TICK_NS: Final = 20 * NS_PER_MS
"""How often timeouts are looked for: they are seconds long."""


class Reactor:
    """Sends requests for a pace and records what becomes of them."""

    def __init__(
        self,
        target: Address,
        requests: Sequence[PreparedRequest],
        *,
        connections: int,
        timeout_ns: Nanoseconds,
        rows: Rows,
        chunks: Chunks,
        stamps: Stamps | None = None,
        share: LoadShare = ALL_OF_IT,
        early_ns: Nanoseconds = 0,
    ) -> None:
        """Make room for ``connections``; with ``stamps``, the kernel is asked when answers arrived.

        ``early_ns`` before the pace is due the reactor stops waiting, and goes round until it is.
        """
        self.pool = [Connection(index) for index in range(connections)]
        self.connects = 0
        # TCP connections are numbered over all processes that share a load
        self._numbers = count(share.index + 1, share.processes)
        self._target = target
        self._stamps = stamps
        self._early_ns = early_ns
        self._requests = requests
        self._timeout_ns = timeout_ns
        self._rows = rows
        self._chunks = chunks
        self._epoll: select.epoll = _epoll()
        self._timer = Timer()
        self._epoll.register(self._timer.fileno(), select.EPOLLIN | select.EPOLLET)
        self._by_fd: dict[int, Connection] = {}
        self._pace: Pace

    def fileno(self) -> int:
        """Return what becomes readable when there is something to do."""
        return self._epoll.fileno()

    def run(
        self,
        pace: Pace,
        *,
        is_over: Callable[[Nanoseconds], bool],
        wait: Callable[[], None],
        tick_ns: Nanoseconds = TICK_NS,
    ) -> None:
        """Send and read until ``is_over``, called every tick, says so."""
        self._pace = pace
        poll, by_fd, arm, read = self._epoll.poll, self._by_fd, self._timer.arm, self._read
        next_ns = 0
        while True:
            for fd, mask in poll(0, MAX_EVENTS):
                connection = by_fd.get(fd)
                if connection is None:
                    continue
                if mask != select.EPOLLOUT:
                    read(connection)
                if connection.unsent and mask & select.EPOLLOUT:
                    self._send_rest(connection)
            now_ns = clock()
            if now_ns >= pace.next_ns:
                pace.due(now_ns)
            if now_ns >= next_ns:
                next_ns = now_ns + tick_ns
                self._tend(now_ns)
                if is_over(now_ns):
                    return
            wake_ns = min(next_ns, pace.next_ns - self._early_ns)
            if wake_ns > now_ns:
                arm(wake_ns, now_ns)
                wait()

    def send(self, connection: Connection, pick: int, intended_ns: Nanoseconds, phase: Phase) -> None:
        """Send request number ``pick`` on an idle connection, opening it if need be."""
        request = connection.request = self._requests[pick]
        connection.intended_ns = intended_ns
        connection.phase = phase
        is_new = connection.sock is None
        if is_new:
            request = connection.request = request.first
            if not self._open(connection, request):
                return
        sent_ns = clock()
        try:
            taken = connection.send(request.payload)
        except BlockingIOError:
            taken = 0
            connection.opened_ns = sent_ns
        except OSError:
            self._lose(connection, request, Outcome.REFUSED if is_new else Outcome.RESET)
            return
        if taken:
            connection.sent_ns = sent_ns
        if taken < len(request.payload):
            connection.unsent = request.payload[taken:]
            self._epoll.modify(connection.fd, select.EPOLLIN | select.EPOLLOUT)

    def give_up(self, pick: int, intended_ns: Nanoseconds, phase: Phase, outcome: Outcome) -> None:
        """Record a request that is never sent."""
        endpoint = self._requests[pick].endpoint
        self._rows.add(intended_ns, -1, -1, clock(), 0, 0, 0, 0, endpoint, pack_phase_outcome(phase, outcome))

    def drop(self, connection: Connection) -> None:
        """Close a connection; the next request on it opens another."""
        if connection.sock is not None:
            self._by_fd.pop(connection.fd, None)
            connection.close()

    def renew(self) -> int:
        """Open anew what the server has closed while nothing was sent, and return the number of these connections."""
        open_before = [connection for connection in self.pool if connection.sock is not None]
        for fd, _ in self._epoll.poll(0, MAX_EVENTS):
            if fd in self._by_fd:
                self._read(self._by_fd[fd])
        closed = [connection for connection in open_before if connection.sock is None]
        for connection in closed:
            self._connect(connection)
        return len(closed)

    def in_flight(self) -> bool:
        """Say whether any request waits for its response."""
        return any(connection.request is not None for connection in self.pool)

    def censor(self) -> None:
        """The run is over: record what is still in flight as such."""
        for connection in self.pool:
            if connection.request is not None:
                self._lose(connection, connection.request, Outcome.CENSORED)

    def close(self) -> None:
        """Close everything."""
        for connection in self.pool:
            connection.close()
        self._epoll.close()
        self._timer.close()

    def _open(self, connection: Connection, request: PreparedRequest) -> bool:
        """Open a connection for a request, which is lost if that is refused."""
        if self._connect(connection):
            return True
        self._lose(connection, request, Outcome.REFUSED)
        return False

    def _connect(self, connection: Connection) -> bool:
        self.connects += 1
        try:
            connection.open(self._target, number=next(self._numbers), now_ns=clock(), stamps=self._stamps)
        except OSError:
            return False
        self._by_fd[connection.fd] = connection
        self._epoll.register(connection.fd, select.EPOLLIN)
        return True

    def _send_rest(self, connection: Connection) -> None:
        """Send what the kernel did not take at once: all of it, if the connection was not made yet."""
        request = connection.request
        if request is None:
            return
        sent_ns = clock()
        try:
            taken = connection.send(connection.unsent)
        except BlockingIOError:
            return
        except OSError:
            self._lose(connection, request, Outcome.REFUSED if connection.sent_ns < 0 else Outcome.RESET)
            return
        if connection.sent_ns < 0:
            connection.sent_ns = sent_ns
        connection.unsent = connection.unsent[taken:]
        if not connection.unsent:
            self._epoll.modify(connection.fd, select.EPOLLIN)

    def _read(self, connection: Connection) -> None:
        received_ns = -1
        try:
            if self._stamps is None:
                data = connection.recv(RECV_BYTES)
            else:
                data, received_ns = self._stamps.recv(connection.recvmsg, RECV_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        now_ns = clock()
        request = connection.request
        if request is None:
            # the server closes an idle connection, or speaks unasked
            self.drop(connection)
        elif not data:
            self._ended(connection, request, now_ns)
        else:
            if connection.partial:
                data = connection.partial + data
            judged = request.known.get(data) if connection.reader is None else None
            if judged is None:
                judged = self._parse(connection, request, data, now_ns)
            if judged is not None:
                self._answered(connection, request, judged, received_ns, now_ns)

    def _parse(
        self, connection: Connection, request: PreparedRequest, data: bytes, now_ns: Nanoseconds
    ) -> JudgedResponse | None:
        """Read a segment that is not a known response; None while more must come, or if it broke the protocol."""
        reader = connection.reader
        if reader is None:
            if data in request.heads:
                connection.partial = data
                return None
            reader = connection.reader = request.reader(connection.number, self._chunks)
            connection.partial = b""
        try:
            judged = request.read(reader, data, now_ns)
        except ValueError:
            self._lose(connection, request, Outcome.RESET)
            return None
        if reader.owes:
            self._give(connection, reader)
        if judged is not None and request.then is not None and judged.outcome is Outcome.OK:
            self._go_on(connection, request.then)
            return None
        return judged

    def _give(self, connection: Connection, reader: ResponseReader) -> None:
        """Send what a reader owes; it is short, so the kernel takes all of it unless something waits already."""
        owed, reader.owes = reader.owes, b""
        if connection.unsent:
            connection.unsent += owed
            return
        with contextlib.suppress(OSError):  # what is wrong with the connection shows when it is read
            connection.send(owed)

    def _go_on(self, connection: Connection, request: PreparedRequest) -> None:
        """The handshake is over: send, as soon as there is room, what the connection was opened for."""
        connection.request = request
        if connection.reader is not None:
            connection.reader.close()
            connection.reader = None
        connection.unsent = request.payload
        self._epoll.modify(connection.fd, select.EPOLLIN | select.EPOLLOUT)

    def _ended(self, connection: Connection, request: PreparedRequest, now_ns: Nanoseconds) -> None:
        """The connection ended while a response was awaited, which may be how that response ends."""
        reader = connection.reader
        if reader is None and connection.partial:
            reader = connection.reader = request.reader(connection.number, self._chunks)
            reader.feed(connection.partial, now_ns)
        if reader is not None and reader.end():
            self._answered(connection, request, request.judge(reader)._replace(closes=True), -1, now_ns)
        else:
            self._lose(connection, request, Outcome.REFUSED if connection.sent_ns < 0 else Outcome.RESET)

    def _answered(
        self,
        connection: Connection,
        request: PreparedRequest,
        judged: JudgedResponse,
        received_ns: Nanoseconds,
        read_ns: Nanoseconds,
    ) -> None:
        outcome, status, length, worker, closes = judged
        intended_ns, sent_ns, number = connection.intended_ns, connection.sent_ns, connection.number
        phase_outcome = pack_phase_outcome(connection.phase, outcome)
        if closes or connection.unsent:
            self.drop(connection)
        connection.clear()
        self._pace.freed(connection, read_ns)
        self._rows.add(
            intended_ns, sent_ns, received_ns, read_ns, length, number, worker, status, request.endpoint, phase_outcome
        )

    def _lose(self, connection: Connection, request: PreparedRequest, outcome: Outcome) -> None:
        """A request got no response, and its connection is good for nothing more."""
        now_ns = clock()
        number = 0 if outcome is Outcome.REFUSED else connection.number
        self._rows.add(
            connection.intended_ns,
            connection.sent_ns,
            -1,
            now_ns,
            0,
            number,
            0,
            0,
            request.endpoint,
            pack_phase_outcome(connection.phase, outcome),
        )
        self.drop(connection)
        connection.clear()
        self._pace.failed(connection, now_ns)

    def _tend(self, now_ns: Nanoseconds) -> None:
        """Give up on requests that were sent, or wait to be connected, for too long; keep up with the clocks."""
        if self._stamps is not None:
            self._stamps.follow()
        oldest_ns = now_ns - self._timeout_ns
        for connection in self.pool:
            request = connection.request
            if request is not None:
                since_ns = connection.sent_ns if connection.sent_ns > 0 else connection.opened_ns
                if since_ns <= oldest_ns:
                    self._lose(connection, request, Outcome.TIMEOUT)
