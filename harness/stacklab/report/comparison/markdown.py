"""A comparison as GitHub Markdown: for the pull request that it is about."""

from collections.abc import Iterable, Iterator

from stacklab.report.comparison.view import ComparisonView
from stacklab.report.comparison.words import HEADS, closing, opening, remarks, rows, title
from stacklab.report.session.markdown import escaped


def render(view: ComparisonView) -> str:
    """The whole document."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: ComparisonView) -> Iterator[str]:
    yield f"# {escaped(view.a)} and {escaped(view.b)}\n"
    yield " ".join(map(escaped, opening(view)))
    yield "\n## What changed\n"
    if view.changes:
        yield from _table(("", "A", "B"), ((change.what, change.a, change.b) for change in view.changes))
    else:
        yield "Nothing that is recorded."
    for pair in view.pairs:
        yield f"\n## {escaped(title(view, pair))}\n"
        yield f"{escaped(pair.load[:1].upper() + pair.load[1:])}. A {pair.standing_a}, B {pair.standing_b}.\n"
        if pair.metrics:
            yield from _table(HEADS, (row.cells for row in rows(pair)))
            yield ""
        yield from (f"- {escaped(sentence)}" for sentence in remarks(pair))
    yield ""
    yield " ".join(map(escaped, closing(view)))


def _table(heads: Iterable[str], lines: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = tuple(heads)
    yield _row(heads)
    yield _row("---" for _ in heads)
    yield from (_row(map(escaped, cells)) for cells in lines)


def _row(words: Iterable[str]) -> str:
    return f"| {' | '.join(words)} |"
