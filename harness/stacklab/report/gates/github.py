"""A gate for GitHub Actions: the summary of a step, and annotations as workflow commands."""

from collections.abc import Iterator, Sequence

from stacklab.analysis.gates.judgement import Answer, Judgement
from stacklab.model.names import shown
from stacklab.report.gates.words import HEADS, in_sum, row, told
from stacklab.report.kit.markdown import escaped, table

_LEVELS = {Answer.FAILS: "error", Answer.CANNOT_TELL: "warning"}
_MARKS = {Answer.HOLDS: "✅ holds", Answer.FAILS: "❌ fails", Answer.CANNOT_TELL: "❔ cannot tell"}


def summary(judgements: Sequence[Judgement], *, session: str) -> str:
    """Markdown for the summary of a step, or for a comment."""
    rows = [
        (*map(escaped, (promise, stack, scenario)), _MARKS[one.answer], escaped(found))
        for one in judgements
        for promise, stack, scenario, _, found in [row(one)]
    ]
    return "\n".join(
        (f"### {escaped(in_sum(judgements))}", "", *table(HEADS, rows), "", f"Session {escaped(session)}", "")
    )


def annotations(judgements: Sequence[Judgement]) -> Iterator[str]:
    """A workflow command for everything that does not hold."""
    for one in judgements:
        if one.answer in _LEVELS:
            title = _property(f"stacklab: {one.limit.text} {one.answer}")
            yield f"::{_LEVELS[one.answer]} title={title}::{_data(told(one))}"


def _data(text: str) -> str:
    """The message of a workflow command; what ends one must not stand in it."""
    return shown(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
