"""The sentences of a history."""

from collections.abc import Iterator
from typing import Final

from stacklab.analysis.history import MIN_SESSIONS, History, Series, Step
from stacklab.report.kit.numbers import number, percent

HEADS: Final = ("Stack", "Scenario", "Metric", "Sessions", "First", "Newest", "Changes of level")


def rows(history: History) -> Iterator[tuple[str, ...]]:
    """A row for each series."""
    for one in history.series:
        first, newest = one.points[0].value, one.points[-1].value
        unit = unit_of(one, history)
        yield (
            one.stack,
            one.scenario,
            one.metric.title,
            str(len(one.points)),
            f"{number(first)} {unit}".strip(),
            f"{number(newest)} {unit}".strip(),
            ", ".join(f"{signed(step)} at {one.points[step.index].session}" for step in one.steps) or verdict(one),
        )


def verdict(one: Series) -> str:
    """What is said of a series without a change."""
    return "none" if len(one.points) >= 2 * MIN_SESSIONS else f"needs {2 * MIN_SESSIONS} sessions"


def opening(history: History) -> str:
    """The answer in one sentence."""
    changed = sum(bool(one.steps) for one in history.series)
    sessions = len({point.session for one in history.series for point in one.points})
    if not history.series:
        return "No session has a number to follow."
    what = f"{len(history.series)} series from {sessions} sessions"
    if not changed:
        return f"No change of level was found in {what}."
    return f"{changed} of {what} changed {'its' if changed == 1 else 'their'} level."


def changes(history: History) -> Iterator[str]:
    """One sentence for each change of level."""
    for one in history.series:
        for step in one.steps:
            unit = unit_of(one, history)
            yield (
                f"{one.stack} under {one.scenario}: {one.metric.phrase} {signed(step)} from session "
                f"{one.points[step.index].session} on ({number(step.before)} to {number(step.after)} {unit}".rstrip()
                + f", p = {step.p:.2g})."
            )


def remarks(history: History) -> Iterator[str]:
    """What a reader has to know of all series."""
    if history.reference is not None:
        yield f"Every value is a multiple of that of {history.reference} in the same session."
    if len(history.machines) > 1:
        yield f"The sessions are from {len(history.machines)} machines; only sessions of one machine are joined."
    yield (
        f"A change is one that lasts for at least {MIN_SESSIONS} sessions, and that a permutation test finds, "
        "corrected for the number of series."
    )


def unit_of(one: Series, history: History) -> str:
    """The unit of a series."""
    return "" if history.reference is not None else one.metric.unit


def signed(step: Step) -> str:
    """``rose by 4.1 %``, as a change of the level."""
    change = step.ratio - 1
    return f"{'rose' if change > 0 else 'fell'} by {percent(abs(change))}"
