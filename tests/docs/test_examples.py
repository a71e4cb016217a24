"""The TOML files that the documentation shows are complete, and load."""

import re
import tomllib
from dataclasses import fields
from itertools import chain
from pathlib import Path

import pytest

from stacklab.catalog import catalogue, own_app, workspace
from stacklab.model.own_app import OwnApp, RequestSpec, Traffic
from stacklab.model.secrets import Withheld
from stacklab.model.stack import Stack

PAGES = Path(__file__).parents[2]
FILE = re.compile(r"<!-- file: (?P<name>\S+) -->\n```toml\n(?P<text>.*?)```", re.DOTALL)
SHOWN = {found["name"]: found["text"] for found in FILE.finditer((PAGES / "CONTRIBUTING.md").read_text("utf-8"))}


@pytest.fixture(name="there_is")
def _there_is(workspace: Path) -> catalogue.Catalogue:
    """The catalogue of a workspace into which a reader has written all that the page shows."""
    for name, text in SHOWN.items():
        (workspace / name).write_text(text, encoding="utf-8")
    return catalogue.read(_found(workspace))


def _found(folder: Path) -> workspace.Workspace:
    return workspace.find(folder)


def test_the_stack_and_the_scenario_are_found_by_their_names(there_is: catalogue.Catalogue) -> None:
    names = {(Path(name).parent.name, Path(name).stem) for name in SHOWN}

    assert {("stacks", "granian-uvloop-starlette"), ("scenarios", "plain-constant")} == names
    assert {name for folder, name in names if folder == "stacks"} <= there_is.stacks.keys()
    assert {name for folder, name in names if folder == "scenarios"} <= there_is.scenarios.keys()


def test_the_app_of_the_stack_exists(there_is: catalogue.Catalogue) -> None:
    app = there_is.stacks["granian-uvloop-starlette"].app.partition(":")[0]

    assert (workspace.reference() / "targets" / "apps" / f"{app}.py").is_file()


def test_the_stack_is_said_in_ten_lines() -> None:
    said = [line for line in SHOWN["targets/stacks/granian-uvloop-starlette.toml"].splitlines() if line[:1].isalpha()]

    assert len(said) <= 10


def test_the_table_of_keys_is_complete() -> None:
    page = (PAGES / "docs" / "adding-a-stack.md").read_text("utf-8")
    table = page.partition("## Keys")[2].partition("\n## ")[0]

    assert [field.name for field in fields(Stack) if field.name not in {"name", "way"}] == re.findall(
        r"^\| `(\w+)` \|", table, re.MULTILINE
    )


def test_the_tree_of_the_design_names_what_there_is() -> None:
    page = (PAGES / "docs" / "design.md").read_text("utf-8")
    tree = page.partition("## The tree\n\n```text\n")[2].partition("```")[0]
    inside: list[str] = []
    lost = []
    for indent, name in re.findall(r"^( *)(\S+)", tree, re.MULTILINE):
        inside = [*inside[: len(indent) // 2], name]
        if not PAGES.joinpath(*inside).exists():
            lost.append("".join(inside))

    assert lost == []


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((PAGES / "pyproject.toml").read_text("utf-8"))["project"]
    page = (PAGES / "docs" / "decisions" / "0006-dependencies.md").read_text("utf-8")
    table = page.partition("## Decision")[2].partition("\n## ")[0]

    reasoned = set(re.findall(r"^\| ([a-z][\w-]+) \|", table, re.MULTILINE))

    required = [*project["dependencies"], *chain(*project["optional-dependencies"].values())]
    assert {re.split(r"[<>=\[]", requirement)[0] for requirement in required} == reasoned


RECIPES = re.findall(
    r"<!-- recipe: (\S+); needs .+? -->\n(.*?)<!-- end recipe -->",
    (PAGES / "docs" / "bringing-an-app.md").read_text("utf-8"),
    re.DOTALL,
)


@pytest.mark.parametrize(("name", "text"), RECIPES, ids=[name for name, _ in RECIPES])
def test_the_toml_of_a_recipe_says_what_is_asked(name: str, text: str, tmp_path: Path) -> None:
    (toml,) = re.findall(r"<!-- recipe file: app.toml -->\n```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "app.toml").write_text(toml, encoding="utf-8")
    own = own_app.read(tmp_path / "app.toml")

    assert own_app.app_requests(own, Traffic(written=own.requests), Withheld())


def test_the_tables_of_keys_of_an_app_are_complete() -> None:
    page = (PAGES / "docs" / "bringing-an-app.md").read_text("utf-8")
    table, beside = page.partition("## app.toml")[2].partition("\n## ")[0].split("A request has ")

    assert [field.name for field in fields(OwnApp)] == re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert {field.name for field in fields(RequestSpec)} == set(re.findall(r"`(\w+)`", beside))
