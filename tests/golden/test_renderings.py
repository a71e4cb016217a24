"""The renderings of one made-up session, held against files: data and text, no markup of pages."""

import json as stdlib_json
import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from stacklab.analysis.session import Recorded
from stacklab.report.session import json, markdown, text
from stacklab.report.session.build import build_view
from stacklab.report.session.view import View

EXPECTED = Path(__file__).parent / "expected"


@pytest.fixture
def view(session: Recorded) -> View:
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


def test_the_view_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("view.json", stdlib_json.dumps(_rounded(asdict(view)), indent=1, ensure_ascii=False) + "\n")


def test_the_json_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("report.json", json.render(view))


def test_the_markdown_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("report.md", markdown.render(view))


def test_the_text_is_what_it_was(view: View, golden: Callable[[str, str], None]) -> None:
    golden("report.txt", text.render_plain(view))


def _rounded(value: Any) -> Any:
    """Nine digits: processors add in different orders."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
