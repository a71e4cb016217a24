"""A session as DataFrames: the same numbers as everywhere else, with the dtypes that are promised."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import stacklab
from stacklab.errors import UsageError
from stacklab.frames import columns
from stacklab.report.session import json as session_json
from stacklab.report.session.view import build_view
from stacklab.store.session import StoredSession as Stored

REFERENCE = Path(__file__).resolve().parents[3] / "results" / "reference"
WHOLE_RUNS = Path(__file__).resolve().parents[2] / "older" / "session"
STACK, SCENARIO = "uvicorn-uvloop-starlette", "json-open"


@pytest.fixture(name="session", scope="module")
def _session() -> stacklab.Session:
    return stacklab.load(REFERENCE)


def test_cells_are_those_of_the_json(session: stacklab.Session) -> None:
    document = json.loads(session_json.render(build_view(Stored.open(REFERENCE))))
    told = {
        (cell["scenario"], cell["stack"], "p99"): cell["latency_ms"]["p99"]["value"]
        for cell in document["cells"]
        if cell["latency_ms"]["p99"]
    }

    found = session.cells.xs("p99", level="metric", drop_level=False)["value"]

    assert told == {key: pytest.approx(found[key], rel=1e-5) for key in told}


def test_a_latency_in_the_rows_is_the_latency_of_the_cell() -> None:
    """Where stacks took turns, the rows of sweeps that do not count are there as well."""
    session = stacklab.load(WHOLE_RUNS)
    requests = session.requests(STACK, SCENARIO, 1)
    measured = requests[requests["phase"] == "measure"]

    by_hand = float(np.quantile(measured["latency_ms"].to_numpy(), 0.5, method="inverted_cdf"))

    assert by_hand == pytest.approx(session.rounds["value"][SCENARIO, STACK, "p50", 1], rel=1e-9)


def test_columns_have_the_promised_dtypes_titles_and_units(session: stacklab.Session) -> None:
    requests = session.requests(STACK, SCENARIO, 1)

    assert {name: column.dtype for name, column in columns.REQUESTS.items()} == {
        name: str(dtype) for name, dtype in requests.dtypes.items()
    }
    assert ("ms", "HTTP status") == (requests.attrs["units"]["latency_ms"], requests.attrs["titles"]["status"])


def test_what_could_not_be_read_is_missing_and_not_minus_one(session: stacklab.Session) -> None:
    usage = session.usage(STACK, SCENARIO, 1)
    host = usage[usage["role"] == "host"]

    assert bool(host["rss_bytes"].isna().all())
    assert int(usage.min(numeric_only=True).drop("t_s").min()) >= 0


def test_a_request_that_failed_has_an_outcome_and_no_latency(session: stacklab.Session) -> None:
    requests = session.requests(STACK, SCENARIO, 1)

    assert ((requests["outcome"] != "ok") == requests["latency_ms"].isna()).all()


def test_the_twin_goes_by_its_other_name(session: stacklab.Session) -> None:
    twin = next(name for name in session.cells.index.unique("stack") if name.endswith("~again"))

    assert len(session.requests(str(twin), SCENARIO, 1)) > 0


def test_every_pair_is_compared_by_its_ratio(session: stacklab.Session) -> None:
    pair = session.comparisons.xs((STACK, "gunicorn-sync-flask"), level=("a", "b"))["ratio"]
    cells = session.cells["value"].xs("cpu_us_per_request", level="metric").loc[SCENARIO]

    assert pair[SCENARIO, "cpu_us_per_request"] == pytest.approx(cells["gunicorn-sync-flask"] / cells[STACK], rel=0.1)


def test_caveats_are_sentences_with_a_kind(session: stacklab.Session) -> None:
    assert {"scenario", "stack", "kind", "makes", "text"} == set(session.caveats.columns)
    assert session.caveats["text"].str.endswith(".").all()


def test_a_session_without_claims_has_none(session: stacklab.Session) -> None:
    assert (0, ["claim", "part"]) == (len(session.claims), list(session.claims.index.names))


@pytest.mark.parametrize(("stack", "number"), [("nobody", 1), (STACK, 99)])
def test_a_run_that_is_not_there_is_named(session: stacklab.Session, stack: str, number: int) -> None:
    with pytest.raises(UsageError, match=f"there is no round {number} of {stack} under {SCENARIO}"):
        session.requests(stack, SCENARIO, number)


def test_a_folder_of_sessions_is_opened_one_by_one(tmp_path: Path) -> None:
    for name in ("a", "b"):
        shutil.copytree(REFERENCE, tmp_path / name)
    (tmp_path / "b" / "host.json").unlink()

    many = stacklab.sessions(tmp_path)

    assert (["a", "b"], "a") == (list(many), many["a"].name)  # b is broken, and nobody asked for it


def test_cells_of_many_sessions_stand_in_one_frame(tmp_path: Path, session: stacklab.Session) -> None:
    shutil.copytree(REFERENCE, tmp_path / "a")

    together = stacklab.sessions(tmp_path).cells

    assert ["session", *session.cells.index.names] == list(together.index.names)
    one = together.xs("a", level="session")
    assert isinstance(one, pd.DataFrame)
    pd.testing.assert_frame_equal(session.cells, one, check_index_type=False)


def test_every_metric_has_a_title_and_a_unit_in_the_registry() -> None:
    assert ("P99", "ms", "less") == tuple(stacklab.metrics().loc["p99", ["title", "unit", "better"]])


def test_cells_say_nan_where_one_round_has_no_interval(session: stacklab.Session) -> None:
    assert np.isfinite(session.cells["low"].to_numpy(float)).all()


def test_a_session_of_single_routes_without_failures_has_empty_frames_with_their_columns(
    session: stacklab.Session,
) -> None:
    assert (0, list(columns.ROUTES)) == (len(session.routes), list(session.routes.columns))
    assert (0, list(columns.FAILURES)) == (len(session.failures), list(session.failures.columns))
