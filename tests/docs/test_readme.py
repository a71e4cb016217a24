"""The table in the README is that of the reference session."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.errors import UsageError
from stacklab.report.session import markdown
from stacklab.report.session.view import build_view
from stacklab.store.session import StoredSession

SCENARIO = "io-async"


def test_the_table_is_that_of_the_reference_session(root: Path, generated: Callable[[str, str, str], None]) -> None:
    try:
        session = StoredSession.open(root / "results" / "reference")
    except UsageError as error:
        pytest.skip(f"results/reference holds no session yet: {error}")

    generated("README.md", "reference table", excerpt(markdown.render(build_view(session))))


def excerpt(rendered: str) -> str:
    """The first sentences of a report in Markdown, and the table of one scenario with its doubts."""
    answer = rendered.split("\n\n")[1]
    section = rendered.partition(f"\n## {SCENARIO}\n")[2].partition("\n## ")[0].splitlines()
    table = [line for line in section if line.startswith("|")]
    doubts = [line for line in section if re.search(r" (is|are) (suspect|void): ", line)]
    return "\n".join([answer, "", *table, "", *doubts])
