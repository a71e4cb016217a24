"""Counting the instructions of a server by the counter of the processor, from one reading to the next."""

from collections.abc import Callable, Sequence

from stacklab.effects.machine.instructions import Event, Instructions
from stacklab.errors import StageError
from stacklab.model.counting import CounterReading


class ProcessorCounter:
    """Counts for the processes of a server, and for whatever they start."""

    def __init__(self, pids: Callable[[], Sequence[int]], event: Event = Event.INSTRUCTIONS) -> None:
        """``pids`` gives the processes of the server."""
        self._pids = pids
        self._event = event
        self._counted: tuple[int, ...] = ()
        self._instructions: Instructions | None = None
        self._before = 0

    def start(self) -> None:
        """Count from now on."""
        self._counted = tuple(self._pids())
        self._instructions = Instructions(self._counted, self._event)
        self._before = self._total()

    def take(self) -> CounterReading:
        """What was executed since the last time. Raises StageError where that is not known."""
        total, before = self._total(), self._before
        self._before = total
        return CounterReading(instructions=total - before)

    def close(self) -> None:
        """Count no more."""
        if self._instructions is not None:
            self._instructions.close()

    def _total(self) -> int:
        counts = [] if self._instructions is None else [self._instructions.of(pid) for pid in self._counted]
        known = [count for count in counts if count is not None]
        if not counts or len(known) < len(counts):
            raise StageError("the processor's counter of instructions cannot be read, or others use it as well")
        return sum(known)
