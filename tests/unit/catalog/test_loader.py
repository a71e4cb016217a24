"""What is wrong with a TOML is said in one sentence that names the file and the key."""

from pathlib import Path

import pytest

from stacklab.catalog.loader import load
from stacklab.errors import UsageError
from stacklab.model.stack import Family, Stack
from stacklab.model.traffic.load import Closed, Open
from stacklab.model.traffic.scenario import Scenario

STACK = """
summary = "one"
family = "threads"
interface = "wsgi"
waits = "blocking"
app = "flask/app:app"
argv = ["{python}", "-m", "waitress", "--port={port}", "{app}"]
requirements = ["waitress==3.0.2"]
"""

SCENARIO = """
summary = "one"
[[calls]]
endpoint = "json"
[load]
kind = "open"
rate = 50
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text)
    return path


def complaint(path: Path, record: type[object]) -> str:
    with pytest.raises(UsageError) as caught:
        load(path, record)
    return str(caught.value)


def test_a_stack_takes_its_name_from_its_file(tmp_path: Path) -> None:
    stack = load(written(tmp_path, STACK), Stack)

    assert ("mine", Family.THREADS, 1) == (stack.name, stack.family, stack.workers)


def test_an_open_load_is_told_from_a_closed_one(tmp_path: Path) -> None:
    opened = load(written(tmp_path, SCENARIO), Scenario).load
    closed = load(written(tmp_path, SCENARIO.replace('"open"\nrate = 50', '"closed"\nconnections = 4')), Scenario).load

    assert (Open(rate=50), Closed(connections=4)) == (opened, closed)


@pytest.mark.parametrize(
    ("record", "text", "wrong", "right", "says"),
    [
        (Stack, STACK, "workers = 1", "worker = 2", "unknown key `worker`; did you mean `workers`?"),
        (Stack, STACK, "", "colour = 2", "unknown key `colour`; known are "),
        (Stack, STACK, "", "workers = '2'", '`workers`: input should be a valid integer, not "2"'),
        (Stack, STACK, "", "workers = 0", "workers: 0 is below 1"),
        (Stack, STACK, "", "boot_s = -1", "boot_s: -1.0 is not a positive duration"),
        (Stack, STACK, 'family = "threads"', 'family = "thread"', "`family`: input should be "),
        (Stack, STACK, 'summary = "one"', "", "the key `summary` is missing"),
        (Stack, STACK, "{port}", "{prot}", "{prot} in '--port={prot}' is not one of: "),
        (Stack, STACK, "flask/app:app", "flask/app", "app: 'flask/app' is not of the form folder/module:attribute"),
        (Stack, STACK, "flask/app:app", "a/b/app:app", "app: 'a/b/app:app' is not of the form folder/module:attribute"),
        (Stack, STACK, "", 'name = "other"', "remove the key `name`"),
        (Stack, STACK, 'summary = "one"', "summary = ", "not valid TOML: "),
        (Stack, STACK, "", "settings.x = 1", "settings.x: {x} does not occur in argv"),
        (
            Stack,
            STACK.replace("{port}", "{x}"),
            "",
            "settings.x = [1]",
            "`settings.x`: should be a number or a list of words or a table of words, not [1]",
        ),
        (Stack, STACK, "", "python = '3.x'", "python: '3.x' is not a version such as 3.13"),
        (Scenario, SCENARIO, "rate = 50", "rate = 0", "load.rate: 0.0 is not above zero"),
        (
            Scenario,
            SCENARIO,
            "rate = 50",
            "rate = 50\nburst = 4",
            "load.burst: set it exactly when arrivals are 'bursts'",
        ),
        (Scenario, SCENARIO, "rate = 50", 'rate = 50\narrivals = "bursts"\nburst = 0', "load.burst: 0 is below 1"),
        (Scenario, SCENARIO, "rate = 50", "rat = 50", "unknown key `load.rat`; did you mean `rate`?"),
        (Scenario, SCENARIO, "rate = 50", 'rate = "50"', "`load.rate`: input should be a valid number"),
        (Scenario, SCENARIO, '"open"', '"opne"', "`load.kind`: should be "),
        (Scenario, SCENARIO, '"open"', '"closed"', "`load.rate`"),
        (Scenario, SCENARIO, 'endpoint = "json"', 'endpiont = "json"', "unknown key `calls.0.endpiont`; did you"),
        (Scenario, SCENARIO, "[[calls]]", "timeout_s = -3\n[[calls]]", "timeout_s: -3.0 is not a positive duration"),
    ],
)
def test_the_sentence_names_the_file_and_the_key(
    tmp_path: Path, record: type[object], text: str, wrong: str, right: str, says: str
) -> None:
    changed = text.replace(wrong, right) if wrong and wrong in text else f"{right}\n{text}"
    path = written(tmp_path, changed)

    sentence = complaint(path, record)

    assert sentence.startswith(f"{path}: ")
    assert says in sentence


def test_a_file_that_is_not_text_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe\x00")

    assert complaint(path, Stack).startswith(f"{path}: cannot be read")
