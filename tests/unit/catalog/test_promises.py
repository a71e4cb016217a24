"""Promise files: what they say, and a sentence for what is wrong with one."""

from pathlib import Path

import pytest

from stacklab.catalog import promises
from stacklab.cli.options.gate import Gate
from stacklab.errors import UsageError


def written(folder: Path, text: str) -> Path:
    path = folder / "promises.toml"
    path.write_text(text)
    return path


def test_a_promise_has_conditions_a_route_and_an_owner(tmp_path: Path) -> None:
    path = written(
        tmp_path, '[[promise]]\nroute = "GET /orders"\nowner = "shop"\nkeep = ["p99 <= 50 ms", "rss <= 1 GiB"]'
    )

    limits = Gate(promises=str(path)).limits()

    assert [("p99 <= 50 ms", "shop"), ("rss <= 1 GiB", "shop")] == [
        (limit.text, promise.owner if promise else "") for limit, promise in limits
    ]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("promise = []", "write at least one"),
        ("[[promise]]\nkeep = []", "promise.0.keep: write at least one condition"),
        ("[[promise]]\nkeep = ['p99 <= 50 ms']\nroutes = ''", "unknown key `promise.0.routes`; did you mean `route`?"),
        ("[[promise]]\nroute = '/'", "the key `promise.0.keep` is missing"),
        ("[[promise]", "not valid TOML"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_sentence(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError) as raised:
        promises.read(written(tmp_path, text))

    assert (True, 1) == (says in str(raised.value), len(str(raised.value).splitlines())), str(raised.value)


def test_a_condition_that_makes_no_sense_names_the_file_and_the_promise(tmp_path: Path) -> None:
    path = written(tmp_path, "[[promise]]\nkeep = ['p99 <= 50 ms']\n[[promise]]\nkeep = ['p99 >= 50 ms']")

    with pytest.raises(UsageError, match=r"promises.toml: promise 2: keep 'p99 >= 50 ms': the other way round"):
        Gate(promises=str(path)).limits()


def test_junit_without_a_promise_is_wrong_use() -> None:
    with pytest.raises(UsageError, match="--junit writes what became of --fail-if or --promises"):
        Gate(junit="out.xml").limits()
