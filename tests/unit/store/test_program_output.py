"""What a program of a claim printed is parted into rows and a log; what is no row is named in one sentence."""

from pathlib import Path

import pytest

from stacklab.errors import StageError, UsageError
from stacklab.model.measured.record import Row
from stacklab.store.program_output import PRINTED, ROWS, keep_printed, read_rows


def test_rows_are_told_from_the_log(tmp_path: Path) -> None:
    (tmp_path / PRINTED).write_text('begins\n{"metric": "x", "value": 1.5}\nends\n')

    assert ("begins", "ends") == keep_printed(tmp_path)
    assert (Row(metric="x", value=1.5),) == read_rows(tmp_path / ROWS)
    assert "begins\nends\n" == (tmp_path / PRINTED).read_text()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"metric": "x", "value": "much"}', "which is not a row: `value`: Input should be a valid number"),
        ('{"metric": "x"', "which is not a row: Invalid JSON"),
        ('{"metric": "x", "value": NaN}', "which has no finite value"),
    ],
)
def test_what_is_no_row_fails_the_run(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / PRINTED).write_text(f"{line}\n")

    with pytest.raises(StageError, match=says):
        keep_printed(tmp_path)


def test_a_row_that_was_edited_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ROWS).write_text('{"metric": "x", "value": "much"}\n')

    with pytest.raises(UsageError) as raised:
        read_rows(tmp_path / ROWS)

    assert f"{tmp_path / ROWS}: `value`: Input should be a valid number; was the file edited?" == str(raised.value)
