"""What decides when the next request starts, and on which connection.

Whatever decides records the *intended* start. Nothing is ever re-anchored: an open loop that falls behind sends late,
and its requests carry the wait.
"""

from typing import Final, NamedTuple, Protocol

from stacklab.driver.loop.connection import Connection
from stacklab.model.measured.record import Outcome, Phase
from stacklab.units import Nanoseconds

NEVER: Final = 2**63 - 1
"""Later than any time."""


class PhaseBounds(NamedTuple):
    """Where the phases of a run begin and end, CLOCK_MONOTONIC. Until the warm-up is over, nobody knows."""

    start_ns: Nanoseconds
    measure_ns: Nanoseconds = NEVER
    end_ns: Nanoseconds = NEVER

    @property
    def is_fixed(self) -> bool:
        """Whether it is known when the measured window begins."""
        return self.measure_ns != NEVER

    def phase(self, at_ns: Nanoseconds) -> Phase:
        """Name the phase of a request that is intended to start then."""
        return Phase.MEASURE if at_ns >= self.measure_ns else Phase.WARMUP


class Sender(Protocol):
    """What a pace sends with: the reactor."""

    pool: list[Connection]

    def send(self, connection: Connection, pick: int, intended_ns: Nanoseconds, phase: Phase) -> None:
        """Send request number ``pick`` on an idle connection, opening it if need be."""

    def give_up(self, pick: int, intended_ns: Nanoseconds, phase: Phase, outcome: Outcome) -> None:
        """Record a request that is never sent."""

    def drop(self, connection: Connection) -> None:
        """Close a connection; the next request on it opens another."""


class Pace(Protocol):
    """Sends requests in its own time."""

    next_ns: Nanoseconds
    """When ``due`` is to be called."""
    intended: int
    """Requests that were to be sent up to now; in an open loop, those that are scheduled."""
    dropped_timers: int

    def fix(self, bounds: PhaseBounds) -> None:
        """Hear when the measured window begins, before it does; until then all is warm-up."""

    def due(self, now_ns: Nanoseconds) -> None:
        """Send what is due."""

    def freed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Take a connection back whose request was answered."""

    def failed(self, connection: Connection, now_ns: Nanoseconds) -> None:
        """Take a connection back whose request was not. Must not send: it may be called while sending."""

    def behind(self) -> bool:
        """Say whether something is still to be sent."""

    def finish(self, now_ns: Nanoseconds) -> None:
        """The run is over: give up on whatever was due and was not sent."""
