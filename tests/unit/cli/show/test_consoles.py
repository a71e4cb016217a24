"""Where no terminal is, an entry is one line without blanks at its end; colours can be turned off, messages too."""

import click
import pytest
from click.testing import CliRunner
from rich.table import Table
from rich.text import Text

from stacklab.cli.show.consoles import messages, results
from stacklab.cli.show.manner import manner_options


def printed(*words: str) -> tuple[str, str]:
    """Standard output and standard error of a command that talks."""

    @click.command("talk")
    def command() -> None:
        messages().print("[red]along the way[/red]")
        results().print(Text("result", "red"))

    manner_options(command, talks=True)
    done = CliRunner().invoke(command, list(words))
    return done.stdout, done.stderr


def test_in_a_pipe_nothing_is_wrapped_and_nothing_filled_up() -> None:
    @click.command("table")
    def command() -> None:
        table = Table(box=None, pad_edge=False)
        table.add_column("name")
        table.add_column("words")
        table.add_row("a", "word " * 50)
        table.add_row("b", "short")
        results().print(table)

    assert ["name  words", f"a     {'word ' * 50}".rstrip(), "b     short"] == (
        CliRunner().invoke(command).stdout.splitlines()
    )


def test_results_and_messages_go_to_different_places() -> None:
    assert ("result\n", "along the way\n") == printed()


@pytest.mark.parametrize("option", ["-q", "--quiet"])
def test_a_quiet_command_prints_its_result_alone(option: str) -> None:
    assert ("result\n", "") == printed(option)


def test_colours_are_there_on_request_and_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    assert ("\x1b[31mresult\x1b[0m\n", "\x1b[31malong the way\x1b[0m\n") == printed()
    assert ("result\n", "along the way\n") == printed("--no-color")
    monkeypatch.setenv("NO_COLOR", "1")
    assert ("result\n", "along the way\n") == printed()
