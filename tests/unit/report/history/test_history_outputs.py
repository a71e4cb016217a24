"""A history with one planted step: said in a sentence, in numbers, and drawn."""

import json
from pathlib import Path

import pytest

from made import HOST
from stacklab.analysis.history import History, Series, SessionValue, steps
from stacklab.analysis.metrics import CPU
from stacklab.analysis.rounds.cell import Standing
from stacklab.catalog import workspace
from stacklab.cli.main import run
from stacklab.report.history import json as history_json
from stacklab.report.history import page, text

REFERENCE = workspace.reference() / "results" / "reference"
TEMPLATES = workspace.reference() / "reports" / "templates"
VALUES = [50.0 + 0.1 * (-1) ** place + 5 * (place >= 6) for place in range(12)]


def series(stack: str, values: list[float]) -> Series:
    points = tuple(
        SessionValue(
            session=f"day-{day:02d}",
            started_at=f"2026-11-{day:02d}T00:00:00Z",
            value=value,
            low=value - 0.5,
            high=value + 0.5,
            standing=Standing.VALID,
        )
        for day, value in enumerate(values, 1)
    )
    return Series(scenario="json", stack=stack, metric=CPU, machine=0, points=points, steps=steps(values))


HISTORY = History(machines=(HOST,), series=(series("still", VALUES[:6]), series("moved", VALUES)), reference=None)


def test_the_change_is_a_sentence() -> None:
    printed = " ".join(text.render_plain(HISTORY).split())

    assert "1 of 2 series from 12 sessions changed its level." in printed
    assert "moved under json: " in printed
    assert "rose by 10 % from session day-07 on (50.0 to 55.0 µs/req, p = 0.00" in printed.replace("\u202f", " ")


def test_the_json_has_every_point_and_the_step() -> None:
    document = json.loads(history_json.render(HISTORY))

    still, moved = document["series"]
    assert (6, []) == (len(still["points"]), still["steps"])
    assert VALUES == [point["value"] for point in moved["points"]]
    assert [("day-07", 1.1)] == [(step["at"], step["ratio"]) for step in moved["steps"]]


def test_the_page_shows_what_changed_first_and_is_the_same_twice() -> None:
    made = page.render(HISTORY, templates=TEMPLATES)

    assert made.index('aria-label="moved, json') < made.index('aria-label="still, json')
    assert made == page.render(HISTORY, templates=TEMPLATES)
    assert "http://" not in made.replace("http://www.w3.org", "")


@pytest.mark.parametrize("kind", ["text", "json", "html"])
def test_the_verb_reads_a_folder_of_sessions(kind: str, tmp_path: Path) -> None:
    (tmp_path / "one").symlink_to(REFERENCE)
    output = tmp_path / "made"

    assert 0 == run(["history", str(tmp_path), "--metric", "cpu_us_per_request", "--format", kind, "-o", str(output)])
    assert "gunicorn-sync-flask" in output.read_text()


def test_what_there_is_not_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert 2 == run(["history", str(tmp_path)])
    assert "there is no session yet" in capsys.readouterr().err
    (tmp_path / "one").symlink_to(REFERENCE)
    assert 2 == run(["history", str(tmp_path), "--reference", "nosuch"])
    assert "has a stack 'nosuch'" in capsys.readouterr().err
