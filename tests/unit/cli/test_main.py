"""What every command has: a name that may be mistyped, environment variables, and ways to speak."""

import click
import pytest
from click.testing import CliRunner

from stacklab.cli.main import VERBS, stacklab
from stacklab.cli.options.redaction import RecordedOption, recorded_command
from stacklab.version import __version__


def command_of(verb: str) -> click.Command:
    command = stacklab.get_command(click.Context(stacklab), verb)
    assert command is not None
    return command


def context_of(verb: str, *words: str) -> click.Context:
    parent = click.Context(stacklab, info_name="stacklab")
    return command_of(verb).make_context(verb, list(words), parent=parent)


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("rnu", "no command 'rnu'; did you mean 'run'?"),
        ("repotr", "no command 'repotr'; did you mean 'report'?"),
        ("xyzzy", "no command 'xyzzy'; there are list, doctor, "),
    ],
)
def test_a_mistyped_command_is_answered_with_the_nearest(typed: str, says: str) -> None:
    done = CliRunner().invoke(stacklab, [typed])

    assert (2, True) == (done.exit_code, says in done.output)


@pytest.mark.parametrize("option", ["-V", "--version"])
def test_the_version_has_a_short_option_too(option: str) -> None:
    assert f"stacklab, version {__version__}\n" == CliRunner().invoke(stacklab, [option]).output


def test_every_option_has_a_variable_that_is_named_after_it_and_no_two_share_one() -> None:
    named: list[str] = []
    for verb in VERBS:
        for option in command_of(verb).params:
            if isinstance(option, click.Option) and option.name != "help":
                assert isinstance(option.envvar, list)
                named.append(option.envvar[0])
                assert f"STACKLAB_{verb.upper()}_" == option.envvar[0][: len(f"STACKLAB_{verb}_")]

    assert len(named) == len(set(named))
    assert {"STACKLAB_RUN_WARMUP", "STACKLAB_RUN_NO_NOISE_FLOOR", "STACKLAB_CHECK_JSON"} <= set(named)


def test_an_option_that_is_repeated_is_one_that_reads_a_value_a_line() -> None:
    repeated = [option for verb in VERBS for option in command_of(verb).params if getattr(option, "multiple", False)]

    assert [] == [option.name for option in repeated if not isinstance(option, RecordedOption)]


def test_variables_give_options_and_the_command_line_beats_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKLAB_RUN_PRESET", "publish")
    monkeypatch.setenv("STACKLAB_RUN_ROUNDS", "7")
    monkeypatch.setenv("STACKLAB_RUN_NO_NOISE_FLOOR", "1")
    monkeypatch.setenv("STACKLAB_RUN_PROFILE", "0")
    monkeypatch.setenv("STACKLAB_RUN_STACK", "gunicorn-*\nuvicorn-*")
    monkeypatch.setenv("STACKLAB_RUN_POSTGRES", "postgres://me:s3cret@db")

    context = context_of("run", "--rounds", "2", "--seed", "1")

    chosen = {name: context.params[name] for name in ("preset", "rounds", "noise_floor", "with_profile", "stacks")}
    assert {
        "preset": "publish",
        "rounds": 2,
        "noise_floor": False,
        "with_profile": False,
        "stacks": ("gunicorn-*", "uvicorn-*"),
    } == chosen
    kept = recorded_command(context).split()
    assert {"--preset", "publish", "--no-noise-floor", "--postgres", "'<withheld>'", "'gunicorn-*'"} <= set(kept)
    assert "--profile" not in kept


def test_the_folder_of_sessions_has_one_variable_for_all_commands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STACKLAB_RESULTS", "elsewhere")

    assert ["elsewhere"] * 2 == [str(context_of(verb).params["results"]) for verb in ("run", "report")]
