"""A running server whose instructions are counted: one connection, one request in flight, and readings in between."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.instructions.callgrind_out import read_dump, read_status
from stacklab.effects import clock
from stacklab.effects.callgrind import Callgrind
from stacklab.effects.machine.counter import ProcessorCounter
from stacklab.effects.wire.http import HttpClient
from stacklab.engine.world import Server
from stacklab.errors import StageError
from stacklab.model.measured.counting import NativeFunction
from stacklab.model.traffic.exchange import Exchange, Response
from stacklab.procfs import sleeps
from stacklab.units import Seconds, ns_from_s

RESPONSE_S: Final[Seconds] = 60.0
"""What a response may take that valgrind makes fifty times as slow."""

ASLEEP_S: Final[Seconds] = 30.0
"""How long a server may take to go to sleep after a response, on a machine that does something else as well."""

LOOK_S: Final[Seconds] = 0.0005
"""Between two looks whether it sleeps."""


class CallgrindCounter:
    """callgrind, whose words are read."""

    def __init__(self, processes: Callgrind) -> None:
        """Count what these processes execute."""
        self._processes = processes

    def start(self) -> None:
        """Count from now on, and from zero."""
        self._processes.start()

    def total(self) -> int:
        """What was executed since the start. Raises StageError where that is not known."""
        try:
            return sum(map(read_status, self._processes.statuses()))
        except ValueError as error:
            raise StageError(f"valgrind's answer cannot be read: {error}") from error

    def functions(self) -> Counter[NativeFunction]:
        """Where it was executed; counting starts at zero again."""
        try:
            return sum(map(read_dump, self._processes.dumps()), start=Counter())
        except ValueError as error:
            raise StageError(f"valgrind left a dump that cannot be read: {error}") from error

    def close(self) -> None:
        """Nothing: the dumps end with the server."""


@dataclass(kw_only=True, slots=True)
class CountedConnection:
    """Implements ``engine.counting.CountedServer``: a real server, and the connection to it."""

    server: Server
    fixed_addresses: bool
    client: HttpClient
    counter: CallgrindCounter | ProcessorCounter
    secrets: Mapping[str, str]
    _taken: int = 0

    def send(self, exchange: Exchange) -> Response:
        """Send one request, on the connection that is kept, and let the server go to sleep again.

        Whether the next request finds it asleep, or still busy with the last one, would otherwise be chance. Raises
        StageError with the reason for a server that gives no response, or never sleeps.
        """
        response = self.client.send(exchange.with_secrets(self.secrets))
        if clock.wait_for(lambda: sleeps(self.server.pid) or None, deadline_s=ASLEEP_S, every_s=LOOK_S) is None:
            raise StageError("the server never sleeps, so what a request makes it execute cannot be told from the rest")
        return response

    def start(self) -> None:
        """Count from now on, and from zero."""
        self.counter.start()
        self._taken = 0

    def take(self) -> int:
        """What was executed since the last time. Raises StageError where that is not known."""
        before, self._taken = self._taken, self.counter.total()
        return self._taken - before

    def functions(self) -> Counter[NativeFunction]:
        """Where what was counted since the start was executed; nothing where the source cannot say. Ends the count."""
        return self.counter.functions() if isinstance(self.counter, CallgrindCounter) else Counter()

    def rest(self, duration_s: Seconds) -> None:
        """Send nothing for some time."""
        clock.pause_until(clock.now_ns() + ns_from_s(duration_s))


@contextmanager
def counting(
    server: Server,
    counter: CallgrindCounter | ProcessorCounter,
    *,
    secrets: Mapping[str, str],
    fixed_addresses: bool,
) -> Iterator[CountedConnection]:
    """Connect; connection and counter are closed with the block."""
    with HttpClient(server.host, server.port, timeout_s=RESPONSE_S) as client, closing(counter):
        yield CountedConnection(
            server=server, fixed_addresses=fixed_addresses, client=client, counter=counter, secrets=secrets
        )
