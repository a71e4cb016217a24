"""SQL over the reference session, against the same numbers from its frames."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import stacklab
from stacklab.catalog import workspace
from stacklab.cli.main import run
from stacklab.cli.verbs.read.query import verb
from stacklab.errors import UsageError
from stacklab.frames.query import ask

pytest.importorskip("duckdb")
RESULTS = workspace.reference() / "results"
STACK = "uvicorn-uvloop-starlette"


def test_latencies_are_those_of_the_frame() -> None:
    (row,) = ask(
        RESULTS,
        f"select count(*) as n, quantile_disc(latency_ms, 0.5) as p50, count(latency_ms) as ok from requests "  # noqa: S608
        f"where stack = '{STACK}' and scenario = 'json-open' and round = 1 and phase = 'measure'",
    ).itertuples()

    frame = stacklab.load(RESULTS / "reference").requests(STACK, "json-open", 1)
    measured = frame[frame["phase"] == "measure"]["latency_ms"]
    assert (row.n, row.ok) == (len(measured), measured.notna().sum())
    assert row.p50 == pytest.approx(measured.quantile(0.5, interpolation="lower"))


def test_a_twin_goes_by_its_other_name() -> None:
    names = set(ask(RESULTS, "select distinct stack from usage")["stack"])

    assert {"uvicorn-uvloop-starlette", "uvicorn-uvloop-starlette~again"} <= names


def test_roles_have_names() -> None:
    assert {"server", "peer", "driver", "host"} == set(ask(RESULTS, "select distinct role from usage")["role"])


def test_cells_are_those_of_the_frame() -> None:
    found = ask(RESULTS, "select scenario, stack, value from cells where metric = 'throughput_rps' order by all")

    expected = stacklab.load(RESULTS / "reference").cells.xs("throughput_rps", level="metric")["value"]
    assert len(expected) == len(found)
    assert sorted(expected) == pytest.approx(sorted(found["value"]))


def test_sessions_name_their_machine() -> None:
    (row,) = ask(RESULTS, "select session, cores, rounds from sessions").itertuples(index=False)

    assert ("reference", 2, 8) == tuple(row)


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("select 1 +", "Parser Error: syntax error"),
        ("select * from nothing", "Table with name nothing does not exist"),
        ("create table mine (a int)", "begins with `select` or `with`"),
        ("select 1; select 2", "a query is one statement"),
        ("", "a query is one statement"),
    ],
)
def test_what_is_wrong_with_a_statement_is_one_sentence(statement: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        ask(RESULTS, statement)
    assert "\n" not in str(caught.value)


def test_an_empty_folder_says_how_to_get_a_session(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no session yet"):
        ask(tmp_path, "select 1")


def test_without_duckdb_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    assert 2 == run(["query", "select 1", "--results", str(RESULTS)])
    assert "pip install 'stacklab[query]'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "printed"),
    [("csv", "n,nothing\n1.5,\n"), ("json", [{"n": 1.5, "nothing": None}])],
)
def test_rows_are_printed_for_people_and_for_programs(kind: str, printed: object) -> None:
    words = ["select 1.5::double as n, null as nothing", "--format", kind, "--results", str(RESULTS)]

    said = CliRunner().invoke(verb, words).stdout

    assert printed == (json.loads(said) if kind == "json" else said)
