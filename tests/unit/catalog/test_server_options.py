"""A command line is fitted to the version of the server that is installed."""

from itertools import pairwise

import pytest
from packaging.version import Version

from stacklab.catalog.catalogue import read as read_catalogue
from stacklab.catalog.server_options import ServerOption, fitted, read
from stacklab.catalog.workspace import CHECKOUT, find
from stacklab.errors import StageError

WORKSPACE = find(CHECKOUT)
TABLE = (
    ServerOption(option="--ws sansio", since="shop 0.35", instead="--ws auto"),
    ServerOption(option="--quit-after {}", since="shop 0.22", instead=""),
    ServerOption(option="--threads {}", since="shop 2.0", instead="--workers {} --no-threads"),
    ServerOption(option="--class asgi", since="other 24"),
)
COMMAND = ("shop", "--ws", "sansio", "--quit-after", "1", "--threads", "8", "app:app")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2.0", "shop --ws sansio --quit-after 1 --threads 8 app:app"),
        ("2.0.1.post1", "shop --ws sansio --quit-after 1 --threads 8 app:app"),
        ("1.9", "shop --ws sansio --quit-after 1 --workers 8 --no-threads app:app"),
        ("0.34.3", "shop --ws auto --quit-after 1 --workers 8 --no-threads app:app"),
        ("0.21", "shop --ws auto --workers 8 --no-threads app:app"),
        ("a branch", "shop --ws sansio --quit-after 1 --threads 8 app:app"),
    ],
)
def test_an_older_version_gets_what_it_knows(version: str, words: str) -> None:
    assert tuple(words.split()) == fitted(COMMAND, {"shop": version}, TABLE).words


def test_what_was_changed_is_told() -> None:
    assert fitted(COMMAND, {"shop": "0.21"}, TABLE).changes == (
        "with --ws auto instead of --ws sansio, which came with shop 0.35",
        "without --quit-after 1, which came with shop 0.22",
        "with --workers 8 --no-threads instead of --threads 8, which came with shop 2.0",
    )


def test_a_package_that_is_not_installed_changes_nothing() -> None:
    assert COMMAND == fitted(COMMAND, {}, TABLE).words


def test_an_option_that_nothing_can_replace_is_refused() -> None:
    with pytest.raises(StageError, match=r"other 23\.0 does not know --class asgi, which came with other 24"):
        fitted(("other", "--class", "asgi"), {"other": "23.0"}, TABLE)


@pytest.mark.parametrize("since", ["uvicorn", "uvicorn newest", ""])
def test_a_row_without_a_version_is_refused(since: str) -> None:
    with pytest.raises(ValueError, match="is not a package and a version"):
        ServerOption(option="--x", since=since)


def test_every_option_of_the_table_is_one_of_a_stack() -> None:
    commands = [stack.argv for stack in read_catalogue(WORKSPACE).stacks.values()]
    every = [word for argv in commands for word in argv]
    every += [
        word
        for stack in read_catalogue(WORKSPACE).stacks.values()
        for setting in stack.settings.values()
        if not isinstance(setting, int | float)
        for value in (setting.values() if hasattr(setting, "values") else setting)
        for word in value.split()
    ]
    lacking = [one.option for one in read(WORKSPACE) if one.option.split()[0] not in every]
    assert [] == lacking


def test_the_stacks_own_versions_know_every_option() -> None:
    for stack in read_catalogue(WORKSPACE).stacks.values():
        pins = dict(one.split("==") for one in stack.requirements if "==" in one)
        packages = {name.partition("[")[0]: version for name, version in pins.items()}
        assert () == fitted(stack.template, packages, read(WORKSPACE)).changes


def test_the_rows_of_one_option_do_not_overlap() -> None:
    by_option = sorted(read(WORKSPACE), key=lambda one: (one.package, one.option, Version(one.since.split()[1])))
    assert all((a.package, a.option) != (b.package, b.option) for a, b in pairwise(by_option))
