"""A session that somebody has mailed: nothing in it is executed, written outside, or shown as anything but text."""

import json
import math
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa  # noqa: TID251 (files that stacklab would never write)
import pyarrow.parquet as pq  # noqa: TID251 (as above)
import pytest

import stacklab
from stacklab.catalog.workspace import reference
from stacklab.cli.main import EXIT_BROKE, run
from stacklab.errors import UsageError

REFERENCE = reference() / "results" / "reference"
STACK, OTHER, SCENARIO = "uvicorn-uvloop-starlette", "gunicorn-gthread-flask", "json-open"
RUN = f"{STACK}/{SCENARIO}/r01"
FORMATS = ("text", "md", "json", "csv", "html")

ESCAPES = "\x1b]52;c;cm0gLXJm\x07\x1b[2J\x9b31m\x08"
MARKUP = (
    "</script><script>alert(1)</script><img src=x onerror=alert(1)> `</code>` [x](javascript:alert(1)) @all [/bold]"
)


@pytest.fixture(name="session")
def _session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small part of the reference session: two stacks under one scenario, two rounds."""
    folder = tmp_path / "results" / "mailed"
    folder.mkdir(parents=True)
    for name in ("plan.json", "host.json"):
        shutil.copyfile(REFERENCE / name, folder / name)
    for stack in (STACK, OTHER):
        for number in (1, 2):
            shutil.copytree(REFERENCE / stack / SCENARIO / f"r0{number}", folder / stack / SCENARIO / f"r0{number}")
    change(folder / "plan.json", reduced)
    monkeypatch.chdir(tmp_path)
    return folder


def reduced(plan: Any) -> None:
    record = plan["record"]
    record["stacks"] = [stack for stack in record["stacks"] if stack["name"] in {STACK, OTHER}]
    record["scenarios"] = [one for one in record["scenarios"] if one["name"] == SCENARIO]
    record["cells"] = [
        cell
        for cell in record["cells"]
        if cell["stack"] in {STACK, OTHER} and cell["scenario"] == SCENARIO and not cell["twin"] and cell["round"] < 3
    ]
    record["rounds"], record["twin"] = 2, None


def change(path: Path, changed: Callable[[Any], None]) -> None:
    document = json.loads(path.read_text())
    changed(document)
    path.write_text(json.dumps(document))


def rendered(session: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit code, and what the renderer wrote, wherever it did."""
    code = run(["report", str(session), "--format", kind])
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    page = session / "report.html"
    return code, captured.out + captured.err + (page.read_text() if kind == "html" and page.is_file() else "")


def test_the_session_itself_is_one(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [0] * len(FORMATS) == [rendered(session, kind, capsys)[0] for kind in FORMATS]


# What leads out of the session


@pytest.mark.parametrize(
    "name", ["plan.json", "host.json", "rounds.json", f"{RUN}/run.json", f"{RUN}/requests.parquet", RUN, STACK]
)
def test_a_link_that_leads_out_is_not_followed(session: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    outside = session.parent.parent / "outside"
    target = session / name
    if target.exists():
        shutil.move(target, outside)
    else:
        outside.write_text('{"format_version": 1, "record": {"rounds": 2}}')
    target.symlink_to(outside)

    code, said = rendered(session, "text", capsys)

    assert (code, "leads out of its session" in said) == (UsageError.exit_code, True)


def test_a_page_is_not_written_through_a_link(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    victim = session.parent.parent / "victim"
    victim.write_text("mine")
    for name in ("report.html", "report.html.draft"):
        (session / name).symlink_to(victim)

    code, _ = rendered(session, "html", capsys)

    assert (0, "mine", False) == (code, victim.read_text(), (session / "report.html").is_symlink())


def test_an_export_is_not_written_through_a_link(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    victim = session.parent.parent / "victim"
    victim.mkdir()
    (session / "hdr").symlink_to(victim)

    code = run(["export", str(session)])

    assert (UsageError.exit_code, []) == (code, list(victim.iterdir()))
    assert "leads out of its session" in capsys.readouterr().err


def test_a_file_of_an_export_is_not_written_through_a_link(session: Path) -> None:
    victim = session.parent.parent / "victim"
    victim.write_text("mine")
    folder = session / "hdr" / STACK / SCENARIO
    folder.mkdir(parents=True)
    (folder / "r01.hgrm").symlink_to(victim)

    assert (0, "mine") == (run(["export", str(session)]), victim.read_text())


@pytest.mark.parametrize(
    "name",
    ["../../victim", "/victim", "a/b", "..", "", "a\x08b", "a\u202egnp.exe", "a\u200bb", "n" * 151, "a\\b"],
)
@pytest.mark.parametrize("kind", ["stacks", "scenarios"])
def test_a_name_that_is_no_folder_is_refused(
    session: Path, kind: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def renamed(plan: Any) -> None:
        old = plan["record"][kind][0]["name"]
        plan["record"][kind][0]["name"] = name
        for cell in plan["record"]["cells"]:
            if cell[kind[:-1]] == old:
                cell[kind[:-1]] = name

    change(session / "plan.json", renamed)

    code, said = rendered(session, "text", capsys)

    assert (UsageError.exit_code, 1, True) == (code, len(said.splitlines()), said.isprintable() or "\n" in said)
    assert run(["export", str(session), "-o", "out"]) == UsageError.exit_code
    assert not Path("out").exists()


def test_a_name_of_150_letters_is_drawn(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rename_stack(session, "n" * 150)

    assert [0] * len(FORMATS) == [rendered(session, kind, capsys)[0] for kind in FORMATS]


@pytest.mark.parametrize("name", ["uvicorn==0.115.0+fastapi==0.118.25", "#0a0b99", "מחסנית", "two  spaces"])
def test_a_name_is_shown_as_it_is(session: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    rename_stack(session, name)

    for kind in ("json", "html"):
        code, said = rendered(session, kind, capsys)
        assert (0, True) == (code, name in said), kind


def rename_stack(session: Path, name: str) -> None:
    def in_run(document: Any) -> None:
        document["record"]["cell"]["stack"] = name

    def in_plan(document: Any) -> None:
        for stack in document["record"]["stacks"]:
            stack["name"] = name if stack["name"] == STACK else stack["name"]
        for cell in document["record"]["cells"]:
            cell["stack"] = name if cell["stack"] == STACK else cell["stack"]

    change(session / "plan.json", in_plan)
    for path in (session / STACK).glob("*/*/run.json"):
        change(path, in_run)
    (session / STACK).rename(session / name)


# What would be executed


def test_a_strangers_command_line_is_not_run(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    victim = session.parent.parent / "victim"

    def sabotaged(plan: Any) -> None:
        stack = plan["record"]["stacks"][0]
        stack["argv"] = ["/bin/sh", "-c", f"touch {victim}", *stack["argv"]]

    change(session / "plan.json", sabotaged)
    shutil.rmtree(session / RUN)

    for command in (["run", "--resume"], ["profile", "--session"], ["count", "--source", "callgrind", "--session"]):
        if command[0] != "count" or shutil.which("valgrind"):
            code = run([*command, str(session)])
            said = capsys.readouterr().err
            assert (UsageError.exit_code, True, True) == (code, "--trust" in said, "`argv` of" in said), said
    assert not victim.exists()


# What is shown


def hostile(session: Path, text: str) -> None:
    """The same text in everything that a page shows."""

    def in_plan(plan: Any) -> None:
        record = plan["record"]
        record["command"] = f"stacklab {text}"
        plan["stacklab"], plan["started_at"] = text[:90], text[:90]
        for one in (*record["stacks"], *record["scenarios"]):
            one["summary"] = text
        for stack in record["stacks"]:
            stack["differs"], stack["lacks"] = {text: text}, {text: text}
        record["contract"]["endpoints"]["json"]["path"] = f"/{text}"
        record["skipped"] = [{"stack": STACK, "scenario": text, "reason": text}]

    def in_host(host: Any) -> None:
        host["record"] |= dict.fromkeys(("system", "machine", "processor", "governor", "virtual", "clock_source"), text)
        host["record"]["settings"] = {text: text}

    def in_run(one: Any) -> None:
        one["record"]["server"] |= {"python": text, "packages": {text: text, "uvicorn": text}}
        one["record"]["driver"] |= {"driver": text, "versions": {text: text}}

    def failed(one: Any) -> None:
        one["record"] = {
            "kind": "failed",
            "cell": one["record"]["cell"],
            "started_at": "",
            "stage": "boot",
            "reason": text,
            "log_tail": [text, text],
        }

    change(session / "plan.json", in_plan)
    change(session / "host.json", in_host)
    for path in (session / STACK).glob("*/*/run.json"):
        change(path, in_run)
    for path in (session / OTHER).glob("*/*/run.json"):
        change(path, failed)
    folder = session / STACK / SCENARIO / "profile"
    folder.mkdir()
    profile = {"stack": STACK, "scenario": SCENARIO, "started_at": text, "seconds": 1, "rate_hz": 1}
    (folder / "profile.json").write_text(json.dumps({"format_version": 2, "record": profile}))
    frames = [{"name": text, "file": text, "line": 1}, {"name": "x" * 10_000}]
    samples = {"shared": {"frames": frames}, "profiles": [{"samples": [[0, 1], [0]], "weights": [1, 1]}]}
    (folder / "speedscope.json").write_text(json.dumps(samples))


@pytest.mark.parametrize("kind", FORMATS)
def test_no_order_to_a_terminal_comes_through(session: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    hostile(session, f"before{ESCAPES}after\u202eend")

    code, said = rendered(session, kind, capsys)

    assert (0, []) == (code, re.findall("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", said))
    assert kind == "csv" or "before" in said


@pytest.mark.parametrize("kind", ["html", "md"])
def test_no_markup_comes_through(session: Path, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    hostile(session, MARKUP)

    code, said = rendered(session, kind, capsys)

    assert (0, 0) == (
        code,
        len(re.findall(r"(?<!\\)<(img|script>alert)", without_code(said) if kind == "md" else said)),
    )
    assert kind == "html" or not re.search(r"(?<!\\)\[x(?<!\\)\]\(javascript", without_code(said))


def without_code(markdown: str) -> str:
    """What is left without code spans, whose fences are as long as each other (CommonMark 6.1)."""
    return re.sub(r"(?<![`\\])(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", markdown)


def test_a_formula_in_a_table_is_text(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rename_stack(session, "=cmd|calc!A1")

    code, said = rendered(session, "csv", capsys)

    assert (0, True, False) == (code, "'=cmd|calc!A1" in said, bool(re.search(r'(^|[,"\n])[=+@-]\D', said)))


# Fuzzed documents: each is refused in one sentence, or is as good as another


def at(*path: Any, to: Any) -> Callable[[Any], None]:
    """A document with another value at that place."""

    def changed(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = to

    return changed


def deep(levels: int) -> Any:
    value: Any = 0
    for _ in range(levels):
        value = [value]
    return value


PLAN, HOST, DONE = "plan.json", "host.json", f"{RUN}/run.json"
HUGE = 10**400
DOCUMENTS: dict[str, tuple[str, Callable[[Any], None]]] = {
    "rounds-many": (PLAN, at("record", "rounds", to=300_000)),
    "rounds-negative": (PLAN, at("record", "rounds", to=-1)),
    "seed-huge": (PLAN, at("record", "seed", to=HUGE)),
    "measure-nothing": (PLAN, at("record", "measure_s", to=0)),
    "measure-nan": (PLAN, at("record", "measure_s", to=math.nan)),
    "measure-endless": (PLAN, at("record", "measure_s", to=math.inf)),
    "warmup-negative": (PLAN, at("record", "warmup_s", to=-1)),
    "margin-huge": (PLAN, at("record", "margin", to=1e300)),
    "cells-none": (PLAN, at("record", "cells", to=[])),
    "cells-of-nobody": (PLAN, at("record", "cells", 0, "stack", to="nobody")),
    "cells-under-nothing": (PLAN, at("record", "cells", 0, "scenario", to="nothing")),
    "cells-round-0": (PLAN, at("record", "cells", 0, "round", to=0)),
    "cells-round-huge": (PLAN, at("record", "cells", 0, "round", to=10**12)),
    "cells-no-list": (PLAN, at("record", "cells", to="cells")),
    "stacks-none": (PLAN, at("record", "stacks", to=[])),
    "scenarios-none": (PLAN, at("record", "scenarios", to=[])),
    "stack-twice": (PLAN, lambda plan: plan["record"]["stacks"].append(plan["record"]["stacks"][0])),
    "stack-argv-braces": (PLAN, at("record", "stacks", 0, "argv", to=["{"])),
    "stack-workers-huge": (PLAN, at("record", "stacks", 0, "workers", to=2**62)),
    "stack-summary-long": (PLAN, at("record", "stacks", 0, "summary", to="word " * 100_000)),
    "stack-family": (PLAN, at("record", "stacks", 0, "family", to="royal")),
    "twin-of-nobody": (PLAN, at("record", "twin", to="nobody")),
    "variants-of-nobody": (PLAN, at("record", "variants", to={"nobody": {"of": "nobody"}})),
    "call-unknown": (PLAN, at("record", "scenarios", 0, "calls", 0, "endpoint", to="nothing")),
    "load-rate-tiny": (PLAN, at("record", "scenarios", 0, "load", "rate", to=1e-300)),
    "load-rate-huge": (PLAN, at("record", "scenarios", 0, "load", "rate", to=1e300)),
    "load-steps-many": (PLAN, at("record", "scenarios", 0, "load", "steps", to=[{"at": 1.0}] * 500)),
    "contract-deep": (PLAN, at("record", "contract", to=deep(300))),
    "contract-pattern": (PLAN, at("record", "contract", "endpoints", "json", "pattern", to="(" * 5000)),
    "plan-surrogate": (PLAN, at("record", "command", to="\ud800")),
    "claims-of-nobody": (PLAN, at("record", "cells", 0, "claim", to="nobody")),
    "version-text": (PLAN, at("format_version", to="2")),
    "version-huge": (PLAN, at("format_version", to=HUGE)),
    "host-cores-0": (HOST, at("record", "cores", to=0)),
    "host-cores-negative": (HOST, at("record", "cores", to=-1)),
    "host-memory-huge": (HOST, at("record", "memory_bytes", to=HUGE)),
    "host-memory-nan": (HOST, at("record", "memory_bytes", to=math.nan)),
    "host-settings-deep": (HOST, at("record", "settings", to={"a": deep(150)})),
    "host-is-null": (HOST, at("record", to=None)),
    "boot-nan": (DONE, at("record", "server", "boot_s", to=math.nan)),
    "boot-endless": (DONE, at("record", "server", "boot_s", to=math.inf)),
    "boot-huge": (DONE, at("record", "server", "boot_s", to=1e308)),
    "spans-none": (DONE, at("record", "driver", "spans", to=[])),
    "spans-backwards": (DONE, at("record", "driver", "spans", 1, "end_ns", to=-5)),
    "spans-huge": (DONE, at("record", "driver", "spans", 1, "end_ns", to=2**63 - 1)),
    "spans-phase": (DONE, at("record", "driver", "spans", 0, "phase", to=7)),
    "seconds-of-nothing": (DONE, at("record", "driver", "seconds", 0, "wall_s", to=0)),
    "seconds-huge": (DONE, at("record", "driver", "seconds", 0, "cpu_s", to=1e17)),
    "intended-negative": (DONE, at("record", "driver", "intended", to=-1)),
    "connects-huge": (DONE, at("record", "driver", "connects", to=2**62)),
    "processes-0": (DONE, at("record", "driver", "processes", to=0)),
    "served-negative": (DONE, at("record", "served", to=-(2**62))),
    "cpus-none": (DONE, at("record", "server", "cpus", to=[])),
    "cell-of-another": (DONE, at("record", "cell", "stack", to=OTHER)),
    "cell-elsewhere": (DONE, at("record", "cell", "stack", to="../../victim")),
    "together-0": (DONE, at("record", "together", to=0)),
    "kind-unknown": (DONE, at("record", "kind", to="imagined")),
    "packages-many": (DONE, at("record", "server", "packages", to={f"p{i}": "1" for i in range(20_000)})),
    "version-long": (DONE, at("record", "server", "packages", "starlette", to="9" * 100_000)),
}
TEXTS: dict[str, tuple[str, str]] = {
    "nothing": (PLAN, ""),
    "a-number": (HOST, "1"),
    "half": (DONE, '{"format_version": 1, "record": {'),
    "deep-lists": (PLAN, "[" * 100_000),
    "deep-objects": (HOST, '{"a":' * 100_000),
    "digits": (HOST, f'{{"format_version": {"9" * 5000}, "record": {{}}}}'),
    "exponent": (HOST, '{"format_version": 1, "record": {"cores": 1e999}}'),
    "not-utf-8": (DONE, "\xff\xfe"),
    "extent-many": ("rounds.json", '{"format_version": 1, "record": {"rounds": 300000}}'),
    "extent-negative": ("rounds.json", '{"format_version": 1, "record": {"rounds": -3}}'),
    "samples-none": (f"{STACK}/{SCENARIO}/profile/speedscope.json", "{}"),
    "samples-beyond": (
        f"{STACK}/{SCENARIO}/profile/speedscope.json",
        '{"shared": {"frames": []}, "profiles": [{"samples": [[7]]}]}',
    ),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_of_any_kind_ends_in_a_sentence(
    session: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file, changed = DOCUMENTS[name]
    change(session / file, changed)

    insist_on_sentences(session, capsys)


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_of_any_kind_ends_in_a_sentence(session: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, text = TEXTS[name]
    (session / file).parent.mkdir(exist_ok=True)
    if "profile" in file:
        profile = {"stack": STACK, "scenario": SCENARIO, "started_at": "", "seconds": 1, "rate_hz": 1}
        (session / file).with_name("profile.json").write_text(json.dumps({"format_version": 2, "record": profile}))
    (session / file).write_text(text, encoding="latin-1")

    insist_on_sentences(session, capsys)


def insist_on_sentences(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    codes = set()
    for kind in FORMATS:
        code, said = rendered(session, kind, capsys)
        codes.add(code)
        assert code == 0 or (code == UsageError.exit_code and len(said.splitlines()) == 1), said[-400:]
    assert run(["export", str(session), "-o", "out"]) != EXIT_BROKE
    assert len(codes) == 1
    try:
        loaded = stacklab.load(session)
        assert len(loaded.cells) + len(loaded.rounds) + len(loaded.caveats) >= 0
    except UsageError as error:
        assert "\n" not in str(error)  # noqa: PT017 (either is fine, a traceback is not)


ROWS = f"{RUN}/requests.parquet"
SAMPLES = f"{RUN}/usage.parquet"


def column(name: str, values: Callable[[pa.Table], pa.Array]) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.set_column(table.column_names.index(name), name, values(table))


TABLES: dict[str, tuple[str, Callable[[pa.Table], pa.Table]]] = {
    "no-column-read": (ROWS, lambda table: table.drop_columns(["read_ns"])),
    "no-column-phase": (ROWS, lambda table: table.drop_columns(["phase"])),
    "no-rows": (ROWS, lambda table: table.slice(0, 0)),
    "one-row": (ROWS, lambda table: table.slice(0, 1)),
    "outcome-unknown": (ROWS, column("outcome", lambda table: pa.array(["teapot"] * len(table)))),
    "outcome-numbers": (ROWS, column("outcome", lambda table: pa.array([1] * len(table)))),
    "phase-unknown": (ROWS, column("phase", lambda table: pa.array(["zzz"] * len(table)))),
    "phase-null": (ROWS, column("phase", lambda table: pa.nulls(len(table), pa.string()))),
    "times-text": (ROWS, column("intended_ns", lambda table: pa.array(["now"] * len(table)))),
    "times-null": (ROWS, column("intended_ns", lambda table: pa.nulls(len(table), pa.int64()))),
    "times-huge": (ROWS, column("read_ns", lambda table: pa.array([2**63 - 1] * len(table)))),
    "times-negative": (ROWS, column("read_ns", lambda table: pa.array([-(2**63)] * len(table)))),
    "times-unordered": (ROWS, lambda table: table.take(pa.array(range(len(table) - 1, -1, -1)))),
    "status-fraction": (ROWS, column("status", lambda table: pa.array([0.5] * len(table)))),
    "endpoints-many": (ROWS, column("endpoint", lambda table: pa.array([f"e{row}" for row in range(len(table))]))),
    "usage-instead": (ROWS, lambda _: pq.read_table(REFERENCE / SAMPLES)),
    "usage-no-memory": (SAMPLES, lambda table: table.drop_columns(["rss_bytes"])),
    "usage-no-role": (SAMPLES, lambda table: table.drop_columns(["role"])),
    "usage-role-unknown": (SAMPLES, column("role", lambda table: pa.array([99] * len(table)))),
    "usage-huge": (SAMPLES, column("run_ns", lambda table: pa.array([2**63 - 1] * len(table)))),
    "usage-none": (SAMPLES, lambda table: table.slice(0, 0)),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_table_of_any_kind_ends_in_a_sentence(session: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, changed = TABLES[name]
    table = changed(pq.read_table(session / file))
    pq.write_table(table, session / file)

    insist_on_sentences(session, capsys)


def test_a_pipe_is_not_waited_for(session: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (session / HOST).unlink()
    os.mkfifo(session / HOST)

    code, said = rendered(session, "text", capsys)

    assert (UsageError.exit_code, True) == (code, "not a regular file" in said)
