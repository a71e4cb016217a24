"""The stacks differ in what their names say, and in nothing else."""

import ast
import re
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import reference
from stacklab.model.stack import Family, Interface, Stack

TARGETS = reference() / "targets"
STACKS = [load(path, Stack) for path in sorted((TARGETS / "stacks").glob("*.toml"))]

each_stack = pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.name)


def names_at_the_top(source: Path) -> set[str]:
    """What a program defines: functions, classes, and names that are assigned."""
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".py":
        return set(re.findall(r"^(?:const|func) (\w+)", text, re.MULTILINE))
    tree = ast.parse(text)
    assigned = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    defined = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    return assigned | defined


@each_stack
def test_its_app_exists(stack: Stack) -> None:
    app, _, attribute = stack.app.partition(":")
    (source,) = (TARGETS / "apps").glob(f"{app}.*")

    assert attribute in names_at_the_top(source)


@each_stack
def test_its_name_names_the_folder_of_its_app(stack: Stack) -> None:
    assert stack.app_folder in stack.name.split("-")


APPS = sorted((TARGETS / "apps").glob("[!_]*/"))


@pytest.mark.parametrize("folder", APPS, ids=lambda folder: folder.name)
def test_its_modules_hide_none_that_apps_share_and_none_of_the_standard_library(folder: Path) -> None:
    shared = {path.stem for path in (TARGETS / "shared").iterdir()}

    assert set() == {path.stem for path in folder.glob("*.*")} & (shared | sys.stdlib_module_names)


@each_stack
def test_its_name_begins_with_the_server_that_its_interpreter_runs(stack: Stack) -> None:
    python, option, module = stack.argv[:3]

    assert ("{python}", "-m") == (python, option)
    assert stack.name.partition("-")[0] == module.removeprefix("servers.").partition(".")[0]


def test_the_launchers_are_those_that_stacks_start() -> None:
    started = {stack.argv[2] for stack in STACKS if stack.argv[2].startswith("servers.")}
    there = {f"servers.{path.stem}" for path in (TARGETS / "servers").glob("*.py")}

    assert started | {"servers.command_line"} == there


@each_stack
def test_it_says_which_loop_it_runs_on_exactly_if_it_passes_it_on(stack: Stack) -> None:
    assert (stack.loop is not None) == ("{loop}" in stack.argv)


@each_stack
def test_it_says_how_many_threads_exactly_if_it_passes_them_on(stack: Stack) -> None:
    assert (stack.threads > 1) == ("{threads}" in stack.argv)


@each_stack
def test_it_has_one_worker(stack: Stack) -> None:
    assert stack.workers == 1


@each_stack
def test_its_requirements_are_pinned(stack: Stack) -> None:
    assert [requirement for requirement in stack.all_requirements if "==" not in requirement] == []


@each_stack
def test_its_requirements_hold_nothing_of_the_harness(stack: Stack) -> None:
    assert [one for one in stack.all_requirements if one.startswith(("locust", "stacklab"))] == []


def test_stacks_that_share_a_package_share_its_version() -> None:
    versions: dict[str, set[str]] = defaultdict(set)
    for stack in STACKS:
        for requirement in stack.all_requirements:
            package, _, version = requirement.partition("==")
            versions[package.partition("[")[0]].add(version)

    assert {package: found for package, found in versions.items() if len(found) > 1} == {}


def test_every_family_has_a_stack() -> None:
    assert set(Family) == {stack.family for stack in STACKS}


def test_stacks_with_a_pool_of_their_own_size_have_it_of_the_same_size() -> None:
    assert len({stack.threads for stack in STACKS if stack.family is Family.THREADS}) == 1


HOSTS = [stack for stack in STACKS if stack.hosts is not None]


@pytest.mark.parametrize("stack", HOSTS, ids=lambda stack: stack.name)
def test_what_hosts_an_app_of_the_users_own_is_named_without_a_framework(stack: Stack) -> None:
    assert stack.hosts is not None
    assert stack.name.startswith(f"{stack.hosts.rpartition('-')[0] or stack.hosts}-")
    assert stack.interface in {Interface.WSGI, Interface.ASGI}
    assert "{app}" in stack.argv


def test_each_name_of_a_host_is_that_of_one_stack() -> None:
    names = [stack.hosts for stack in HOSTS]

    assert len(names) == len(set(names))


def test_requirements_of_a_host_name_nothing_of_its_own_app() -> None:
    frameworks = {"flask", "werkzeug", "starlette", "anyio"}

    named = {requirement.partition("==")[0] for stack in HOSTS for requirement in stack.requirements}
    assert set() == named & frameworks


SETTINGS = {"parser", "backlog", "keep_alive_s", "access_log", "websocket"}


@each_stack
def test_settings_that_mean_the_same_have_the_same_name(stack: Stack) -> None:
    assert set() == stack.settings.keys() - SETTINGS


def test_stacks_of_one_server_have_the_same_values() -> None:
    values: dict[tuple[str, str], set[str]] = defaultdict(set)
    for stack in STACKS:
        for name in stack.settings:
            values[stack.argv[2], name].add(stack.values[name])

    assert {place: found for place, found in values.items() if len(found) > 1} == {}


def test_no_stack_writes_an_access_log() -> None:
    assert {"off"} == {stack.values["access_log"] for stack in STACKS if "access_log" in stack.settings}
