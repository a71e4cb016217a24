"""The command that is stored asks for the same again, and names no folder of the machine."""

import pytest

from stacklab.cli.plans import command_line


def test_a_seed_that_was_drawn_is_part_of_the_command() -> None:
    assert "stacklab run --stack a --seed 7" == command_line(["run", "--stack", "a"], seed=7)


@pytest.mark.parametrize("given", [["--seed", "3"], ["--seed=3"]])
def test_a_seed_that_was_given_stands_once(given: list[str]) -> None:
    assert f"stacklab run {' '.join(given)}" == command_line(["run", *given], seed=3)


def test_a_verb_without_a_plan_has_no_seed() -> None:
    assert "stacklab profile" == command_line(["profile"], seed=7)


@pytest.mark.parametrize(
    ("word", "kept"),
    [
        ("/home/me/env/bin/python", "python"),
        ("--python=/home/me/env/bin/python", "--python=python"),
        ("../me/results", "results"),
        ("~/results", "results"),
        ("gunicorn-*", "'gunicorn-*'"),
    ],
)
def test_of_a_path_only_its_name_is_kept(word: str, kept: str) -> None:
    assert f"stacklab report {kept}" == command_line(["report", word], seed=7)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["--path", "/orders/42"], "--path /orders/42"),
        (["--path=/orders/42"], "--path=/orders/42"),
        (["--path", "/orders?token=abc&page=2"], "--path '/orders?token=<withheld-1>&page=2'"),
        (["--header", "Accept: text/html"], "--header 'Accept: text/html'"),
        (["--header", "Authorization: Bearer abc"], "--header 'Authorization: <withheld-1>'"),
        (["--env", "DATABASE=postgres://me:pw@db"], "--env 'DATABASE=<withheld>'"),
        (["--env=DEBUG=1"], "'--env=DEBUG=<withheld>'"),
        (["--requests", "/home/me/access.log"], "--requests access.log"),
    ],
)
def test_what_is_asked_of_ones_own_app_is_kept_without_secrets(words: list[str], kept: str) -> None:
    assert f"stacklab check {kept}" == command_line(["check", *words], seed=7)
