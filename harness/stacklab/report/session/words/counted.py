"""Counted instructions in words and tables: for the terminal, Markdown, JSON and the page."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, Final

from stacklab.analysis.instructions.result import CountResult
from stacklab.analysis.metrics import INSTRUCTIONS
from stacklab.model.measured.counting import CountSource
from stacklab.report.kit.numbers import UP_TO, number, percent

COUNTED_HEADS: Final = ("stack", "per request", "range", "hash seeds")

NOT_SPEED: Final = (
    "Instructions per request in user mode, one request in flight: work, and not speed. The kernel, all waiting, and "
    "what requests do to each other are left out. Compare a stack with its own variants; servers of different kinds "
    "are not ranked by it."
)

SOURCES: Final = {
    CountSource.CALLGRIND: "valgrind's callgrind",
    CountSource.CPU: "the processor",
}

SHOWN: Final = 3
"""Native functions that a line names."""


def in_words(count: CountResult) -> str:
    """One count as a line."""
    where = f"{count.stack} under {count.scenario}"
    if count.middle is None or count.range is None:
        return f"{where}: not counted: {count.failed}"
    low, high = count.range
    seeds = f"{len(count.by_seed)} hash seeds" if len(count.by_seed) > 1 else "1 hash seed"
    return f"{where}: {number(count.middle)} instructions per request ({number(low)} to {number(high)}, {seeds})"


def by_scenario(counts: Sequence[CountResult]) -> Iterator[tuple[str, tuple[CountResult, ...]]]:
    """Each scenario that was counted, with its counts in the order of their stacks."""
    for scenario in dict.fromkeys(count.scenario for count in counts):
        yield scenario, tuple(count for count in counts if count.scenario == scenario)


def rows(counts: Iterable[CountResult]) -> Iterator[tuple[str, ...]]:
    """The table, in the order of ``COUNTED_HEADS``; what failed is a sentence of its own."""
    for count in counts:
        if count.middle is not None and count.range is not None:
            low, high = count.range
            yield (
                count.stack,
                number(count.middle),
                f"{number(low)}{UP_TO}{number(high)}",
                " ".join(map(str, count.by_seed)),
            )


def remarks(counts: Sequence[CountResult]) -> Iterator[str]:
    """What a reader of the table must know."""
    sources = {count.source: count.tool for count in counts if count.by_seed}
    for source, tool in sources.items():
        yield f"Counted by {SOURCES[source]}{f' ({tool})' if tool else ''}."
    if any(count.by_seed for count in counts):
        yield NOT_SPEED
    if any(count.by_seed and not count.fixed_addresses for count in counts):
        yield "Addresses could not be fixed here (a container forbids it), which may add some scatter."
    yield from (f"{count.stack} was not counted: {count.failed}." for count in counts if count.failed is not None)


def remarks_in_text(counts: Sequence[CountResult]) -> Iterator[str]:
    """The same, and the native functions that a table of text has no room for."""
    yield from remarks(counts)
    for count in counts:
        if count.functions:
            most = ", ".join(f"{one.name} {percent(one.share)}" for one in count.functions[:SHOWN])
            yield f"{count.stack}: most of it in {most}."


def document(count: CountResult) -> dict[str, Any]:
    """One count as JSON."""
    return {
        "stack": count.stack,
        "scenario": count.scenario,
        "source": count.source,
        "tool": count.tool,
        INSTRUCTIONS.key: count.middle,
        "by_hash_seed": {str(seed): value for seed, value in count.by_seed.items()},
        "background": count.background,
        "functions": [asdict(one) for one in count.functions],
        "objects": [{"name": one.name, "per_request": one.per_request, "share": one.share} for one in count.objects],
        "failed": count.failed,
    }
