"""Flamegraphs: a speedscope document becomes folded stacks, merged over all workers; folded stacks become a page.

Frames read ``function (package/file.py:line)``: the package tells the layer, and no path of the machine is left,
because people mail these files.
"""

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stacklab.errors import UsageError
from stacklab.report.kit.template import fill
from stacklab.report.profile.folded import Folded, hotspots, shares, tree

_INSTALLED = re.compile(r"^.*/(?:site-packages|dist-packages|lib/python3\.\d+t?)/(?P<rest>.+)$")
"""Greedy, so that of ``lib/python3.12/site-packages/flask/app.py`` there remains ``flask/app.py``."""
_PROCESS_OR_THREAD = re.compile(r"^(?:process \d+:|thread \()")
"""py-spy puts these at the root when it follows subprocesses; without them the stacks of all workers merge."""


def fold(document: Mapping[str, Any]) -> Folded:
    """Merge every profile of a speedscope document (one per thread) into folded stacks, most samples first.

    Each sample counts once: py-spy's weights are the sampling interval, the same for all.

    Raises:
        UsageError: the document holds no sampled stacks.
    """
    try:
        names = [_name(frame) for frame in document["shared"]["frames"]]
        counts = Counter(
            ";".join(filter(None, (names[index] for index in sample)))
            for profile in document["profiles"]
            for sample in profile["samples"]
        )
    except (KeyError, IndexError, TypeError) as error:
        raise UsageError(
            "the profile is not a speedscope document of sampled stacks; record it again with `stacklab profile`"
        ) from error
    return tuple(sorted(((stack, n) for stack, n in counts.items() if stack), key=lambda item: (-item[1], item[0])))


def standalone(folded: Folded, title: str, *, templates: Path, subtitle: str = "") -> str:
    """One self-contained page with the interactive flamegraph, its layers and its top frames."""
    return fill(
        "flame.html",
        templates=templates,
        title=title,
        subtitle=subtitle,
        samples=sum(samples for _, samples in folded),
        graph=tree(folded),
        shares=shares(folded),
        hotspots=hotspots(folded, limit=25),
    )


def _name(frame: Mapping[str, Any]) -> str:
    """The frame as the pages name it; empty for the marks of processes and threads."""
    function, file, line = frame["name"], frame.get("file") or "", frame.get("line") or 0
    if not file and _PROCESS_OR_THREAD.match(function):
        return ""
    place = _short(file) + (f":{line}" if line else "")
    # The semicolon separates frames; C++ names may hold one.
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
