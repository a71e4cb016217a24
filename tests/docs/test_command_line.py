"""The page of the command line shows what the program prints."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner

from stacklab.cli.main import VERBS, stacklab
from stacklab.model.plan import PRESETS

PAGE = "docs/command-line.md"
WIDTH = 100


@pytest.mark.parametrize("verb", ["stacklab", *VERBS])
def test_the_help_of_a_verb_is_what_the_program_prints(verb: str, generated: Callable[[str, str, str], None]) -> None:
    words = [] if verb == "stacklab" else [verb]

    printed = CliRunner().invoke(stacklab, [*words, "--help"], prog_name="stacklab", terminal_width=WIDTH, color=False)

    generated(PAGE, f"help: {verb}", f"```text\n{printed.output.strip()}\n```")


def test_the_presets_are_those_of_the_program(generated: Callable[[str, str, str], None]) -> None:
    head = [
        "| preset | rounds | warm-up, s | measured, s | detects, of 2 stacks | of 5 stacks |",
        "| --- | --: | --: | --: | --: | --: |",
    ]
    rows = [
        f"| `{one.name}` | {one.rounds} | {one.warmup_s:g} to {one.warmup_at_most_s:g} "
        f"| {one.measure_s:g} | {one.sees[2]:.0%} | {one.sees[5]:.0%} |"
        for one in PRESETS.values()
    ]

    generated(PAGE, "presets", "\n".join([*head, *rows]))
