"""A capacity in words: for the summary, the terminal, Markdown and the page."""

from collections.abc import Iterable, Iterator
from typing import Final

from stacklab.analysis.capacity.result import CapacityDoubt, CapacityResult
from stacklab.report.kit.numbers import NO_NUMBER, interval, number, percent, relative

HEADS: Final = (
    ("Stack", ""),
    ("Promise", ""),
    ("Capacity", "req/s"),
    ("Held", "req/s"),
    ("Failed", "req/s"),
    ("In time", "req/s"),
    ("Maximum", "req/s"),
    ("Limit", ""),
    ("Validity", ""),
)
"""Of each column: what it holds, and its unit."""

NUMBERS: Final = range(2, 7)
"""The columns of numbers."""

LEFT_OUT_WHERE_NARROW: Final = frozenset({"In time", "Maximum"})

EXPLAINED: Final = (
    "Capacity is the offered load at which as many requests are late or failed as the promise allows. Held is the "
    "highest load at which most trials kept the promise, in the median boot, and failed the lowest above it at which "
    "they did not; in time is what was answered within the promise at the load that was held. Latency counts from the "
    "intended start of each request."
)

_DOUBTS: Final = {
    CapacityDoubt.SLOWER: (
        "the promise breaks at a fifth of the maximum already: the app is slower than the promise, or something stops "
        "it again and again"
    ),
    CapacityDoubt.UNDECIDABLE: (
        "requests are late at a fifth of the maximum already, so this machine cannot decide the promise"
    ),
    CapacityDoubt.GENERATOR: "the load generator could not send in time, so the server was not asked for more",
    CapacityDoubt.FEW_BOOTS: "fewer than three boots were measured, so the interval means nothing",
    CapacityDoubt.NO_ROOT: "the trials do not show where the promise breaks",
    CapacityDoubt.STALLS: "something other than load made requests late in some of the trials",
}


def row(one: CapacityResult) -> tuple[str, ...]:
    """What stands under ``HEADS``."""
    return (
        one.stack,
        one.promise.text,
        relative(one.capacity),
        *(number(value) for value in (one.held_rps, one.failed_rps, one.goodput_rps)),
        relative(one.maximum),
        NO_NUMBER if one.limit is None else one.limit,
        one.validity,
    )


def sentences(capacities: Iterable[CapacityResult]) -> Iterator[str]:
    """One for each stack and promise."""
    for one in capacities:
        yield _sentence(one)


def doubts(capacities: Iterable[CapacityResult]) -> Iterator[str]:
    """Why a capacity is suspect or void."""
    for one in capacities:
        for doubt in one.doubts:
            yield f"{one.stack}, {one.promise.text}, is {one.validity}: {doubt_in_words(doubt)}."


def doubt_in_words(doubt: CapacityDoubt) -> str:
    """The doubt as the end of a sentence."""
    return _DOUBTS[doubt]


def _sentence(one: CapacityResult) -> str:
    name = f"{one.stack} under {one.scenario}"
    if not one.boots:
        return f"{name} was not measured."
    if one.capacity is None:
        why = next((doubt_in_words(doubt) for doubt in one.doubts), "it is not known")
        return f"{name} has no capacity under {one.promise.text}: {why}."
    between = interval(one.capacity)
    share = "" if one.maximum is None else f", {percent(one.capacity.value / one.maximum.value)} of its maximum"
    return (
        f"{name} keeps {one.promise.text} up to {number(one.capacity.value)} requests a second"
        f"{f' ({between})' if between else ''}{share}."
    )
