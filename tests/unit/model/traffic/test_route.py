"""Routes: which calls a reader sees as one."""

from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.route import Route, routes
from stacklab.model.traffic.scenario import CallSpec, Scenario

CONTRACT = Contract(
    endpoints={
        "json": Endpoint(path="/json", exercises=""),
        "order": Endpoint(path="/order", exercises="", method="POST"),
        "echo": Endpoint(path="/echo", exercises="", messages=("hello",)),
        "/items/1": Endpoint(path="/items/1?full=1", exercises="", template="/items/{id}"),
        "/items/2": Endpoint(path="/items/2", exercises="", template="/items/{id}"),
        "HEAD /items/2": Endpoint(path="/items/2", exercises="", method="HEAD", template="/items/{id}"),
    }
)


def routes_of(*calls: CallSpec) -> tuple[Route, ...]:
    return routes(Scenario(name="s", summary="", calls=calls, load=Closed(connections=1)), CONTRACT)


def test_calls_of_one_endpoint_are_one_route_with_all_their_weight() -> None:
    (route,) = routes_of(CallSpec(endpoint="json", query="n=1", weight=2), CallSpec(endpoint="json", query="n=2"))

    assert ("json", "GET", "/json", 3) == (route.name, route.method, route.path, route.weight)


def test_a_query_that_all_calls_have_belongs_to_the_path() -> None:
    (route,) = routes_of(CallSpec(endpoint="json", query="n=1"))

    assert "json: GET /json?n=1" == route.title


def test_endpoints_with_one_template_and_method_are_one_route() -> None:
    plain, head = routes_of(
        CallSpec(endpoint="/items/1", weight=4),
        CallSpec(endpoint="HEAD /items/2"),
        CallSpec(endpoint="/items/2", weight=3),
    )

    assert ("GET /items/{id}", 7, ("/items/1", "/items/2")) == (plain.title, plain.weight, plain.endpoints)
    assert ("HEAD /items/{id}", 1) == (head.title, head.weight)


def test_methods_of_one_endpoint_are_joined_and_a_message_has_none() -> None:
    order, echo = routes_of(
        CallSpec(endpoint="order"), CallSpec(endpoint="order", method="PUT"), CallSpec(endpoint="echo")
    )

    assert ("POST, PUT", "WebSocket") == (order.method, echo.method)
