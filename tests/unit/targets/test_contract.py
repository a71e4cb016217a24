"""The contract says what the apps do: its answers are those of the work, and every app knows every path."""

import ast
import re
from collections.abc import Callable

import pytest

import orders
import pages
import streams
import work
from database import rows
from stacklab.catalog.loader import load
from stacklab.catalog.workspace import reference
from stacklab.model.stack import Interface, Stack
from stacklab.model.traffic.contract import Contract, Probe
from stacklab.model.traffic.order import pattern_for

TARGETS = reference() / "targets"
CONTRACT = load(TARGETS / "contract.toml", Contract, named=False)
STACKS = [load(path, Stack) for path in sorted((TARGETS / "stacks").glob("*.toml"))]
APPS = sorted({(stack.app.partition(":")[0], stack.interface, stack.serves) for stack in STACKS})
BAD_PARAMETERS = [probe for probe in CONTRACT.probes if probe.part is None and probe.status == (400, 422)]
BAD_ORDERS = [probe for probe in CONTRACT.probes if probe.part == "validated"]
WAITS = ("wait-blocking", "wait-cooperative", "mistake")
ROWS = [name for name, endpoint in CONTRACT.endpoints.items() if name.partition("-")[0] == "row"]


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


def test_the_validated_order_is_answered_as_the_work_does() -> None:
    endpoint = CONTRACT.endpoints["validated"]
    answer = orders.parse_order(endpoint.request_body.encode())

    assert {"": work.compact_json(answer).decode()} == endpoint.answers


@pytest.mark.parametrize("probe", BAD_ORDERS, ids=lambda probe: probe.summary)
def test_each_bad_order_is_refused_by_the_work(probe: Probe) -> None:
    refusal = work.TooLargeError if 413 in probe.status else work.BadParameterError

    with pytest.raises(refusal):
        orders.parse_order(probe.request_body.encode())


def test_the_page_is_that_of_the_work() -> None:
    assert {"": pages.render_page(pages.fortunes())} == CONTRACT.endpoints["template"].answers


@pytest.mark.parametrize("endpoint", ["delay", "delay-bare"])
def test_a_delay_answers_how_long_it_was_asked_to_wait(endpoint: str) -> None:
    expected = {
        query: work.compact_json(work.waited(work.parse_ms(work.parameter(query, "ms")))).decode()
        for query in CONTRACT.endpoints[endpoint].answers
    }

    assert expected == CONTRACT.endpoints[endpoint].answers


@pytest.mark.parametrize("endpoint", ROWS)
def test_a_row_is_that_of_the_work(endpoint: str) -> None:
    expected = {
        query: work.compact_json(rows.row(rows.parse_id(work.parameter(query, "id")))).decode()
        for query in CONTRACT.endpoints[endpoint].answers
    }

    assert expected == CONTRACT.endpoints[endpoint].answers


PATTERNS = [(name, query) for name, one in CONTRACT.endpoints.items() if one.pattern for query in one.answers]


@pytest.mark.parametrize(("endpoint", "query"), PATTERNS)
def test_a_pattern_fits_the_answer_to_its_query_and_to_no_other(endpoint: str, query: str) -> None:
    one = CONTRACT.endpoints[endpoint]
    pattern = pattern_for(f"{one.path}?{query}", one.pattern or "")

    fitting = [other for other, body in one.answers.items() if pattern.fullmatch(body.encode())]
    assert [query] == fitting


def test_twenty_rows_are_those_of_the_work() -> None:
    expected = {}
    for query in CONTRACT.endpoints["rows"].answers:
        first = rows.parse_first(work.parameter(query, "first"))
        found = [rows.row(number) for number in range(first, first + rows.AT_ONCE)]
        expected[query] = work.compact_json({"rows": found}).decode()

    assert expected == CONTRACT.endpoints["rows"].answers


@pytest.mark.parametrize(
    ("endpoint", "piece", "count"), [("stream", streams.chunk, "chunks"), ("events", streams.event, "count")]
)
def test_pieces_are_those_of_the_work(endpoint: str, piece: Callable[[int], bytes], count: str) -> None:
    expected = {}
    for query in CONTRACT.endpoints[endpoint].answers:
        number = streams.parse_pieces(count, work.parameter(query, count))
        expected[query] = b"".join(streams.spaced(piece, number, 0)).decode()

    assert expected == CONTRACT.endpoints[endpoint].answers


def test_the_answer_to_an_upload_is_that_of_the_work() -> None:
    endpoint = CONTRACT.endpoints["upload"]
    upload = streams.Upload()
    upload.add(endpoint.request_body.encode())

    assert {"": work.compact_json(upload.report()).decode()} == endpoint.answers


def test_the_answer_to_an_upload_in_chunks_is_that_of_the_work() -> None:
    (probe,) = (probe for probe in CONTRACT.probes if probe.chunked)
    upload = streams.Upload()
    upload.add(probe.request_body.encode())

    assert work.compact_json(upload.report()).decode() == probe.answer


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
    """The segments of all paths in an app and in what it imports beside it: frameworks join them in their own ways."""
    (source,) = (TARGETS / "apps").glob(f"{app}.*")
    if source.suffix != ".py":
        text = "".join(file.read_text(encoding="utf-8") for file in source.parent.glob(f"*{source.suffix}"))
        return {segment for literal in re.findall(r'"([^"\n]*)"', text) for segment in literal.split("/")}
    found: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
        match node:
            case ast.Constant(value=str(literal)):
                found.update(literal.split("/"))
            case ast.Constant(value=bytes(literal)):
                found.add(literal.decode())
            case ast.Import(names=[ast.alias(name=module)]) | ast.ImportFrom(module=str(module)):
                beside = source.with_name(f"{module}.py")
                found |= segments(f"{beside.parent.name}/{module}") if beside.is_file() else set()
            case _:
                pass
    return found


@pytest.mark.parametrize(("app", "interface", "serves"), APPS)
def test_every_app_has_every_path_of_its_interface_and_its_parts(
    app: str, interface: Interface, serves: tuple[str, ...]
) -> None:
    wanted = {
        endpoint.path
        for endpoint in CONTRACT.endpoints.values()
        if interface in endpoint.interfaces and endpoint.part in {None, *serves}
    }

    assert {segment for path in wanted for segment in path.split("/")} <= segments(app) | {""}


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack.serves], ids=lambda stack: stack.name)
def test_a_stack_that_goes_beyond_the_core_says_why_it_lacks_the_rest(stack: Stack) -> None:
    endpoints = CONTRACT.endpoints.values()
    possible = {endpoint.part for endpoint in endpoints if stack.interface in endpoint.interfaces} - {None}

    assert possible <= {*stack.serves, *stack.lacks}
