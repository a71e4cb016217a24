"""How stacks were measured, in words: in turns, or in runs of their own and why."""

from collections.abc import Iterator

from stacklab.model.plan import Plan
from stacklab.model.together import takes_turns, whole_runs
from stacklab.report.kit.numbers import listed


def turns_in_words(plan: Plan) -> Iterator[str]:
    """One sentence on the scenarios whose stacks take turns, and one for each reason why others do not.

    Nothing for a plan of whole runs.
    """
    exceptions = whole_runs(plan)
    if takes_turns(plan):
        which = "the other scenarios" if exceptions else "a scenario"
        yield f"The stacks of {which} were all up in each round, and took turns in short slices of load."
    yield from exceptions_in_words(plan)


def exceptions_in_words(plan: Plan) -> Iterator[str]:
    """A sentence for each reason why the stacks of some scenarios do not take turns."""
    for reason, scenarios in whole_runs(plan).items():
        yield f"One server at a time, in whole runs, under {listed(scenarios)}: {reason}."
