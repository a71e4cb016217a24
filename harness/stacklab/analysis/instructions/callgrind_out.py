"""Reads what callgrind says: how much was executed, from its status, and where, from the files that it writes.

The format of a file is that of valgrind's manual, "Callgrind Format Specification". Names are written once, as
``fn=(4) main``, and are ``fn=(4)`` from then on; the names of callees (``cfn=``, ``cob=``) count along. The line after
``calls=`` holds the cost of a callee, which its own lines hold, too. In a status, ``events-2: 120`` is what the second
thread executed; threads that have ended are listed, and ``events-2-0: 90``, of a function that runs, counts in it.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from stacklab.model.measured.counting import NativeFunction

NAMELESS: Final = "(no name)"
"""For functions that a file without symbols knows by their addresses alone."""

_NAME: Final = re.compile(r"(?P<key>c?(?:fn|ob))=\((?P<number>\d+)\)(?: (?P<name>.*))?")
_COST: Final = re.compile(r"(?:[+-]?\d+|\*) (\d+)")
"""A line of the source, absolute or relative to the one before, and what was executed for it."""

_TOTAL: Final = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)
_THREAD: Final = re.compile(r"^events-\d+: (\d+)", re.MULTILINE)
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
_RECURSION: Final = re.compile(r"'\d+$")
"""Behind the name of a function that was called by itself: a further level, and the same function."""


def read_status(text: str) -> int:
    """What all threads of a process executed. Raises ``ValueError`` where the text is no status of callgrind."""
    threads = _THREAD.findall(text)
    if not threads:
        raise ValueError("a status of callgrind names threads, and this one names none")
    return sum(map(int, threads))


def read_dump(text: str) -> Counter[NativeFunction]:
    """What each function of a process executed. Raises ``ValueError`` where the text is no whole file of callgrind."""
    if not _TOTAL.search(text):
        raise ValueError("a file of callgrind ends with its total, and this one has none")
    functions: Counter[NativeFunction] = Counter()
    for name, path, executed in _costs(text.splitlines()):
        functions[_function(name, path)] += executed
    return functions


def _costs(lines: Iterable[str]) -> Iterator[tuple[str, str, int]]:
    """(function, file that holds it, instructions) of every line of costs that is not of a callee."""
    names: dict[tuple[str, str], str] = {}
    current = {"fn": "", "ob": ""}
    is_of_callee = False
    for line in lines:
        if cost := _COST.fullmatch(line):
            if not is_of_callee:
                yield current["fn"], current["ob"], int(cost[1])
            is_of_callee = False
        elif line.startswith("calls="):
            is_of_callee = True
        elif named := _NAME.fullmatch(line):
            key = named["key"]
            name = names.setdefault((key.removeprefix("c"), named["number"]), named["name"] or "")
            if key in current:
                current[key] = name


def _function(name: str, path: str) -> NativeFunction:
    name = _RECURSION.sub("", name)
    return NativeFunction(
        name=NAMELESS if not name or _ADDRESS.fullmatch(name) else name, object=path.rpartition("/")[2] or "?"
    )
