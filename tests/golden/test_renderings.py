"""The renderings of one made-up session, held against files: data and text, no markup of pages."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stacklab.analysis.session import SessionReader
from stacklab.report.session import csv, json, markdown, text
from stacklab.report.session.view import View, build_view
from stacklab.store.session import StoredSession

EXPECTED = Path(__file__).parent / "expected"


@pytest.fixture
def view(session: SessionReader) -> View:
    return build_view(session)


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare with the golden file of that name, or write it when asked to; never where changes are only judged."""

    def compare(name: str, actual: str) -> None:
        if request.config.getoption("--update-golden", default=False):
            if "CI" in os.environ:
                pytest.fail("golden files are rewritten by hand, and read before they are committed")
            EXPECTED.mkdir(exist_ok=True)
            (EXPECTED / name).write_text(actual, encoding="utf-8")

        assert (EXPECTED / name).read_text(encoding="utf-8") == actual

    return compare


def test_the_json_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("report.json", json.render(view))


def test_the_markdown_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("report.md", markdown.render(view))


def test_the_text_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("report.txt", text.render_plain(view))


def test_an_older_session_has_the_numbers_that_it_had(golden: Callable[[str, str], None]) -> None:
    """Of the first format: whole runs, and flamegraphs of one recording."""
    older = StoredSession.open(Path(__file__).parents[1] / "older" / "session")

    golden("older.csv", csv.render(build_view(older)).replace("\r\n", "\n"))
