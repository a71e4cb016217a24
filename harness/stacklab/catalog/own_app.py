"""From what is said of an app of the user's own to what can be measured: requests, servers, contract and scenario."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from stacklab.catalog.catalogue import Catalogue, choose
from stacklab.catalog.loader import load
from stacklab.catalog.traffic import header_file
from stacklab.errors import UsageError
from stacklab.model.own_app import OwnApp, RequestSpec, Traffic
from stacklab.model.secrets import Withheld
from stacklab.model.stack import Interface, Stack
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.exchange import Exchange
from stacklab.model.traffic.scenario import CallSpec, Scenario

SCENARIO: Final = "own"
"""The name of the traffic to an app of the user's own."""

HOST: Final = "localhost"
"""Sent as the host, unless the user says another: a port that changes with each server would change answers."""

MOST: Final = 200
"""Requests of one scenario: each is a column's value of a byte, and must be asked before it is measured."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppRequest:
    """One request as it is sent, and what the user says of it."""

    spec: RequestSpec
    exchange: Exchange
    """With words in place of what is secret."""
    written: bool
    """By the user, and not read from a file of traffic."""
    vary: tuple[str, ...]
    any_body: bool


def read(path: Path) -> OwnApp:
    """Read ``app.toml``; its folders are relative to where it lies."""
    own = load(path, OwnApp, named=False)
    folder = path.resolve().parent
    return replace(
        own,
        folder=str(folder / own.folder),
        app_dir=str(
            folder / own.folder / own.app_dir if own.app_dir != "." else modules_in(own.app, folder / own.folder)
        ),
        requests_from=None if own.requests_from is None else str(folder / own.requests_from),
        headers_from=None if own.headers_from is None else str(folder / own.headers_from),
    )


def modules_in(app: str, folder: Path) -> Path:
    """Where the app's modules are imported from: the folder, or its ``src`` if only that holds the app's package."""
    package = app.partition(":")[0].partition(".")[0]

    def holds(where: Path) -> bool:
        return (where / package).is_dir() or (where / f"{package}.py").is_file()

    return folder / "src" if holds(folder / "src") and not holds(folder) else folder


def hosts(catalogue: Catalogue, own: OwnApp, interface: str) -> tuple[Stack, ...]:
    """The stacks that serve the app: those whose servers host such apps, under the names of these servers."""
    stacks = {
        stack.hosts: stack
        for stack in catalogue.stacks.values()
        if stack.hosts is not None and stack.interface == Interface(interface)
    }
    usual = [name for name, stack in stacks.items() if not stack.hosts_on_request]
    chosen = choose(f"{interface.upper()} server", own.servers or usual, dict(sorted(stacks.items())))
    return tuple(_hosting(stack, own) for stack in chosen)


def _hosting(stack: Stack, own: OwnApp) -> Stack:
    """The stack around the app, with what only other endpoints than the app's need turned off, such as WebSockets."""
    return replace(
        stack.serving(()),
        name=stack.hosts or stack.name,
        hosts=None,
        hosts_on_request=False,
        summary=f"{own.app} on {stack.hosts}",
        app=own.app,
        app_requirements=(),
        serves=(),
        lacks={},
        differs={},
        boot_s=own.boot_s,
    )


def app_requests(own: OwnApp, traffic: Traffic, withheld: Withheld) -> tuple[AppRequest, ...]:
    """What is asked, each request under a name of its own. Raises UsageError for what cannot be sent."""
    names: set[str] = set()
    asked = [(spec, True) for spec in traffic.written] + [(spec, False) for spec in traffic.read]
    if not asked:
        raise UsageError(
            "there is nothing to request: name a path with --path, curl commands with --curl, or a traffic file with "
            "--requests"
        )
    if len(asked) > MOST:
        raise UsageError(f"{len(asked)} requests are too many; leave out {len(asked) - MOST} of them")
    secret = {} if own.headers_from is None else header_file.read(Path(own.headers_from))
    return tuple(_app_request(own, spec, secret, withheld, names, written=written) for spec, written in asked)


def _app_request(
    own: OwnApp,
    spec: RequestSpec,
    secret: Mapping[str, str],
    withheld: Withheld,
    names: set[str],
    *,
    written: bool,
) -> AppRequest:
    if not re.fullmatch(r"/[!-~]*", spec.path):
        raise UsageError(
            f"--path {spec.path!r}: write it as in a request line: it begins with / and is percent-encoded"
        )
    headers = {"host": HOST, **_lower(own.headers), **secret, **_lower(spec.headers)}
    if spec.body and "content-type" not in headers and _is_json(spec.body):
        headers["content-type"] = "application/json"
    for name, value in headers.items():
        if not (re.fullmatch(r"[!#$%&'*+.^_`|~\w-]+", name, re.ASCII) and value.isascii() and value.isprintable()):
            raise UsageError(f"--header {name!r}: not valid in a request; write 'name: value' in ASCII")
    vary = (*own.vary_body, *spec.vary_body)
    for expression in vary:
        _compiled(expression)
    target = withheld.target(spec.path)
    exchange = Exchange(
        summary=_unique(replace(spec, path=target).title, names),
        target=target,
        method=spec.method.upper(),
        headers=withheld.headers(headers, all_of=secret),
        sends=withheld.body(spec.body).encode(),
        names_worker=own.count,
    )
    return AppRequest(spec=spec, exchange=exchange, written=written, vary=vary, any_body=own.any_body or spec.any_body)


def contract(recorded: Iterable[AppRequest], interfaces: Iterable[str]) -> Contract:
    """What the app must answer from now on: what it answered at first."""
    return Contract(
        endpoints={
            exchange.summary: Endpoint(
                path=exchange.target,
                template=request.spec.template,
                exercises="the app",
                interfaces=tuple(map(Interface, interfaces)),
                method=exchange.method,
                headers=exchange.headers,
                body=exchange.sends.decode(),
                status=exchange.status[0],
                recorded=exchange.recorded,
            )
            for request in recorded
            for exchange in (request.exchange,)
        }
    )


def scenario(own: OwnApp, asked: Sequence[AppRequest]) -> Scenario:
    """The traffic: all that is asked, by weight, under one load."""
    first = asked[0].exchange.summary
    return Scenario(
        name=SCENARIO,
        summary=f"{own.app}: {first}" if len(asked) == 1 else f"{own.app}: {len(asked)} requests by their weights",
        calls=tuple(CallSpec(endpoint=one.exchange.summary, weight=one.spec.weight) for one in asked),
        load=own.load,
    )


def _is_json(body: str) -> bool:
    """Whether it is an object or an array; a number alone may as well be text."""
    try:
        return isinstance(json.loads(body), dict | list)
    except (ValueError, RecursionError):
        return False


def _compiled(expression: str) -> None:
    try:
        re.compile(expression.encode())
    except re.error as error:
        raise UsageError(f"--vary-body {expression!r}: not a regular expression ({error})") from error


def _unique(title: str, names: set[str]) -> str:
    """The title, with a number where there is one like it."""
    number, name = 1, title
    while name in names:
        number += 1
        name = f"{title} ({number})"
    names.add(name)
    return name


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
