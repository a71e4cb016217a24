"""Secrets of requests leave words in their place, and come back where they are sent."""

from stacklab.model.secrets import Withheld, filled, worth_hiding
from stacklab.model.traffic.exchange import Exchange
from stacklab.model.traffic.load import Closed
from stacklab.model.traffic.order import Order, PlannedRequest


def test_values_of_telling_headers_are_withheld() -> None:
    withheld = Withheld()

    kept = withheld.headers({"authorization": "Bearer abc", "accept": "*/*", "cookie": "sid=1", "x-api-key": "k"})
    assert {"accept": "*/*"} == {name: value for name, value in kept.items() if "<withheld-" not in value}
    assert {"Bearer abc", "sid=1", "k"} == set(withheld.secrets.values())


def test_values_of_telling_parameters_are_withheld() -> None:
    withheld = Withheld()

    assert "/list?page=2&api_key=<withheld-1>&q=x" == withheld.target("/list?page=2&api_key=abc&q=x")
    assert {"<withheld-1>": "abc"} == withheld.secrets


def test_a_secret_is_looked_for_with_and_without_what_stands_before_it_unless_it_is_short() -> None:
    assert {"Bearer abcdefgh": "<withheld-1>", "abcdefgh": "<withheld-1>"} == worth_hiding(
        {"<withheld-1>": "Bearer abcdefgh", "<withheld-2>": "abc"}
    )


def test_one_secret_has_one_word() -> None:
    withheld = Withheld()

    assert withheld.headers({"cookie": "a"}) == withheld.headers({"cookie": "a"})
    assert withheld.headers({"cookie": "a"}) != withheld.headers({"cookie": "b"})


def test_what_was_withheld_is_filled_in_again() -> None:
    withheld = Withheld()
    target = withheld.target("/x?token=t&n=1")
    body = withheld.body('{"password": "p"}')

    assert ("/x?token=t&n=1", '{"password": "p"}') == (filled(target, withheld.secrets), filled(body, withheld.secrets))


def test_no_body_needs_no_word() -> None:
    assert Withheld().body("") == ""


SECRETS = {"<withheld-1>": "t0k3n", "<withheld-2>": "Bearer abc", "<withheld-3>": "pass"}


def test_an_exchange_is_sent_with_its_secrets() -> None:
    kept = Exchange(
        summary="s", target="/x?token=<withheld-1>", headers={"authorization": "<withheld-2>"}, sends=b"<withheld-3>"
    )

    sent = kept.with_secrets(SECRETS)
    assert ("/x?token=t0k3n", {"authorization": "Bearer abc"}, b"pass") == (sent.target, sent.headers, sent.sends)
    assert kept == kept.with_secrets({})


def test_every_request_of_an_order_is_sent_with_its_secrets() -> None:
    shot = PlannedRequest(
        endpoint="e",
        target="/x?token=<withheld-1>",
        headers={"authorization": "<withheld-2>"},
        body="<withheld-3>",
    )
    order = Order(
        host="127.0.0.1",
        port=80,
        shots=(shot, shot),
        load=Closed(connections=1),
        warmup_s=0.0,
        measure_s=1.0,
        drain_s=1.0,
        timeout_s=1.0,
        keep_alive=True,
        seed=1,
        rows_path="rows",
        report_path="report",
    )

    sent = {(one.target, one.headers["authorization"], one.body) for one in order.with_secrets(SECRETS).shots}
    assert {("/x?token=t0k3n", "Bearer abc", "pass")} == sent
