"""Secrets of requests leave words in their place, and come back where they are sent."""

from stacklab.model.secrets import Withheld, filled


def test_values_of_telling_headers_are_withheld() -> None:
    withheld = Withheld()

    kept = withheld.headers({"authorization": "Bearer abc", "accept": "*/*", "cookie": "sid=1", "x-api-key": "k"})
    assert {"accept": "*/*"} == {name: value for name, value in kept.items() if "<withheld-" not in value}
    assert {"Bearer abc", "sid=1", "k"} == set(withheld.secrets.values())


def test_values_of_telling_parameters_are_withheld() -> None:
    withheld = Withheld()

    assert "/list?page=2&api_key=<withheld-1>&q=x" == withheld.target("/list?page=2&api_key=abc&q=x")
    assert {"<withheld-1>": "abc"} == withheld.secrets


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
