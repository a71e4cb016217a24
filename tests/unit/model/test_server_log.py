"""Logs of servers: the line that a reader of a failure wants to see."""

import pytest

from stacklab.model.server_log import told_last


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([], ""),
        (["started", "", "stopped", " "], "stopped"),
        (["Traceback", "  File x", "shop.StockError: empty", "stopped"], "shop.StockError: empty"),
        (["KeyError: 'a'", "KeyError: 'b'", "ERROR: later"], "KeyError: 'b'"),
        (["[ERROR] worker 7", "INFO stopped"], "[ERROR] worker 7"),
    ],
)
def test_the_end_of_a_traceback_tells_more_than_the_last_line(lines: list[str], told: str) -> None:
    assert told == told_last(lines)
