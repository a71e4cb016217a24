"""What the apps do, whatever the framework."""

import runpy
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest

from stacklab.catalog.workspace import reference

work = SimpleNamespace(**runpy.run_path(str(reference() / "targets" / "work.py")))


def test_the_computation_is_the_generator_of_numerical_recipes() -> None:
    # The first values printed in Numerical Recipes in C, 2nd edition, section 7.1.
    printed = ["3c6ef35f", "47502932", "d1ccf6e9", "aaf95334", "6252e503"]

    assert printed == [work.spin(steps)["digest"] for steps in range(1, 6)]


@pytest.mark.parametrize("text", ["0", "1", "10000000"])
def test_steps_within_the_limit_are_taken(text: str) -> None:
    assert int(text) == work.parse_steps(text)


@pytest.mark.parametrize("text", ["0", "1", "10000"])
def test_milliseconds_within_the_limit_are_taken(text: str) -> None:
    assert int(text) == work.parse_ms(text)


@pytest.mark.parametrize("text", [None, "", "many", "1.5", "-1", "10001", "9" * 5000])
def test_bad_milliseconds_are_refused_with_their_name(text: str | None) -> None:
    with pytest.raises(work.BadParameterError, match=r"^ms: "):
        work.parse_ms(text)


def test_a_parameter_is_found_in_a_raw_query() -> None:
    assert work.parameter("a=1&steps=20", "steps") == "20"


def test_a_parameter_that_is_not_there_is_none() -> None:
    assert work.parameter("a=1", "steps") is None


def test_threads_lose_no_request_of_the_tally() -> None:
    tally = work.Tally()

    def count_a_thousand(_thread: int) -> None:
        for _request in range(1000):
            tally.add_one()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_a_thousand, range(8)))

    assert tally.report()["count"] == 8000
