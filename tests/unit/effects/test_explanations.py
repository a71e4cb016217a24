"""What programs say when they fail, turned into a sentence: the texts are those of the programs themselves."""

import pytest

from stacklab.effects.environments.environment import shortened
from stacklab.effects.profiler import remedy
from stacklab.effects.wire.ready import IN_USE
from stacklab.model.server_log import REASON


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

    assert shortened(said) == "because there is no version of flask==99 and you require flask==99"


def test_both_sides_of_a_conflict_are_told() -> None:
    said = (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because fastapi>=0.165.0 depends on pydantic>=2.9.0 and you require fastapi==0.165.0, we can "
        "conclude that you require pydantic>=2.9.0.\n"
        "         And because you require pydantic<2, we can conclude that your requirements are unsatisfiable.\n"
    )

    assert shortened(said) == (
        "because fastapi>=0.165.0 depends on pydantic>=2.9.0 and you require fastapi==0.165.0 "
        "and because you require pydantic<2"
    )


def test_an_interpreter_that_is_too_old_for_a_package_is_said_to_be() -> None:
    said = (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because the current Python version (3.9.18) does not satisfy Python>=3.10 and uvicorn==0.54.0 "
        "depends on Python>=3.10, we can conclude that uvicorn==0.54.0 cannot be used.\n"
        "         And because only uvicorn<=0.54.0 is available and you require uvicorn==0.54.0, we can conclude that "
        "your requirements are unsatisfiable.\n"
    )

    assert shortened(said) == "uvicorn==0.54.0 needs Python>=3.10, and this is 3.9.18"


def test_a_package_that_has_no_wheel_for_a_free_threaded_interpreter_is_named() -> None:
    said = (
        "error: No solution found when resolving dependencies\n"
        "  cause: Because psycopg-binary==3.3.9 has no wheels with a matching Python ABI tag (e.g., `cp313t`) and "
        "psycopg[binary]==3.3.9 depends on psycopg-binary==3.3.9, we can conclude that psycopg[binary]==3.3.9 cannot "
        "be used.\n"
        "         And because you require psycopg[binary]==3.3.9, we can conclude that your requirements are "
        "unsatisfiable.\n\n"
        "hint: You require CPython 3.13 (`cp313t`), but we only found wheels for `psycopg-binary` (v3.3.9) with the "
        "following Python ABI tags: `cp310`, `cp311`, `cp312`, `cp313`\n"
    )

    assert shortened(said) == (
        "psycopg-binary==3.3.9 has no wheel for this interpreter (cp313t), and no source to build from"
    )


def test_a_reason_without_the_usual_word_is_kept() -> None:
    assert shortened("uv: something\nelse") == "uv: something else"


def test_a_long_reason_is_cut() -> None:
    assert len(shortened("error: " + "x" * 1000)) == 301


def test_the_remedy_for_a_missing_permission_is_a_command() -> None:
    assert "sudo sysctl kernel.yama.ptrace_scope=0" in remedy("1")


def test_every_setting_of_the_kernel_has_a_remedy_of_its_own() -> None:
    assert len({remedy(scope) for scope in ("1", "2", "3", None)}) == 4
