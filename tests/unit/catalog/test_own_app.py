"""From what is said of an app of one's own to what is asked, and of whom."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from stacklab.catalog import catalogue, own_app, workspace
from stacklab.catalog.catalogue import Catalogue
from stacklab.cli.verbs.init import TEMPLATE
from stacklab.errors import UsageError
from stacklab.model.fingerprint import fingerprint
from stacklab.model.own_app import OwnApp, RequestSpec, Traffic
from stacklab.model.secrets import Withheld
from stacklab.model.traffic.contract import RecordedResponse
from stacklab.model.traffic.exchange import exchanges


@pytest.fixture(name="there_is", scope="module")
def _there_is() -> Catalogue:
    return catalogue.read(workspace.find(workspace.reference()))


def own(*asks: RequestSpec, **said: object) -> OwnApp:
    return OwnApp(app="shop:app", requests=asks, **said)  # type: ignore[arg-type] # as a TOML says them


def questions(app: OwnApp, read: tuple[RequestSpec, ...] = ()) -> tuple[own_app.AppRequest, ...]:
    return own_app.app_requests(app, Traffic(written=app.requests, read=read), Withheld())


@pytest.mark.parametrize(
    ("interface", "server", "other"), [("wsgi", "waitress", "daphne"), ("asgi", "daphne", "waitress")]
)
def test_servers_host_apps_of_their_interface(there_is: Catalogue, interface: str, server: str, other: str) -> None:
    names = [stack.name for stack in own_app.hosts(there_is, own(), interface)]

    assert (True, False) == (server in names, other in names)
    assert len(names) >= 4


def test_some_servers_host_on_request_only(there_is: Catalogue) -> None:
    usual, all_of_them = (own_app.hosts(there_is, own(servers=servers), "wsgi") for servers in ((), ("*",)))

    assert {"cheroot"} <= {stack.name for stack in all_of_them} - {stack.name for stack in usual}


def test_a_server_that_hosts_needs_nothing_of_its_own_app(there_is: Catalogue) -> None:
    (hosted,) = own_app.hosts(there_is, own(servers=("gunicorn-gthread",), boot_s=7.0), "wsgi")

    stack = there_is.stacks["gunicorn-gthread-flask"]
    assert (stack.requirements, (), "shop:app", 7.0) == (
        hosted.all_requirements,
        hosted.serves,
        hosted.app,
        hosted.boot_s,
    )
    assert (stack.argv, stack.threads, stack.family) == (hosted.argv, hosted.threads, hosted.family)


def test_servers_that_do_not_fit_are_answered_with_those_that_do(there_is: Catalogue) -> None:
    with pytest.raises(UsageError, match="no WSGI server matches 'uvicorn-uvloop'; "):
        own_app.hosts(there_is, own(servers=("uvicorn-uvloop",)), "wsgi")


def test_the_host_that_is_asked_does_not_change_with_the_port() -> None:
    (question,) = questions(own(RequestSpec(path="/")))

    assert {"host": "localhost"} == question.exchange.headers


def test_headers_of_one_request_win_over_those_of_all() -> None:
    (question,) = questions(
        own(RequestSpec(path="/", headers={"Accept": "text/html"}), headers={"accept": "*/*", "HOST": "shop"})
    )

    assert {"host": "shop", "accept": "text/html"} == question.exchange.headers


@pytest.mark.parametrize(
    ("body", "headers", "content_type"),
    [
        ('{"n": 1}', {}, "application/json"),
        ("[]", {}, "application/json"),
        ('{"n": 1}', {"Content-Type": "application/merge-patch+json"}, "application/merge-patch+json"),
        ("n=1", {}, None),
        ("7", {}, None),
        ("", {}, None),
    ],
)
def test_json_has_its_content_type_unless_another_is_said(
    body: str, headers: dict[str, str], content_type: str | None
) -> None:
    (question,) = questions(own(RequestSpec(path="/", method="POST", body=body, headers=headers, changes=True)))

    assert content_type == question.exchange.headers.get("content-type")


def test_no_header_of_a_file_is_kept_whatever_its_name(tmp_path: Path) -> None:
    (tmp_path / "headers").write_text("# ours\n\nX-Tenant: acme\nAuthorization: Bearer abc\n")
    withheld = Withheld()

    (question,) = own_app.app_requests(
        own(headers_from=str(tmp_path / "headers")), Traffic(written=(RequestSpec(path="/"),)), withheld
    )

    assert {
        "host": "localhost",
        "x-tenant": "<withheld-1>",
        "authorization": "<withheld-2>",
    } == question.exchange.headers
    assert {"host": "localhost", "x-tenant": "acme", "authorization": "Bearer abc"} == (
        question.exchange.with_secrets(withheld.secrets).headers
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [(b"accept: a\nsecret\n", "line 2 is not of the form NAME: VALUE"), (b"\xff", "is not text in UTF-8")],
)
def test_a_file_that_holds_no_headers_is_told_without_what_is_in_it(tmp_path: Path, text: bytes, says: str) -> None:
    (tmp_path / "headers").write_bytes(text)

    with pytest.raises(UsageError) as refused:
        questions(own(RequestSpec(path="/"), headers_from=str(tmp_path / "headers")))

    assert (True, False) == (says in str(refused.value), "secret" in str(refused.value))


def test_requests_that_look_alike_have_names_of_their_own() -> None:
    asked = questions(
        own(RequestSpec(path="/"), RequestSpec(path="/", headers={"a": "b"}), RequestSpec(path="/x", name="x")),
        (RequestSpec(path="/"),),
    )

    assert ["/", "/ (2)", "x", "/ (3)"] == [question.exchange.summary for question in asked]
    assert [True, True, True, False] == [question.written for question in asked]


def test_names_hold_no_secret() -> None:
    (question,) = questions(own(RequestSpec(path="/x?token=abc")))

    assert "abc" not in repr(question.exchange)


@pytest.mark.parametrize(
    ("app", "says"),
    [
        (own(), "there is nothing to request"),
        (own(RequestSpec(path="orders")), "write it as in a request line"),
        (own(RequestSpec(path="/größe")), "percent-encoded"),
        (own(RequestSpec(path="/a b")), "percent-encoded"),
        (own(RequestSpec(path="/", headers={"a b": "c"})), "not valid in a request"),
        (own(RequestSpec(path="/", headers={"a": "c\n"})), "not valid in a request"),
        (own(RequestSpec(path="/", vary_body=("(",))), "not a regular expression"),
        (own(*[RequestSpec(path="/")] * 201), "201 requests are too many; leave out 1 of them"),
    ],
)
def test_what_cannot_be_asked_is_told(app: OwnApp, says: str) -> None:
    with pytest.raises(UsageError) as refused:
        questions(app)

    assert says in str(refused.value)


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS"])
def test_what_may_change_things_needs_to_be_said(method: str) -> None:
    with pytest.raises(ValueError, match=f"changes: {method} may change data"):
        RequestSpec(path="/", method=method)

    assert method == RequestSpec(path="/", method=method, changes=True).method


def test_the_contract_is_what_was_recorded(there_is: Catalogue) -> None:
    app = own(RequestSpec(path="/orders?n=1", method="POST", body="{}", changes=True, weight=3))
    (question,) = questions(app)
    recorded = RecordedResponse(headers={"content-type": "application/json"}, body=fingerprint(b"[]"))
    exchange = replace(question.exchange, status=(201,), recorded=recorded)
    question = replace(question, exchange=exchange)
    contract = own_app.contract([question], ("wsgi",))
    (stack,) = own_app.hosts(there_is, own(servers=("waitress",)), "wsgi")

    assert [exchange] == list(exchanges(contract, stack))
    assert [("POST /orders?n=1", 3)] == [
        (call.endpoint, call.weight) for call in own_app.scenario(app, [question]).calls
    ]


@pytest.mark.parametrize(
    ("app", "says"),
    [
        ("shop", "not of the form"),
        ("shop.py:app", "name the module: shop:app"),
        ("a/b.py:app", "name the module: a.b:app"),
    ],
)
def test_a_name_that_names_no_app_is_told(app: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        OwnApp(app=app)


def test_folders_in_a_toml_are_relative_to_it(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text(
        'app = "shop:app"\nfolder = "site"\napp_dir = "src"\nrequests_from = "a.log"\nheaders_from = "auth"\n'
    )
    read = own_app.read(tmp_path / "app.toml")

    assert [str(tmp_path / place) for place in ("site", "site/src", "a.log", "auth")] == [
        read.folder,
        read.app_dir,
        read.requests_from,
        read.headers_from,
    ]


def test_the_template_can_be_used_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "app.toml").write_text(TEMPLATE.read_text())

    assert ("shop.main:app", ("/",)) == (
        (read := own_app.read(tmp_path / "app.toml")).app,
        tuple(ask.path for ask in read.requests),
    )


def test_the_template_names_every_key_and_each_can_be_used(tmp_path: Path) -> None:
    template = TEMPLATE.read_text()
    open_loop = template.replace('kind = "closed"', "").replace("connections = 16", "")
    (tmp_path / "app.toml").write_text(re.sub(r"^# (?=\w+ = |\[)", "", open_loop, flags=re.MULTILINE))
    read = own_app.read(tmp_path / "app.toml")

    named = set(re.findall(r"^(?:# )?\[?\[?(\w+)", template, re.MULTILINE))
    assert {field.name for record in (OwnApp, RequestSpec) for field in fields(record)} <= named
    assert ("sqlite:///shop.db", 100) == (read.env["DATABASE_URL"], getattr(read.load, "rate", None))


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ("src/shop/__init__.py", "src"),
        ("src/shop.py", "src"),
        ("shop/__init__.py", "."),
        ("shop.py", "."),
        ("other.py", "."),
    ],
)
def test_a_src_layout_is_found(made: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / made).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / made).touch()

    assert tmp_path / expected == own_app.modules_in("shop.main:app", tmp_path)


def test_a_package_beside_src_comes_first(tmp_path: Path) -> None:
    for where in ("shop", "src/shop"):
        (tmp_path / where).mkdir(parents=True)

    assert tmp_path == own_app.modules_in("shop:app", tmp_path)
