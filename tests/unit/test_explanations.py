"""What programs say when they fail, turned into a sentence: the texts are those of the programs themselves."""

import pytest

from stacklab.effects.environment import shortened
from stacklab.effects.pyspy import remedy
from stacklab.effects.ready import IN_USE, REASON


@pytest.mark.parametrize(
    "line",
    [
        "ModuleNotFoundError: No module named 'flask'",
        "sqlalchemy.exc.ArgumentError: Could not parse",
        "KeyError: 'x'",
        "NotImplementedError",
        'ERROR:    Error loading ASGI app. Could not import module "nope".',
        'ERROR:    Error loading ASGI app. Attribute "nope" not found in module "app".',
        "Failed to find attribute 'nope' in 'app'.",
    ],
)
def test_a_line_that_gives_the_reason_is_known(line: str) -> None:
    assert REASON.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "[2026-11-20 11:18:14 +0000] [17534] [INFO] Worker exiting (pid: 17537)",
        '  raise RuntimeError("x")',
        "INFO:     Started server process [17232]",
        "Traceback (most recent call last):",
    ],
)
def test_a_line_that_gives_no_reason_is_passed_over(line: str) -> None:
    assert not REASON.search(line)


@pytest.mark.parametrize(
    "line",
    [
        "ERROR:    [Errno 98] error while attempting to bind on address ('127.0.0.1', 8000): address already in use",
        "OSError: [Errno 98] Address already in use",
        "[2026-11-20 11:18:14 +0000] [17534] [ERROR] Connection in use: ('127.0.0.1', 8000)",
    ],
)
def test_a_port_that_is_taken_is_known(line: str) -> None:
    assert IN_USE.search(line)


def test_the_reason_of_a_resolver_is_one_line() -> None:
    said = (
        "Using Python 3.12.1 environment at: ve\n"
        "error: No solution found when resolving dependencies\n"
        "  cause: Because there is no version of flask==99 and you require flask==99, we can conclude that your "
        "requirements are unsatisfiable.\n"
    )

    assert shortened(said) == (
        "No solution found when resolving dependencies: "
        "Because there is no version of flask==99 and you require flask==99"
    )


def test_a_reason_without_the_usual_word_is_kept() -> None:
    assert shortened("uv: something\nelse") == "uv: something else"


def test_a_long_reason_is_cut() -> None:
    assert len(shortened("error: " + "x" * 1000)) == 301


def test_the_remedy_for_a_missing_permission_is_a_command() -> None:
    assert "sudo sysctl kernel.yama.ptrace_scope=0" in remedy("1")


def test_every_setting_of_the_kernel_has_a_remedy_of_its_own() -> None:
    assert len({remedy(scope) for scope in ("1", "2", "3", None)}) == 4
