"""The command that a session keeps asks for the same again, and has no folder of the machine and no secret."""

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from stacklab.cli.main import stacklab
from stacklab.cli.options.redaction import RecordedArgument, RecordedOption, recorded_command

PRIVATE = "nobodys-business"

VALUES = {
    "--preset": "quick",
    "--cannot-tell": "pass",
    "--fail-if": "p99 > 50 ms",
    "--rounds": "3",
    "--warmup": "0.5",
    "--measure": "2",
    "--seed": "7",
    "--margin": "1%",
    "--until": "3%",
    "--budget": "60",
    "--repeat-disturbed": "2",
    "--connections": "4",
    "--rate": "50",
    "--sampling-rate": "100",
    "--interface": "wsgi",
    "--server-cpus": "0",
    "--driver-cpus": "0-1",
    "--port": "8000",
    "--seconds": "1",
    "--boots": "3",
    "--slo": "p99<50ms",
    "--seeds": "3",
    "--batch": "50",
    "--warmup-requests": "10",
    "--source": "callgrind",
    "--with": "uvicorn==0.30.6",
    "--vary": "workers=1,2",
    "--app": f"/home/{PRIVATE}/app.toml",
    "--header": f"Authorization: {PRIVATE}",
    "--env": f"KEY={PRIVATE}",
    "--path": f"/?token={PRIVATE}",
    "--body": PRIVATE,
    "--weight": "3",
    "--postgres": f"postgres://me:{PRIVATE}@db",
}
"""A value that each option takes; of every other one the value is a path."""


def context_of(verb: str, words: Sequence[str]) -> click.Context:
    """The context in which the verb would run."""
    group = click.Context(stacklab, info_name="stacklab", **stacklab.context_settings)
    command = stacklab.get_command(group, verb)
    assert command is not None
    return command.make_context(verb, list(words), parent=group)


def recorded(verb: str, *words: str) -> str:
    return recorded_command(context_of(verb, words)).removeprefix(f"stacklab {verb} ")


def made(*decorators: object) -> click.Command:
    def nothing(**_: object) -> None: ...

    for decorator in reversed(decorators):
        nothing = decorator(nothing)  # type: ignore[operator] # each is what click makes
    return click.command("nothing")(nothing)


def recorded_of(command: click.Command, *words: str) -> str:
    return recorded_command(command.make_context("nothing", list(words)))


def options_of(verb: str) -> list[click.Option]:
    command = context_of(verb, ["--seed", "1"] if verb in {"run", "reproduce"} else []).command
    return [one for one in command.params if isinstance(one, click.Option) and one.expose_value]


RECORDING = ("run", "reproduce", "profile", "count", "capacity")
"""The verbs that start sessions."""


def test_a_seed_that_was_drawn_is_part_of_the_command() -> None:
    context = context_of("run", ["--stack", "a"])

    assert f"stacklab run --stack a --seed {context.params['seed']}" == recorded_command(context)


@pytest.mark.parametrize("given", [["--seed", "3"], ["--seed=3"]])
def test_a_seed_that_was_given_stands_once(given: list[str]) -> None:
    assert "--seed 3" == recorded("run", *given)


def test_a_verb_that_draws_nothing_has_no_seed() -> None:
    assert "stacklab profile" == recorded("profile")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["--python", "/home/me/env/bin/python"], "--python python"),
        (["--python=/home/me/env/bin/python"], "--python python"),
        (["--python", "3.13"], "--python 3.13"),
        (["--results", "../me/results"], "--results results"),
        (["--results", "~/results"], "--results results"),
        (["--stack", "gunicorn-*"], "--stack 'gunicorn-*'"),
        (["--with", "uvicorn==0.30.6"], "--with uvicorn==0.30.6"),
        (["--with", "uvicorn @ git+https://me:pw@host/u.git@main"], "--with 'uvicorn @ git+https://host/u.git@main'"),
        (["--with", "pkg @ https://host/pkg-1.0.tar.gz?token=pw"], "--with 'pkg @ https://host/pkg-1.0.tar.gz'"),
        (["--vary", "workers=1,2"], "--vary workers=1,2"),
        (["--until", "3%", "--budget", "60"], "--until 3% --budget 60"),
        (["--warmup", "1.50"], "--warmup 1.50"),
        (["--no-noise-floor", "--profile"], "--no-noise-floor --profile"),
        (["--server-cpus", "0,2-3"], "--server-cpus 0,2-3"),
        (["--postgres", "postgres://me:pw@db"], "--postgres '<withheld>'"),
    ],
)
def test_of_an_option_of_run_is_kept(words: list[str], kept: str) -> None:
    assert f"{kept} --seed 7" == recorded("run", *words, "--seed", "7")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["--app", "shop.main:app"], "--app shop.main:app"),
        (["--app", "/home/me/app.toml"], "--app app.toml"),
        (["--path", "/orders/42"], "--path /orders/42"),
        (["--path=/orders/42"], "--path /orders/42"),
        (["--path", "/a", "--path", "/b"], "--path /a --path /b"),
        (["--path", "/orders?token=abc&page=2"], "--path '/orders?token=<withheld-1>&page=2'"),
        (["--header", "Accept: text/html"], "--header 'Accept: text/html'"),
        (["--header", "Authorization: Bearer abc"], "--header 'Authorization: <withheld-1>'"),
        (["--env", "DATABASE=postgres://me:pw@db"], "--env 'DATABASE=<withheld>'"),
        (["--env=DEBUG=1"], "--env 'DEBUG=<withheld>'"),
        (["--requests", "/home/me/access.log"], "--requests access.log"),
        (["--vary-body", "--no-count"], "--vary-body '' --no-count"),
        (["--vary-body", "seen [0-9]+"], "--vary-body 'seen [0-9]+'"),
        (["--server", "waitress", "--connections", "8"], "--server waitress --connections 8"),
        (["--app-dir", "/home/me/src", "--factory", "--interface", "asgi"], "--app-dir src --factory --interface asgi"),
    ],
)
def test_of_an_option_of_the_users_app_is_kept(words: list[str], kept: str) -> None:
    assert f"{kept} --seed 7" == recorded("run", *words, "--seed", "7")


def test_claims_are_kept_and_stand_last() -> None:
    assert "--rounds 2 --seed 7 --json 'wellons-*' uvloop-twice" == recorded(
        "reproduce", "wellons-*", "--rounds", "2", "uvloop-twice", "--seed", "7", "--json"
    )


def test_of_an_option_that_says_nothing_the_value_is_withheld() -> None:
    command = made(
        click.option("--ours", cls=RecordedOption),
        click.option("--several", cls=RecordedOption, multiple=True),
        click.option("--theirs"),
        click.argument("named", cls=RecordedArgument),
        click.argument("other"),
    )

    kept = recorded_of(
        command, "--ours", PRIVATE, "--several", PRIVATE, f"--several={PRIVATE}", "--theirs", PRIVATE, PRIVATE, PRIVATE
    )

    assert (
        "nothing --ours '<withheld>' --several '<withheld>' --several '<withheld>' --theirs '<withheld>' "
        "'<withheld>' '<withheld>'"
    ) == kept


def test_a_default_is_not_part_of_the_command() -> None:
    command = made(click.option("--level", cls=RecordedOption, kept=str, default="high"))

    assert "nothing" == recorded_of(command)


@pytest.mark.parametrize("verb", RECORDING)
def test_no_option_keeps_a_secret_or_a_folder(verb: str, tmp_path: Path) -> None:
    for option in options_of(verb):
        name = max(option.opts, key=len)
        given = [name] if option.is_flag else [name, VALUES.get(name, str(tmp_path / PRIVATE / "last"))]

        kept = recorded(verb, *given)

        assert (True, False, False) == (name in kept, PRIVATE in kept, str(tmp_path) in kept)


@pytest.mark.parametrize(
    ("verb", "withheld"),
    [
        ("run", ["--body", "--env", "--postgres"]),
        ("reproduce", ["--postgres"]),
        ("profile", ["--postgres"]),
        ("count", ["--body", "--env", "--postgres"]),
        ("capacity", ["--body", "--env", "--postgres"]),
    ],
)
def test_no_other_option_is_withheld(verb: str, withheld: list[str]) -> None:
    """That an option is withheld is a decision, and not because nobody thought of it."""
    names = [max(option.opts, key=len) for option in options_of(verb) if not option.is_flag]

    assert withheld == [name for name in names if "<withheld>" in recorded(verb, name, VALUES.get(name, "x"))]


def test_what_is_kept_means_the_same_again() -> None:
    words = (
        "--stack a --stack 'b*' --scenario json --with 'uvicorn==0.30.6, h11' --vary workers=1,2 --python 3.12 "
        "--preset quick --rounds 2 --warmup 0.1 --measure 0.3 --until 3% --budget 5 --no-noise-floor "
        "--repeat-disturbed 0 --port 8000 --server-cpus 0-1 --profile"
    )
    first = context_of("run", shlex.split(words))

    again = context_of("run", shlex.split(recorded_command(first))[2:])

    assert first.params == again.params


def test_only_verbs_that_start_a_session_record_a_command() -> None:
    folder = Path(__file__).parents[4] / "harness" / "stacklab" / "cli" / "verbs"

    assert set(RECORDING) == {
        path.stem
        for path in folder.rglob("*.py")
        if re.search(r"\b(recorded_command|fresh_without_cells)\(", path.read_text())
    }
