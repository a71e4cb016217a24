"""A running server whose instructions are counted: one connection, one request in flight, and readings in between."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from stacklab.analysis.instructions.callgrind_out import read_dumps
from stacklab.effects import clock
from stacklab.effects.callgrind import Callgrind
from stacklab.effects.machine.counter import ProcessorCounter
from stacklab.effects.wire.http import HttpClient
from stacklab.engine.world import Server
from stacklab.errors import StageError
from stacklab.model.counting import CounterReading
from stacklab.model.traffic.exchange import Exchange, Response
from stacklab.units import Seconds, ns_from_s

RESPONSE_S: Final[Seconds] = 60.0
"""What a response may take that valgrind makes fifty times as slow."""


class CallgrindCounter:
    """callgrind, whose dumps are read."""

    def __init__(self, processes: Callgrind) -> None:
        """Count what these processes execute."""
        self._processes = processes

    def start(self) -> None:
        """Count from now on."""
        self._processes.start()

    def take(self) -> CounterReading:
        """What was executed since the last time. Raises StageError where that is not known."""
        try:
            return read_dumps(self._processes.take())
        except ValueError as error:
            raise StageError(f"valgrind left a dump that cannot be read: {error}") from error

    def close(self) -> None:
        """Nothing: the dumps end with the server."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedConnection:
    """Implements ``engine.counting.CountedServer``: a real server, and the connection to it."""

    server: Server
    fixed_addresses: bool
    client: HttpClient
    counter: CallgrindCounter | ProcessorCounter
    secrets: Mapping[str, str]

    def send(self, exchange: Exchange) -> Response:
        """Send one request, on the connection that is kept. Raises ``NoResponse`` with the reason."""
        return self.client.send(exchange.with_secrets(self.secrets))

    def start(self) -> None:
        """Count from now on."""
        self.counter.start()

    def take(self) -> CounterReading:
        """What was executed since the last time. Raises StageError where that is not known."""
        return self.counter.take()

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
