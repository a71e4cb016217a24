"""A breach of the contract is a sentence that names the difference."""

import pytest

from stacklab.model.contract import Answer, Contract, Endpoint, Exchange, Probe, breaches, exchanges
from stacklab.model.stack import Interface

WANTED = Exchange(summary="json", target="/json?n=1", content_type="application/json", body="{}")
RIGHT = {"content-type": "application/json; charset=utf-8", "x-served-by": "42"}


def test_a_right_answer_breaks_nothing() -> None:
    assert [] == list(breaches(WANTED, Answer(status=200, headers=RIGHT, body=b"{}")))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer(status=500, headers=RIGHT, body=b"{}"), "json (GET /json?n=1): status 500 instead of 200"),
        (Answer(status=200, headers=RIGHT, body=b"{ }"), "json (GET /json?n=1): body b'{ }' instead of b'{}'"),
        (
            Answer(status=200, headers={"x-served-by": "42"}, body=b"{}"),
            "json (GET /json?n=1): content type 'missing' instead of 'application/json'",
        ),
        (
            Answer(status=200, headers=RIGHT | {"x-served-by": "me"}, body=b"{}"),
            "json (GET /json?n=1): the header x-served-by does not name the process that served it",
        ),
    ],
)
def test_each_difference_is_named(answer: Answer, says: str) -> None:
    assert [says] == list(breaches(WANTED, answer))


def test_all_differences_are_named_at_once() -> None:
    assert len(list(breaches(WANTED, Answer(status=404)))) == 4


def test_a_long_body_is_shortened() -> None:
    (sentence,) = breaches(WANTED, Answer(status=200, headers=RIGHT, body=b"x" * 1000))

    assert "(1000 bytes)" in sentence
    assert len(sentence) < 250


def test_an_interface_is_asked_only_what_is_for_it() -> None:
    endpoint = Endpoint(path="/p", exercises="", content_type="text/plain", answers={"": "a", "n=1": "b"})
    probe = Probe(
        summary="bad", target="/p?n=x", status=(400, 422), content_type="application/json", interfaces=(Interface.ASGI,)
    )
    contract = Contract(endpoints={"p": endpoint}, probes=(probe,))

    assert ["/p", "/p?n=1"] == [asked.target for asked in exchanges(contract, Interface.WSGI)]
    assert ["/p", "/p?n=1", "/p?n=x"] == [asked.target for asked in exchanges(contract, Interface.ASGI)]
