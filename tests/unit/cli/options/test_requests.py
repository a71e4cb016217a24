"""Requests on the command line: bodies and weights belong to the path before them."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from stacklab.catalog.ways import Way
from stacklab.cli.options.app import own_app_options
from stacklab.cli.options.axes import axis_options
from stacklab.cli.options.order import InOrder
from stacklab.cli.options.redaction import recorded_command
from stacklab.cli.options.requests import requests_of
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp, RequestSpec

PRIVATE = "nobodys-business"


def asked(*words: str, stdin: str | None = None) -> tuple[OwnApp, str]:
    """What the command line says of the app, and what a session keeps of it."""
    found: list[tuple[OwnApp, str]] = []

    @click.command("ask", cls=InOrder)
    @axis_options
    @own_app_options
    def command(*, own: tuple[Way, ...], requested: Any) -> None:
        (way,) = own
        found.append((way.own, recorded_command(click.get_current_context())))

    CliRunner().invoke(
        command, ["--app", "shop:app", *words], input=stdin, catch_exceptions=False, standalone_mode=False
    )
    return found[0]


def post(path: str, body: str = "", weight: int = 1) -> RequestSpec:
    return RequestSpec(path=path, method="POST", body=body, weight=weight, changes=True)


def test_a_body_and_a_weight_belong_to_the_path_before_them() -> None:
    own, kept = asked(
        "--path", "/a", "--path", "POST /b", "--weight", "3", "--body", "{}", "--path=put /c", "--path", "/d?e=1",
        "--weight", "2",
    )  # fmt: skip

    assert (
        RequestSpec(path="/a"),
        post("/b", "{}", 3),
        RequestSpec(path="/c", method="PUT", changes=True),
        RequestSpec(path="/d?e=1", weight=2),
    ) == own.requests
    assert kept.endswith(
        "--path /a --path 'POST /b' --weight 3 --body '<withheld>' --path 'put /c' --path '/d?e=1' --weight 2"
    )


def test_a_body_comes_from_a_file_or_from_standard_input(tmp_path: Path) -> None:
    (tmp_path / "order.json").write_text('{"n": 1}')

    own, kept = asked(
        "--path", "POST /a", "--body", f"@{tmp_path / 'order.json'}", "--path", "POST /b", "--body", "@-", stdin="text"
    )

    assert (post("/a", '{"n": 1}'), post("/b", "text")) == own.requests
    assert (True, False) == ("--body @order.json" in kept, str(tmp_path) in kept)


def test_curl_commands_come_from_standard_input_and_follow_the_paths() -> None:
    own, kept = asked("--curl", "-", "--path", "/a", stdin="curl http://localhost/b -d c=d")

    assert ["/a", "/b"] == [request.path for request in own.requests]
    assert "--curl - --path /a" in kept


@pytest.mark.parametrize(
    ("said", "says"),
    [
        ([("bodies", "x")], "--body: there is no --path before it"),
        ([("weights", 2), ("paths", "/a")], "--weight: there is no --path before it"),
        ([("paths", "POST /a"), ("bodies", "x"), ("bodies", "y")], "--body: --path 'POST /a' already has one"),
        ([("paths", "/a"), ("weights", 2), ("weights", 2)], "--weight: --path '/a' already has one"),
        ([("paths", "/a"), ("bodies", "x")], "--body: a GET has no body; name the method, as in --path 'POST /a'"),
        ([("paths", "POST /a"), ("bodies", "@nowhere")], "--body: nowhere cannot be read (No such file or directory)"),
    ],
)
def test_what_belongs_to_no_path_is_told(said: list[tuple[str, Any]], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        requests_of(said)

    assert str(refused.value).startswith(says)


def test_a_body_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(b"\xff\xfe")

    with pytest.raises(UsageError, match="is not text in UTF-8"):
        requests_of([("paths", "PUT /a"), ("bodies", f"@{tmp_path / 'picture'}")])


def test_of_a_file_of_headers_only_its_name_is_kept(tmp_path: Path) -> None:
    (tmp_path / "auth").write_text(f"Authorization: Bearer {PRIVATE}\n")

    own, kept = asked("--path", "/", "--header", f"@{tmp_path / 'auth'}", "--header", "Accept: text/html")

    assert (str(tmp_path / "auth"), {"Accept": "text/html"}) == (own.headers_from, own.headers)
    assert kept.endswith("--header @auth --header 'Accept: text/html'")


def test_two_files_of_headers_are_one_too_many() -> None:
    with pytest.raises(UsageError, match="--header: a and b are two files"):
        asked("--path", "/", "--header", "@a", "--header", "@b")
