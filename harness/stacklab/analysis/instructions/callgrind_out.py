"""Reads the files that callgrind writes: the total, and where it was executed.

The format is that of valgrind's manual, "Callgrind Format Specification". Names are written once, as ``fn=(4) main``,
and are ``fn=(4)`` from then on; the names of callees (``cfn=``, ``cob=``) count along. The line after ``calls=`` holds
the cost of a callee, which its own lines hold, too.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from stacklab.model.counting import NativeFunction, Reading

NAMELESS: Final = "(no name)"
"""For functions that a file without symbols knows by their addresses alone."""

_NAME: Final = re.compile(r"(?P<key>c?(?:fn|ob))=\((?P<number>\d+)\)(?: (?P<name>.*))?")
_TOTAL: Final = re.compile(r"(?:totals|summary): (\d+)")
_ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
_RECURSION: Final = re.compile(r"'\d+$")
"""Behind the name of a function that was called by itself: a further level, and the same function."""


def read_dumps(texts: Iterable[str]) -> Reading:
    """What all processes executed, from the file of each."""
    total = 0
    functions: Counter[NativeFunction] = Counter()
    for text in texts:
        reading = read_dump(text)
        total += reading.instructions
        functions.update(reading.functions)
    return Reading(instructions=total, functions=functions)


def read_dump(text: str) -> Reading:
    """What one process executed. Raises ``ValueError`` where the text is no whole file of callgrind."""
    names: dict[tuple[str, str], str] = {}
    functions: Counter[tuple[str, str]] = Counter()
    total: int | None = None
    function, holder, is_of_callee = "", "", False
    for line in text.splitlines():
        if line[:1].isdigit() or line[:1] in {"+", "-", "*"}:
            if not is_of_callee:
                functions[function, holder] += int(line.split()[1]) if " " in line else 0
            is_of_callee = False
        elif line.startswith("calls="):
            is_of_callee = True
        elif named := _NAME.fullmatch(line):
            kind = named["key"].removeprefix("c")
            name = names.setdefault((kind, named["number"]), named["name"] or "")
            if named["key"] == "fn":
                function = name
            elif named["key"] == "ob":
                holder = name
        elif found := _TOTAL.match(line):
            total = int(found[1])
    if total is None:
        raise ValueError("a file of callgrind ends with its total, and this one has none")
    tidied: Counter[NativeFunction] = Counter()
    for (name, path), count in functions.items():
        tidied[_function(name, path)] += count
    return Reading(instructions=total, functions=tidied)


def _function(name: str, path: str) -> NativeFunction:
    name = _RECURSION.sub("", name)
    return NativeFunction(
        name=NAMELESS if not name or _ADDRESS.fullmatch(name) else name, object=path.rpartition("/")[2] or "?"
    )
