"""What an app is, told by what it can be called with; and a sentence for everything that is none."""

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import stacklab_app
from stacklab_app import Asked, Refused, interface_of, load, parse


@pytest.fixture(autouse=True)
def _stay_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An app is loaded in its own folder, and the tests after it are not."""
    monkeypatch.chdir(Path.cwd())


def wsgi(environ: Any, start_response: Any) -> Any: ...


async def asgi(scope: Any, receive: Any, send: Any) -> None: ...


def asgi_that_delegates(scope: Any, receive: Any, send: Any) -> Any:
    return asgi(scope, receive, send)


def asgi_2(scope: Any) -> Any: ...


def anything(*args: Any, **options: Any) -> Any: ...


async def anything_awaited(*args: Any) -> None: ...


async def a_pair(one: Any, other: Any) -> None: ...


class Wsgi:
    def __call__(self, environ: Any, start_response: Any, started: Any = None) -> Any: ...


class Asgi:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class WsgiByClass:
    def __init__(self, environ: Any, start_response: Any) -> None: ...

    def __iter__(self) -> Iterator[bytes]:
        yield b""


class LikeAiohttp:
    """Can be called with nothing, and gives itself."""

    def __call__(self) -> "LikeAiohttp":
        return self


@functools.wraps(wsgi)
def wrapped(*args: Any, **options: Any) -> Any: ...


@pytest.mark.parametrize(
    ("app", "interface"),
    [
        (wsgi, "wsgi"),
        (Wsgi(), "wsgi"),
        (Wsgi().__call__, "wsgi"),
        (WsgiByClass, "wsgi"),
        (wrapped, "wsgi"),
        (functools.partial(asgi_that_delegates, None), "wsgi"),  # whatever it does, that is how it can be called
        (asgi, "asgi"),
        (Asgi(), "asgi"),
        (asgi_that_delegates, "asgi"),
        (anything_awaited, "asgi"),
    ],
)
def test_the_interface_is_told_by_what_it_can_be_called_with(app: Any, interface: str) -> None:
    assert interface == interface_of(app, "m:app")


@pytest.mark.parametrize(
    ("app", "says"),
    [
        ({}, "m:app is a dict, which cannot be called: neither WSGI nor ASGI"),
        (anything, "say what it is with --interface wsgi|asgi"),
        (asgi_2, "an app of ASGI 2"),
        (a_pair, "neither WSGI (environ, start_response) nor ASGI (scope, receive, send)"),
        (print, "say what it is with --interface wsgi|asgi"),
        (LikeAiohttp(), "LikeAiohttp, which is neither"),
        (Asgi, "m:app is the class Asgi, which is neither"),
    ],
)
def test_what_is_no_app_is_told_by_its_kind(app: Any, says: str) -> None:
    with pytest.raises(Refused) as refused:
        interface_of(app, "m:app")

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "names", "arguments"),
    [
        ("app", ["app"], None),
        ("api.app", ["api", "app"], None),
        ("create_app()", ["create_app"], ((), {})),
        (
            "site.create('test', debug=True, parts=[1, -2])",
            ["site", "create"],
            (("test",), {"debug": True, "parts": [1, -2]}),
        ),
    ],
)
def test_an_app_is_a_name_or_a_call_with_literals(expression: str, names: list[str], arguments: Any) -> None:
    assert (names, arguments) == parse(expression)


@pytest.mark.parametrize("expression", ["create_app(os.environ)", "1 + 1", "app[", "create_app()()"])
def test_nothing_else_is_evaluated(expression: str) -> None:
    with pytest.raises(Refused):
        parse(expression)


Bring = Callable[..., stacklab_app.Found]


@pytest.fixture(name="bring")
def _bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bring:
    """``bring(source, name)``: load it from a module in a folder of its own."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.chdir(tmp_path)
    number = 0

    def load_it(source: str, name: str, **options: Any) -> stacklab_app.Found:
        nonlocal number
        number += 1
        module = f"brought_{tmp_path.name.rpartition('-')[2]}_{number}"
        (tmp_path / f"{module}.py").write_text(source)
        settings = {"factory": False, "interface": None, "counted": True, "hidden": []} | options
        return load(Asked(app=f"{module}:{name}", folder=str(tmp_path), modules=str(tmp_path), **settings))

    return load_it


WSGI = "def app(environ, start_response): ...\n"
OPTIONS = "def create(config=None, debug=False):\n    async def app(scope, receive, send): ...\n    return app\n"
SUBCLASS = "class App:\n    def __init__(self, *args): ...\n    def __call__(self, environ, start_response): ...\n"
FACTORY = "def create(name='x'):\n    async def app(scope, receive, send): ...\n    return app\n"


@pytest.mark.parametrize(
    ("source", "name", "options", "found"),
    [
        (WSGI, "app", {}, ("wsgi", False)),
        (FACTORY, "create", {}, ("asgi", True)),
        (OPTIONS, "create", {}, ("asgi", True)),
        (SUBCLASS, "App", {}, ("wsgi", True)),
        (FACTORY, "create()", {}, ("asgi", True)),
        (FACTORY, "create('y')", {}, ("asgi", True)),
        (FACTORY, "create", {"factory": True, "interface": "asgi"}, ("asgi", True)),
        ("def app(*args): ...\n", "app", {"interface": "wsgi"}, ("wsgi", False)),
    ],
)
def test_an_app_is_found_and_made(
    bring: Bring, source: str, name: str, options: dict[str, Any], found: tuple[str, bool]
) -> None:
    brought = bring(source, name, **options)

    assert found == (brought.interface, brought.made)


@pytest.mark.parametrize(
    ("source", "name", "says"),
    [
        (WSGI, "ap", "has no 'ap'; did you mean 'app'?"),
        (WSGI, "nothing_like_it", "has no 'nothing_like_it'; there is app"),
        ("import os\n\nos.environ['NO_SUCH']\n", "app", "raised KeyError: 'NO_SUCH' (brought_"),
        ("import no_such_module\n", "app", "raised ModuleNotFoundError: No module named 'no_such_module' (brought_"),
        ("raise SystemExit(3)\n", "app", "raised SystemExit: 3 (brought_"),
        ("def app(:\n", "app", "raised SyntaxError"),
        (
            "def create():\n    raise RuntimeError('no database')\n",
            "create",
            "the factory create raised RuntimeError: no",
        ),
        ("def create():\n    return 3\n", "create", "returned is an int, which cannot be called"),
        ("async def create():\n    return 3\n", "create()", "is a coroutine function, which no server can call"),
    ],
)
def test_what_an_app_raises_is_told_with_its_line(bring: Bring, source: str, name: str, says: str) -> None:
    with pytest.raises(Refused) as refused:
        bring(source, name)

    assert says in str(refused.value)


def test_a_module_that_is_not_there_is_told_with_the_folder_that_was_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # as loading does, and back
    wanted = Asked(
        "no_such_shop.main:app", str(tmp_path), str(tmp_path), factory=False, interface=None, counted=True, hidden=[]
    )

    with pytest.raises(Refused, match=f"no module 'no_such_shop' in {tmp_path}, nor in the environment of"):
        load(wanted)
