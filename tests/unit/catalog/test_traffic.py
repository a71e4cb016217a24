"""Files of traffic: what they are shows, what they hold is asked, and what is left out is said."""

import json
import textwrap
from collections import Counter
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from stacklab.catalog.traffic.file import read
from stacklab.errors import UsageError
from stacklab.model.own_app import Traffic

COMBINED = """\
127.0.0.1 - - [20/Nov/2026:10:15:00 +0000] "GET /orders/42?page=2 HTTP/1.1" 200 512 "-" "curl/8"
127.0.0.1 - ann [20/Nov/2026:10:15:00 +0000] "GET /orders/42?page=2 HTTP/1.1" 200 512 "https://shop/" "(\\"x\\")"
::1 - - [20/Nov/2026:10:15:01 +0000] "HEAD / HTTP/1.0" 304 -
127.0.0.1 - - [20/Nov/2026:10:15:02 +0000] "POST /orders HTTP/1.1" 201 20 "-" "-"
127.0.0.1 - - [20/Nov/2026:10:15:03 +0000] "GET /nowhere HTTP/1.1" 404 9 "-" "-"
127.0.0.1 - - [20/Nov/2026:10:15:04 +0000] "\\x16\\x03" 400 9 "-" "-"
127.0.0.1 - - [20/Nov/2026:10:15:05 +0000] "GET http://shop.example/absolute HTTP/1.1" 200 9 "-" "-"
"""


def har_of(*requests: tuple[str, str, dict[str, str]]) -> dict[str, Any]:
    entries = [
        {
            "request": {
                "method": method,
                "url": url,
                "headers": [{"name": name, "value": value} for name, value in headers.items()],
            },
            "response": {"status": 200},
        }
        for method, url, headers in requests
    ]
    return {"log": {"version": "1.2", "entries": entries}}


HAR = har_of(
    ("GET", "http://localhost:8000/orders/42?page=2", {"Accept": "text/html", "User-Agent": "Mozilla"}),
    ("GET", "http://localhost:8000/orders/42?page=2", {"accept": "text/html", "user-agent": "Chromium"}),
    ("GET", "http://localhost:8000", {"Accept-Encoding": "gzip, deflate, br, zstd", "Cookie": "sid=1"}),
    ("POST", "http://localhost:8000/orders", {}),
    ("GET", "https://cdn.example/app.js", {}),
    ("GET", "ws://localhost:8000/live", {}),
)
HAR["log"]["entries"].append({"request": None})

OPENAPI = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://shop.example/api/"}],
    "paths": {
        "/orders/{order_id}": {
            "parameters": [{"name": "order_id", "in": "path", "required": True, "schema": {"example": 42}}],
            "get": {"parameters": [{"name": "verbose", "in": "query", "schema": {"type": "boolean"}}]},
            "delete": {},
        },
        "/search": {
            "get": {
                "parameters": [
                    {"name": "q", "in": "query", "required": True, "example": "red & blue"},
                    {"$ref": "#/components/parameters/Tenant"},
                ]
            }
        },
        "/users/{name}": {"get": {"parameters": [{"name": "name", "in": "path", "required": True, "schema": {}}]}},
        "/odd/{nothing}": {"get": {}},
        "/status": {"get": {}, "head": {}},
        "/sorted": {
            "get": {
                "parameters": [{"name": "by", "in": "query", "required": True, "schema": {"enum": ["name", "age"]}}]
            }
        },
    },
    "components": {
        "parameters": {
            "Tenant": {"name": "X-Tenant", "in": "header", "required": True, "examples": {"one": {"value": "acme"}}}
        }
    },
}


def read_text(folder: Path, text: str) -> Traffic:
    file = folder / "traffic"
    file.write_text(text)
    return read(file)


def asked(traffic: Traffic) -> dict[tuple[str, str], int]:
    return {(ask.method, ask.path): ask.weight for ask in traffic.read}


def left_out(traffic: Traffic) -> dict[str, int]:
    return {left.reason.partition(",")[0]: left.count for left in traffic.left_out}


def test_of_an_access_log_good_answers_are_asked_again_by_their_number(tmp_path: Path) -> None:
    traffic = read_text(tmp_path, COMBINED)

    assert {("GET", "/orders/42?page=2"): 2, ("HEAD", "/"): 1, ("GET", "/absolute"): 1} == asked(traffic)
    assert {"POST": 1, "with status 404": 1, "not a line of an access log": 1} == left_out(traffic)


def test_weights_of_a_long_log_keep_their_proportion(tmp_path: Path) -> None:
    line = COMBINED.splitlines()[0] + "\n"
    traffic = read_text(tmp_path, line * 9000 + line.replace("42", "43") * 1000)

    assert {("GET", "/orders/42?page=2"): 900, ("GET", "/orders/43?page=2"): 100} == asked(traffic)


def test_the_rare_routes_of_many_are_left_out(tmp_path: Path) -> None:
    line = COMBINED.splitlines()[0] + "\n"
    names = map("".join, product("abcdefgh", repeat=2))
    pages = "".join(line.replace("orders/42", f"page-{name}") for name in names)
    traffic = read_text(tmp_path, line * 2 + pages)

    assert (50, {"of routes beyond the 50 most frequent": 15}) == (len(traffic.read), left_out(traffic))


def test_requests_that_differ_in_an_identifier_are_one_route_that_keeps_its_weight(tmp_path: Path) -> None:
    line = COMBINED.splitlines()[0] + "\n"
    orders = "".join(line.replace("42", str(number)) for number in range(1000, 1300))
    traffic = read_text(tmp_path, orders + line.replace("orders/42?page=2", "status") * 100)
    weights: Counter[str | None] = Counter()
    for ask in traffic.read:
        weights[ask.template] += ask.weight

    assert (50, {}, {"/orders/{id}", "/status"}) == (len(traffic.read), left_out(traffic), set(weights))
    assert weights["/orders/{id}"] / weights["/status"] == pytest.approx(3.0, rel=0.05)


def test_of_an_openapi_document_the_templates_are_its_own(tmp_path: Path) -> None:
    traffic = read_text(tmp_path, json.dumps(OPENAPI))

    assert {"/api/orders/{order_id}", "/api/search", "/api/status", "/api/sorted"} == {
        ask.template for ask in traffic.read
    }


def test_of_a_har_file_the_host_of_most_requests_is_asked(tmp_path: Path) -> None:
    traffic = read_text(tmp_path, json.dumps(HAR))

    assert {("GET", "/orders/42?page=2"): 2, ("GET", "/"): 1} == asked(traffic)
    assert {
        "POST": 1,
        "to another host than localhost:8000": 1,
        "by ws": 1,
        "without a method and an address": 1,
    } == left_out(traffic)


def test_of_the_headers_of_a_har_file_those_are_kept_that_change_answers(tmp_path: Path) -> None:
    traffic = read_text(tmp_path, json.dumps(HAR))

    assert [{"accept": "text/html"}, {"accept-encoding": "gzip, deflate", "cookie": "sid=1"}] == [
        dict(ask.headers) for ask in traffic.read
    ]


def test_of_an_openapi_document_what_reads_is_asked_with_its_examples(tmp_path: Path) -> None:
    traffic = read_text(tmp_path, json.dumps(OPENAPI))

    assert {
        ("GET", "/api/orders/42"),
        ("GET", "/api/search?q=red+%26+blue"),
        ("GET", "/api/status"),
        ("HEAD", "/api/status"),
        ("GET", "/api/sorted?by=name"),
    } == set(asked(traffic))
    assert [{"x-tenant": "acme"}] == [dict(ask.headers) for ask in traffic.read if ask.headers]
    assert {
        "DELETE": 1,
        "without an example of the required parameter 'name' (path)": 1,
        "with a part of its path that no parameter describes": 1,
    } == left_out(traffic)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "is neither HAR, nor OpenAPI, nor an access log"),
        ("hello\n", "is neither HAR, nor OpenAPI, nor an access log"),
        ('{"log": ', "begins like JSON but is not valid JSON"),
        ('{"some": "document"}', "is neither HAR (`log.entries`) nor OpenAPI (`openapi` and `paths`)"),
        ('{"log": {"entries": []}}', "contains no request that can be sent: it is empty"),
        ('{"openapi": "3.1.0", "paths": {"/x": {"post": {}}}}', "contains no request that can be sent: 1 POST"),
        ("openapi: 3.1.0\npaths: {}\n", "contains no request that can be sent: it is empty"),
        ("openapi: 3.1.0\npaths: [\n", "is not valid YAML (line 3: "),
        ("openapi: 3.1.0\n- paths\n", "is not valid YAML (line 2: "),
        ("[" * 100_000 + "\nopenapi: 3.1.0", "is n"),
        ('{"log": ' + "[" * 100_000, "is nested too deeply to be read"),
        (json.dumps(har_of(("GET", "http://[", {}))), "1 with an address that cannot be read"),
        (
            '{"openapi": "3", "servers": [{"url": "http://["}], "paths": {}}',
            "`servers.0.url`: 'http://[' is not an add",
        ),
    ],
)
def test_a_file_that_holds_nothing_to_ask_is_told(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=r"traffic: ") as refused:
        read_text(tmp_path, text)

    assert says in str(refused.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"cannot be read \(No such file or directory\)"):
        read(tmp_path / "nothing")


def test_odd_parts_of_a_document_do_not_keep_the_others_from_being_read(tmp_path: Path) -> None:
    text = """{"openapi": "3.1.0", "paths": {
        "/x": null,
        "/y": {"get": {"parameters": [7]}},
        "/nothing": {"parameters": null, "get": {"parameters": null}},
        "/list": {"get": {"parameters": [{"name": ["a"], "in": "query", "required": true}]}}
    }}"""

    assert {("GET", "/y"): 1, ("GET", "/nothing"): 1, ("GET", "/list"): 1} == asked(read_text(tmp_path, text))


def test_an_openapi_document_in_yaml_is_the_same_as_in_json(tmp_path: Path) -> None:
    in_yaml = """
        openapi: 3.1.0
        servers: [{url: https://shop.example/api/}]
        x-shared: &day {name: day, in: query, required: true, example: 2026-11-20}
        paths:
          /orders/{order_id}:
            get:
              parameters:
                - {name: order_id, in: path, required: true, schema: {example: 42}}
                - {name: paid, in: query, required: true, example: true}
                - {name: tag, in: query, required: true, example: [a, b]}
                - *day
    """
    traffic = read_text(tmp_path, textwrap.dedent(in_yaml))

    assert {("GET", "/api/orders/42?paid=true&tag=a&tag=b&day=2026-11-20"): 1} == asked(traffic)


LINES = {
    "uvicorn": 'INFO:     127.0.0.1:50724 - "GET /orders/42?page=2 HTTP/1.1" 200 OK',
    "uvicorn on a terminal": '\x1b[32mINFO\x1b[0m:     127.0.0.1:1 - "\x1b[1mGET /orders/42?page=2 HTTP/1.1\x1b[0m" '
    "\x1b[32m200 OK\x1b[0m",
    "uvicorn's worker in gunicorn": '[2026-11-20 10:15:00] [INFO] ::1:1 - "GET /orders/42?page=2 HTTP/1.1" 200',
    "gunicorn": '127.0.0.1 - - [20/Nov/2026:10:15:00 +0000] "GET /orders/42?page=2 HTTP/1.1" 200 512 "-" "curl/8"',
    "hypercorn": '[2026-11-20 10:15:00 +0000] [7] [INFO] 127.0.0.1:1 - - [20/Nov/2026:10:15:00 +0000] "GET '
    '/orders/42?page=2 1.1" 200 512 "-" "curl"',
    "granian": '[2026-11-20 10:15:00 +0000] 127.0.0.1 - "GET /orders/42?page=2 HTTP/1.1" 200 0.512',
    "daphne": '127.0.0.1:50724 - - [20/Nov/2026:10:15:00] "GET /orders/42?page=2" 200 512',
    "uWSGI": "[pid: 7|app: 0|req: 1/1] 127.0.0.1 () {28 vars in 320 bytes} [Fri Nov 20 10:15:00 2026] GET "
    "/orders/42?page=2 => generated 512 bytes in 1 msecs (HTTP/1.1 200) 2 headers in 79 bytes (1 switches on core 0)",
    "werkzeug": '127.0.0.1 - - [20/Nov/2026 10:15:00] "GET /orders/42?page=2 HTTP/1.1" 200 -',
    "Django": '[20/Nov/2026 10:15:00] "GET /orders/42?page=2 HTTP/1.1" 200 512',
    "nginx's main": '10.0.0.7 - - [20/Nov/2026:10:15:00 +0000] "GET /orders/42?page=2 HTTP/2.0" 200 5 "-" "x" "::1"',
    "nginx with times": '10.0.0.7 - - [20/Nov/2026:10:15:00 +0000] "GET /orders/42?page=2 HTTP/1.1" 200 512 "-" "x" '
    "rt=0.012 uct=0.000",
    "Apache with hosts": 'shop:80 10.0.0.7 - - [20/Nov/2026:10:15:00 +0000] "GET /orders/42?page=2 HTTP/1.1" 200 5',
}


@pytest.mark.parametrize("server", LINES)
def test_the_logs_of_servers_are_read(tmp_path: Path, server: str) -> None:
    lost = LINES[server].replace("42", "43").replace("200", "404")

    traffic = read_text(tmp_path, f"listening on port 8000\n{LINES[server]}\n{lost}\n{LINES[server]}\n")

    assert {("GET", "/orders/42?page=2"): 2} == asked(traffic)
    assert {"not a line of an access log": 1, "with status 404": 1} == left_out(traffic)
