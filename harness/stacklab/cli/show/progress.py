"""Progress of long work: what is running, what is left, when it ends. A bar on a terminal, a line a run elsewhere."""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn
from rich.text import Text

from stacklab.cli.show.countdown import Countdown
from stacklab.cli.show.manner import is_said
from stacklab.effects.clock import now_ns
from stacklab.model.measured.record import Completed, Failed, Phase, Run
from stacklab.model.plan import PlannedRun
from stacklab.units import Seconds

SHOWN_LINES: Final = 5
"""Of the log of a failed run, once for each reason; the rest is in the session."""


class _TimeLeft(ProgressColumn):
    """What is left by how long the runs have taken so far, from the first moment on."""

    def __init__(self, countdown: Countdown) -> None:
        super().__init__()
        self._countdown = countdown

    def render(self, task: Task) -> Text:  # noqa: ARG002 (rich's signature)
        """As a column of the bar."""
        return Text(f"{left_in_words(self._countdown.left_s(now_ns()))} left", style="progress.remaining")


def _took(run: Run) -> str:
    """What a cell took, where --verbose asks for it."""
    if not is_said("verbose") or not isinstance(run, Completed):
        return ""
    warm_s = sum(span.length_s for span in run.driver.spans if span.phase is Phase.WARMUP)
    return (
        f": first response after {run.server.boot_s:.2f} s, warm-up {warm_s:.1f} s, {run.driver.intended} requests, "
        f"{run.overhead_s:.1f} s beside the load"
    )


def left_in_words(left_s: Seconds) -> str:
    """``1:05``; hours where there are any."""
    minutes, seconds = divmod(round(left_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


class RunProgress:
    """Reports on the cells of one plan as they begin and end."""

    def __init__(
        self, console: Console, *, cells: Sequence[PlannedRun], seconds: Callable[[PlannedRun], Seconds]
    ) -> None:
        """Prepare for these cells, each of which takes so many ``seconds``; nothing is printed before the block."""
        self._console = console
        self._seconds = seconds
        self._countdown = Countdown(sum(map(seconds, cells)), now_ns())
        self.cells = len(cells)
        """How many there are by now."""
        self._done = 0
        self._ended_already = 0
        """Runs that are still to be reported of those that ended together."""
        self._reasons: set[str] = set()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _TimeLeft(self._countdown),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=self.cells)

    def __enter__(self) -> Self:
        """Show the bar."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away."""
        self._bar.stop()

    def starts(self, cell: PlannedRun) -> None:
        """Say what is running."""
        self._bar.update(self._task, description=escape(cell.words))

    def discards(self, cell: PlannedRun) -> None:
        """Say that a run does not count, and why."""
        self._countdown.ends(self._seconds(cell), now_ns())
        self._countdown.adds(self._seconds(cell))
        where = escape(cell.words)
        self._console.print(
            f"[yellow]disturbed[/yellow] {where}: something else used the processors; it will be measured again"
        )

    def expects(self, more: Sequence[PlannedRun]) -> None:
        """Count the cells of a round that was added."""
        self.cells += len(more)
        self._countdown.adds(sum(map(self._seconds, more)))
        self._bar.update(self._task, total=self.cells)

    def ends(self, run: Run) -> None:
        """Count a run; print a failed one with its reason."""
        self._done += 1
        self._count(run)
        self._bar.advance(self._task)
        where = run.cell.words
        if isinstance(run, Failed):
            self._console.print(f"[red]failed[/red] {escape(where)} at {run.stage}: {escape(run.reason)}")
            if run.reason not in self._reasons:
                self._reasons.add(run.reason)
                for line in run.log_tail[-SHOWN_LINES:]:
                    self._console.print(f"    {line}", markup=False, style="dim")
        elif is_said("verbose") or not self._console.is_terminal:
            left = left_in_words(self._countdown.left_s(now_ns()))
            self._console.print(f"{self._done}/{self.cells} {escape(where)}{_took(run)}, {left} left")

    def _count(self, run: Run) -> None:
        """Runs that were measured together end together: with the first of them, the time of all is spent."""
        if not self._ended_already:
            together = run.together if isinstance(run, Completed) else 1
            self._countdown.ends(self._seconds(run.cell) * together, now_ns())
            self._ended_already = together
        self._ended_already -= 1

    def interrupted(self, session: Path, *, missing: int, again: str) -> None:
        """Say what is kept, and which command goes on."""
        self._console.print(f"{self.cells - missing} of {self.cells} runs are kept in {session}", markup=False)
        self._console.print(f"Next: {again}", markup=False)
