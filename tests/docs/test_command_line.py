"""The page of the command line shows what the program prints."""

from collections.abc import Callable, Mapping

import pytest
from click.testing import CliRunner

from stacklab.cli.main import VERBS, stacklab
from stacklab.model.plan import PRESETS, WHOLE_RUN_PRESETS, Preset

PAGE = "docs/command-line.md"
WIDTH = 100


@pytest.mark.parametrize("verb", ["stacklab", *VERBS])
def test_the_help_of_a_verb_is_what_the_program_prints(verb: str, generated: Callable[[str, str, str], None]) -> None:
    words = [] if verb == "stacklab" else [verb]

    printed = CliRunner().invoke(stacklab, [*words, "--help"], prog_name="stacklab", terminal_width=WIDTH, color=False)

    generated(PAGE, f"help: {verb}", f"```text\n{printed.output.strip()}\n```")


@pytest.mark.parametrize(("key", "presets"), [("presets", PRESETS), ("presets of whole runs", WHOLE_RUN_PRESETS)])
def test_the_presets_are_those_of_the_program(
    key: str, presets: Mapping[str, Preset], generated: Callable[[str, str, str], None]
) -> None:
    is_fixed = presets is PRESETS
    head = [
        "| preset | rounds | warm-up, s | measured, s | rounds vary by | detects, of 2 stacks | of 5 stacks |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    rows = [
        f"| `{one.name}` | {one.rounds} | {one.warmup_s:g}{'' if is_fixed else f' to {one.warmup_at_most_s:g}'} "
        f"| {one.measure_s:g} | {one.scatter:.1%} | {one.sees[2]:.1%} | {one.sees[5]:.1%} |"
        for one in presets.values()
    ]

    generated(PAGE, key, "\n".join([*head, *rows]))
