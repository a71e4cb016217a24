"""Progress of long work: what is running, what is left, when it ends. A bar on a terminal, a line a run elsewhere."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from stacklab.model.plan import PlannedRun
from stacklab.model.record import Failed, Run

SHOWN_LINES: Final = 5
"""Of the log of a failed run, once for each reason; the rest is in the session."""


class RunProgress:
    """Reports on the cells of one plan as they begin and end."""

    def __init__(self, console: Console, *, cells: int) -> None:
        """Prepare for this number of cells; nothing is printed before the block begins."""
        self._console = console
        self.cells = cells
        """How many there are by now."""
        self._done = 0
        self._reasons: set[str] = set()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=cells)

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
        where = escape(cell.words)
        self._console.print(
            f"[yellow]disturbed[/yellow] {where}: something else used the processors; it will be measured again"
        )

    def expects(self, more: Sequence[PlannedRun]) -> None:
        """Count the cells of a round that was added."""
        self.cells += len(more)
        self._bar.update(self._task, total=self.cells)

    def ends(self, run: Run) -> None:
        """Count a run; print a failed one with its reason."""
        self._done += 1
        self._bar.advance(self._task)
        where = run.cell.words
        if isinstance(run, Failed):
            self._console.print(f"[red]failed[/red] {escape(where)} at {run.stage}: {escape(run.reason)}")
            if run.reason not in self._reasons:
                self._reasons.add(run.reason)
                for line in run.log_tail[-SHOWN_LINES:]:
                    self._console.print(f"    {line}", markup=False, style="dim")
        elif not self._console.is_terminal:
            self._console.print(f"{self._done}/{self.cells} {escape(where)}")

    def interrupted(self, session: Path, *, missing: int, again: str) -> None:
        """Say what is kept, and which command goes on."""
        self._console.print(f"{self.cells - missing} of {self.cells} runs are kept in {session}", markup=False)
        self._console.print(f"Next: {again}", markup=False)
