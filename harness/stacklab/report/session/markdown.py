"""The view as GitHub Markdown: for a pull request, a wiki, or a README."""

import re
from collections.abc import Iterable, Iterator

from stacklab.report.claims import text
from stacklab.report.comparison.variants import variants
from stacklab.report.session.headline import answer
from stacklab.report.session.table import Table, table
from stacklab.report.session.view import View

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#])")


def render(view: View) -> str:
    """The whole document."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: View) -> Iterator[str]:
    session = view.session
    yield f"# {session.name}"
    yield ""
    yield " ".join(escaped(sentence) for sentence in answer(view))
    yield from text.as_markdown(view.claims, escaped)
    for kin in variants(view.stacks):
        yield f"\n## What differs between the variants of {escaped(kin.of)}\n"
        if kin.differences:
            yield _row(["", "", *map(escaped, kin.heads)])
            yield _row("---" for _ in range(2 + len(kin.heads)))
            for one in kin.differences:
                why = "varied" if one.asked else "came along"
                yield _row([escaped(one.what), why, *map(escaped, one.values)])
        else:
            yield "Nothing that is recorded."
    for scenario in view.scenarios if not view.claims else ():
        made = table(view, scenario)
        yield f"\n## {escaped(scenario.name)}\n"
        load = scenario.load[:1].upper() + scenario.load[1:]
        yield f"{escaped(scenario.summary)}. {escaped(load)}; {_code(scenario.targets)}. {made.ranking}\n"
        yield from _table(made)
        yield ""
        yield from (f"- {escaped(sentence)}" for sentence in (*made.doubts, *scenario.notes, *made.remarks))
    yield "\n## Setup\n"
    yield f"- Run with {_code([session.command])}, seed {session.seed}, stacklab {session.stacklab_version}."
    yield f"- Machine: {escaped(view.host.processor)}, {view.host.cores} cores, {escaped(view.host.system)}."
    yield f"- Server on core {_cores(session.server_cpus)}, driver on core {_cores(session.driver_cpus)}."
    for stack in view.stacks:
        ran = [f"{name} {version}" for name, version in stack.packages.items()]
        ran += [stack.python] if stack.python else []
        yield f"- {escaped(stack.stack.name)}: {escaped(', '.join(ran) or 'never ran')}."
    yield from (
        f"- Skipped {escaped(pair.stack)} under {escaped(pair.scenario)}: {escaped(pair.reason)}."
        for pair in view.skipped
    )


def _table(made: Table) -> Iterator[str]:
    units = [f"{column.head}, {column.unit}" if column.unit else column.head for column in made.columns]
    yield _row(["#", "Stack", *units, "Errors", "Validity"])
    yield _row(["--:", "---", *("--:" for _ in units), "--:", "---"])
    for row in made.rows:
        yield _row([row.rank, escaped(row.stack), *row.numbers, row.errors, row.standing])


def _row(words: Iterable[str]) -> str:
    return f"| {' | '.join(words)} |"


def _cores(cpus: Iterable[int]) -> str:
    return ", ".join(map(str, cpus)) or "unknown"


def _code(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def escaped(text: str) -> str:
    """What a log or a reason says stays text: no markup of its own, one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
