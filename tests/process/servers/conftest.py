"""Old versions of servers: a few in every test run, all of them in the nox session ``servers``."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all-versions", action="store_true", help="try every version of the table, not only a few")
