"""What the command line says of the user's app: each option changes it, and beats its TOML."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from stacklab.catalog import requirements
from stacklab.cli.options.app import AppOptions
from stacklab.cli.options.axes import requested_axes
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp, RequestSpec
from stacklab.model.traffic.load import Closed, Open

OTHER: dict[str, Any] = {
    "paths": ("/a",),
    "bodies": ("x",),
    "weights": (2,),
    "curl": str(Path(__file__).parent / "bookmarks.curl"),
    "requests": "access.log",
    "servers": ("waitress",),
    "headers": (("accept", "text/html"),),
    "variables": (("DEBUG", "1"),),
    "vary_body": ("seen [0-9]+",),
    "connections": 4,
    "rate": 50.0,
    "app_dir": "src",
    "factory": True,
    "interface": "wsgi",
    "count": False,
}
"""A value of each option that is not its default."""

TOML = """
app = "shop:app"
python = "3.12"
servers = ["uvicorn-*"]
headers = { accept = "text/plain", host = "shop" }
load = { kind = "open", rate = 200 }
vary_body = ["v"]
requests = [{ path = "/b" }]
"""


BELONGS = {"bodies": {"paths": ("POST /a",)}, "weights": {"paths": ("/a",)}}
"""What an option needs beside it."""


def described(options: AppOptions, python: str | None = None) -> OwnApp:
    (way,) = options.described(requested_axes(() if python is None else (python,)))
    assert way.tag == ""
    return way.own


def test_every_option_is_among_these() -> None:
    assert {"apps", *OTHER} == {one.name for one in fields(AppOptions)}


@pytest.mark.parametrize("name", OTHER)
def test_every_option_changes_the_app(name: str) -> None:
    beside: dict[str, Any] = BELONGS.get(name, {})

    assert described(AppOptions(apps=("shop:app",), **beside)) != described(
        AppOptions(apps=("shop:app",), **beside, **{name: OTHER[name]})
    )


@pytest.mark.parametrize("name", OTHER)
def test_every_option_needs_an_app(name: str) -> None:
    with pytest.raises(UsageError, match="is for your own app; name the app with --app"):
        AppOptions(**{name: OTHER[name]}).described()


def test_without_options_there_is_no_app() -> None:
    assert AppOptions().described(requested_axes(("3.12",))) == ()


def test_options_beat_the_toml_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text(TOML)

    own = described(
        AppOptions(apps=(str(tmp_path / "app.toml"),), paths=("/a",), headers=(("accept", "text/html"),), rate=5.0)
    )

    assert ((RequestSpec(path="/a"),), {"accept": "text/html", "host": "shop"}, Open(rate=5.0)) == (
        own.requests,
        own.headers,
        own.load,
    )
    assert ("3.12", ("uvicorn-*",), ("v",)) == (own.python, own.servers, own.vary_body)


@pytest.mark.parametrize(
    ("options", "load"),
    [
        ({}, Closed(connections=16)),
        ({"connections": 4}, Closed(connections=4)),
        ({"rate": 50.0}, Open(rate=50.0)),
        ({"rate": 50.0, "connections": 4}, Open(rate=50.0, connections=4)),
    ],
)
def test_connections_are_a_closed_loop_and_the_most_of_an_open_one(
    options: dict[str, Any], load: Closed | Open
) -> None:
    assert load == described(AppOptions(apps=("shop:app",), **options)).load


def test_a_body_may_differ_everywhere_or_where_an_expression_matches() -> None:
    own = described(AppOptions(apps=("shop:app",), vary_body=("", "seen")))

    assert (("seen",), True) == (own.vary_body, own.any_body)


@pytest.mark.parametrize(
    ("python", "kept"), [("3.12", "3.12"), ("/usr/bin/python3", "/usr/bin/python3"), ("env", str(Path.cwd() / "env"))]
)
def test_an_interpreter_is_a_version_or_a_path_from_here(python: str, kept: str) -> None:
    assert kept == described(AppOptions(apps=("shop:app",)), python).python


def test_several_values_of_a_variable_are_ways_to_run_the_app() -> None:
    found = AppOptions(apps=("shop:app",), variables=(("POOL", "1,2"), ("HOSTS", r"a\,b"))).described()

    assert [(",POOL=1", {"POOL": "1", "HOSTS": "a,b"}), (",POOL=2", {"POOL": "2", "HOSTS": "a,b"})] == [
        (way.tag, way.own.env) for way in found
    ]


def test_several_apps_are_told_apart_by_what_their_names_do_not_share() -> None:
    options = AppOptions(apps=("shop.wsgi:application", "shop.asgi:application"))

    assert [",app=shop.wsgi", ",app=shop.asgi"] == [way.tag for way in options.described()]


def test_requirements_and_interpreters_of_the_app_are_combined() -> None:
    wanted = requirements.parse("flask==3.0", here=Path())
    found = AppOptions(apps=("shop:app",)).described(requested_axes(("a", "3.12"), (wanted,), of_own_app=True))

    assert ["@path", "@3.12", "+flask==3.0@path", "+flask==3.0@3.12"] == [way.tag for way in found]
    assert [(), (), ("flask==3.0",), ("flask==3.0",)] == [way.requirements for way in found]
