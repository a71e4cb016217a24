"""Which URLs may be loaded: those of this machine."""

import pytest

from stacklab.calibrate.target import parsed
from stacklab.errors import UsageError


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("http://127.0.0.1", ("127.0.0.1", 80, "/")),
        ("http://127.0.0.1:8080/plain?n=1", ("127.0.0.1", 8080, "/plain?n=1")),
        ("http://127.8.9.10:1/", ("127.8.9.10", 1, "/")),
        ("http://LOCALHOST:8080", ("localhost", 8080, "/")),
    ],
)
def test_a_url_of_this_machine_is_taken_apart(url: str, where: tuple[str, int, str]) -> None:
    target = parsed(url)

    assert where == (target.host, target.port, target.shots[0].target)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://192.0.2.7/", "192.0.2.7 is not an IPv4 loopback address"),
        ("http://example.com/", "example.com is not an IPv4 loopback address"),
        ("http://127.0.0.1.example.com/", "is not an IPv4 loopback address"),
        ("http://user@0.0.0.0:8000/", "0.0.0.0 is not an IPv4 loopback address"),
        ("http://[::1]:8000/", "is not an IPv4 loopback address"),
        ("https://127.0.0.1/", "only http is supported"),
        ("127.0.0.1:8000", "only http is supported"),
        ("http://", "only http is supported"),
        ("http://127.0.0.1:99999/", "Port out of range"),
        ("http://127.0.0.1:http/", "use the form http://127.0.0.1:8080/path"),
    ],
)
def test_any_other_url_is_one_sentence_that_names_the_option(url: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        parsed(url)

    assert str(raised.value).startswith(f"--target {url}: ")
    assert says in str(raised.value)
