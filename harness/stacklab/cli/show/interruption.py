"""Ctrl-C in the middle of long work, which must not be lost.

Python drops an exception that is raised while an object is being deleted, and between two runs many are. So it is
remembered that Ctrl-C was pressed, and asked for where the next run would begin.
"""

import signal
from collections.abc import Iterable, Iterator
from types import FrameType, TracebackType
from typing import Self, TypeVar

Piece = TypeVar("Piece")


class Interruption:
    """Remembers Ctrl-C within its block, in the main thread; where it is ignored, as in the background, it stays so."""

    def __init__(self) -> None:
        """Nothing was pressed yet."""
        self._was_pressed = False

    def __enter__(self) -> Self:
        """Listen."""
        self._before = signal.getsignal(signal.SIGINT)
        if self._before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._pressed)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave Ctrl-C to whoever had it before."""
        signal.signal(signal.SIGINT, self._before)

    def between(self, work: Iterable[Piece]) -> Iterator[Piece]:
        """The same; raises KeyboardInterrupt before the next piece if Ctrl-C was pressed and has not stopped it."""
        for piece in work:
            yield piece
            if self._was_pressed:
                raise KeyboardInterrupt

    def _pressed(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 (what the signal module gives)
        self._was_pressed = True
        raise KeyboardInterrupt
