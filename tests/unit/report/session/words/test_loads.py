"""Loads and scenarios in words."""

from dataclasses import replace

import pytest

from made import WSGI
from stacklab.model.stack import Family, Stack, Waits
from stacklab.model.traffic.contract import Contract, Endpoint
from stacklab.model.traffic.load import Arrivals, Closed, Load, LoadStep, Open, Overload
from stacklab.model.traffic.scenario import CallSpec, Scenario
from stacklab.report.session.words.loads import load_in_words, notes, requests

CONTRACT = Contract(
    endpoints={
        "pause": Endpoint(path="/pause", exercises="", content_type="", answers={}, waits_cooperatively=True),
        "plain": Endpoint(path="/plain", exercises="", content_type="", answers={}),
        "order": Endpoint(path="/order", exercises="", method="POST"),
        "echo": Endpoint(path="/echo", exercises="", messages=("hello",)),
    }
)


def _stack(name: str, waits: Waits) -> Stack:
    return replace(WSGI, name=name, family=Family.THREADS, waits=waits)


def _scenario(endpoint: str, load: Load, *, keep_alive: bool = True) -> Scenario:
    calls = (CallSpec(endpoint=endpoint, query="ms=5"), CallSpec(endpoint="plain"))
    return Scenario(name="s", summary="", calls=calls, load=load, keep_alive=keep_alive)


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Closed(connections=32), "32 connections, closed loop"),
        (Closed(connections=1, think_s=0.05), "1 connection, closed loop, 50 ms pause after each response"),
        (Open(rate=50), "open loop, 50 requests a second, Poisson, at most 64 connections"),
        (
            Open(rate=50, arrivals=Arrivals.CONSTANT, overload=Overload.DEADLINE, deadline_s=2.0, connections=1),
            "open loop, 50 requests a second, evenly spaced, at most 1 connection, shed after 2 s unsent",
        ),
        (
            Open(rate=32, arrivals=Arrivals.BURSTS, burst=16),
            "open loop, 32 requests a second, in bursts of 16, at most 64 connections",
        ),
        (
            Open(rate=50, overload=Overload.MAX_IN_FLIGHT, connections=8),
            "open loop, 50 requests a second, Poisson, at most 8 connections, shed at 8 in flight",
        ),
        (
            Open(rate=5, requests_per_session=10),
            "partly open loop, 5 sessions of 10 requests a second, Poisson, at most 64 connections",
        ),
        (
            Closed(connections=8, steps=(LoadStep(at=0.5), LoadStep(at=0.5, to=2.0))),
            "8 connections, closed loop, in steps of 50% and 50% to 200%",
        ),
    ],
)
def test_a_load_is_named_by_its_model_and_its_numbers(load: Load, words: str) -> None:
    assert words == load_in_words(load)


def test_a_scenario_names_method_path_and_query_of_its_routes() -> None:
    calls = (
        CallSpec(endpoint="pause", query="ms=5"),
        CallSpec(endpoint="order"),
        CallSpec(endpoint="order", method="PUT", query="id=7"),
        CallSpec(endpoint="echo"),
    )
    scenario = replace(_scenario("plain", Open(rate=1)), calls=calls)

    assert requests(scenario, CONTRACT) == (
        "GET /pause?ms=5",
        "POST, PUT /order",
        "WebSocket /echo",
    )


def test_stacks_that_wait_the_blocking_way_are_named() -> None:
    stacks = [_stack("a", Waits.BLOCKING), _stack("b", Waits.COOPERATIVE), _stack("c", Waits.BLOCKING)]
    said = list(notes(_scenario("pause", Open(rate=1)), CONTRACT, stacks))

    assert said[1:] == ["a and c have no cooperative way to wait, and block instead."]


def test_an_endpoint_that_does_not_wait_has_no_blocking_way() -> None:
    said = list(notes(_scenario("plain", Open(rate=1)), CONTRACT, [_stack("a", Waits.BLOCKING)]))

    assert said == ["Latency counts from the intended start of each request, whether or not it could be sent then."]


def test_a_scenario_that_caps_the_delay_service_says_so() -> None:
    capped = replace(_scenario("plain", Closed(connections=1)), backend_jobs=8)

    assert list(notes(capped, CONTRACT, []))[1:] == [
        "The delay service handles at most 8 requests at a time and queues the others."
    ]


def test_a_scenario_that_reconnects_says_so() -> None:
    said = list(notes(_scenario("plain", Closed(connections=1), keep_alive=False), CONTRACT, []))

    assert said[1:] == ["Every request opens a new connection."]
