"""Counting the instructions of a server by the counter of the processor."""

from collections.abc import Callable, Sequence

from stacklab.effects.machine.instructions import Event, Instructions
from stacklab.errors import StageError


class ProcessorCounter:
    """Counts for the processes of a server, and for whatever they start."""

    def __init__(self, pids: Callable[[], Sequence[int]], event: Event = Event.INSTRUCTIONS) -> None:
        """``pids`` gives the processes of the server."""
        self._pids = pids
        self._event = event
        self._counted: tuple[int, ...] = ()
        self._instructions: Instructions | None = None

    def start(self) -> None:
        """Count from now on, and from zero."""
        self.close()
        self._counted = tuple(self._pids())
        self._instructions = Instructions(self._counted, self._event)
        self.total()

    def total(self) -> int:
        """What was executed since the start. Raises StageError where that is not known."""
        counts = [] if self._instructions is None else [self._instructions.of(pid) for pid in self._counted]
        known = [count for count in counts if count is not None]
        if not counts or len(known) < len(counts):
            raise StageError("the processor's counter of instructions cannot be read, or others use it as well")
        return sum(known)

    def close(self) -> None:
        """Count no more."""
        if self._instructions is not None:
            self._instructions.close()
