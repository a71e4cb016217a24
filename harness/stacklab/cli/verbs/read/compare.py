"""``stacklab compare``: two sessions, or two stacks of one, with a verdict on every difference."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import click

from stacklab.analysis.comparison.changes import machine_changes
from stacklab.analysis.comparison.compare import compare_sessions, compare_stacks
from stacklab.analysis.comparison.conditions import NAMES, failures, parse
from stacklab.analysis.comparison.result import ComparisonResult
from stacklab.analysis.profiles.sides import ProfiledSide, compared_profiles
from stacklab.analysis.results import judge
from stacklab.catalog.catalogue import nearest
from stacklab.catalog.layers import read_layers
from stacklab.catalog.workspace import Workspace
from stacklab.cli.options import completion
from stacklab.cli.options.redaction import RecordedOption
from stacklab.cli.options.session import workspace_option
from stacklab.cli.show.consoles import results
from stacklab.cli.show.output import format_option, output_option, put
from stacklab.errors import UsageError
from stacklab.report.comparison import json as comparison_json
from stacklab.report.comparison import markdown, text
from stacklab.report.comparison.words import failure_in_words, inline
from stacklab.report.profile.difference import as_json, compared_in_words
from stacklab.store.folder import LATEST, PLAN, is_session, locate, sessions_in
from stacklab.store.session import StoredSession

MAKES_ONE = "`stacklab run` creates one"

PAGE = "comparison.html"


@click.command("compare", epilog=f"Metrics of --fail-if: {', '.join(NAMES)}.")
@click.argument("a", shell_complete=completion.sessions_and_stacks)
@click.argument("b", shell_complete=completion.sessions_and_stacks)
@click.option("--session", metavar="SESSION", help="Session of the stacks A and B (default: the newest).")
@click.option("--reference", metavar="STACK", help="Compare two sessions through this stack, which did not change.")
@click.option(
    "--profiles",
    is_flag=True,
    help="Compare the processor time per request of functions, from profiles (`stacklab profile --boots 5`).",
)
@click.option("--anyway", is_flag=True, help="Compare sessions even if they are from different machines.")
@click.option(
    "--fail-if",
    "conditions",
    cls=RecordedOption,
    multiple=True,
    metavar="CONDITION",
    help="Exit with code 1 if this holds for a ratio B/A, such as 'p99 > 1.10'; repeatable.",
)
@click.option("--all", "every", is_flag=True, help="List everything that changed, and not the first few in one line.")
@format_option("text", "md", "json", "html")
@output_option
@workspace_option
def verb(
    *,
    a: str,
    b: str,
    session: str | None,
    reference: str | None,
    profiles: bool,
    anyway: bool,
    conditions: Sequence[str],
    every: bool,
    kind: str,
    output: Path | None,
    workspace: Workspace,
) -> int:
    """Compare B with A: two sessions, or two stacks of one session.

    A and B are names or folders of sessions, or names of stacks. What changed from A to B is printed first. Stacks of
    one session are paired by round. Two sessions differ by more than their rounds show, so the stacks that they share
    get verdicts only through a --reference, a stack that both measured and that did not change.

    A condition of --fail-if consists of a metric, one of > >= < <=, and a ratio. It holds only if the whole 95 %
    interval of the ratio, corrected for the number of conditions and pairs, satisfies it, so noise does not fail a
    build. A void or failed cell does. Exit code 2: a condition that could never hold.

    HTML is written to `comparison.html` in the folder of the sessions, unless -o names a file.
    """
    if profiles:
        if conditions or reference:
            raise UsageError("--profiles compares functions; leave out --fail-if and --reference")
        if kind == "html":
            raise UsageError("--profiles has no HTML; leave out --format html, or use text or json")
        sides = _sides(a, b, session=session, anyway=anyway, results=workspace.results)
        compared = compared_profiles(*sides, read_layers(workspace))
        put(as_json(compared) if kind == "json" else compared_in_words(compared), output)
        return 0
    asked = [parse(condition) for condition in conditions]
    view = _compared(a, b, session=session, reference=reference, anyway=anyway, results=workspace.results)
    found = [failure_in_words(failure) for failure in failures(asked, view)]
    _show(view, found, every=every, kind=kind, output=output, workspace=workspace)
    for failure in found:
        click.echo(f"--fail-if: {failure}", err=True)
    return int(bool(found))


def _sides(a: str, b: str, *, session: str | None, anyway: bool, results: Path) -> tuple[ProfiledSide, ProfiledSide]:
    """What A and B have profiles of: two sessions, or two stacks of one."""
    if session is None and _are_sessions(a, b, results):
        one, other = (StoredSession.open(locate(results, name)) for name in (a, b))
        _require_one_machine(one, other, anyway=anyway)
        return ProfiledSide(a, one), ProfiledSide(b, other)
    opened = StoredSession.open(locate(results, session))
    for name in (a, b):
        _require_stack(name, opened, results)
    return ProfiledSide(a, opened, stack=a), ProfiledSide(b, opened, stack=b)


def _compared(
    a: str, b: str, *, session: str | None, reference: str | None, anyway: bool, results: Path
) -> ComparisonResult:
    if session is None and _are_sessions(a, b, results):
        one, other = (StoredSession.open(locate(results, name)) for name in (a, b))
        if one.folder.resolve() == other.folder.resolve():
            raise UsageError(f"{a} and {b} are the same session; name two sessions, or two stacks")
        _require_one_machine(one, other, anyway=anyway)
        _require_common(one, other)
        return compare_sessions(judge(one), judge(other), reference=reference)
    if reference is not None:
        raise UsageError("--reference: two stacks of one session need none; it is for two sessions")
    opened = StoredSession.open(locate(results, session))
    for name in (a, b):
        _require_stack(name, opened, results)
    if a == b:
        raise UsageError(f"{a} is compared with itself; name two stacks, or {a}~again if it was measured twice")
    return compare_stacks(judge(opened), a, b)


def _are_sessions(a: str, b: str, results: Path) -> bool:
    """Whether the words name sessions rather than stacks. Raises UsageError where they may be either, or are mixed."""
    sessions = [name for name in (a, b) if _is_session(name, results)]
    if not sessions:
        return False
    stacks = _stacks_of_newest(results)
    for name in sessions:
        if name in stacks:
            raise UsageError(
                f"{name} is both a session and a stack of the newest session; add --session {LATEST} for the stack, "
                f"or write {results / name} for the session"
            )
    if len(sessions) == 1:
        other = b if sessions == [a] else a
        if other in stacks:
            raise UsageError(f"{sessions[0]} is a session and {other} is a stack; name two sessions or two stacks")
        raise UsageError(
            f"{other}: there is no such session in {results}; {nearest(other, _sessions(results), none=MAKES_ONE)}"
        )
    return True


def _is_session(name: str, results: Path) -> bool:
    """Treat anything that looks like a path as a session, so that the error message names the folder."""
    if is_session(results, name):
        return True
    return Path(name).is_dir() and ("/" in name or name in {".", ".."} or (Path(name) / PLAN).is_file())


def _sessions(results: Path) -> tuple[str, ...]:
    return tuple(path.name for path in sessions_in(results))


def _names(opened: StoredSession) -> tuple[str, ...]:
    """The names under which stacks were measured: one of them may have two."""
    measured = {cell.name for cell in opened.plan.cells}
    profiled = {profile.stack for profile in opened.profiles}
    return tuple(sorted(measured | profiled | {count.stack for count in opened.counts}))


def _stacks_of_newest(results: Path) -> tuple[str, ...]:
    """None, where the newest session cannot be read: it was not named."""
    with suppress(UsageError):
        return _names(StoredSession.open(locate(results, None)))
    return ()


def _require_stack(name: str, opened: StoredSession, results: Path) -> None:
    known = _names(opened)
    if name not in known:
        hint = nearest(name, (*known, *_sessions(results)), none=MAKES_ONE)
        raise UsageError(f"{name} is neither a session nor a stack of session {opened.name}; {hint}")


def _require_one_machine(one: StoredSession, other: StoredSession, *, anyway: bool) -> None:
    changes = machine_changes(one.host, other.host)
    if changes and not anyway:
        raise UsageError(
            f"{one.name} and {other.name} are from different machines ({'; '.join(map(inline, changes))}); "
            "add --anyway to compare them nevertheless"
        )


def _require_common(one: StoredSession, other: StoredSession) -> None:
    for kind, a, b in (
        ("stack", [stack.name for stack in one.plan.stacks], [stack.name for stack in other.plan.stacks]),
        ("scenario", [item.name for item in one.plan.scenarios], [item.name for item in other.plan.scenarios]),
    ):
        if not set(a) & set(b):
            raise UsageError(
                f"{one.name} and {other.name} have no {kind} in common: {', '.join(a) or 'none'} and "
                f"{', '.join(b) or 'none'}; run the same {kind} in both"
            )


def _show(
    view: ComparisonResult, found: Sequence[str], *, every: bool, kind: str, output: Path | None, workspace: Workspace
) -> None:
    if kind == "text" and output is None:
        text.render(view, results(), every=every)
        return
    rendered = {
        "text": lambda: text.render_plain(view, every=every),
        "md": lambda: markdown.render(view),
        "json": lambda: comparison_json.render(view, found),
        "html": lambda: _page(view, found, workspace),
    }[kind]()
    put(rendered, workspace.results / PAGE if output is None and kind == "html" else output)


def _page(view: ComparisonResult, found: Sequence[str], workspace: Workspace) -> str:
    from stacklab.report.comparison import page  # noqa: PLC0415 (matplotlib takes half a second, nothing else needs it)

    return page.render(view, found, templates=workspace.templates)
