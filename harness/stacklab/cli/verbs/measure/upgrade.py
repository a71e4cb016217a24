"""``stacklab upgrade``: your own app before and after a change of what it runs on, side by side."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from stacklab.analysis.comparison.compare import compare_stacks
from stacklab.analysis.comparison.conditions import NAMES, parse
from stacklab.analysis.comparison.result import ComparisonResult
from stacklab.analysis.gates.proof import believed
from stacklab.analysis.gates.ratios import judged_ratios
from stacklab.analysis.profiles.sides import ProfiledSide, compared_profiles
from stacklab.analysis.results import judge
from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import Workspace
from stacklab.cli.bisecting import Bisecting
from stacklab.cli.options.effort import Effort
from stacklab.cli.options.fields import options_of
from stacklab.cli.options.gate import Gate
from stacklab.cli.options.one_app import one_app_options
from stacklab.cli.options.order import InOrder
from stacklab.cli.options.placement import Placement, machine_options
from stacklab.cli.options.redaction import RecordedOption, as_given
from stacklab.cli.options.session import called, name_option, workspace_option
from stacklab.cli.options.upgrade import UpgradeOptions
from stacklab.cli.show.consoles import messages, results
from stacklab.cli.show.gate import conclude_gate
from stacklab.cli.show.output import format_option, output_option, put
from stacklab.cli.side_by_side import side_by_side
from stacklab.cli.sides import UpgradeSides, upgrade_sides
from stacklab.cli.verbs.measure.count import chosen_source
from stacklab.effects.machine.host import read_host
from stacklab.errors import UsageError
from stacklab.model.measured.counting import CountSource
from stacklab.model.own_app import OwnApp
from stacklab.report.comparison import json as comparison_json
from stacklab.report.comparison import markdown, text
from stacklab.report.kit.json import written
from stacklab.report.profile.difference import compared_in_words
from stacklab.report.upgrade import words
from stacklab.store.proof import proof_for
from stacklab.store.session import StoredSession

_EFFORT = {
    "preset": "Measurement effort (default standard).",
    "rounds": "",
    "warmup_s": "",
    "measure_s": "",
    "seed": "",
    "margin": "",
}
_GATE = {
    "conditions": "Exit with code 1 if this is certain of the ratio of new to old, such as 'cpu > 1.03'; repeatable.",
    "cannot_tell": "",
    "junit": "",
}


@click.command("upgrade", cls=InOrder, epilog=f"Metrics of --fail-if: {', '.join(NAMES)}.")
@options_of(UpgradeOptions, "options", planned=True)
@click.option("--bisect", is_flag=True, help="Find the package that makes the difference, and the version of it.")
@click.option(
    "--no-instructions",
    "with_count",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Do not count instructions; --bisect then decides by processor time.",
)
@click.option(
    "--profiles",
    cls=RecordedOption,
    kept=as_given,
    type=click.IntRange(0, 20),
    default=0,
    metavar="N",
    help="Take N profiles of each side, and say which functions take more or less of a request (default 0).",
)
@options_of(Gate, "gate", only=_GATE)
@click.option(
    "--only-if-proven",
    is_flag=True,
    help="Let --fail-if block nothing where `stacklab gate --prove` has not shown on this machine that it works.",
)
@format_option("text", "md", "json")
@output_option
@one_app_options
@options_of(Effort, "effort", planned=True, only=_EFFORT)
@machine_options
@workspace_option
@name_option
def verb(
    *,
    options: UpgradeOptions,
    bisect: bool,
    with_count: bool,
    profiles: int,
    gate: Gate,
    only_if_proven: bool,
    kind: str,
    output: Path | None,
    own: OwnApp | None,
    effort: Effort,
    placement: Placement,
    workspace: Workspace,
) -> int:
    """Judge what an upgrade does to your own app, before it is made.

    Two environments are laid over the app, and both take turns on one server: other requirements (--to), two lock
    files (--from and --to), two interpreters (--to-python), or two commits (--git-ref). What differs is listed first;
    then each metric has a verdict, with the difference that such a session sees. Where valgrind is installed,
    instructions per request are counted as well.

    Exit code 0: it was measured, and no condition of --fail-if is certain. 1: one is, or the numbers of a side do not
    count. 2: one side cannot be served. 4: a condition cannot be told.
    """
    conditions = [parse(text) for text in gate.conditions]
    if own is None:
        raise UsageError("name your app with --app, such as --app shop.main:app --path /orders/42")
    if bisect and options.kind not in {"lock", "requirements"}:
        raise UsageError(
            "--bisect finds packages: give it --to, or --from and --to lock files; git bisect finds commits"
        )
    source = _source() if with_count else None
    console = messages()
    with upgrade_sides(options, own) as sides:
        if sides.packages is not None:
            for line in words.differs(sides.packages.changes, sides.packages.in_words):
                console.print(line, markup=False)
        with side_by_side((sides.base, sides.head), workspace, placement, console, changed=sides.changed) as both:
            effort = replace(effort.by_default("standard"), noise_floor=False)
            session, server = both.measured(effort, count_by=source, profiles=profiles), both.server
            view = compare_stacks(judge(session), *both.stacks)
        bisected = None
        if bisect:
            bisected = _bisected(
                sides,
                server=server,
                source=source,
                effort=effort,
                placement=placement,
                workspace=workspace,
                console=console,
            )
    _show(view, bisected, _of_functions(session, view, workspace) if profiles else "", kind=kind, output=output)
    console.print(f"Next: stacklab report {called(session.folder)}", markup=False)
    judgements = judged_ratios(conditions, view)
    if only_if_proven:
        judgements = believed(judgements, proof_for(read_host(), workspace.results))
    answers = conclude_gate(gate, judgements, session.name)
    return answers or int(not all(pair.metrics for pair in view.pairs))


def _source() -> CountSource | None:
    """What counts instructions here; None where nothing can."""
    try:
        return chosen_source()
    except UsageError:
        return None


def _bisected(
    sides: UpgradeSides,
    *,
    server: str,
    source: CountSource | None,
    effort: Effort,
    placement: Placement,
    workspace: Workspace,
    console: Console,
) -> dict[str, Any] | None:
    """Find the package and the version; None where nothing differs."""
    if sides.packages is None:
        return None
    bisecting = Bisecting(
        sides=sides,
        packages=sides.packages,
        server=server,
        source=source,
        workspace=workspace,
        placement=placement,
        console=console,
        effort=effort,
        say=lambda sentence: console.print(sentence, markup=False),
    )
    found = bisecting.found()
    if found is None:
        return None
    version = None
    if len(found.culprits) == 1 and found.is_confirmed:
        version = bisecting.version(found.culprits[0], found.alone or found.whole)
    return words.as_json(found, version)


def _of_functions(session: StoredSession, view: ComparisonResult, workspace: Workspace) -> str:
    """Which functions take more or less of a request, or why that is not known."""
    a, b = (ProfiledSide(name, session, stack=name) for name in (view.a, view.b))
    try:
        return compared_in_words(compared_profiles(a, b, read_layers(workspace)))
    except UsageError as error:
        return f"The functions cannot be compared: {error}\n"


def _show(
    view: ComparisonResult, bisected: dict[str, Any] | None, functions: str, *, kind: str, output: Path | None
) -> None:
    if kind == "text" and output is None:
        text.render(view, results(), every=False)
        results().print(functions)
        return
    if kind == "json":
        document = json.loads(comparison_json.render(view, ()))
        put(written(document | {"bisection": bisected}), output)
        return
    if kind == "md":
        put(markdown.render(view) + (f"\n```text\n{functions.rstrip()}\n```\n" if functions else ""), output)
        return
    put(text.render_plain(view, every=False) + functions, output)
