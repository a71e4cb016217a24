"""What the apps do, whatever the framework."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import work
from stacklab.catalog.workspace import reference


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
    tally = work.Tally("count")

    def count_a_thousand(_thread: int) -> None:
        for _request in range(1000):
            tally.add_one()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count_a_thousand, range(8)))

    assert tally.report()["count"] == 8000


@pytest.mark.parametrize(("said", "parts"), [(None, set()), ("", set()), ("upload,stream", {"upload", "stream"})])
def test_the_parts_that_a_stack_serves_are_those_of_the_environment(
    said: str | None, parts: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if said is not None:
        monkeypatch.setenv("STACKLAB_SERVES", said)

    assert parts == work.served_parts()


@pytest.mark.parametrize("program", sorted((reference() / "targets").rglob("*.py")), ids=lambda path: path.name)
def test_what_stacks_run_can_be_read_by_python_3_9(program: Path) -> None:
    assert ast.parse(program.read_text(encoding="utf-8"), feature_version=(3, 9)).body
