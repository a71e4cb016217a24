"""The contract says what the apps do: its answers are those of the work, and every app knows every path."""

import ast
import re
import runpy
from types import SimpleNamespace

import pytest

from stacklab.catalog.loader import load
from stacklab.catalog.workspace import reference
from stacklab.model.contract import Contract, Probe
from stacklab.model.stack import Interface, Stack

TARGETS = reference() / "targets"
CONTRACT = load(TARGETS / "contract.toml", Contract, named=False)
STACKS = [load(path, Stack) for path in sorted((TARGETS / "stacks").glob("*.toml"))]
APPS = sorted({(stack.app.partition(":")[0], stack.interface) for stack in STACKS})
BAD_PARAMETERS = [probe for probe in CONTRACT.probes if probe.status == (400, 422)]
WAITS = ("wait-blocking", "wait-cooperative", "mistake")

work = SimpleNamespace(**runpy.run_path(str(TARGETS / "work.py")))


def refuse(target: str) -> None:
    """Parse the parameter of a target as an app without a framework does."""
    path, _, query = target.partition("?")
    if path == CONTRACT.endpoints["cpu"].path:
        work.parse_steps(work.parameter(query, "steps"))
    else:
        work.parse_ms(work.parameter(query, "ms"))


@pytest.mark.parametrize(("query", "body"), CONTRACT.endpoints["cpu"].answers.items())
def test_the_digest_of_a_computation_is_that_of_the_work(query: str, body: str) -> None:
    steps = work.parse_steps(work.parameter(query, "steps"))

    assert body.encode() == work.compact_json(work.spin(steps))


@pytest.mark.parametrize("endpoint", WAITS)
def test_a_wait_answers_how_long_it_was_asked_to_wait(endpoint: str) -> None:
    expected = {
        query: work.compact_json(work.waited(work.parse_ms(work.parameter(query, "ms")))).decode()
        for query in CONTRACT.endpoints[endpoint].answers
    }

    assert expected == CONTRACT.endpoints[endpoint].answers


def test_the_constant_answers_are_those_of_the_work() -> None:
    expected = [{"": work.GREETING}, {"": work.compact_json(work.greeting()).decode()}]

    assert expected == [CONTRACT.endpoints[name].answers for name in ("plain", "json")]


@pytest.mark.parametrize("probe", BAD_PARAMETERS, ids=lambda probe: probe.target)
def test_each_bad_parameter_is_refused_by_the_work(probe: Probe) -> None:
    with pytest.raises(work.BadParameterError):
        refuse(probe.target)


@pytest.mark.parametrize("path", [CONTRACT.endpoints[name].path for name in ("cpu", *WAITS)])
def test_each_parameter_is_probed_for_being_missing_wrong_and_too_large(path: str) -> None:
    probes = [probe for probe in CONTRACT.probes if probe.target.partition("?")[0] == path]
    faults = {probe.summary.split(maxsplit=1)[1] for probe in probes}

    assert {"missing", "is not a number", "beyond its limit"} <= faults


def segments(app: str) -> set[str]:
    """The segments of all paths in an app and in those that it imports: frameworks join them in their own ways."""
    (source,) = (TARGETS / "apps").glob(f"{app}.*")
    text = source.read_text(encoding="utf-8")
    if source.suffix != ".py":
        return {segment for literal in re.findall(r'"([^"\n]*)"', text) for segment in literal.split("/")}
    found: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Constant(value=str(literal)):
                found.update(literal.split("/"))
            case ast.Constant(value=bytes(literal)):
                found.add(literal.decode())
            case ast.Import(names=[ast.alias(name=module)]) | ast.ImportFrom(module=str(module)):
                found |= segments(module) if (TARGETS / "apps" / f"{module}.py").is_file() else set()
            case _:
                pass
    return found


@pytest.mark.parametrize(("app", "interface"), APPS)
def test_every_app_has_every_path_of_its_interface(app: str, interface: Interface) -> None:
    wanted = {endpoint.path for endpoint in CONTRACT.endpoints.values() if interface in endpoint.interfaces}

    assert {segment for path in wanted for segment in path.split("/")} <= segments(app) | {""}
