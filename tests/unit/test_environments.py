"""An environment is made once in a command, and so is the reason why it cannot be made."""

from pathlib import Path

import pytest

from stacklab.effects.environments.environment import Environment
from stacklab.environments import MadeOnce
from stacklab.errors import StageError

ENVIRONMENT = Environment(
    python=Path("/cache/e1/bin/python"), base="/usr", implementation="CPython 3.13.0", packages={"flask": "3.1.0"}
)


class Maker:
    """Makes an environment, or fails, and counts how often."""

    def __init__(self, *, fails: bool = False) -> None:
        self.made = 0
        self._fails = fails

    def __call__(self) -> Environment:
        self.made += 1
        if self._fails:
            raise StageError("no such package")
        return ENVIRONMENT


def test_an_environment_is_made_once() -> None:
    environments, make = MadeOnce(), Maker()
    assert [ENVIRONMENT] * 2 == [environments.get("one", make) for _ in range(2)]
    assert 1 == make.made


def test_what_cannot_be_made_fails_each_time_with_the_same_reason() -> None:
    environments, make = MadeOnce(), Maker(fails=True)
    for _ in range(2):
        with pytest.raises(StageError, match="no such package"):
            environments.get("one", make)
    assert 1 == make.made


def test_the_folders_of_those_that_were_made_have_words() -> None:
    environments = MadeOnce()
    environments.get("one", Maker())
    with pytest.raises(StageError):
        environments.get("other", Maker(fails=True))
    assert {"/usr": "<python>", "/cache/e1": "<environment>"} == environments.redactions()
