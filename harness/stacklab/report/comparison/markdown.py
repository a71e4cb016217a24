"""A comparison as GitHub Markdown: for the pull request that it is about."""

from collections.abc import Iterator

from stacklab.analysis.comparison.result import ComparisonResult
from stacklab.report.comparison.words import (
    COUNT_HEADS,
    HEADS,
    NO_CHANGE,
    ROUTE_HEADS,
    ROUTES_HAVE_NO_VERDICT,
    closing,
    count_remarks,
    count_rows,
    opening,
    remarks,
    route_rows,
    rows,
    shown,
    standings,
    title,
)
from stacklab.report.kit.markdown import escaped, table
from stacklab.report.session.words.loads import load_in_words


def render(view: ComparisonResult) -> str:
    """The whole document."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: ComparisonResult) -> Iterator[str]:
    yield f"# {escaped(view.a)} and {escaped(view.b)}\n"
    yield " ".join(map(escaped, opening(view)))
    yield "\n## What changed\n"
    if view.changes:
        changes = ((change.what, shown(change.a), shown(change.b)) for change in view.changes)
        yield from table(("", "A", "B"), (map(escaped, change) for change in changes))
    else:
        yield NO_CHANGE
    for pair in view.pairs:
        yield f"\n## {escaped(title(view, pair))}\n"
        load = load_in_words(pair.scenario.load)
        yield f"{escaped(load[:1].upper() + load[1:])}. {escaped(standings(pair))}\n"
        if pair.metrics:
            yield from table(HEADS, (map(escaped, row.cells) for row in rows(pair)))
            yield ""
        if pair.routes:
            yield from table(ROUTE_HEADS, (map(escaped, row) for row in route_rows(pair)), numbers=range(2, 6))
            yield f"\n{ROUTES_HAVE_NO_VERDICT}\n"
        yield from (f"- {escaped(sentence)}" for sentence in remarks(pair))
    if view.counts:
        yield "\n## Instructions per request\n"
        yield from table(COUNT_HEADS, (map(escaped, row.cells) for row in count_rows(view)))
        yield ""
        yield from (f"- {escaped(sentence)}" for sentence in count_remarks(view))
    yield ""
    yield " ".join(map(escaped, closing(view)))
