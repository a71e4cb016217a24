"""Who turned the GIL on: an interpreter that was built to do without warns when an extension needs it."""

import re
from pathlib import Path
from typing import Final

READ_BYTES: Final = 1 << 20
"""Extensions are loaded at the start; what a server writes for each request comes behind."""

WARNING: Final = re.compile(r"The global interpreter lock \(GIL\) has been enabled to load module '([^']+)'")
"""CPython 3.13 and later, Python/import.c."""


def turned_on_by(log: Path) -> str | None:
    """The extension module that the log of a server names; None where it names none."""
    with log.open("rb") as file:
        found = WARNING.search(file.read(READ_BYTES).decode(errors="replace"))
    return found and found[1]
