"""A session folder is read as it was written; what is not one gets a sentence that names the file."""

import json
from dataclasses import replace
from pathlib import Path
from shutil import copyfile

import pytest

from made import HOST, WSGI
from made.evidence import OPEN
from stacklab.errors import UsageError
from stacklab.model.measured.counting import Count, CountEffort, CountSource
from stacklab.model.measured.record import Failed, Stage
from stacklab.model.plan import Cell, Plan, PlannedRun, ProgramRun, lay_out
from stacklab.store.documents import refuse, writing
from stacklab.store.journal import Journal
from stacklab.store.session import StoredSession, locate

ROOT = Path(__file__).resolve().parents[3]
STARTED = "2026-11-20T10:15:00Z"
CELLS = (Cell(stack="one", scenario="json", round=1), Cell(stack="two", scenario="json", round=1))
PLAN = Plan(
    preset="quick",
    rounds=1,
    seed=1,
    warmup_s=0.5,
    measure_s=2,
    command="stacklab run",
    contract=OPEN.contract,
    stacks=tuple(replace(WSGI, name=name) for name in ("one", "two")),
    scenarios=(replace(OPEN.scenario, name="json"),),
    cells=CELLS,
)


@pytest.fixture(name="journal")
def _journal(tmp_path: Path) -> Journal:
    return Journal.create(tmp_path, PLAN, HOST, started_at=STARTED)


def failed(cell: Cell) -> Failed:
    return Failed(cell=cell, started_at=STARTED, stage=Stage.BOOT, reason="no", log_tail=("line",))


def test_plan_and_host_come_back_as_they_were(journal: Journal) -> None:
    session = StoredSession.open(journal.folder)

    assert (PLAN, HOST, STARTED) == (session.plan, session.host, session.started_at)


def test_a_run_comes_back_as_it_was(journal: Journal) -> None:
    journal.start(CELLS[0])
    journal.keep(failed(CELLS[0]), {})

    session = StoredSession.open(journal.folder)

    assert ((failed(CELLS[0]),), (CELLS[1],)) == (session.runs, session.missing)


def test_a_round_that_was_added_has_cells_that_are_missing(journal: Journal) -> None:
    journal.add_round()

    assert (2, 2) == (StoredSession.open(journal.folder).rounds, Journal.resume(journal.folder).rounds)


def test_a_round_that_is_added_to_an_older_session_is_complete(tmp_path: Path) -> None:
    """It was planned when all pairs were shuffled as one list."""
    for name in ("plan.json", "host.json"):
        copyfile(ROOT / "tests/older/session" / name, tmp_path / name)
    journal = Journal.resume(tmp_path)
    journal.add_round()
    plan, cells = journal.plan, journal.missing()
    laid_out, _ = lay_out(
        plan.stacks, plan.scenarios, plan.contract, rounds=6, seed=plan.seed, twin=plan.twin, by_scenario=False
    )

    assert not plan.by_scenario
    assert laid_out == cells
    assert plan.cells == cells[: len(plan.cells)]
    assert {replace(cell, round=6) for cell in plan.served} == set(cells[len(plan.cells) :])


def test_a_run_that_was_discarded_is_kept_and_its_cell_is_missing(journal: Journal) -> None:
    for _ in range(2):
        journal.start(CELLS[0])
        journal.keep(failed(CELLS[0]), {})
        journal.discard(CELLS[0])

    session = StoredSession.open(journal.folder)
    assert ((CELLS[0],) * 2, CELLS) == (session.discarded, session.missing)
    assert (2, 0, 2) == tuple(map(journal.attempts_discarded, (CELLS[0], CELLS[1], None)))


def test_a_cell_that_is_discarded_is_pending_again_at_the_end_of_its_round(journal: Journal) -> None:
    done: list[Cell] = []
    for cell in journal.pending():
        assert isinstance(cell, Cell)
        done.append(cell)
        journal.start(cell)
        journal.keep(failed(cell), {})
        if done == [CELLS[0]]:
            journal.discard(cell)

    assert [*CELLS, CELLS[0]] == done


def test_a_cell_is_repeated_behind_those_it_is_compared_with(tmp_path: Path) -> None:
    cells = tuple(
        Cell(stack=stack, scenario=scenario, round=1) for scenario in ("json", "delay") for stack in ("one", "two")
    )
    journal = Journal.create(tmp_path, replace(PLAN, cells=cells, rounds=1, by_scenario=True), HOST, started_at=STARTED)
    done: list[PlannedRun] = []
    for cell in journal.pending():
        done.append(cell)
        journal.start(cell)
        journal.keep(replace(failed(CELLS[0]), cell=cell), {})
        if done == [cells[0]]:
            journal.discard(cell)

    assert [*cells[:2], cells[0], *cells[2:]] == done


def test_a_claim_that_cannot_be_tested_here_has_no_cell_pending_any_more(tmp_path: Path) -> None:
    runs = [ProgramRun(claim=claim, arm=arm, round=1) for claim in ("a", "b") for arm in ("with", "without")]
    journal = Journal.create(tmp_path, replace(PLAN, cells=tuple(runs)), HOST, started_at=STARTED)
    done: list[PlannedRun] = []
    for cell in journal.pending():
        done.append(cell)
        journal.start(cell)
        journal.keep(replace(failed(CELLS[0]), cell=cell, stage=Stage.HERE if cell.claim == "a" else Stage.PROGRAM), {})

    assert [runs[0], *runs[2:]] == done


def test_a_broken_count_of_rounds_is_named(journal: Journal) -> None:
    (journal.folder / "rounds.json").write_text("{")

    with pytest.raises(UsageError, match=r"rounds\.json"):
        _ = StoredSession.open(journal.folder).runs


def test_what_is_kept_names_no_folder_of_the_machine(journal: Journal) -> None:
    folder = journal.start(CELLS[0])
    (folder / "server.log").write_text("File /home/me/env/lib/x.py\nFile /home/me/y.py\n")
    run = replace(failed(CELLS[0]), reason="no /home/me/env", log_tail=("File /home/me/y.py",))

    journal.keep(run, {"/home/me": "<home>", "/home/me/env": "<environment>"})

    (kept,) = StoredSession.open(journal.folder).runs
    assert isinstance(kept, Failed)
    assert ("no <environment>", ("File <home>/y.py",)) == (kept.reason, kept.log_tail)
    assert "File <environment>/lib/x.py\nFile <home>/y.py\n" == (folder / "server.log").read_text()


def test_a_folder_without_its_last_file_is_not_a_run(journal: Journal) -> None:
    (journal.start(CELLS[0]) / "requests.parquet").touch()

    assert journal.missing() == CELLS


def test_an_interrupted_attempt_is_cleared_away(journal: Journal) -> None:
    (journal.start(CELLS[0]) / "server.log").touch()

    assert list(journal.start(CELLS[0]).iterdir()) == []


def test_a_folder_that_is_not_a_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"not a session \(there is no plan.json in it\)"):
        StoredSession.open(tmp_path)


def test_a_session_of_a_newer_format_is_refused(journal: Journal) -> None:
    path = journal.folder / "plan.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format_version": 99}))

    with pytest.raises(
        UsageError, match=r"plan.json: written in format 99, and this stacklab reads up to \d+; upgrade"
    ):
        StoredSession.open(journal.folder)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format_version": 1}', "{ half"])
def test_a_broken_file_is_named(journal: Journal, text: str) -> None:
    (journal.folder / "host.json").write_text(text)

    with pytest.raises(UsageError, match=r"host\.json: "):
        StoredSession.open(journal.folder)


def test_a_wrong_value_names_its_key(journal: Journal) -> None:
    path = journal.folder / "plan.json"
    document = json.loads(path.read_text())
    document["record"]["rounds"] = "many"
    path.write_text(json.dumps(document))

    with pytest.raises(UsageError, match=r"plan\.json: `rounds`: .*integer"):
        StoredSession.open(journal.folder)


def test_the_newest_session_is_meant_when_none_is_named(journal: Journal) -> None:
    results = journal.folder.parent
    later = Journal.create(results, PLAN, HOST, started_at="2026-11-20T10:15:01Z")

    assert later.folder == locate(results, None) == locate(results, "latest")


def test_a_session_is_found_by_name_and_by_path(journal: Journal) -> None:
    results = journal.folder.parent

    assert journal.folder == locate(results, journal.folder.name) == locate(results, str(journal.folder))


def test_a_name_that_is_no_session_is_answered(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no session 'nosuch'"):
        locate(tmp_path, "nosuch")


def test_without_any_session_the_next_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no session yet; `stacklab run` creates one"):
        locate(tmp_path, None)


def test_a_full_disk_says_how_to_go_on() -> None:
    sentence = str(refuse(Path("results"), OSError(28, "No space left on device"), instead=""))

    assert sentence == "results: the disk is full; free some space and resume with --resume, or repeat the command"


def test_a_forbidden_folder_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="choose another folder with --results"), writing(tmp_path / "file"):
        (tmp_path / "file" / "below").mkdir()


def test_a_count_comes_back_as_it_was_without_folders_in_its_reason(journal: Journal) -> None:
    count = Count(
        stack="one",
        scenario="json",
        started_at=STARTED,
        source=CountSource.CALLGRIND,
        effort=CountEffort(),
        failed="/home/me/env does not hold it",
    )
    journal.start(count)
    journal.keep_count(count, {"/home/me/env": "<environment>"})

    session = StoredSession.open(journal.folder)

    assert (replace(count, failed="<environment> does not hold it"),) == session.counts
    assert CELLS == session.missing
