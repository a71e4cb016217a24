"""Finds an app by its name and says what it is: WSGI or ASGI, an object or a factory.

Runs in the environment of the app, with nothing but the standard library. What cannot be is ``Refused``, a sentence.
"""

from __future__ import annotations  # Python 3.9 runs this, too

import ast
import difflib
import importlib
import inspect
import json
import os
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

ASKED = "STACKLAB_APP"
"""The environment variable that says what is asked for, as JSON: the fields of ``Asked``."""

HERE = str(Path(__file__).resolve().parent)


class Refused(Exception):  # noqa: N818 (what happened, in the words of the domain)
    """This cannot be served; the sentence says why."""


class Asked(NamedTuple):
    """What is to be served."""

    app: str
    """``module:attribute``, or ``module:factory()`` with literals as arguments."""
    folder: str
    """The app's current folder while it is served."""
    modules: str
    """The folder that its modules are found in, unless they are installed."""
    factory: bool
    """Whether the attribute is to be called, where it does not show."""
    interface: str | None
    """``wsgi`` or ``asgi``, where that does not show."""
    counted: bool
    """Whether requests are counted, and answers name the process that gave them."""
    hidden: list[str]
    """Folders of stacklab that the app shall not see."""


class Found(NamedTuple):
    """An app that can be served."""

    app: Any
    interface: str
    made: bool
    """Whether a factory made it."""


def asked() -> Asked:
    """What the environment asks for."""
    return Asked(**json.loads(os.environ[ASKED]))


def load(wanted: Asked) -> Found:
    """Import the app as its own servers would. Raises ``Refused`` for what is no app."""
    settle(wanted)
    module_name, _, expression = wanted.app.partition(":")
    names, arguments = parse(expression)
    module = import_module(module_name, wanted)
    thing: Any = module
    for name in names:
        thing = attribute(thing, name, module_name)
    called = arguments is not None
    if called or wanted.factory or (wanted.interface is None and is_factory(thing)):
        thing = call(thing, arguments or ((), {}), expression.partition("(")[0], wanted)
        called = True
    return Found(app=thing, interface=wanted.interface or interface_of(thing, wanted.app, called=called), made=called)


def settle(wanted: Asked) -> None:
    """Make this the app's own process: its folder, its modules, and nothing of stacklab that could be taken for them.

    Servers start elsewhere, because some of them read settings from the current folder.
    """
    for folder in wanted.hidden:
        sys.path[:] = [entry for entry in sys.path if entry != folder]
        for name, module in list(sys.modules.items()):
            source = getattr(module, "__file__", None) or ""
            if name != "__main__" and is_below(source, folder) and not is_below(source, HERE):
                del sys.modules[name]
    sys.path.insert(0, wanted.modules)
    os.chdir(wanted.folder)


def parse(expression: str) -> tuple[list[str], tuple[tuple[Any, ...], dict[str, Any]] | None]:
    """Read ``app``, ``api.app`` or ``create_app('test')``: the names, and the arguments of the call if it is one."""
    try:
        node = ast.parse(expression, mode="eval").body
    except SyntaxError:
        raise Refused(f"{expression!r} is neither a name nor a call; write module:app or module:create_app()") from None
    arguments = None
    if isinstance(node, ast.Call):
        try:
            arguments = (
                tuple(ast.literal_eval(word) for word in node.args),
                {word.arg: ast.literal_eval(word.value) for word in node.keywords if word.arg is not None},
            )
        except ValueError:
            raise Refused(f"{expression!r}: the arguments of a factory must be literals, such as 'test' or 3") from None
        node = node.func
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise Refused(f"{expression!r} is neither a name nor a call; write module:app or module:create_app()")
    return [node.id, *names], arguments


def import_module(name: str, wanted: Asked) -> Any:
    """Import it; what the app raises meanwhile is told with the line that did."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if name == missing or name.startswith(missing + "."):
            raise Refused(
                f"there is no module {missing!r} in {wanted.modules}, nor in the environment of {sys.executable}; "
                "name the folder that holds it with --app-dir, or the environment with --python"
            ) from None
        raise Refused(
            f"importing {name} raised {told(error, wanted)}; install it into the environment of {sys.executable}, "
            "or name another with --python"
        ) from None
    except BaseException as error:  # noqa: BLE001 (an app may raise anything, and end the interpreter)
        raise Refused(f"importing {name} raised {told(error, wanted)}") from None


def attribute(thing: Any, name: str, module: str) -> Any:
    """One step into the module."""
    try:
        return getattr(thing, name)
    except AttributeError:
        known = [known for known in dir(thing) if not known.startswith("_")]
        near = difflib.get_close_matches(name, known, n=1)
        apps = [known for known in known if is_app(getattr(thing, known, None))]
        hint = f"; did you mean {near[0]!r}?" if near else f"; there is {', '.join(apps)}" if apps else ""
        raise Refused(f"{module} has no {name!r}{hint}") from None


def call(factory: Any, arguments: tuple[tuple[Any, ...], dict[str, Any]], name: str, wanted: Asked) -> Any:
    """Have the app made."""
    if not callable(factory):
        raise Refused(f"{name} is {kind(factory)}, which cannot be called; leave --factory out")
    if inspect.iscoroutinefunction(factory):
        raise Refused(f"{name} is a coroutine function, which no server can call; name a factory that is none")
    positional, named = arguments
    try:
        return factory(*positional, **named)
    except BaseException as error:  # noqa: BLE001 (an app may raise anything, and end the interpreter)
        raise Refused(f"the factory {name} raised {told(error, wanted)}") from None


def is_factory(thing: Any) -> bool:
    """Whether it is a class, or a function, that needs no argument: nothing that serves a request could be called so.

    A function that takes whatever it is given may be an app as well.
    """
    shape = shape_of(thing)
    if shape is None or shape.needs:
        return False
    return inspect.isclass(thing) or ((inspect.isroutine(thing) or isinstance(thing, partial)) and not shape.any)


def is_app(thing: Any) -> bool:
    """Whether its interface shows."""
    try:
        interface_of(thing, "")
    except Refused:
        return False
    return True


def interface_of(app: Any, name: str, *, called: bool = False) -> str:
    """``wsgi`` or ``asgi``, by what it can be called with. Raises ``Refused`` if it is neither, or could be both."""
    what = f"what {name} returned" if called else name
    if not callable(app):
        raise Refused(f"{what} is {kind(app)}, which cannot be called: neither WSGI nor ASGI")
    shape = shape_of(app)
    is_async = inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(type(app).__call__)
    if shape is not None and (shape.needs == 3 or (is_async and shape.takes(3)) or shape.begins("scope", 3)):
        return "asgi"
    if shape is not None and not is_async and (shape.needs == 2 or shape.begins("environ", 2)):
        return "wsgi"
    if shape is None or shape.any:
        raise Refused(
            f"{what} is {kind(app)}, and takes whatever it is called with; say what it is with --interface wsgi|asgi"
        )
    if shape.begins("scope", 1):
        raise Refused(
            f"{what} is an app of ASGI 2, which servers no longer take; "
            "wrap it in asgiref.compatibility.guarantee_single_callable"
        )
    raise Refused(
        f"{what} is {kind(app)}, which is neither WSGI (environ, start_response) nor ASGI (scope, receive, send)"
    )


class Shape(NamedTuple):
    """What something can be called with."""

    first: str
    """The name of its first parameter; empty if it has none."""
    needs: int
    """Positional arguments that it cannot be called without."""
    most: int
    any: bool
    """Whether it takes any number of them."""

    def takes(self, number: int) -> bool:
        """Whether it can be called with so many."""
        return self.needs <= number and (self.any or number <= self.most)

    def begins(self, name: str, number: int) -> bool:
        """Whether it takes so many, and calls the first one so."""
        return self.first == name and self.takes(number)


def shape_of(thing: Any) -> Shape | None:
    """What it can be called with; None where that cannot be known, as of some programs in C."""
    try:
        parameters = list(inspect.signature(thing).parameters.values())
    except (TypeError, ValueError):
        return None
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    return Shape(
        first=parameters[0].name if parameters else "",
        needs=sum(one.default is one.empty for one in positional),
        most=len(positional),
        any=any(one.kind is one.VAR_POSITIONAL for one in parameters),
    )


def kind(thing: Any) -> str:
    """``a flask.app.Flask``."""
    if inspect.isclass(thing):
        return f"the class {thing.__qualname__}"
    what = type(thing)
    name = what.__qualname__ if what.__module__ == "builtins" else f"{what.__module__}.{what.__qualname__}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def told(error: BaseException, wanted: Asked) -> str:
    """``KeyError: 'DATABASE' (shop/main.py, line 3)``: the error, and the last of the app's own lines that ran."""
    said = traceback.format_exception_only(type(error), error)[-1]
    where = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename:
        where.append((error.filename, error.lineno))
    for file, line in reversed(where):
        for folder in (wanted.modules, wanted.folder):
            if is_below(file, folder):
                return f"{' '.join(said.split())} ({os.path.relpath(file, folder)}, line {line})"
    return " ".join(said.split())


def is_below(file: str, folder: str) -> bool:
    """Whether a file lies in a folder, or deeper."""
    return file.startswith(folder.rstrip(os.sep) + os.sep)
