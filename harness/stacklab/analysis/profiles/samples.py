"""The samples of one recording: a speedscope document as stacks, each with its thread and how often it was seen."""

import re
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from stacklab.errors import UsageError

KeyT = TypeVar("KeyT", bound=Hashable)

CallStack: TypeAlias = tuple[str, ...]
"""Frames from the outermost to the innermost, each ``function (package/file.py:line)``."""

_INSTALLED: Final = re.compile(r"^.*/(?:site-packages|dist-packages|lib/python3\.\d+t?)/(?P<rest>.+)$")
"""Greedy, so that of ``lib/python3.12/site-packages/flask/app.py`` there remains ``flask/app.py``."""
_PROCESS_OR_THREAD: Final = re.compile(r"^(?:process \d+:|thread \()")
"""py-spy puts these at the root when it follows subprocesses; without them the stacks of all workers merge."""
_LINE: Final = re.compile(r":\d+\)$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """A stack, in which thread it was seen, and how often."""

    stack: CallStack
    times: int
    pid: int = 0
    tid: int = 0
    """Both 0 in a profile of an older stacklab, which did not keep workers and threads apart."""
    thread: str = ""


def samples(document: Mapping[str, Any]) -> tuple[Sample, ...]:
    """Every stack of a speedscope document. Samples of an older document, each of which stands alone, count once.

    Raises:
        UsageError: the document holds no sampled stacks.
    """
    try:
        return tuple(_samples(document))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise UsageError(
            "the profile is not a speedscope document of sampled stacks; record it again with `stacklab profile`"
        ) from error


def added_up(pairs: Iterable[tuple[KeyT, float]]) -> dict[KeyT, float]:
    """The sum of the values of each key."""
    sums: defaultdict[KeyT, float] = defaultdict(float)
    for key, value in pairs:
        sums[key] += value
    return dict(sums)


def without_line(frame: str) -> str:
    """``function (package/file.py)``."""
    return _LINE.sub(")", frame)


def _samples(document: Mapping[str, Any]) -> Iterator[Sample]:
    names = [_name(frame) for frame in document["shared"]["frames"]]
    for profile in document["profiles"]:
        counted = profile.get("unit") == "none"
        pid, tid, thread = (profile.get(key, other) for key, other in (("pid", 0), ("tid", 0), ("thread", "")))
        for indices, weight in zip(profile["samples"], profile["weights"], strict=True):
            stack = tuple(filter(None, (names[index] for index in indices)))
            if stack:
                yield Sample(stack=stack, times=int(weight) if counted else 1, pid=pid, tid=tid, thread=thread)


def _name(frame: Mapping[str, Any]) -> str:
    """The frame as the pages name it; empty for the marks of processes and threads."""
    function, file, line = frame["name"], frame.get("file") or "", frame.get("line") or 0
    if not file and _PROCESS_OR_THREAD.match(function):
        return ""
    place = _short(file) + (f":{line}" if line else "")
    # The semicolon separates frames in files of folded stacks; C++ names may hold one.
    return (f"{function} ({place})" if place else str(function)).replace(";", ",")


def _short(file: str) -> str:
    """A recorded profile has paths from the package on, which stay as they are.

    Of one that was made by py-spy alone there remains what follows site-packages or the standard library, and the name
    of whatever lies elsewhere.
    """
    installed = _INSTALLED.match(file)
    if installed:
        return installed["rest"]
    return file.rpartition("/")[2] if file.startswith("/") else file
