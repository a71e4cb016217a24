"""``stacklab doctor``: what this machine can and cannot measure."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Final

import click
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from stacklab.analysis.doctor.examination import judge, worst
from stacklab.cli.show.consoles import results
from stacklab.cli.show.output import json_option
from stacklab.effects.machine.facts import read_facts
from stacklab.model.machine import Diagnosis, Facts, Severity
from stacklab.report.kit.json import written

SCHEMA_VERSION: Final = 1
"""Of the JSON; it grows when a key changes its meaning or goes. History: 1 - (0.1.0) first."""

_STYLES = {Severity.FINE: "green", Severity.NOTE: "cyan", Severity.WARN: "yellow", Severity.BAD: "bold red"}

_CLOSING = {
    Severity.FINE: "This machine can measure.",
    Severity.NOTE: "This machine can measure.",
    Severity.WARN: "This machine can measure, with the caveats above.",
    Severity.BAD: "This machine cannot measure everything; see the lines marked as bad.",
}


@click.command("doctor")
@json_option
def verb(as_json: bool) -> int:
    """Examine this machine for two seconds, and report what it can and cannot measure.

    Each line states a fact; the lines below it say what it means for measuring, and how to change it.

    Exit code 1: something is bad, which means that it cannot be measured on this machine at all.
    """
    facts = read_facts()
    diagnoses = judge(facts)
    if as_json:
        click.echo(written(_document(facts, diagnoses)), nl=False)
    else:
        _print(facts, diagnoses)
    return int(worst(diagnoses) is Severity.BAD)


def _document(facts: Facts, diagnoses: Iterable[Diagnosis]) -> dict[str, object]:
    return {
        "schema_version": SCHEMA_VERSION,
        "facts": asdict(facts),
        "diagnoses": [asdict(diagnosis) for diagnosis in diagnoses],
    }


def _print(facts: Facts, diagnoses: tuple[Diagnosis, ...]) -> None:
    console = results()
    console.print(Text(facts.processor, "bold"))
    table = Table.grid(padding=(0, 2, 0, 0))
    for diagnosis in diagnoses:
        style = _STYLES[diagnosis.level]
        table.add_row(Text(diagnosis.level, style), diagnosis.kind, Text(diagnosis.text))
        if diagnosis.level is not Severity.FINE:
            for sentence in filter(None, (diagnosis.follows, diagnosis.change and f"→ {diagnosis.change}")):
                table.add_row("", "", Padding(Text(sentence, "dim"), (0, 0, 0, 2)))
    console.print(table)
    console.print(_CLOSING[worst(diagnoses)])
    console.print("Next: stacklab run --preset quick")
