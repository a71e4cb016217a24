"""Parts of the pages are generated: a test compares them, and ``pytest tests/docs --update-docs`` writes them anew."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-docs", action="store_true", help="rewrite the generated parts instead of comparing")


@pytest.fixture(scope="session")
def root() -> Path:
    """Where the pages lie."""
    return ROOT


@pytest.fixture
def generated(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """``generated(page, part, text)``: what stands between ``<!-- part -->`` and the next ``<!-- end -->``."""

    def compare(page: str, part: str, text: str) -> None:
        path = ROOT / page
        whole = path.read_text(encoding="utf-8")
        found = re.search(rf"<!-- {re.escape(part)} -->\n\n(.*?)\n*<!-- end -->", whole, re.DOTALL)
        assert found is not None, f"{page} has no part `<!-- {part} -->` … `<!-- end -->`"
        if request.config.getoption("--update-docs", default=False):
            path.write_text(
                whole[: found.start(1)] + text.strip() + "\n\n" + whole[found.end(1) :].lstrip("\n"), "utf-8"
            )
            return

        assert text.strip() == found[1]

    return compare
