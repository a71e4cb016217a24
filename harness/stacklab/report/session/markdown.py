"""The view as GitHub Markdown: for a pull request, a wiki, or a README."""

from collections.abc import Iterable, Iterator

from stacklab.analysis.comparison.variants import variants
from stacklab.report.capacity import words
from stacklab.report.claims import text
from stacklab.report.kit.markdown import code, escaped
from stacklab.report.kit.markdown import table as markdown_table
from stacklab.report.kit.numbers import listed
from stacklab.report.session.text_table import Table, table
from stacklab.report.session.view import View
from stacklab.report.session.words.counted import COUNTED_HEADS, by_scenario, remarks_in_text, rows
from stacklab.report.session.words.headline import answer
from stacklab.report.session.words.routes import FAILURE_HEADS, ROUTE_HEADS
from stacklab.report.session.words.steps import HEADS
from stacklab.report.session.words.verdicts import verdicts
from stacklab.report.sweep.view import sweep_views


def render(view: View) -> str:
    """The whole document."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: View) -> Iterator[str]:
    session = view.result.session
    yield f"# {escaped(session.name)}"
    yield ""
    yield " ".join(escaped(sentence) for sentence in answer(view))
    yield from text.as_markdown(view.claims, escaped)
    if view.result.cells and not view.claims:
        yield ""
        yield from (f"- **{escaped(one.scenario.name)}**: {escaped(one.text)}" for one in verdicts(view))
    yield from _capacities(view)
    yield from _sweeps(view)
    for kin in variants(view.result.stacks):
        yield f"\n## Differences between the variants of {escaped(kin.of)}\n"
        if kin.differences:
            yield from markdown_table(
                ["", "", *map(escaped, kin.heads)],
                (
                    [escaped(one.what), "varied" if one.asked else "side effect", *map(escaped, one.values)]
                    for one in kin.differences
                ),
            )
        else:
            yield "No recorded difference."
    for scenario in view.scenarios if view.result.cells and not view.claims else ():
        made = table(view, scenario)
        yield f"\n## {escaped(scenario.name)}\n"
        load = scenario.load[:1].upper() + scenario.load[1:]
        asked = escaped(scenario.in_brief) or ", ".join(map(code, scenario.requests))
        yield f"{escaped(scenario.summary)}. {escaped(load)}; {asked}. {escaped(made.ranking)}\n"
        yield from _table(made)
        yield ""
        if made.routes:
            yield from markdown_table(
                ["Route", "Stack", *(", ".join(filter(None, head)) for head in ROUTE_HEADS)],
                ([escaped(row.heading), escaped(row.stack), *row.numbers] for row in made.routes),
                numbers=range(2, 2 + len(ROUTE_HEADS)),
            )
            yield ""
        if made.failures:
            yield from markdown_table(FAILURE_HEADS, (map(escaped, row.cells) for row in made.failures), numbers=[3])
            yield ""
        if made.steps:
            yield from markdown_table(
                ["Step", "Load", "Stack", *(", ".join(filter(None, head)) for head in HEADS)],
                ([str(row.number), row.load, escaped(row.stack), *row.numbers] for row in made.steps),
                numbers=[0, *range(3, 3 + len(HEADS))],
            )
            yield ""
        yield from (f"- {escaped(sentence)}" for sentence in (*made.doubts, *scenario.notes, *made.remarks))
    for name, counts in by_scenario(view.result.counts):
        yield f"\n## Instructions per request, {escaped(name)}\n"
        yield from markdown_table(COUNTED_HEADS, (map(escaped, row) for row in rows(counts)), numbers=[1, 2])
        yield ""
        yield from (f"- {escaped(sentence)}" for sentence in remarks_in_text(counts))
    yield "\n## Setup\n"
    yield f"- Run with {code(session.command)}, seed {session.seed}, stacklab {escaped(session.stacklab_version)}."
    host = view.result.host
    yield f"- Machine: {escaped(host.processor)}, {host.cores} cores, {escaped(host.system)}."
    yield f"- Server on core {_cores(session.server_cpus)}, driver on core {_cores(session.driver_cpus)}."
    for stack in view.result.stacks:
        ran = [f"{name} {version}" for name, version in stack.packages.items()]
        ran += [stack.python] if stack.python else []
        yield f"- {escaped(stack.stack.name)}: {escaped(', '.join(ran) or 'never ran')}."
    yield from (
        f"- Skipped {escaped(pair.stack)} under {escaped(pair.scenario)}: {escaped(pair.reason)}."
        for pair in view.result.skipped
    )


def _sweeps(view: View) -> Iterator[str]:
    for sweep in sweep_views(view):
        yield f"\n## {escaped(sweep.of)} over {escaped(listed(list(sweep.parameters)))}\n"
        yield escaped(sweep.answer)
        yield ""
        yield from markdown_table(list(map(escaped, sweep.heads)), (list(map(escaped, row)) for row in sweep.rows))


def _capacities(view: View) -> Iterator[str]:
    if not view.capacities:
        return
    yield ""
    rows_of = (map(escaped, words.row(one)) for one in view.capacities)
    yield from markdown_table([", ".join(filter(None, head)) for head in words.HEADS], rows_of, numbers=words.NUMBERS)
    yield ""
    yield from (f"- {escaped(sentence)}" for sentence in (*words.doubts(view.capacities), words.EXPLAINED))


def _table(made: Table) -> Iterator[str]:
    units = [f"{column.title}, {column.unit}" if column.unit else column.title for column in made.columns]
    yield from markdown_table(
        ["#", "Stack", *units, "Errors", "Validity"],
        ([row.rank, escaped(row.stack), *row.numbers, row.errors, row.standing] for row in made.rows),
        numbers=[0, *range(2, len(units) + 3)],
    )


def _cores(cpus: Iterable[int]) -> str:
    return ", ".join(map(str, cpus)) or "unknown"
