"""The difference of two stacks' profiles, in words and as JSON: which functions take more of a request, or less."""

import json
from collections.abc import Iterator, Sequence

from stacklab.analysis.profiles.difference import Located, ProfileChange
from stacklab.analysis.profiles.sides import ComparedProfiles
from stacklab.report.kit.numbers import number


def compared_in_words(compared: Sequence[ComparedProfiles]) -> str:
    """A paragraph and a table for each scenario."""
    return "\n\n".join("\n".join(_lines(one)) for one in compared) + "\n"


def as_json(compared: Sequence[ComparedProfiles]) -> str:
    """The same for programs; times are microseconds of processor time per request."""
    return json.dumps([_record(one) for one in compared], indent=1) + "\n"


def _lines(one: ComparedProfiles) -> Iterator[str]:
    found = one.difference
    more = found.more_ns
    yield (
        f"{one.scenario}: a request takes {_us(abs(more))} {'more' if more >= 0 else 'less'} processor time with "
        f"{one.b} than with {one.a}: {_us(found.before_ns)} and {_us(found.after_ns)} "
        f"(mean of {found.profiles[0]} and {found.profiles[1]} profiles)."
    )
    if one.is_closed:
        yield "The load is a closed loop, so each had a rate of its own, at which a request costs differently."
    if one.ended:
        yield f"{one.ended} of the profiles are partial: a process ended meanwhile."
    if not found.located:
        yield f"None of {found.tested} functions differs by more than profiles of one stack do."
        return
    located = more - found.not_located_ns
    yield (
        f"{_signed(located)} are located in {len(found.located)} of {found.tested} functions; "
        f"{_signed(found.not_located_ns)} are not located."
    )
    for change in ProfileChange:
        for function in found.of(change):
            yield f"  {_row(function, one)}"


def _row(function: Located, one: ComparedProfiles) -> str:
    layer = one.layers[function.function].words
    return (
        f"{function.change:<9} {_signed(function.more_ns):>11}  {_us(function.before_ns)} to {_us(function.after_ns)}  "
        f"{function.function}  [{layer}]"
    )


def _record(one: ComparedProfiles) -> dict[str, object]:
    found = one.difference
    return {
        "a": one.a,
        "b": one.b,
        "scenario": one.scenario,
        "profiles": list(found.profiles),
        "a_us": found.before_ns / 1000,
        "b_us": found.after_ns / 1000,
        "not_located_us": found.not_located_ns / 1000,
        "tested": found.tested,
        "located": [
            {
                "function": function.function,
                "layer": one.layers[function.function],
                "change": function.change,
                "a_us": function.before_ns / 1000,
                "b_us": function.after_ns / 1000,
            }
            for function in found.located
        ],
    }


def _us(ns: float) -> str:
    return f"{number(ns / 1000)} µs"


def _signed(ns: float) -> str:
    return f"{'+' if ns >= 0 else '-'}{_us(abs(ns))}"
