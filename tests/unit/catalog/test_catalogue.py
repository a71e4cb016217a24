"""The reference workspace reads whole, and an unknown name is answered with the nearest."""

import re
import shutil
from pathlib import Path

import pytest

from stacklab.catalog import catalogue, workspace
from stacklab.errors import UsageError
from stacklab.model.traffic.order import Between
from stacklab.model.traffic.scenario import Scenario

ROOT = Path(__file__).resolve().parents[3]


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


def test_a_stack_that_is_unavailable_is_answered_with_the_reason(there_is: catalogue.Catalogue) -> None:
    with pytest.raises(UsageError, match=r"japronto is unavailable since .*: abandoned"):
        there_is.choose_stacks(["japronto"])


def test_a_folder_below_a_workspace_belongs_to_it() -> None:
    assert ROOT / "targets" == workspace.find(ROOT / "targets" / "apps").targets


def test_outside_any_workspace_the_reference_serves_and_results_stay_here(tmp_path: Path) -> None:
    found = workspace.find(tmp_path)

    assert (ROOT / "targets", tmp_path / "results") == (found.targets, found.results)


def test_a_body_may_lie_in_a_file_beside_the_scenario(mine: workspace.Workspace) -> None:
    (mine.scenarios / "order.json").write_text('{"item":1}')

    (call,) = scenario_with(mine, 'body_file = "order.json"').calls

    assert ('{"item":1}', None) == (call.body, call.body_file)


def test_a_body_file_that_is_not_there_is_named(mine: workspace.Workspace) -> None:
    with pytest.raises(UsageError, match=r"posted\.toml: `body_file`: .*nosuch\.json cannot be read"):
        scenario_with(mine, 'body_file = "nosuch.json"')


@pytest.mark.parametrize("more", ['[[calls]]\nendpoint = "websocket"', 'vary = { n = ["1"] }\n'])
def test_a_websocket_shares_a_scenario_with_nothing_else(mine: workspace.Workspace, more: str) -> None:
    with pytest.raises(UsageError, match=r"posted\.toml: `calls`: connections to the WebSocket 'websocket' carry"):
        scenario_with(mine, more, endpoint="json" if "[[calls]]" in more else "websocket")


def test_query_parameters_that_vary_are_lists_or_ranges(mine: workspace.Workspace) -> None:
    (call,) = scenario_with(mine, 'vary = { n = { low = 1, high = 9 }, word = ["a", "b"] }').calls

    assert {"n": Between(low=1, high=9), "word": ("a", "b")} == call.vary


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('serves = ["validatd"]', "`serves`: no part 'validatd' in the contract; did you mean 'validated'?"),
        ('lacks = { websockt = "none" }', "`lacks`: no part 'websockt' in the contract; did you mean 'websocket'?"),
        (
            'differs = { "wrong typs" = "lenient" }',
            "`differs`: no endpoint or probe 'wrong typs' in the contract; did you mean 'wrong types'?",
        ),
    ],
)
def test_what_a_stack_says_of_the_contract_must_be_in_it(mine: workspace.Workspace, line: str, says: str) -> None:
    path = mine.stacks / "gunicorn-sync-flask.toml"
    kept = [old for old in path.read_text().splitlines() if not old.startswith(("serves", "lacks", "differs"))]
    path.write_text("\n".join([line, *kept]))

    with pytest.raises(UsageError, match=re.escape(f"{path}: {says}")):
        catalogue.read(mine)


def test_a_stack_whose_app_has_no_folder_is_answered_with_the_nearest(mine: workspace.Workspace) -> None:
    path = mine.stacks / "gunicorn-sync-flask.toml"
    path.write_text(path.read_text().replace("flask/app:app", "flaks/app:app"))

    says = f"{path}: `app`: there is no folder {mine.apps / 'flaks'}; did you mean 'flask'?"
    with pytest.raises(UsageError, match=re.escape(says)):
        catalogue.read(mine)


def test_a_server_finds_its_app_before_what_apps_share(mine: workspace.Workspace) -> None:
    folders = ("apps/flask", "shared", "")

    assert tuple(mine.targets / folder for folder in folders) == mine.python_path("flask")


def test_an_app_without_a_folder_is_found_beside_those_of_the_frameworks(mine: workspace.Workspace) -> None:
    assert mine.targets / "apps" == mine.python_path("")[0]


def scenario_with(mine: workspace.Workspace, line: str, *, endpoint: str = "json") -> Scenario:
    lines = (
        'summary = "posts"',
        "[load]",
        'kind = "closed"',
        "connections = 1",
        "[[calls]]",
        f'endpoint = "{endpoint}"',
        line,
    )
    (mine.scenarios / "posted.toml").write_text("\n".join(lines))
    return catalogue.read(mine).scenarios["posted"]


@pytest.fixture(name="mine")
def _mine(tmp_path: Path) -> workspace.Workspace:
    """A copy of the reference workspace."""
    for name in ("targets", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return workspace.find(tmp_path)
