"""What the columns of each frame are: dtype, title and unit, declared once and carried in ``DataFrame.attrs``."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd


@dataclass(frozen=True, slots=True)
class FrameColumn:
    """One column of a frame."""

    dtype: Any
    title: str
    unit: str = ""


NUMBER: Final = "float64"
COUNT: Final = "Int64"
"""Whole numbers, with ``<NA>`` where something could not be read."""
CATEGORY: Final = "category"

REQUESTS: Final[Mapping[str, FrameColumn]] = {
    "phase": FrameColumn(CATEGORY, "Part of the run in which the request was intended to start"),
    "outcome": FrameColumn(CATEGORY, "What became of the request"),
    "endpoint": FrameColumn(CATEGORY, "Endpoint of the contract"),
    "status": FrameColumn(COUNT, "HTTP status"),
    "bytes": FrameColumn(COUNT, "Size of the response body", "B"),
    "connection": FrameColumn(COUNT, "Number of the TCP connection"),
    "worker": FrameColumn(COUNT, "Process id of the worker that answered"),
    "intended_s": FrameColumn(NUMBER, "Intended start, since the measured window began", "s"),
    "sent_s": FrameColumn(NUMBER, "Moment of sending", "s"),
    "received_s": FrameColumn(NUMBER, "Moment at which the kernel received the response", "s"),
    "read_s": FrameColumn(NUMBER, "Moment at which the request ended", "s"),
    "latency_ms": FrameColumn(NUMBER, "From the intended start until the response was read", "ms"),
    "service_ms": FrameColumn(NUMBER, "From sending until the response was read", "ms"),
}

USAGE: Final[Mapping[str, FrameColumn]] = {
    "t_s": FrameColumn(NUMBER, "Moment of the sample, since the measured window began", "s"),
    "role": FrameColumn(CATEGORY, "Whose usage it is"),
    "pid": FrameColumn(COUNT, "Process id, 0 for the host"),
}
"""Every other column of a sample is a counter or a size, named with its unit, as results/README.md explains it."""

CELLS: Final[Mapping[str, FrameColumn]] = {
    "value": FrameColumn(NUMBER, "Mean over the rounds"),
    "low": FrameColumn(NUMBER, "Lower end of the 95 % interval"),
    "high": FrameColumn(NUMBER, "Upper end of the 95 % interval"),
    "n": FrameColumn(COUNT, "Rounds with a value"),
    "at_least": FrameColumn("bool", "Whether the value is only a lower bound"),
    "standing": FrameColumn(CATEGORY, "Validity of the cell, or why it has no numbers"),
}

ROUNDS: Final[Mapping[str, FrameColumn]] = {
    "value": FrameColumn(NUMBER, "Value of the metric in the round"),
    "at_least": FrameColumn("bool", "Whether the value is only a lower bound"),
}

COMPARISONS: Final[Mapping[str, FrameColumn]] = {
    "ratio": FrameColumn(NUMBER, "B over A"),
    "low": FrameColumn(NUMBER, "Lower end of the 95 % interval of the ratio"),
    "high": FrameColumn(NUMBER, "Upper end of the 95 % interval of the ratio"),
    "p": FrameColumn(NUMBER, "Chance of such a difference between equal stacks"),
    "verdict": FrameColumn(CATEGORY, "Verdict on B, corrected for all questions of the pair"),
}

CAVEATS: Final[Mapping[str, FrameColumn]] = {
    "scenario": FrameColumn(CATEGORY, "Scenario"),
    "stack": FrameColumn(CATEGORY, "Stack, with ~again where it is the twin"),
    "kind": FrameColumn(CATEGORY, "Kind of the caveat"),
    "makes": FrameColumn(CATEGORY, "What it makes of the cell"),
    "text": FrameColumn("str", "The caveat in words"),
}

ROUTES: Final[Mapping[str, FrameColumn]] = {
    "value": FrameColumn(NUMBER, "Mean over the rounds"),
    "low": FrameColumn(NUMBER, "Lower end of the 95 % interval"),
    "high": FrameColumn(NUMBER, "Upper end of the 95 % interval"),
    "n": FrameColumn(COUNT, "Rounds with a value"),
    "at_least": FrameColumn("bool", "Whether the value is only a lower bound"),
    "method": FrameColumn(CATEGORY, "Method of the route"),
    "path": FrameColumn(CATEGORY, "Path of the route, or its template"),
    "weight": FrameColumn(COUNT, "How often the route is called, relative to the others"),
    "requests": FrameColumn(COUNT, "Requests in the measured windows of all rounds"),
    "failed": FrameColumn(COUNT, "Those of them that failed"),
}

FAILURES: Final[Mapping[str, FrameColumn]] = {
    "scenario": FrameColumn(CATEGORY, "Scenario"),
    "stack": FrameColumn(CATEGORY, "Stack, with ~again where it is the twin"),
    "route": FrameColumn(CATEGORY, "Route"),
    "outcome": FrameColumn(CATEGORY, "What became of the requests"),
    "status": FrameColumn(COUNT, "HTTP status"),
    "requests": FrameColumn(COUNT, "Requests that failed so, over all rounds"),
    "body": FrameColumn("str", "Begin of the first such body"),
    "log": FrameColumn("str", "Line of the server's log that tells most of it"),
}

CLAIMS: Final[Mapping[str, FrameColumn]] = {
    "verdict": FrameColumn(CATEGORY, "Verdict on the claim"),
    "says": FrameColumn("str", "What this part of the claim says"),
    "reading": FrameColumn(CATEGORY, "Verdict on this part"),
    "value": FrameColumn(NUMBER, "What was found"),
    "low": FrameColumn(NUMBER, "Lower end of its 95 % interval"),
    "high": FrameColumn(NUMBER, "Upper end of its 95 % interval"),
    "n": FrameColumn(COUNT, "Rounds with a value"),
    "unit": FrameColumn("str", "Unit of the value"),
    "why": FrameColumn("str", "Reason, where the verdict needs one"),
}


NUMBERED: Final = frozenset({"round", "part"})
"""Levels of an index that are numbers; all others are names, and categories in the order of their first row."""


def frame(rows: Iterable[tuple[Any, ...]], columns: Mapping[str, FrameColumn], index: tuple[str, ...]) -> pd.DataFrame:
    """A frame of rows that begin with the levels of the index."""
    made = typed(pd.DataFrame(list(rows), columns=pd.Index([*index, *columns])), columns)
    for name in index:
        made[name] = made[name].astype("int64") if name in NUMBERED else _in_order(made[name])
    return made.set_index(list(index)) if index else made


def _in_order(names: "pd.Series[Any]") -> "pd.Series[Any]":
    return names.astype(pd.CategoricalDtype(pd.Index(names.unique())))


def typed(made: pd.DataFrame, columns: Mapping[str, FrameColumn]) -> pd.DataFrame:
    """The frame with the declared dtypes, and titles and units in its ``attrs``."""
    made = made.astype({name: column.dtype for name, column in columns.items() if column.dtype != "str"})
    made.attrs["titles"] = {name: column.title for name, column in columns.items()}
    made.attrs["units"] = {name: column.unit for name, column in columns.items() if column.unit}
    return made
