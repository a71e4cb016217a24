"""What the command line says of the user's app: each option changes it, and beats its TOML."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from stacklab.cli.options.app import AppOptions
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
    own = options.described(python)
    assert own is not None
    return own


def test_every_option_is_among_these() -> None:
    assert {"app", *OTHER} == {one.name for one in fields(AppOptions)}


@pytest.mark.parametrize("name", OTHER)
def test_every_option_changes_the_app(name: str) -> None:
    beside: dict[str, Any] = BELONGS.get(name, {})

    assert described(AppOptions(app="shop:app", **beside)) != described(
        AppOptions(app="shop:app", **beside, **{name: OTHER[name]})
    )


@pytest.mark.parametrize("name", OTHER)
def test_every_option_needs_an_app(name: str) -> None:
    with pytest.raises(UsageError, match="is for your own app; name the app with --app"):
        AppOptions(**{name: OTHER[name]}).described(None)


def test_without_options_there_is_no_app() -> None:
    assert AppOptions().described("3.12") is None


def test_options_beat_the_toml_and_the_rest_of_it_stays(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text(TOML)

    own = described(
        AppOptions(app=str(tmp_path / "app.toml"), paths=("/a",), headers=(("accept", "text/html"),), rate=5.0)
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
    assert load == described(AppOptions(app="shop:app", **options)).load


def test_a_body_may_differ_everywhere_or_where_an_expression_matches() -> None:
    own = described(AppOptions(app="shop:app", vary_body=("", "seen")))

    assert (("seen",), True) == (own.vary_body, own.any_body)


@pytest.mark.parametrize(
    ("python", "kept"), [("3.12", "3.12"), ("/usr/bin/python3", "/usr/bin/python3"), ("env", str(Path.cwd() / "env"))]
)
def test_an_interpreter_is_a_version_or_a_path_from_here(python: str, kept: str) -> None:
    assert kept == described(AppOptions(app="shop:app"), python).python
