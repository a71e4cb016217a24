"""``stacklab list``: the catalogue."""

import json
from dataclasses import asdict
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.catalogue import Catalogue
from stacklab.model.stack import Family
from stacklab.report.words import load_in_words


@click.command("list")
@click.argument("what", type=click.Choice(["stacks", "scenarios"]), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def verb(what: str | None, as_json: bool) -> None:
    """Print what there is: stacks and scenarios."""
    there_is = catalogue.read(workspace.find(Path.cwd()))
    if as_json:
        click.echo(json.dumps(_documents(there_is, what), indent=2))
        return
    console = Console()
    if what in {None, "stacks"}:
        console.print(_stacks(there_is))
        console.print(_unavailable(there_is))
    if what in {None, "scenarios"}:
        console.print(_scenarios(there_is))
    console.print("Next: stacklab run --stack NAME --scenario NAME --preset quick", highlight=False)


def _documents(there_is: Catalogue, what: str | None) -> dict[str, list[dict[str, object]]]:
    documents: dict[str, list[dict[str, object]]] = {
        "stacks": [
            {
                "name": stack.name,
                "summary": stack.summary,
                "family": stack.family,
                "interface": stack.interface,
                "waits": stack.waits,
                "workers": stack.workers,
                "threads": stack.threads,
                "loop": stack.loop,
                "requirements": list(stack.requirements),
            }
            for stack in there_is.stacks.values()
        ],
        "scenarios": [
            {"name": scenario.name, "summary": scenario.summary, "load": load_in_words(scenario.load)}
            for scenario in there_is.scenarios.values()
        ],
    }
    documents["unavailable"] = [asdict(absent) for absent in there_is.unavailable]
    return documents if what is None else {what: documents[what]}


def _stacks(there_is: Catalogue) -> Table:
    table = _table("stack", "interface", "w x t", "what it is")
    for family in Family:
        members = [stack for stack in there_is.stacks.values() if stack.family is family]
        if members:
            table.add_row(f"[bold]{family}[/bold]")
        for stack in members:
            table.add_row(f"  {stack.name}", stack.interface, f"{stack.workers} x {stack.threads}", stack.summary)
    table.caption = "w x t: worker processes x threads of each"
    return table


def _unavailable(there_is: Catalogue) -> Table:
    table = _table("unavailable", "since", "why")
    for absent in there_is.unavailable:
        table.add_row(f"  {absent.name}", absent.since, absent.reason)
    return table


def _scenarios(there_is: Catalogue) -> Table:
    table = _table("scenario", "load", "what it asks")
    for scenario in there_is.scenarios.values():
        table.add_row(f"  {scenario.name}", load_in_words(scenario.load), scenario.summary)
    return table


def _table(name: str, *columns: str) -> Table:
    """A table without lines, whose first column is never cut."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption_justify="left")
    table.add_column(name, no_wrap=True)
    for column in columns:
        table.add_column(column)
    return table
