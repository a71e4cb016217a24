"""``stacklab list``: the catalogue."""

from dataclasses import asdict
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from stacklab.catalog import catalogue, workspace
from stacklab.catalog.catalogue import Catalogue
from stacklab.cli.claim_list import claims_document, claims_table, known_claims, last_findings
from stacklab.cli.show.tables import table
from stacklab.model.stack import Family
from stacklab.report.kit.json import written
from stacklab.report.session.loads import load_in_words


@click.command("list")
@click.argument("what", type=click.Choice(["stacks", "scenarios", "claims"]), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def verb(what: str | None, as_json: bool) -> None:
    """Print what there is: stacks, scenarios and claims."""
    place = workspace.find(Path.cwd())
    there_is = catalogue.read(place)
    claims, last = known_claims(place), last_findings(place)
    if as_json:
        documents = {**_documents(there_is), "claims": claims_document(claims, last)}
        click.echo(written(documents if what is None else {what: documents[what]}), nl=False)
        return
    console = Console()
    if what in {None, "stacks"}:
        console.print(_stacks(there_is))
        console.print(_parts(there_is))
        if any(stack.lacks or stack.differs for stack in there_is.stacks.values()):
            console.print(_differences(there_is))
        console.print(_unavailable(there_is))
    if what in {None, "scenarios"}:
        console.print(_scenarios(there_is))
    if what in {None, "claims"}:
        console.print(claims_table(claims, last))
    if what == "claims":
        console.print("Next: stacklab reproduce NAME", highlight=False)
        return
    console.print("Next: stacklab run --stack NAME --scenario NAME --preset quick", highlight=False)


def _documents(there_is: Catalogue) -> dict[str, list[dict[str, object]]]:
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
                "requirements": list(stack.all_requirements),
                "serves": list(stack.serves),
                "missing": dict(there_is.contract.missing(stack)),
                "differs": dict(stack.differs),
            }
            for stack in there_is.stacks.values()
        ],
        "scenarios": [
            {"name": scenario.name, "summary": scenario.summary, "load": load_in_words(scenario.load)}
            for scenario in there_is.scenarios.values()
        ],
    }
    documents["unavailable"] = [asdict(absent) for absent in there_is.unavailable]
    return documents


def _stacks(there_is: Catalogue) -> Table:
    drawn = table("stack", "interface", "w x t", "what it is")
    for family in Family:
        members = [stack for stack in there_is.stacks.values() if stack.family is family]
        if members:
            drawn.add_row(f"[bold]{family}[/bold]")
        for stack in members:
            drawn.add_row(f"  {stack.name}", stack.interface, f"{stack.workers} x {stack.threads}", stack.summary)
    drawn.caption = "w x t: worker processes x threads of each"
    return drawn


def _parts(there_is: Catalogue) -> Table:
    drawn = table("part", "stacks", "what it exercises")
    for part in there_is.contract.parts:
        served = sum(part in stack.serves for stack in there_is.stacks.values())
        exercises = [endpoint.exercises for endpoint in there_is.contract.endpoints_of(part)]
        drawn.add_row(f"  {part}", str(served), "; ".join(exercises))
    drawn.caption = "what the contract has beyond its core, which all stacks serve"
    return drawn


def _differences(there_is: Catalogue) -> Table:
    drawn = table("stack", "where", "what is different, or why it is not there")
    for stack in there_is.stacks.values():
        for where, why in (*stack.differs.items(), *stack.lacks.items()):
            drawn.add_row(f"  {stack.name}", where, why)
    return drawn


def _unavailable(there_is: Catalogue) -> Table:
    drawn = table("unavailable", "since", "why")
    for absent in there_is.unavailable:
        drawn.add_row(f"  {absent.name}", absent.since, absent.reason)
    return drawn


def _scenarios(there_is: Catalogue) -> Table:
    drawn = table("scenario", "load", "what it asks")
    for scenario in there_is.scenarios.values():
        drawn.add_row(f"  {scenario.name}", load_in_words(scenario.load), scenario.summary)
    return drawn
