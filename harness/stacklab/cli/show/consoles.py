"""Consoles: results go to standard output, all else to standard error; where no terminal is, lines stay whole."""

import os
import re
import sys
from typing import Any, Final, TextIO, cast

from rich.console import Console

from stacklab.cli.show.manner import is_said

WHOLE_LINES: Final = 4000
"""Columns of output that goes into a file or a pipe: no entry is longer, so none is wrapped."""


class _WithoutPadding:
    """Standard output, without the blanks at the ends of lines that fill a table up."""

    def write(self, text: str) -> int:
        """Write it to what standard output is by now."""
        return sys.stdout.write(re.sub(r" +$", "", text, flags=re.MULTILINE))

    def flush(self) -> None:
        """Pass it on."""
        sys.stdout.flush()

    def isatty(self) -> bool:
        """It is used where there is no terminal."""
        return False


def results() -> Console:
    """For what was asked for: on a terminal as wide as that is, else one line an entry, however long. No markup."""
    if sys.stdout.isatty() or os.environ.get("FORCE_COLOR"):
        return Console(highlight=False, markup=False, **_colours())
    return Console(
        file=cast("TextIO", _WithoutPadding()), width=WHOLE_LINES, highlight=False, markup=False, color_system=None
    )


def messages() -> Console:
    """For what is said along the way: standard error, a line each; nothing with --quiet."""
    return Console(stderr=True, highlight=False, soft_wrap=True, quiet=is_said("quiet"), **_colours())


def _colours() -> dict[str, Any]:
    """NO_COLOR takes the colours (no-color.org); bold type goes with them, because it is coloured by many terminals."""
    return {"color_system": None} if os.environ.get("NO_COLOR") or is_said("no_color") else {}
