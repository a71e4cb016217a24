"""What a gate has found: in the terminal, in files, for GitHub Actions, and as an exit code."""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from stacklab.analysis.gates.judgement import Answer, Judgement, worst
from stacklab.cli.options.gate import EXIT_CANNOT_TELL, Gate
from stacklab.cli.show.consoles import results
from stacklab.cli.show.output import OTHER
from stacklab.report.gates import github, junit, text
from stacklab.store.documents import writing


def conclude_gate(gate: Gate, judgements: Sequence[Judgement], session: str) -> int:
    """Print and write the answers; gives the exit code."""
    if not judgements:
        return 0
    text.render(judgements, results())
    return tell(gate, judgements, session)


def tell(gate: Gate, judgements: Sequence[Judgement], session: str) -> int:
    """Write the answers where others look for them; gives the exit code."""
    if gate.junit is not None:
        path = Path(gate.junit)
        with writing(path, instead="choose another with --junit"):
            path.write_text(junit.render(judgements, session=session), encoding="utf-8")
    tell_github(github.annotations(judgements), github.summary(judgements, session=session))
    return exit_code(worst(judgements), gate.cannot_tell)


def tell_github(annotations: Iterable[str], summary: str) -> None:
    """Where GitHub Actions run this: annotate the run, and add to the summary of its step."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return
    for line in annotations:
        click.echo(line, err=True)  # a runner reads both streams, and standard output is the result
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if path:
        with writing(Path(path), instead=OTHER), Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{summary}\n")


def exit_code(answer: Answer, when_untold: str) -> int:
    """0 where all holds, 1 where something fails, 4 where that cannot be told, unless that is to pass or to fail."""
    if answer is Answer.CANNOT_TELL:
        return {"exit-4": EXIT_CANNOT_TELL, "pass": 0, "fail": 1}[when_untold]
    return int(answer is Answer.FAILS)
