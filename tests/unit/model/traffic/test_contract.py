"""A breach of the contract is a sentence that names the difference."""

import re
from dataclasses import replace
from typing import Any

import pytest

from made import WSGI
from stacklab.model.stack import Interface
from stacklab.model.traffic.contract import Contract, Endpoint, Probe
from stacklab.model.traffic.exchange import Exchange, Response, exchanges, mismatches

WANTED = Exchange(summary="json", target="/json?n=1", content_type="application/json", body="{}")

RIGHT = {"content-type": "application/json; charset=utf-8", "x-served-by": "42"}


def test_a_right_answer_breaks_nothing() -> None:
    assert [] == list(mismatches(WANTED, Response(status=200, headers=RIGHT, body=b"{}")))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Response(status=500, headers=RIGHT, body=b"{}"), "json (GET /json?n=1): status 500 instead of 200"),
        (Response(status=200, headers=RIGHT, body=b"{ }"), "json (GET /json?n=1): body b'{ }' instead of b'{}'"),
        (
            Response(status=200, headers={"x-served-by": "42"}, body=b"{}"),
            "json (GET /json?n=1): content type 'missing' instead of 'application/json'",
        ),
        (
            Response(status=200, headers=RIGHT | {"x-served-by": "me"}, body=b"{}"),
            "json (GET /json?n=1): the header x-served-by does not name the process that served it",
        ),
    ],
)
def test_each_difference_is_named(answer: Response, says: str) -> None:
    assert [says] == list(mismatches(WANTED, answer))


def test_all_differences_are_named_at_once() -> None:
    assert len(list(mismatches(WANTED, Response(status=404)))) == 4


def test_a_long_body_is_shortened() -> None:
    (sentence,) = mismatches(WANTED, Response(status=200, headers=RIGHT, body=b"x" * 1000))

    assert "(1000 bytes)" in sentence
    assert len(sentence) < 250


def test_an_interface_is_asked_only_what_is_for_it() -> None:
    endpoint = Endpoint(path="/p", exercises="", content_type="text/plain", answers={"": "a", "n=1": "b"})
    probe = Probe(
        summary="bad", target="/p?n=x", status=(400, 422), content_type="application/json", interfaces=(Interface.ASGI,)
    )
    contract = Contract(endpoints={"p": endpoint}, probes=(probe,))

    on_asgi = replace(WSGI, interface=Interface.ASGI)
    assert ["/p", "/p?n=1"] == [asked.target for asked in exchanges(contract, WSGI)]
    assert ["/p", "/p?n=1", "/p?n=x"] == [asked.target for asked in exchanges(contract, on_asgi)]


PARTS = Contract(
    endpoints={
        "core": Endpoint(path="/core", exercises="", answers={"": "c"}),
        "order": Endpoint(
            path="/order",
            exercises="",
            part="validated",
            method="POST",
            body_type="application/json",
            body='{"name":"{filler}"}',
            filler=3,
            status=201,
            answers={"": "{}"},
        ),
        "echo": Endpoint(
            path="/echo", exercises="", part="websocket", interfaces=(Interface.ASGI,), messages=("a", "b")
        ),
    },
    probes=(
        Probe(
            summary="cut short",
            target="/order",
            part="validated",
            method="POST",
            status=(400,),
            content_type="application/json",
            body="{",
            body_type="application/json",
        ),
    ),
    error_keys=("error", "detail"),
)


def test_a_stack_is_asked_the_core_and_the_parts_that_it_serves() -> None:
    serving = replace(WSGI, serves=("validated",))

    assert ["core"] == [asked.summary for asked in exchanges(PARTS, WSGI)]
    assert ["core", "order", "cut short"] == [asked.summary for asked in exchanges(PARTS, serving)]


def test_an_exchange_carries_the_method_and_the_body_of_its_endpoint() -> None:
    (order,) = (asked for asked in exchanges(PARTS, replace(WSGI, serves=("validated",))) if asked.summary == "order")

    expected = ("POST", b'{"name":"xxx"}', {"content-type": "application/json"}, (201,))
    assert expected == (order.method, order.sends, order.headers, order.status)


def test_input_of_an_unusual_form_has_its_exact_answer_and_no_error() -> None:
    chunked = replace(PARTS.probes[0], chunked=True, answer="taken", part=None)
    (asked,) = exchanges(replace(PARTS, endpoints={}, probes=(chunked,)), WSGI)

    assert (True, "taken", ()) == (asked.in_chunks, asked.body, asked.one_key_of)


def test_an_endpoint_without_known_answers_is_not_asked() -> None:
    contract = Contract(endpoints={"count": Endpoint(path="/count", exercises="")})

    assert [] == list(exchanges(contract, WSGI))


def test_a_difference_that_the_stack_declares_goes_with_what_is_asked() -> None:
    serving = replace(WSGI, serves=("validated",), differs={"cut short": "it waits for more"})

    assert [None, None, "it waits for more"] == [asked.declared for asked in exchanges(PARTS, serving)]


def test_what_a_stack_does_not_serve_has_the_reason_that_is_known() -> None:
    stack = replace(WSGI, lacks={"validated": "nobody asks for it"})

    assert {"validated": "nobody asks for it", "websocket": "it does not exist for WSGI"} == PARTS.missing(stack)


def test_a_part_that_is_served_is_not_missing() -> None:
    stack = replace(WSGI, interface=Interface.ASGI, serves=("validated",))

    assert {"websocket": ""} == PARTS.missing(stack)


def test_a_stack_that_serves_no_more_than_these_parts_keeps_their_order() -> None:
    stack = replace(WSGI, serves=("a", "b", "c"))

    assert ("a", "c") == stack.serving({"c", "a", "d"}).serves


def test_a_part_that_is_served_cannot_be_lacking() -> None:
    with pytest.raises(ValueError, match=r"^lacks\.a: `serves` names it too; remove one of the two$"):
        replace(WSGI, serves=("a",), lacks={"a": "why"})


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ({"spread_ms": {"n=1": 5}}, "spread_ms: `answers` has no 'n=1'"),
        ({"queries": 1}, "queries: there is no `backend` to query"),
        ({"messages": ("a",), "answers": {"": "b"}}, "messages: a WebSocket has no `answers`"),
    ],
)
def test_an_endpoint_that_could_not_be_checked_is_refused(keys: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(says)}$"):
        Endpoint(path="/p", exercises="", **keys)


@pytest.mark.parametrize("body", [b"sorry", b'["error"]', b'{"message":"no"}', b"\xff"])
def test_bad_input_is_answered_with_one_of_the_keys_of_an_error(body: bytes) -> None:
    wanted = Exchange(summary="bad", target="/", status=(400,), one_key_of=("error", "detail"))

    (said,) = mismatches(wanted, Response(status=400, headers=RIGHT, body=body))
    assert said == f"bad (GET /): body {body!r} instead of a JSON object with 'error' or 'detail'"


def test_an_error_with_its_key_breaks_nothing() -> None:
    wanted = Exchange(summary="bad", target="/", status=(400,), one_key_of=("error", "detail"))

    assert [] == list(mismatches(wanted, Response(status=400, headers=RIGHT, body=b'{"detail":[]}')))


@pytest.mark.parametrize(("spread_ms", "faults"), [(0.0, 1), (39.0, 1), (41.0, 0), (85.0, 0)])
def test_pieces_that_come_together_were_kept_back(spread_ms: float, faults: int) -> None:
    wanted = Exchange(summary="stream", target="/", spread_ms=80)

    assert faults == len(list(mismatches(wanted, Response(status=200, headers=RIGHT, spread_ms=spread_ms))))


def test_a_message_that_comes_back_changed_is_a_breach() -> None:
    wanted = Exchange(summary="echo", target="/echo", status=(101,), messages=("a", "b"))

    assert [] == list(mismatches(wanted, Response(status=101, messages=("a", "b"))))
    assert ["echo (GET /echo): the messages ['a', 'B'] came back instead of ['a', 'b']"] == list(
        mismatches(wanted, Response(status=101, messages=("a", "B")))
    )


@pytest.mark.parametrize(
    ("wanted", "keeps", "says"),
    [
        (True, False, "s (GET /): the server closes the connection; add `keep_alive = false` to the stack"),
        (False, True, "s (GET /): the server keeps the connection open; remove `keep_alive = false` from the stack"),
        (True, True, None),
        (False, False, None),
        (None, False, None),
    ],
)
def test_a_server_keeps_its_connections_exactly_if_its_stack_says_so(
    wanted: bool | None, keeps: bool, says: str | None
) -> None:
    found = list(
        mismatches(Exchange(summary="s", target="/", keeps=wanted), Response(status=200, headers=RIGHT, keeps=keeps))
    )

    assert ([] if says is None else [says]) == found
