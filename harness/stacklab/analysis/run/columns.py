"""The measured window of a run, and the selection of its rows."""

from dataclasses import dataclass

import numpy as np

from stacklab.columns import Column, Mask
from stacklab.errors import UsageError
from stacklab.model.measured.record import Completed, Outcome, Phase
from stacklab.units import NS_PER_S, Nanoseconds, Seconds


@dataclass(frozen=True, slots=True)
class Window:
    """The measured part of a run, half open: ``start_ns`` belongs to it, ``end_ns`` does not."""

    start_ns: Nanoseconds
    end_ns: Nanoseconds

    @property
    def length_ns(self) -> Nanoseconds:
        """How long it is."""
        return self.end_ns - self.start_ns

    @property
    def length_s(self) -> Seconds:
        """How long it is."""
        return self.length_ns / NS_PER_S

    def holds(self, times_ns: Column) -> Mask:
        """Which of the times lie in the window."""
        inside: Mask = (times_ns >= self.start_ns) & (times_ns < self.end_ns)
        return inside


def measured_window(run: Completed) -> Window:
    """The span of the MEASURE phase, as the driver fixed it before the first request.

    Raises:
        UsageError: the run names none.
    """
    for span in run.driver.spans:
        if span.phase is Phase.MEASURE and span.end_ns > span.start_ns:
            return Window(span.start_ns, span.end_ns)
    raise UsageError(
        f"{run.cell.folder}/run.json: it names no measured window; remove the folder and run with --resume"
    )


def one_of(outcomes: Column, wanted: tuple[Outcome, ...]) -> Mask:
    """Which rows have one of the wanted outcomes."""
    table = np.zeros(256, dtype=np.bool_)
    table[[int(outcome) for outcome in wanted]] = True
    hits: Mask = table[outcomes]
    return hits
