"""The reference workspace reads whole, and an unknown name is answered with the nearest."""

from pathlib import Path

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.errors import UsageError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(name="there_is")
def _there_is() -> catalogue.Catalogue:
    return catalogue.read(workspace.find(ROOT))


def test_globs_choose_stacks_in_the_order_of_their_names(there_is: catalogue.Catalogue) -> None:
    chosen = [stack.name for stack in there_is.choose_stacks(["uvicorn-*-starlette"])]

    assert ["uvicorn-asyncio-starlette", "uvicorn-uvloop-starlette"] == chosen


def test_no_glob_means_everything(there_is: catalogue.Catalogue) -> None:
    assert tuple(there_is.scenarios.values()) == there_is.choose_scenarios([])


def test_an_unknown_stack_is_answered_with_the_nearest(there_is: catalogue.Catalogue) -> None:
    with pytest.raises(UsageError, match="no stack matches 'gunicorn-gevnt-flask'; did you mean 'gunicorn-gevent-f"):
        there_is.choose_stacks(["gunicorn-gevnt-flask"])


def test_an_unknown_scenario_is_answered_with_the_nearest(there_is: catalogue.Catalogue) -> None:
    with pytest.raises(UsageError, match="no scenario matches 'cpu-bund'; did you mean 'cpu-bound'"):
        there_is.choose_scenarios(["cpu-bund"])


def test_a_folder_below_a_workspace_belongs_to_it() -> None:
    assert ROOT / "targets" == workspace.find(ROOT / "targets" / "apps").targets


def test_outside_any_workspace_the_reference_serves_and_results_stay_here(tmp_path: Path) -> None:
    found = workspace.find(tmp_path)

    assert (ROOT / "targets", tmp_path / "results") == (found.targets, found.results)
