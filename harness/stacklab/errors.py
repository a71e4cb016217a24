"""The errors a user can meet: each is one sentence that ends in what to do.

They are printed in exactly one place, ``stacklab.cli.main``, which turns them into an exit code.
Anything else that reaches that place is a defect of stacklab itself and exits with 3.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar


class StacklabError(Exception):
    """A problem that is explained to the user without a traceback."""

    exit_code: ClassVar[int] = 3


class UsageError(StacklabError):
    """Wrong use or bad input: the sentence names the file, the key or the command to fix."""

    exit_code: ClassVar[int] = 2


class StageError(StacklabError):
    """A stage of one cell went wrong. The engine records it as a ``Failed`` run and goes on.

    ``log_tail`` holds the last lines of the log of the child concerned, oldest first. ``address_in_use`` tells a
    server that found its port taken, which may be tried again on another.
    """

    def __init__(self, reason: str, *, log_tail: tuple[str, ...] = (), address_in_use: bool = False) -> None:
        """Keep the reason (one sentence) and the tail of the log that explains it."""
        super().__init__(reason)
        self.reason = reason
        self.log_tail = log_tail
        self.address_in_use = address_in_use


@contextmanager
def as_usage_error() -> Iterator[None]:
    """Where nothing is measured yet, what would fail a cell is for the user to mend: a ``UsageError``."""
    try:
        yield
    except StageError as error:
        raise UsageError(error.reason) from error
